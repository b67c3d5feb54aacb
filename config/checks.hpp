// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "config/loader.hpp"

#include <set>
#include <string>

namespace ocm::config {

/// What must hold between settings, on a configuration whose single values are right; adds to the errors and warnings
/// of `outcome`. `doubtful` are keys that have an error already: nothing is said of their absence.
void check_together(const Config& config, const std::set<std::string>& doubtful, LoadOutcome& outcome);

}  // namespace ocm::config
