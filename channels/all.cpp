// SPDX-License-Identifier: MPL-2.0
#include "channels/all.hpp"

#include "channels/notification/channel.hpp"
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
    out.park = &deps.settings.notification_park;
    out.takes_documents = target.takes_documents();
    const auto destination = notification::destination_of(target.name());
    if (deps.is_down) out.down = [is_down = deps.is_down, destination] { return is_down(destination); };
    if (deps.live) out.live = [live = deps.live, destination](int change) { live(destination, change); };
    return out;
}

}  // namespace

std::vector<ChannelDefinition> all_channels(const ChannelDeps& deps) {
    return {
        notification::make_notification_channel(notification_deps(deps)),
    };
}

std::vector<DeliveryKind> all_deliveries(const ChannelDeps& deps) {
    return {
        notification::make_notification_delivery(notification_deps(deps)),
    };
}

}  // namespace ocm
