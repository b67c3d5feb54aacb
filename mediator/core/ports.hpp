// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/result.hpp"
#include "core/store_port.hpp"
#include "core/task.hpp"
#include "core/time.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace ocm {

/// One HTTP request to another system. Exactly one try: repeating is decided above (core/retry).
struct UpstreamCall {
    std::string name;    // orchestration name, stable and of low cardinality
    std::string method;  // GET, POST, PUT, DELETE
    std::string url;     // absolute http(s), no credentials in it
    HttpHeaders headers;
    std::string body;
    Milliseconds timeout{30'000};
    std::size_t max_response = 16u << 20;
    bool repeatable = false;   // repeating cannot do the work twice: idempotent method, or an idempotency key in it
    bool credentials = false;  // the request or answer body carries credentials (token calls): redact when recording
    bool public_only =
        false;  // its address was named by someone else: no connection but to a public one (core/address)
    /// Passed on for someone else: no header field is added, the path stays as it is, the answer is not decoded; and
    /// what is not repeatable has a connection of its own, for on a kept one it could fail where its sender's would
    /// not.
    bool verbatim = false;
    std::string key_id{};  // names the key that signed it, for the record; empty: nothing is signed
};

/// A call as all look at it who have to do with it: who records it, who may repeat it, who carries it out.
using SharedCall = std::shared_ptr<const UpstreamCall>;

struct UpstreamReply {
    int status = 0;
    HttpHeaders headers;
    std::string body;
};

/// The way out. Fails with `unavailable` (no connection was made, nothing was sent), `target_timeout` (no whole answer
/// in time, or the connection was closed before its end; it may have been done), `bad_gateway` (TLS failure, answer
/// unusable or too large) or `cancelled`.
class Upstream {
  public:
    virtual ~Upstream() = default;
    Task<Result<UpstreamReply>> send(SharedCall call, SteadyTime deadline) {
        return carry_out(std::move(call), deadline);
    }
    Task<Result<UpstreamReply>> send(UpstreamCall call, SteadyTime deadline) {
        return carry_out(std::make_shared<const UpstreamCall>(std::move(call)), deadline);
    }

  private:
    virtual Task<Result<UpstreamReply>> carry_out(SharedCall call, SteadyTime deadline) = 0;
};

class Clock {
  public:
    virtual ~Clock() = default;
    virtual WallTime now() const = 0;
    virtual SteadyTime steady() const = 0;
    /// Waits; resumes early with false when cancelled.
    virtual Task<bool> sleep(Milliseconds time) = 0;
};

class Ids {
  public:
    virtual ~Ids() = default;
    /// A new UUIDv7.
    virtual std::string next() = 0;
    /// In [0, 1), for jitter only.
    virtual double random() = 0;
};

/// What a channel flow needs of the world.
struct Ports {
    Upstream& upstream;
    StorePort& store;
    Clock& clock;
    Ids& ids;
};

}  // namespace ocm
