// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/registration_event.hpp"
#include "core/json.hpp"
#include "core/place_code.hpp"
#include "core/result.hpp"
#include "core/subscription.hpp"
#include "core/time.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Our own subscriptions, which are told in CloudEvents: plain JSON (config/schemas/subscription.json).
namespace ocm::cloudevents {

struct SubscriptionRead {
    std::string callback;
    std::vector<Topic> topics;  // each once, in the order of `topics()`
    std::optional<std::vector<std::string>>
        fields;  // names of the field policy or permission codes; absent: all granted
    std::vector<PlaceCodeAt> areas, offices;
    std::vector<std::string> statuses;
    std::optional<WallTime> replay_from;
    std::optional<WallTime> until;
    std::string reason;
};

/// Reads what is asked for. Pure. `bad_request` with a JSON pointer: a member that is not known, is missing or is not
/// what the schema says.
Result<SubscriptionRead> read_subscription(const Json& asked);

/// A subscription as its owner is shown it.
Json write_subscription(const Subscription& subscription);

/// The JSON Schema of what `read_subscription` takes.
std::string_view subscription_schema();

}  // namespace ocm::cloudevents
