// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ocm::app {

/// Puts `text` into a file of mode 0600 that is whole or not there, whatever happens; replaces one that is. An error
/// (`storage`) names the file.
Result<void> write_private_file(const std::string& path, std::string_view text);

/// Absent where there is no such file; an error (`forbidden`) where it cannot be read.
Result<std::optional<std::string>> read_private_file(const std::string& path);

}  // namespace ocm::app
