// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/io_pool.hpp"
#include "core/task.hpp"
#include "support/sandbox/webhooks.hpp"
#include "upstream/curl_upstream.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace ocm::sandbox {

/// What the sandbox sends by itself. On the pool's first thread, but for the constructor.
class Outgoing {
  public:
    explicit Outgoing(IoPool& pool);

    /// Body of the answer, whatever its status; absent where none came.
    Task<std::optional<std::string>> get(std::string url);
    /// One attempt; nobody looks at how it went (FORWARD_ACTIONS_TO).
    Task<void> post_once(std::string url, std::string body);
    /// An action trigger: one attempt, and what came of it decides the action (contracts section 7.10).
    Task<Result<UpstreamReply>> ask(std::string url, std::string token, std::string body);
    /// Deliveries of the webhooks service: one after the other, each tried three times at once where no answer comes;
    /// any answer is taken for delivered, and redirects are followed (contracts section 4.7).
    void queue(std::vector<HubDelivery> deliveries);

  private:
    Task<Result<UpstreamReply>> send(std::string method, std::string url, std::string body, std::string signature);
    Task<void> work();

    IoPool& pool_;
    upstream::CurlUpstream upstream_;
    std::deque<HubDelivery> queue_;
    bool working_ = false;
};

}  // namespace ocm::sandbox
