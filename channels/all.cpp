// SPDX-License-Identifier: MPL-2.0
#include "channels/all.hpp"

#include "channels/notification/channel.hpp"
#include "channels/notification/fhir_metadata.hpp"
#include "channels/notification/outbox.hpp"
#include "channels/opencrvs/ask_back.hpp"
#include "channels/opencrvs/target.hpp"
#include "channels/webhook/heard.hpp"

#include <algorithm>
#include <iterator>

namespace ocm {
namespace {

notification::NotificationDeps notification_deps(const ChannelDeps& deps) {
    auto& target = deps.target;
    const auto send = [&target](Exchange& exchange, const VitalEvent& event, opencrvs::NotifyIds ids) {
        return target.notify(exchange, event, std::move(ids));
    };
    const auto preview = [&target](Exchange& exchange, const VitalEvent& event) {
        return target.preview(exchange, event);
    };
    notification::NotificationDeps out{send, preview, target.name(), deps.settings.notification_hold};
    out.dhis2 = deps.dhis2;
    out.park = &deps.settings.notification_park;
    out.unknown_places = [&target](const VitalEvent& event) { return target.unknown_places(event); };
    out.stillbirths_as_death = &deps.settings.stillbirths_as_death;
    out.takes_documents = target.takes_documents();
    out.asks_when_unclear = target.asks_when_unclear();
    const auto destination = notification::destination_of(target.name());
    if (deps.is_down) out.down = [is_down = deps.is_down, destination] { return is_down(destination); };
    if (deps.live) out.live = [live = deps.live, destination](int change) { live(destination, change); };
    out.access = deps.access;
    out.locations.source = [&target] {
        notification::LocationSource source;
        if (auto snapshot = target.snapshot()) source.places = {snapshot, &snapshot->places};
        if (auto crosswalk = target.crosswalk()) {
            source.names_of = crosswalk;
            source.old_names = [crosswalk, name = target.name()](opencrvs_v1::LocationType type, std::string_view id) {
                return notification::old_names_in(*crosswalk, name, type, id);
            };
        }
        return source;
    };
    return out;
}

/// The areas that a place of the target lies in.
webhook::AreasOf areas_of(std::shared_ptr<const opencrvs::Snapshot> snapshot) {
    if (snapshot == nullptr) return {};
    return [snapshot = std::move(snapshot)](const std::string& place) {
        const auto* location = snapshot->places.location(place);
        std::vector<std::string> out;
        for (const auto* area : snapshot->places.ancestors(location != nullptr ? location->administrative_area : place))
            out.push_back(area->id);
        return out;
    };
}

/// The id of the office or area that a code stands for, as for the places of a notification.
Result<std::string> place_of(const opencrvs::Target& target, const PlaceCode& code, WallTime now) {
    const auto snapshot = target.snapshot();
    if (snapshot == nullptr)
        return fail(ErrorCode::unavailable, "the places of OpenCRVS are not known yet: try again later");
    const auto crosswalk = target.crosswalk();
    auto crossed = opencrvs::cross(code, {*crosswalk, target.name(), snapshot->places, now});
    if (crossed.by != opencrvs::Crossed::By::nothing) return std::move(crossed.id);
    return fail(ErrorCode::bad_request,
                "names an " + std::string(name(code.kind)) + " that is not known: " + crossed.why);
}

webhook::WebhookDeps webhook_deps(const ChannelDeps& deps) {
    auto out = deps.webhook;
    out.place = [&target = deps.target](const PlaceCode& code, WallTime now) { return place_of(target, code, now); };
    return out;
}

webhook::HeardDeps heard_deps(const ChannelDeps& deps) {
    auto& target = deps.target;
    webhook::HeardDeps out;
    out.target = target.name();
    out.finality = deps.inbound->finality;
    out.publish = publisher(deps);
    if (deps.webhook.subscriptions) {
        out.tell = [&target, subscriptions = deps.webhook.subscriptions](const RegistrationEvent& event,
                                                                         const std::string& subscription,
                                                                         const std::string& transaction, WallTime now) {
            std::vector<store_ops::Op> ops;
            const auto all = subscriptions();
            auto told = webhook::tell(event, all->by_id(subscription), transaction, now, areas_of(target.snapshot()));
            if (told) ops.emplace_back(std::move(*told));
            return ops;
        };
    }
    out.read_document = [&target](const Json& document,
                                  const opencrvs::About& about) -> Result<opencrvs::DocumentRead> {
        const auto snapshot = target.snapshot();
        if (snapshot == nullptr) return fail(ErrorCode::unavailable, "the forms of OpenCRVS are not known yet");
        return opencrvs::read_document(document, about, target.map(), snapshot->form, snapshot->places);
    };
    if (const auto ask = deps.ask_back; ask && ask->reads_events()) {
        out.event = [ask](Exchange& exchange, std::string record) { return ask->event(exchange, std::move(record)); };
    } else if (ask) {
        out.registered = [ask](Exchange& exchange, std::string record) {
            return ask->registered(exchange, std::move(record));
        };
    }
    return out;
}

}  // namespace

std::optional<ChannelDefinition> access_channel(ChannelDefinition& channel) {
    ChannelDefinition out{
        channel.name, "OpenCRVS access", "Access tokens for clients and their keys.", channel.role, {}};
    const auto first = std::ranges::stable_partition(channel.routes, [](const Route& route) {
                           return route.keeps_bodies || route.method != "POST";
                       }).begin();
    out.routes.assign(std::make_move_iterator(first), std::make_move_iterator(channel.routes.end()));
    channel.routes.erase(first, channel.routes.end());
    if (out.routes.empty()) return std::nullopt;
    return out;
}

webhook::Publish publisher(const ChannelDeps& deps) {
    if (!deps.webhook.subscriptions) return {};
    return [&target = deps.target, subscriptions = deps.webhook.subscriptions](
               const RegistrationEvent& event, const std::string& transaction, WallTime now) {
        std::vector<store_ops::Op> ops;
        ops.emplace_back(webhook::publish(event, *subscriptions(), transaction, now, areas_of(target.snapshot())));
        return ops;
    };
}

std::vector<ChannelDefinition> all_channels(const ChannelDeps& deps) {
    std::vector<ChannelDefinition> channels{
        notification::make_notification_channel(notification_deps(deps)),
        webhook::make_webhook_channel(webhook_deps(deps)),
    };
    if (deps.inbound) channels.push_back(webhook::make_inbound_channel(*deps.inbound));
    notification::add_fhir_metadata(channels);
    if (auto access = access_channel(channels.front())) channels.push_back(std::move(*access));
    return channels;
}

std::vector<DeliveryKind> all_deliveries(const ChannelDeps& deps) {
    std::vector<DeliveryKind> kinds{
        notification::make_notification_delivery(notification_deps(deps)),
        webhook::make_webhook_kind(deps.webhook),
    };
    if (deps.inbound) kinds.push_back(webhook::make_heard_delivery(heard_deps(deps)));
    return kinds;
}

}  // namespace ocm
