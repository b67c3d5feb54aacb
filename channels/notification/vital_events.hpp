// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/notification/format.hpp"

#include <atomic>

/// Our own plain JSON, for portals and scripts: `POST /vital-events` (docs/vital-events.md).
namespace ocm::notification {

/// 201 {"id","state","trackingId","status","warnings":[{"path","why"}]}; 202 while OpenCRVS cannot take it or its
/// facility is unknown; of a check 200 {"valid":true,"warnings","account"}. Refusals are {"error","message","path"}
/// with a JSON pointer. `Prefer: handling=strict` refuses (422) what would lose a field.
Format vital_events_format(const std::atomic<bool>* stillbirths_as_death = nullptr);

/// `GET /schemas/vital-event.json`: the JSON Schema of it, for anyone.
Route schema_route();

}  // namespace ocm::notification
