// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <string_view>

/// Data of the repository that formats carry (made by cmake/Embed.cmake).
namespace ocm::formats_shipped {

extern const std::string_view vital_event_schema;   // config/schemas/vital-event.json
extern const std::string_view subscription_schema;  // config/schemas/subscription.json
extern const std::string_view dhis2_vital_events;   // config/dhis2/vital-events.json

}  // namespace ocm::formats_shipped
