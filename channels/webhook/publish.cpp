// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/publish.hpp"

#include "channels/webhook/event_json.hpp"
#include "core/http_message.hpp"
#include "core/ids.hpp"

#include <algorithm>

namespace ocm::webhook {
namespace {

bool holds(const std::vector<std::string>& list, std::string_view value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

/// Every area the event lies in: those it names, and those above the places it names.
std::vector<std::string> areas_of_event(const VitalEvent& event, const AreasOf& areas_of) {
    std::vector<std::string> out;
    const auto add = [&](const std::string& place) {
        out.push_back(place);
        if (!areas_of) return;
        for (auto& area : areas_of(place)) out.push_back(std::move(area));
    };
    if (event.place && event.place->location) add(*event.place->location);
    if (event.place && event.place->address) {
        for (const auto& area : event.place->address->areas) add(area);
    }
    if (event.office) add(*event.office);
    return out;
}

bool allowed(const std::vector<std::string>& wanted, const std::vector<std::string>& has) {
    return wanted.empty() || std::any_of(has.begin(), has.end(), [&](const auto& one) { return holds(wanted, one); });
}

store_ops::Enqueue delivery_of(const RegistrationEvent& event, const std::string& id, const Subscription& subscription,
                               const std::string& transaction, WallTime now) {
    // What has no id of its record is in no order with anything else.
    const auto& record = event.record.empty() ? id : event.record;
    store_ops::Enqueue out;
    out.delivery = delivery_id(id, subscription.id);
    out.transaction = transaction;
    out.at = now;
    out.kind = delivery_kind_name;
    out.destination = destination_of(subscription.callback);
    out.client = subscription.client;
    out.order_key = event.target + ' ' + record + ' ' + subscription.id;
    out.due = now;
    out.subscription = subscription.id;
    return out;
}

}  // namespace

bool asks_for(const Subscription& subscription, const RegistrationEvent& event, WallTime now, const AreasOf& areas_of) {
    const bool alive =
        subscription.state == SubscriptionState::active || subscription.state == SubscriptionState::paused;
    if (!alive || (subscription.until && *subscription.until <= now)) return false;
    if (!holds(subscription.topics, name(event.topic))) return false;
    if (event.topic.change == Change::notification_status) {
        if (!event.notifier || event.notifier->client != subscription.client) return false;
        const auto status = event.status ? std::string(name(*event.status)) : std::string();
        if (!allowed(subscription.statuses, {status})) return false;
    }
    if (!subscription.offices.empty() && !(event.event.office && holds(subscription.offices, *event.event.office)))
        return false;
    return subscription.areas.empty() || allowed(subscription.areas, areas_of_event(event.event, areas_of));
}

RegistrationEvent status_of(const RegistrationEvent& registered, Notifier notifier) {
    RegistrationEvent out;
    out.topic = {Change::notification_status, registered.topic.kind};
    out.target = registered.target;
    out.record = registered.record;
    out.occurrence = registered.occurrence;
    out.occurred_at = registered.occurred_at;
    out.event.kind = registered.event.kind;
    out.event.registration = registered.event.registration;
    out.event.place = registered.event.place;
    out.event.office = registered.event.office;
    out.confirmed = registered.confirmed;
    out.heard = registered.heard;
    out.status = NotificationStatus::registered;
    out.notifier = std::move(notifier);
    return out;
}

store_ops::Publish publish(const RegistrationEvent& event, const SubscriptionDirectory& subscriptions,
                           const std::string& transaction, WallTime now, const AreasOf& areas_of) {
    store_ops::Publish out;
    out.once_key = once_key(event);
    out.event = event_id(event);
    out.topic = name(event.topic);
    out.record = event.record;
    out.transaction = transaction;
    out.at = now;
    out.payload = write_event(event);
    for (const auto& subscription : subscriptions.all()) {
        if (asks_for(subscription, event, now, areas_of))
            out.deliveries.push_back(delivery_of(event, out.event, subscription, transaction, now));
    }
    return out;
}

std::string delivery_id(const std::string& event, const std::string& subscription) {
    return uuid_v5(event, subscription);
}

std::optional<store_ops::Tell> tell(const RegistrationEvent& event, const Subscription* subscription,
                                    const std::string& transaction, WallTime now, const AreasOf& areas_of) {
    if (subscription == nullptr || !asks_for(*subscription, event, now, areas_of)) return std::nullopt;
    store_ops::Tell out;
    out.delivery = delivery_of(event, event_id(event), *subscription, transaction, now);
    out.delivery.payload = write_event(event);
    return out;
}

std::string destination_of(const std::string& callback) {
    const auto parts = split_url(callback);
    return parts ? parts->scheme + "://" + to_lower(parts->host) + ":" + parts->port : callback;
}

}  // namespace ocm::webhook
