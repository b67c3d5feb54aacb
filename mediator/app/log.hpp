// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <string_view>

namespace ocm::app {

/// Sets up the process's log on standard error. `level` is trace, debug, info, warn, error or off; `json` writes one
/// object a line. May be called again to change either while running.
void configure_log(std::string_view level, bool json);

}  // namespace ocm::app
