// SPDX-License-Identifier: MPL-2.0
#include "core/retry.hpp"

#include <cmath>

namespace ocm {

Milliseconds backoff(const BackoffPolicy& policy, unsigned failures, double random) {
    const double steps = failures == 0 ? 0.0 : static_cast<double>(failures - 1);
    const double cap = static_cast<double>(policy.cap.count());
    const double full = std::min(cap, static_cast<double>(policy.first.count()) * std::pow(policy.factor, steps));
    const double wait = full * (1.0 - policy.jitter * random);
    return Milliseconds(static_cast<Milliseconds::rep>(wait));
}

std::optional<Milliseconds> next_attempt(const RetryPolicy& policy, unsigned failures, bool repeatable,
                                         Milliseconds left, double random) {
    if (!repeatable || failures >= policy.attempts) return std::nullopt;
    const auto wait = backoff(policy.backoff, failures, random);
    if (wait >= left) return std::nullopt;
    return wait;
}

bool Breaker::allow(SteadyTime now) {
    if (failures_ < policy_.threshold) return true;
    if (now - opened_ < policy_.open_for || probing_) return false;
    probing_ = true;
    return true;
}

void Breaker::succeeded() {
    failures_ = 0;
    probing_ = false;
}

void Breaker::failed(SteadyTime now) {
    probing_ = false;
    if (failures_ < policy_.threshold) ++failures_;
    if (failures_ >= policy_.threshold) opened_ = now;
}

Milliseconds Breaker::retry_in(SteadyTime now) const {
    if (failures_ < policy_.threshold) return Milliseconds{0};
    const auto left = std::chrono::duration_cast<Milliseconds>(policy_.open_for - (now - opened_));
    return std::max(left, Milliseconds{0});
}

}  // namespace ocm
