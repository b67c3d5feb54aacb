// SPDX-License-Identifier: MPL-2.0
#include "channels/all.hpp"

#include "channels/notification/channel.hpp"

namespace ocm {

std::vector<ChannelDefinition> all_channels(const ChannelDeps& deps) {
    auto& target = deps.target;
    const auto send = [&target](Exchange& exchange, const VitalEvent& event, opencrvs::NotifyIds ids) {
        return target.notify(exchange, event, std::move(ids));
    };
    const auto preview = [&target](Exchange& exchange, const VitalEvent& event) {
        return target.preview(exchange, event);
    };
    return {
        notification::make_notification_channel({send, preview, target.name(), deps.settings.notification_hold}),
    };
}

}  // namespace ocm
