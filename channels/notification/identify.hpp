// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"
#include "core/claim.hpp"
#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Who a notification is, so that no message is delivered twice and none is taken for another (design section 5.2).
namespace ocm::notification {

/// What identity is made from.
struct Identified {
    std::string_view client;           // id of our client
    std::string_view format;           // "opencrvs-1"
    std::string_view idempotency_key;  // the header's value, empty where there is none
    std::string_view body;             // as it came
};

/// The strongest key there is: the client's own, else the document's identifier, else the source's record id, else the
/// content itself. Absent for a multiple birth that has nothing but its content: two unnamed twins are two children.
/// `bad_request` for a key that is none.
Result<std::optional<Claim>> identify(const Identified& message, const VitalEvent& event);

/// Whom the event is about, as hashes over normalised values, scoped by client. A child's date of birth counts as the
/// date only, so that correcting it changes one feature, not two.
Subject subject_of(std::string_view client, const VitalEvent& event);

/// True for a twin or more.
bool is_multiple(const VitalEvent& event);

/// Where the upstream ids of one message come from.
struct UpstreamName {
    std::string_view target;      // name of the target
    std::string_view client;      // id of our client
    std::string_view create_key;  // of the claim: the same for every version of the record
    unsigned version = 1;         // of its content
};

struct UpstreamIds {
    std::string create, notify;
};

/// UUIDv5: a retry after any crash repeats the same ids, and a correction does not vanish into the old content.
UpstreamIds upstream_ids(const UpstreamName& name);

}  // namespace ocm::notification
