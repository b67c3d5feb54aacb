// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "config/loader.hpp"

#include <vector>

namespace ocm::app {

/// What is wrong inside the files that a configuration names and that the mediator reads at its start: the country map,
/// the DHIS2 mapping, the server's certificate and key. All of it, so that `check-config` says what `serve` would.
std::vector<config::Problem> unusable_files(const config::Config& config);

}  // namespace ocm::app
