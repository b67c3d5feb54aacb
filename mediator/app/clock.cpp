// SPDX-License-Identifier: MPL-2.0
#include "app/clock.hpp"

#include "core/ids.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <random>

namespace ocm::app {

WallTime SystemClock::now() const {
    return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
}

Task<bool> SystemClock::sleep(Milliseconds time) {
    auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, time);
    boost::system::error_code error;
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
    co_return !error;
}

std::string SystemIds::next() {
    return uuid_v7(std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now()));
}

double SystemIds::random() {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
}

}  // namespace ocm::app
