// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/admin.hpp"
#include "app/catch_up.hpp"
#include "app/metrics.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocm::opencrvs {
class Target;
}

/// What the catch-up poll needs of the target, and what is shown of it.
namespace ocm::app {

/// The kind of an event type of the target, where its registrations are looked for (topic_sources.hpp).
std::optional<VitalKind> looked_up_kind(std::string_view type, std::string_view version,
                                        const opencrvs::Target& target);
/// Ids of its offices, as far as they are known.
std::vector<std::string> offices_of(const opencrvs::Target& target);

/// On the health page.
Readiness::Check catch_up_check(const CatchUpStatus& status, WallTime now);
/// Gauges: how far behind it is, when a round ended last, what it found.
void show_catch_up(const CatchUpStatus& status, WallTime now, Metrics& metrics);

}  // namespace ocm::app
