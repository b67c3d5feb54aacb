// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/route.hpp"

#include <atomic>
#include <vector>

namespace ocm {

namespace opencrvs {
class Target;
}

/// Settings that channels read at each message, changed while they run.
struct RuntimeSettings {
    std::atomic<bool> notification_hold{false};
};

struct ChannelDeps {
    opencrvs::Target& target;
    const RuntimeSettings& settings;
};

/// Every channel of this mediator, one line each.
std::vector<ChannelDefinition> all_channels(const ChannelDeps& deps);

}  // namespace ocm
