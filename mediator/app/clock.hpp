// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/ports.hpp"

namespace ocm::app {

/// The machine's clocks. `sleep` waits on the calling coroutine's executor and honours its cancellation.
class SystemClock final : public Clock {
  public:
    WallTime now() const override;
    SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
    Task<bool> sleep(Milliseconds time) override;
};

class SystemIds final : public Ids {
  public:
    std::string next() override;
    double random() override;
};

}  // namespace ocm::app
