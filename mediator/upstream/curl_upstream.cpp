// SPDX-License-Identifier: MPL-2.0
#include "upstream/curl_upstream.hpp"

#include "upstream/multi.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>

namespace ocm::upstream {
namespace asio = boost::asio;
namespace {

void start_curl() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl cannot be started");
    });
}

/// A token or a header value with a line break in it would write header fields of its own.
bool fits_a_header(const HttpHeaders& headers) {
    return std::all_of(headers.begin(), headers.end(), [](const auto& field) {
        return !field.first.empty() &&
               field.first.find_first_of(std::string_view("\r\n\0:; ", 6)) == std::string::npos &&
               field.second.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
    });
}

Result<std::shared_ptr<Transfer>> prepare(SharedCall shared, SteadyTime deadline,
                                          std::shared_ptr<const UpstreamOptions> options) {
    const auto& call = *shared;
    auto target = split_url(call.url);
    if (!target || call.url.find_first_of(std::string_view("\r\n\0 ", 4)) != std::string::npos) {
        return fail(ErrorCode::internal, "the address for \"" + call.name + "\" is not an http(s) URL");
    }
    if (!fits_a_header(call.headers)) {
        return fail(ErrorCode::internal, "a header field for \"" + call.name + "\" holds what a header cannot");
    }
    const auto left = std::chrono::duration_cast<Milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto timeout = std::min(call.timeout, left);
    if (timeout <= Milliseconds::zero()) {
        return fail(ErrorCode::unavailable, "no time was left to call " + target->host + ":" + target->port);
    }
    return std::make_shared<Transfer>(std::move(shared), *std::move(target), timeout, std::move(options));
}

struct Launch {
    /// Takes `multi` out of the waiting coroutine: that hangs on it by the call, and would keep it for ever where the
    /// pool stops first.
    template <class Handler>
    void operator()(Handler handler, std::shared_ptr<Multi> multi, std::shared_ptr<Transfer> transfer,
                    bool here) const {
        const asio::any_io_executor executor = asio::get_associated_executor(handler);
        transfer->waiter.emplace(Transfer::Waiter{std::move(handler), asio::make_work_guard(executor)});
        // Only now: the type-erased handler takes the slot of the one it holds and offers its own.
        auto slot = asio::get_associated_cancellation_slot(transfer->waiter->done);
        if (slot.is_connected()) {
            slot.assign([weak_multi = std::weak_ptr(multi), weak = std::weak_ptr(transfer)](asio::cancellation_type) {
                const auto owner = weak_multi.lock();
                if (!owner) return;
                asio::post(owner->context(), [owner, weak] {
                    if (const auto running = weak.lock()) owner->cancel(running);
                });
            });
        }
        if (here) return multi->start(std::move(transfer));
        auto& context = multi->context();
        asio::post(context, [multi = std::move(multi), transfer = std::move(transfer)]() mutable {
            multi->start(std::move(transfer));
        });
    }
};

auto run(std::shared_ptr<Multi> multi, std::shared_ptr<Transfer> transfer, bool here) {
    return asio::async_initiate<const asio::use_awaitable_t<>, void(Result<UpstreamReply>)>(
        Launch{}, asio::use_awaitable, std::move(multi), std::move(transfer), here);
}

}  // namespace

CurlUpstream::CurlUpstream(IoPool& pool, UpstreamOptions options)
    : pool_(pool), options_(std::make_shared<const UpstreamOptions>(checked(std::move(options)))) {
    start_curl();
    for (std::size_t i = 0; i < pool.size(); ++i) {
        multis_.push_back(std::make_shared<Multi>(pool.context(i), *options_));
    }
}

CurlUpstream::~CurlUpstream() {
    shutdown();
}

void CurlUpstream::shutdown() {
    for (const auto& multi : multis_) {
        asio::post(multi->context(), [multi] { multi->close(); });
    }
}

Task<Result<UpstreamReply>> CurlUpstream::carry_out(SharedCall call, SteadyTime deadline) {
    static std::atomic<std::size_t> next{0};
    auto transfer = prepare(std::move(call), deadline, options_);
    if (!transfer) co_return fail(std::move(transfer.error()));
    const auto current = pool_.current();
    const auto index = current ? *current : next.fetch_add(1) % multis_.size();
    auto result = co_await run(multis_[index], *std::move(transfer), current.has_value());
    co_return result;
}

}  // namespace ocm::upstream
