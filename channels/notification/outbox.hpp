// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/notification/channel.hpp"
#include "core/delivery_kind.hpp"

#include <optional>
#include <string>
#include <vector>

/// Notifications that were accepted before OpenCRVS took them (design section 5.6).
namespace ocm::notification {

inline constexpr std::string_view delivery_kind_name = "notification";

/// What is kept of one: the canonical event, rendered when it is sent (with the sender's own 1.x document beside it
/// where the target may take that), and what its upstream ids are made from.
struct Queued {
    VitalEvent event;
    std::string client;
    std::string create_key;
    unsigned version = 1;
};
std::string write_queued(const Queued& queued);
Result<Queued> read_queued(std::string_view text);

/// The destination of notifications to a target: breaker and limits are its own.
std::string destination_of(const std::string& target);

/// What an attempt for a queued notification came to; `park` says that an unknown facility waits for the crosswalk.
dispatch::Outcome outcome_of(Error error, bool park);
/// The codes that a refused notification is parked for: the facility or office it names is not known. Empty where it
/// was refused for something else, or where parking is not wanted.
std::vector<PlaceCode> waits_for(const Error& refused, const VitalEvent& event, const NotificationDeps& deps);

/// The step that is recorded before a call that must not be repeated: what the delivery is where nothing else follows.
store_ops::StepDelivery hand_over_op(std::string delivery, std::string transaction, WallTime now);

/// How queued notifications are worked off.
DeliveryKind make_notification_delivery(NotificationDeps deps);

/// The transaction's end, for a delivery that is over.
Completed complete(const Delivery& delivery, DeliveryStep step, const Sending& sending, WallTime now);

}  // namespace ocm::notification
