// SPDX-License-Identifier: MPL-2.0
#include "channels/all.hpp"

#include "channels/notification/channel.hpp"
#include "channels/notification/fhir_metadata.hpp"
#include "channels/notification/outbox.hpp"
#include "channels/opencrvs/target.hpp"

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

}  // namespace

std::vector<ChannelDefinition> all_channels(const ChannelDeps& deps) {
    std::vector<ChannelDefinition> channels{
        notification::make_notification_channel(notification_deps(deps)),
        webhook::make_webhook_channel(deps.webhook),
    };
    notification::add_fhir_metadata(channels);
    return channels;
}

std::vector<DeliveryKind> all_deliveries(const ChannelDeps& deps) {
    return {
        notification::make_notification_delivery(notification_deps(deps)),
        webhook::make_webhook_kind(deps.webhook),
    };
}

}  // namespace ocm
