// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

/// Names of the Subscriptions R5 Backport for R4 (external-systems.md 4.4).
namespace ocm::fhir_r4::backport {

inline constexpr std::string_view filter_criteria =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria";
inline constexpr std::string_view payload_content =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content";
inline constexpr std::string_view heartbeat_period =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-heartbeat-period";
inline constexpr std::string_view timeout =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-timeout";
inline constexpr std::string_view max_count =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-max-count";
inline constexpr std::string_view subscription =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription";

/// A parameter of a Parameters: {"name", "<type>": value}.
Json named(const char* name, const char* type, Json value);

/// {"profile": ["…/<name>"]}.
Json profile(std::string_view name);

}  // namespace ocm::fhir_r4::backport
