// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/versions.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ocm::opencrvs {

/// One scope of a token: `type=record.notify&event=birth,death` (2.0), `record.notify[event=birth|death]` (1.9), or the
/// bare name of older versions.
struct Scope {
    std::string type;
    std::vector<std::string> events;  // empty: every event type
    static Scope parse(std::string_view text);
    bool covers(std::string_view event_type) const;
};

/// What the notification client's token lacks, and what it may do that nothing here needs.
struct ScopeCheck {
    std::vector<std::string> missing;  // as the version writes them: "type=record.notify&event=birth"
    std::vector<std::string> excess;   // scope types
};
ScopeCheck check_notification_scopes(const Version& version, const std::vector<std::string>& scopes,
                                     const std::vector<std::string>& event_types);

}  // namespace ocm::opencrvs
