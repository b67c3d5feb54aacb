// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <filesystem>

namespace ocm::support {

/// The top of the source tree, where fixtures and shipped data are. A function, not a macro of the build, so that test
/// objects are the same wherever the tree stands and a compiler cache can share them.
std::filesystem::path source_dir();

}  // namespace ocm::support
