// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/registration_event.hpp"
#include "channels/webhook/subscriptions.hpp"
#include "core/store_port.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

/// From what happened to whom it is told (design section 6): pure.
namespace ocm::webhook {

inline constexpr std::string_view delivery_kind_name = "webhook";

/// The administrative areas that a location or area lies in, itself included; empty where it is not known.
using AreasOf = std::function<std::vector<std::string>(const std::string& place)>;

/// Whether a subscription asks for the event: it is active (or paused: then the delivery waits) and has not run out,
/// its topics name the event's, and each of its filters holds. What became of a notification is told to the client that
/// sent it and to nobody else.
bool asks_for(const Subscription& subscription, const RegistrationEvent& event, WallTime now, const AreasOf& areas_of);

/// What a registration means to the client whose notification the record began with: that it was registered, under
/// which number. It holds of the record no more than that and what filters look at.
RegistrationEvent status_of(const RegistrationEvent& registered, Notifier notifier);

/// One operation for the event and a delivery for each subscription that asks for it. A delivery's id is made from
/// those of the event and of the subscription; deliveries of one record to one subscription go in order; the
/// destination is the origin of the callback, so that one dead subscriber costs the others nothing.
store_ops::Publish publish(const RegistrationEvent& event, const SubscriptionDirectory& subscriptions,
                           const std::string& transaction, WallTime now, const AreasOf& areas_of = {});

/// The id of the delivery that tells a subscription of an event: the same however often it comes to that.
std::string delivery_id(const std::string& event, const std::string& subscription);

/// The delivery that tells one subscription of the event, now or again; absent where the subscription is gone or does
/// not ask for it. The store keeps it where it was never told before: its id is that of `publish`.
std::optional<store_ops::Tell> tell(const RegistrationEvent& event, const Subscription* subscription,
                                    const std::string& transaction, WallTime now, const AreasOf& areas_of = {});

/// "https://host:port" of a callback; what is no URL is its own destination.
std::string destination_of(const std::string& callback);

}  // namespace ocm::webhook
