// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/vital_event.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "formats/opencrvs_v1/rules.hpp"

#include <nlohmann/json.hpp>

#include <string_view>

namespace ocm::opencrvs_v1 {

struct Written {
    Json bundle;
    Account account;  // names of the event's values
};

/// Writes a birth or death as the notification document of a 1.x version. Pure. `seed` is a UUID: the document's own
/// ids are derived from it, so that the same seed makes the same document.
/// `bad_request` at "kind" for other events.
Result<Written> write(const VitalEvent& event, const Rules& rules, const Destination& destination,
                      std::string_view seed, WallTime now);

/// True where a document that passed `read` is taken by a target of these rules as it is: its allowed types and
/// shapes, its office, facility and addresses (opencrvs.md 2.1 to 2.3).
bool fits(const Json& bundle, const Rules& rules, const Destination& destination);

}  // namespace ocm::opencrvs_v1
