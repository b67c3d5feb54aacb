// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/webhook/subscribing.hpp"
#include "core/route.hpp"

namespace ocm::webhook {

/// Adds the subscriptions of FHIR R4 with the Subscriptions R5 Backport (external-systems.md 4.4) to the webhook
/// channel, for clients of kind webhook: `/fhir/Subscription` to create, read, search, update and delete the caller's
/// own,
/// `$status` and `$events`. Nothing where the address of our FHIR interface is not known.
///
/// A client has one subscription for a topic at an endpoint: creating it again is answered with the one there is,
/// creating it with other filters, content, headers or end is 409. The endpoint proves itself by taking the handshake;
/// where it does not, the subscription is there with status error and is told nothing until the client sends it with
/// status requested again. Status off pauses it: what it is to be told waits.
void add_fhir_subscriptions(ChannelDefinition& channel, const Shared& deps);

}  // namespace ocm::webhook
