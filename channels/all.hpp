// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/notification/access.hpp"
#include "channels/webhook/channel.hpp"
#include "channels/webhook/inbound.hpp"
#include "core/delivery_kind.hpp"
#include "core/route.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ocm {

namespace opencrvs {
class AskBack;
class Target;
}  // namespace opencrvs
namespace dhis2 {
struct Mapping;
}

/// Settings that channels read at each message, changed while they run.
struct RuntimeSettings {
    std::atomic<bool> notification_hold{false};
    std::atomic<bool> notification_park{false};
    std::atomic<bool> stillbirths_as_death{false};
};

struct ChannelDeps {
    opencrvs::Target& target;
    const RuntimeSettings& settings;
    std::function<bool(const std::string& destination)> is_down{};    // may be empty: never
    std::function<void(const std::string& destination, int)> live{};  // may be empty: nobody cares
    std::shared_ptr<const dhis2::Mapping> dhis2{};                    // of programs; empty: the shipped one
    notification::Access access{};                                    // may be empty: no tokens are issued
    std::optional<webhook::InboundDeps> inbound{};                    // absent: OpenCRVS is not listened to
    std::shared_ptr<opencrvs::AskBack> ask_back{};                    // may be empty: nothing can be confirmed
    webhook::WebhookDeps webhook{};                                   // may be empty: nobody subscribes
};

/// Every channel of this mediator, one line each.
std::vector<ChannelDefinition> all_channels(const ChannelDeps& deps);
/// Takes from `channel` the routes that take credentials, as a channel of their own to OpenHIM, which keeps bodies by
/// the channel: those of notifications are kept, so that they can be rerun, and a client's key and token are not. It is
/// switched on and off with the other. Absent where there are none.
std::optional<ChannelDefinition> access_channel(ChannelDefinition& channel);
/// How a registration, or what became of a notification, reaches those who subscribed to it; empty where nobody can.
webhook::Publish publisher(const ChannelDeps& deps);
/// How what they queue is worked off.
std::vector<DeliveryKind> all_deliveries(const ChannelDeps& deps);

}  // namespace ocm
