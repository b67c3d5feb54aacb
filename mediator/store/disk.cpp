// SPDX-License-Identifier: MPL-2.0
#include "store/disk.hpp"

#include <chrono>
#include <filesystem>
#include <limits>

namespace ocm::store {
namespace {

constexpr std::int64_t stale_ns = 200'000'000;

}  // namespace

Disk::Disk(const std::string& path, std::uint64_t warn_free, std::uint64_t min_free, Measure measure)
    : folder_(std::filesystem::absolute(path).parent_path().string()),
      warn_free_(warn_free),
      min_free_(min_free),
      measure_(std::move(measure)) {
    free_bytes();
}

std::uint64_t Disk::free_bytes() {
    if (measure_) return measure_();
    const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch().count();
    auto asked = asked_ns_.load();
    if ((asked == 0 || now - asked > stale_ns) && asked_ns_.compare_exchange_strong(asked, now)) {
        std::error_code error;
        const auto space = std::filesystem::space(folder_, error);
        // A file system that does not tell must not stop the service.
        free_ = error ? std::numeric_limits<std::uint64_t>::max() : space.available;
    }
    return free_.load();
}

Pressure Disk::pressure() {
    const auto free = free_bytes();
    if (free < min_free_) return Pressure::full;
    return free < warn_free_ ? Pressure::low : Pressure::ok;
}

bool Disk::accepts(bool begins_work) {
    return free_bytes() >= (begins_work ? min_free_ : min_free_ / 4);
}

}  // namespace ocm::store
