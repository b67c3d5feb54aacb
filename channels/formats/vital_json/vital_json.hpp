// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

#include <string_view>

/// The canonical event as JSON of our own: what the outbox keeps, what golden files hold, and what
/// `POST /vital-events` takes. Versioned by its first member, `"version": "1"`.
namespace ocm::vital_json {

inline constexpr std::string_view version = "1";

/// The event as JSON. What is absent has no member; what was sent empty has an empty one. `read` is the inverse.
Json write(const VitalEvent& event);

/// Reads what `write` wrote. Fails with `bad_request` and a JSON pointer: an unknown version or kind, an unknown member
/// (nothing is dropped in silence), a value of the wrong type.
Result<VitalEvent> read(const Json& document);

}  // namespace ocm::vital_json
