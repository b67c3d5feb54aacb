// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/single_flight.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace ocm::opencrvs {
namespace {

struct Wake {
    boost::asio::any_completion_handler<void(bool)> handler;
    bool leads;
    void operator()() { std::move(handler)(leads); }
};

}  // namespace

void SingleFlight::wake(Waiter waiter, bool leads) {
    boost::asio::post(waiter.executor, Wake{std::move(waiter.handler), leads});
}

// The decision and the joining are one step under the lock: a wake-up cannot be missed.
struct SingleFlight::Join {
    SingleFlight* flight;
    boost::asio::any_io_executor executor;
    template <class Handler>
    void operator()(Handler handler) {
        {
            const std::lock_guard lock(flight->mutex_);
            if (flight->flying_) {
                flight->waiting_.push_back({std::move(executor), std::move(handler)});
                return;
            }
            flight->flying_ = true;
        }
        wake({std::move(executor), std::move(handler)}, true);
    }
};

Task<bool> SingleFlight::enter() {
    auto executor = co_await boost::asio::this_coro::executor;
    // Tracked: while one waits its thread has work.
    Join join{this, boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked)};
    const bool leads = co_await boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void(bool)>(
        std::move(join), boost::asio::use_awaitable);
    co_return leads;
}

void SingleFlight::finish() {
    std::vector<Waiter> waiting;
    {
        const std::lock_guard lock(mutex_);
        flying_ = false;
        waiting.swap(waiting_);
    }
    for (auto& waiter : waiting) wake(std::move(waiter), false);
}

}  // namespace ocm::opencrvs
