// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/crosswalk.hpp"
#include "core/ports.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace ocm::store {
class Store;
}

namespace ocm::app {

/// Lets go of the parked deliveries whose codes are all known now; says how many. One that waits for something else
/// stays. `actor` is who made it possible.
Task<Result<std::size_t>> release_known(store::Store& store, Clock& clock, std::function<bool(const PlaceCode&)> knows,
                                        std::string actor);

}  // namespace ocm::app
