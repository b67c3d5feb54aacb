// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <filesystem>

namespace ocm::support {

/// The top of the source tree, where fixtures and shipped data are. A function, not a macro of the build, so that test
/// objects are the same wherever the tree stands and a compiler cache can share them.
std::filesystem::path source_dir();

/// Real payloads that are kept outside the project: the folder that OCM_SAMPLES names, or one beside the checkout.
/// Empty where there are none: what needs them says so and is skipped.
std::filesystem::path samples();

}  // namespace ocm::support
