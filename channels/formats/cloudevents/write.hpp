// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/registration_event.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// CloudEvents 1.0 in structured JSON: one event of a registration in an envelope that any event broker takes.
namespace ocm::cloudevents {

inline constexpr std::string_view content_type = "application/cloudevents+json; charset=utf-8";

/// "org.opencrvs.mediator.birth.registered.v1": the version is that of the data.
std::string type_of(const Topic& topic);

/// Writes an event whose VitalEvent the field policy has cut already. Pure.
///   id      the event's own, the same however often it is sent: receivers de-duplicate by source and id
///   source  "/opencrvs/<target>"
///   time    when it happened, where OpenCRVS says so
///   sequence  its number among those of the subscription (the Sequence extension); a gap is a lost delivery
///   data    {"event": <vital event>, "confirmed", "partial", "status", "reason", "source_id"}; what is absent has no
///           member
/// The envelope names nobody: brokers log and route by it. It has no subject.
Json write(const RegistrationEvent& event, std::optional<std::int64_t> sequence = std::nullopt);

/// The same without an event, to prove a callback: type "org.opencrvs.mediator.subscription.test".
Json write_test(std::string_view subscription, std::string_view id);

}  // namespace ocm::cloudevents
