// SPDX-License-Identifier: MPL-2.0
#include "support/paths/paths.hpp"

#include <cstdlib>

namespace ocm::support {

std::filesystem::path source_dir() {
    return OCM_SOURCE_DIR;
}

std::filesystem::path samples() {
    std::filesystem::path path;
    if (const auto* named = std::getenv("OCM_SAMPLES")) {
        path = named;
    } else {
        path = source_dir() / ".." / "shared" / "samples";
    }
    return std::filesystem::exists(path / "opencrvs-2.0" / "events-config.json") ? path : std::filesystem::path();
}

}  // namespace ocm::support
