// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/target.hpp"
#include "core/crosswalk.hpp"

#include <memory>
#include <string>

namespace ocm::app {

/// What a store keeps about the target, for commands that only look: another process may have it open.
struct Stored {
    Crosswalk crosswalk;
    std::string target;                                  // whose locations the crosswalk leads to
    std::shared_ptr<const opencrvs::Snapshot> snapshot;  // forms and places as last read; nullptr where there are none
};

/// `target` is the configured one, whose forms and places are wanted too; without one the crosswalk has to be of one
/// target. `storage` where the file cannot be read.
Result<Stored> read_stored(const std::string& file, const opencrvs::TargetOptions* target,
                           const opencrvs::CountryMap& map);

}  // namespace ocm::app
