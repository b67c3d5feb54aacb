// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/outgoing.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace ocm::sandbox {
namespace {

constexpr int attempts = 3;
/// OpenCRVS sets none.
constexpr Milliseconds no_timeout{3'600'000};

}  // namespace

Outgoing::Outgoing(IoPool& pool) : pool_(pool), upstream_(pool, {}) {}

Task<Result<UpstreamReply>> Outgoing::send(std::string method, std::string url, std::string body,
                                           std::string signature) {
    UpstreamCall call;
    call.name = "sandbox";
    call.method = std::move(method);
    call.url = std::move(url);
    call.headers.set("Content-Type", "application/json");
    call.headers.set("Connection", "close");
    if (!signature.empty()) call.headers.set("X-Hub-Signature", std::move(signature));
    call.body = std::move(body);
    call.timeout = no_timeout;
    return upstream_.send(std::move(call), std::chrono::steady_clock::now() + no_timeout);
}

Task<std::optional<std::string>> Outgoing::get(std::string url) {
    auto reply = co_await send("GET", std::move(url), {}, {});
    if (!reply) co_return std::nullopt;
    co_return std::move(reply->body);
}

Task<void> Outgoing::post_once(std::string url, std::string body) {
    const auto reply = co_await send("POST", std::move(url), std::move(body), {});
    static_cast<void>(reply);
}

Task<Result<UpstreamReply>> Outgoing::ask(std::string url, std::string token, std::string body) {
    UpstreamCall call;
    call.name = "sandbox";
    call.method = "POST";
    call.url = std::move(url);
    call.headers.set("Content-Type", "application/json");
    call.headers.set("Authorization", "Bearer " + token);
    call.body = std::move(body);
    call.timeout = no_timeout;
    return upstream_.send(std::move(call), std::chrono::steady_clock::now() + no_timeout);
}

void Outgoing::queue(std::vector<HubDelivery> deliveries) {
    for (auto& delivery : deliveries) queue_.push_back(std::move(delivery));
    if (working_ || queue_.empty()) return;
    working_ = true;
    boost::asio::co_spawn(pool_.context(0), work(), boost::asio::detached);
}

Task<void> Outgoing::work() {
    while (!queue_.empty()) {
        const auto delivery = std::move(queue_.front());
        queue_.pop_front();
        for (int attempt = 0; attempt < attempts; ++attempt) {
            const auto reply = co_await send("POST", delivery.url, delivery.body, delivery.signature);
            if (reply) break;
        }
    }
    working_ = false;
}

}  // namespace ocm::sandbox
