// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/crosswalk.hpp"
#include "core/ports.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace ocm::store {
class Store;
}

namespace ocm::app {

/// Lets go of the parked deliveries whose codes are all known now; says how many. One that waits for something else
/// stays. `actor` is who made it possible.
Task<Result<std::size_t>> release_known(store::Store& store, Clock& clock, std::function<bool(const PlaceCode&)> knows,
                                        std::string actor);

/// A code that parked deliveries wait for.
struct WaitedFor {
    PlaceCode code;
    std::size_t deliveries = 0;
    WallTime since{};  // the oldest was queued
};
/// All of them, the most wanted first.
Task<Result<std::vector<WaitedFor>>> waited_for(store::Store& store);

}  // namespace ocm::app
