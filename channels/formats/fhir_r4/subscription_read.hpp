// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/registration_event.hpp"
#include "core/json.hpp"
#include "core/place_code.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a FHIR client asks for: an R4 Subscription of the Subscriptions R5 Backport (external-systems.md 4.4).
namespace ocm::fhir_r4 {

/// What stands in place of the value of a header in a Subscription that is shown.
inline constexpr std::string_view hidden_header = "[kept]";

struct SubscriptionRead {
    std::string id;      // empty where it has none
    std::string status;  // requested, active or off
    Topic topic;
    std::string endpoint;
    std::vector<std::string> headers;  // "Name: value"
    bool full = true;                  // content full-resource; else id-only
    std::vector<PlaceCodeAt> areas, offices;
    std::vector<std::string> statuses;
    std::optional<WallTime> until;
    std::string reason;
    Account account;  // JSON pointers
};

/// Reads a Subscription resource. `base` is the address of our FHIR interface, below which the topics are. Pure.
///
/// criteria      the canonical URL of the topic ("<base>/SubscriptionTopic/birth-registered")
/// _criteria     backport-filter-criteria: "Patient?area=A,B&office=C" (a code may be SYSTEM|CODE),
/// "Task?status=rejected" channel       type rest-hook, endpoint, header, payload application/fhir+json with
/// backport-payload-content id-only or
///               full-resource, backport-max-count
/// end, reason   as they are
///
/// What would change what is sent and is not offered (heartbeats, time limits, other channels, other content) is
/// refused, as is a header that is not a subscriber's to set: `bad_request` with a JSON pointer. What says nothing
/// about what is sent (contact, extensions of others) is in the account.
Result<SubscriptionRead> read_subscription(const Json& resource, const std::string& base);

}  // namespace ocm::fhir_r4
