// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "config/loader.hpp"

#include <string>

namespace ocm::config {

/// What `check-config` prints: every error with its path and what is allowed, every warning, and where there is no
/// error the settings that are not at their default with where they come from. Never a secret.
std::string report(const LoadInput& input, const LoadOutcome& outcome);

/// Errors or warnings alone, a paragraph each.
std::string format_problems(const std::vector<Problem>& problems);

/// Text of `docs/configuration.md`, made from the settings table.
std::string configuration_markdown();

}  // namespace ocm::config
