// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "store/entry.hpp"

/// One operation as the entry that records it (design section 7). Not for use outside of the store.
namespace ocm::store {

PreparedEntry entry_of(store_ops::Receive op);
PreparedEntry entry_of(store_ops::Attempt op);
PreparedEntry entry_of(store_ops::Answer op);
PreparedEntry entry_of(store_ops::Enqueue op);
PreparedEntry entry_of(const store_ops::StepDelivery& op);
PreparedEntry entry_of(store_ops::Complete op);
PreparedEntry entry_of(store_ops::Disclose op);
PreparedEntry entry_of(const store_ops::PutClient& op);
PreparedEntry entry_of(const store_ops::RemoveClient& op);
PreparedEntry entry_of(const store_ops::ChangeCrosswalk& op);
PreparedEntry entry_of(const store_ops::PutSubscription& op);
PreparedEntry entry_of(const store_ops::RemoveSubscription& op);
PreparedPublication publication_of(store_ops::Publish op);
PreparedPublication publication_of(store_ops::Tell op);

/// Makes the canonical text, but of an entry whose claim the writer has to decide first.
void finish(PreparedEntry& entry);

}  // namespace ocm::store
