// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/registration_event.hpp"
#include "core/json.hpp"
#include "core/subscription.hpp"
#include "core/time.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What a FHIR client is shown of its subscriptions (external-systems.md 4.4). Pure.
namespace ocm::fhir_r4 {

/// Where a subscription stands in R4's words, and why where there is something to say: a callback that did not prove
/// itself and one that is gone are `error`; what is paused or has run out is `off`.
struct SubscriptionStanding {
    std::string status;
    std::string why;
};
SubscriptionStanding standing_of(const Subscription& subscription, WallTime now);

/// The resource. `read_subscription` reads it back, but for the values of headers, which may hold credentials: they are
/// `hidden_header`.
Json write_subscription(const Subscription& subscription, const std::string& base, WallTime now);

/// A searchset of them; `query` is what was asked.
Json write_subscriptions(const std::vector<const Subscription*>& found, const std::string& base,
                         const std::string& query, WallTime now);

/// The answer to $status: a searchset of one status each.
Json write_statuses(const std::vector<const Subscription*>& found, const std::string& base, WallTime now);

/// An event that a subscription was to be told, cut down to what it may have.
struct NumberedEvent {
    std::int64_t number = 0;
    RegistrationEvent event;
};

/// The answer to $events: a notification of type query-event that holds the events again. `error` says what of what was
/// asked is not in it; empty where nothing is missing.
Json write_events(const Subscription& subscription, const std::vector<NumberedEvent>& events, const std::string& error,
                  const std::string& base, WallTime now);

}  // namespace ocm::fhir_r4
