// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/time.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace ocm {

/// Jittered exponential backoff: pure, so that every schedule is a test.
struct BackoffPolicy {
    Milliseconds first{500};
    Milliseconds cap{60'000};
    double factor = 2.0;
    double jitter = 0.5;  // the wait is drawn from [wait*(1-jitter), wait]
};

/// Wait before attempt number `failures` + 1, where `failures` >= 1 attempts have failed. `random` is in [0, 1).
Milliseconds backoff(const BackoffPolicy& policy, unsigned failures, double random);

/// Whether and when a failed upstream attempt is repeated while the caller waits.
struct RetryPolicy {
    unsigned attempts = 3;  // in all
    BackoffPolicy backoff{.first = Milliseconds{100}, .cap = Milliseconds{2'000}};
};

/// Wait before the next attempt, or nothing when the policy is used up or the wait would pass the deadline.
/// `repeatable` says that repeating cannot do the work twice.
std::optional<Milliseconds> next_attempt(const RetryPolicy& policy, unsigned failures, bool repeatable,
                                         Milliseconds left, double random);

/// A circuit breaker for one destination: opens after `threshold` failures in a row, lets one probe through after
/// `open_for`, closes on its success.
class Breaker {
  public:
    struct Policy {
        unsigned threshold = 5;
        Milliseconds open_for{10'000};
    };
    explicit Breaker(Policy policy) : policy_(policy) {}

    /// True where an attempt may start now.
    bool allow(SteadyTime now);
    void succeeded();
    void failed(SteadyTime now);
    /// The attempt that was allowed was not made.
    void skipped() { probing_ = false; }
    bool open() const { return failures_ >= policy_.threshold; }
    /// True where it has nothing to remember.
    bool closed() const { return failures_ == 0; }
    /// Time until the next probe is let through; zero where attempts are allowed.
    Milliseconds retry_in(SteadyTime now) const;

  private:
    Policy policy_;
    unsigned failures_ = 0;
    SteadyTime opened_{};
    bool probing_ = false;
};

}  // namespace ocm
