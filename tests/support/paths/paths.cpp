// SPDX-License-Identifier: MPL-2.0
#include "support/paths/paths.hpp"

namespace ocm::support {

std::filesystem::path source_dir() {
    return OCM_SOURCE_DIR;
}

}  // namespace ocm::support
