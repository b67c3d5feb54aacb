// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace ocm::webhook {

/// Something was heard of and could not be kept: the target has to be asked what happened since then.
struct Gap {
    std::string target;
    WallTime since{};
    std::string record{};  // the target's id of the record, where it is known; empty where several gaps became one
    friend bool operator==(const Gap&, const Gap&) = default;
};

/// The gaps of this process that nobody has filled yet. Remembered in memory: after a crash the catch-up begins at its
/// cursor, which does not move while nothing can be stored. Bounded: beyond `most` the gaps of a target become one.
/// Thread-safe.
class GapLog {
  public:
    static constexpr std::size_t most = 1'000;

    /// Gives the number of the gap, for `close`.
    std::uint64_t add(Gap gap);
    /// What was missed could be kept after all. Nothing where someone took the gap, or it has become one with others.
    void close(std::uint64_t number);
    /// Every gap, the oldest first; whoever takes them fills them, or adds what could not be filled.
    std::vector<Gap> take();

    /// How many are open now, and how many there ever were.
    std::size_t open() const;
    std::uint64_t total() const;

  private:
    mutable std::mutex mutex_;
    std::uint64_t last_ = 0;
    std::uint64_t total_ = 0;
    std::map<std::uint64_t, Gap> gaps_;
};

}  // namespace ocm::webhook
