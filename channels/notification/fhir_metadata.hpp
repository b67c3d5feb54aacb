// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/route.hpp"

#include <vector>

namespace ocm::notification {

/// The CapabilityStatement of what the channels offer below /fhir: a resource or an operation for each route
/// (external-systems.md 4.3).
Json capability_statement(const std::vector<ChannelDefinition>& channels);

/// Adds `GET /fhir/metadata` to the notification channel: static, for everybody, composed of the routes of all
/// `channels`.
void add_fhir_metadata(std::vector<ChannelDefinition>& channels);

}  // namespace ocm::notification
