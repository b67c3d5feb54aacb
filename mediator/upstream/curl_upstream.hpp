// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/io_pool.hpp"
#include "core/ports.hpp"
#include "upstream/options.hpp"

#include <memory>
#include <vector>

namespace ocm::upstream {

class Multi;

/// The way out over libcurl: one multi handle per io thread, connections kept and reused, HTTP/1.1, TLS 1.2 and up,
/// no proxy, no redirects followed, compressed answers decoded.
///
/// A call that is not `repeatable` reaches the other side once at most: where libcurl would resend it over a fresh
/// connection because a kept one died, it fails with `target_timeout` instead.
///
/// The pool must outlive it. Destroying it ends what is in flight, as shutdown() does.
class CurlUpstream final : public Upstream {
  public:
    /// Throws std::invalid_argument on options that cannot be (see `checked`).
    CurlUpstream(IoPool& pool, UpstreamOptions options);
    ~CurlUpstream() override;
    CurlUpstream(const CurlUpstream&) = delete;
    CurlUpstream& operator=(const CurlUpstream&) = delete;

    /// On an io thread the call stays there; from any other executor it is carried out on one of them and resumes on
    /// the caller's. Cancelling the coroutine's slot ends the call with `cancelled`.
    Task<Result<UpstreamReply>> carry_out(SharedCall call, SteadyTime deadline) override;

    /// Ends every call in flight, and every later one, with `cancelled`. Thread-safe; may be called again. Returns at
    /// once: the calls end on their threads.
    void shutdown();

  private:
    IoPool& pool_;
    std::shared_ptr<const UpstreamOptions> options_;
    std::vector<std::shared_ptr<Multi>> multis_;
};

}  // namespace ocm::upstream
