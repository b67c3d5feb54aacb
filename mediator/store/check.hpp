// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ocm::store {

struct CheckReport {
    std::int64_t entries = 0;
    std::int64_t transactions = 0;
    std::int64_t parts = 0;          // verified against their hash
    std::int64_t erased_parts = 0;   // gone because they were erased
    std::int64_t discrepancies = 0;  // all of them
    std::vector<std::string> words;  // each in a sentence, the first 1000

    bool sound() const { return discrepancies == 0; }
};

/// Called now and then, with how many of how many entries have been read.
using CheckProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// Proves that rows are what the entries say: reads every entry (numbered without gaps, in canonical form), verifies
/// every part against its hash, rebuilds the projections beside the kept ones and compares, and lets SQLite check the
/// file. Reads one snapshot, so it may run while the mediator writes. Fails only where the file cannot be read.
Result<CheckReport> check(const std::string& path, const std::string& vfs = {}, const CheckProgress& progress = {});

}  // namespace ocm::store
