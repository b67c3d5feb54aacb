// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/outgoing.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace ocm::sandbox {
namespace {

constexpr int attempts = 3;
constexpr int most_redirects = 20;

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// A location may leave out the server.
std::string absolute(const std::string& from, std::string_view location) {
    const auto parts = split_url(from);
    if (!location.starts_with('/') || !parts) return std::string(location);
    return parts->scheme + "://" + parts->host + ":" + parts->port + std::string(location);
}
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
            auto reply = co_await send("POST", delivery.url, delivery.body, delivery.signature);
            auto next = delivery;
            auto method = std::string("POST");
            for (int hops = 0; reply && hops < most_redirects && is_redirect(reply->status); ++hops) {
                next.url = absolute(next.url, reply->headers.get("location"));
                // As node-fetch: what is not to stay the same becomes a GET.
                if (reply->status < 307) method = "GET";
                if (method == "GET") next.body.clear();
                reply = co_await send(method, next.url, next.body, next.signature);
            }
            if (reply) break;
        }
    }
    working_ = false;
}

}  // namespace ocm::sandbox
