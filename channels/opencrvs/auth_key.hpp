// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/single_flight.hpp"
#include "core/jwt.hpp"
#include "core/ports.hpp"
#include "core/published.hpp"

#include <mutex>
#include <optional>
#include <string>

namespace ocm::opencrvs {

struct AuthKeyOptions {
    std::string auth_url;
    Milliseconds timeout{2'000};  // of reading the key: someone waits for it
};

/// The public key of a target's auth service, which has neither a key id nor a validity (opencrvs.md 1.3): read once,
/// and again where it did not sign what is shown. Thread-safe; one read at a time, and one in five seconds at most.
class AuthKey {
  public:
    static constexpr std::chrono::seconds between_reads{5};

    AuthKey(AuthKeyOptions options, Upstream& upstream, Clock& clock);

    /// Claims of a token that auth has signed. `unauthenticated` where the key is known and did not sign it,
    /// `unavailable` where no key could ever be read.
    Task<Result<Json>> claims(std::string token);

    /// Reads the key; what was known stays where that fails.
    Task<Result<void>> refresh();
    bool known() const { return current_.load() != nullptr; }

  private:
    Task<Result<VerifyingKey>> read();
    /// False where it was read a moment ago.
    bool is_due();

    AuthKeyOptions options_;
    Upstream& upstream_;
    Clock& clock_;
    Published<VerifyingKey> current_;
    SingleFlight flight_;
    std::mutex mutex_;
    std::optional<SteadyTime> last_read_;
};

}  // namespace ocm::opencrvs
