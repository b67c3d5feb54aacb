// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/gap.hpp"

#include <algorithm>

namespace ocm::webhook {

std::uint64_t GapLog::add(Gap gap) {
    const std::lock_guard lock(mutex_);
    const auto number = ++last_;
    ++total_;
    if (gaps_.size() >= most) {
        Gap whole{gap.target, gap.since, {}};
        for (auto it = gaps_.begin(); it != gaps_.end();) {
            if (it->second.target != gap.target) {
                ++it;
                continue;
            }
            whole.since = std::min(whole.since, it->second.since);
            it = gaps_.erase(it);
        }
        gap = std::move(whole);
        // Not under the number that is given out: closing this one gap would close all of them.
        gaps_.emplace(++last_, std::move(gap));
        return number;
    }
    gaps_.emplace(number, std::move(gap));
    return number;
}

void GapLog::close(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    gaps_.erase(number);
}

std::vector<Gap> GapLog::take() {
    const std::lock_guard lock(mutex_);
    std::vector<Gap> out;
    out.reserve(gaps_.size());
    for (auto& [number, gap] : gaps_) out.push_back(std::move(gap));
    gaps_.clear();
    std::ranges::stable_sort(out, {}, &Gap::since);
    return out;
}

std::size_t GapLog::open() const {
    const std::lock_guard lock(mutex_);
    return gaps_.size();
}

std::uint64_t GapLog::total() const {
    const std::lock_guard lock(mutex_);
    return total_;
}

}  // namespace ocm::webhook
