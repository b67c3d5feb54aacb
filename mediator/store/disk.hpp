// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace ocm::store {

enum class Pressure {
    ok,
    low,   // warn: room is getting short
    full,  // new work is refused, what has begun may finish
};

/// Watches the room on the store's file system. Thread-safe; asks the system at most every 200 ms.
class Disk {
  public:
    using Measure = std::function<std::uint64_t()>;
    /// `measure` gives the free bytes; the file system of `path` is asked where it is empty.
    Disk(const std::string& path, std::uint64_t warn_free, std::uint64_t min_free, Measure measure);

    std::uint64_t free_bytes();
    Pressure pressure();
    /// False where a unit must be refused: new work below the minimum, everything below a quarter of it, so that what
    /// has begun can still be answered.
    bool accepts(bool begins_work);

  private:
    const std::string folder_;
    const std::uint64_t warn_free_;
    const std::uint64_t min_free_;
    const Measure measure_;
    std::atomic<std::int64_t> asked_ns_{0};
    std::atomic<std::uint64_t> free_{0};
};

}  // namespace ocm::store
