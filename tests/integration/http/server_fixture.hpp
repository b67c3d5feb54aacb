// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "http/server.hpp"
#include "support/http_client/http_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace ocm::test {

using namespace std::chrono_literals;

/// A server with a small application that remembers what it was given.
class ServerTest : public testing::Test {
  protected:
    static constexpr const char* host = "127.0.0.1";

    void serve(http::ServerOptions options = {}, std::size_t threads = 2) {
        pool_ = std::make_unique<IoPool>(threads);
        server_ = std::make_unique<http::Server>(
            *pool_, std::move(options), [this](HttpRequest request) { return application(this, std::move(request)); },
            [this](http::Refusal refusal) { return refused(this, std::move(refusal)); });
        const auto listening = server_->listen();
        ASSERT_TRUE(listening) << listening.error().message;
        pool_->start();
    }

    void TearDown() override {
        if (server_) server_->abort();
        if (pool_) pool_->stop();
        server_.reset();
    }

    std::uint16_t port() const { return server_->port(); }
    const http::ServerStats& stats() const { return server_->stats(); }

    std::vector<HttpRequest> requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    std::vector<http::Refusal> refusals() {
        const std::lock_guard lock(mutex_);
        return refusals_;
    }

    std::future<bool> drain(Milliseconds grace) {
        return boost::asio::co_spawn(pool_->context(0), server_->drain(grace), boost::asio::use_future);
    }

    /// Sends exactly these bytes on a connection of their own; everything that comes back.
    std::string exchange(std::string_view bytes) {
        RawConnection connection(host, port());
        connection.send(bytes);
        auto answer = connection.read_all();
        EXPECT_TRUE(connection.closed()) << "the server did not close";
        return answer;
    }

    /// Waits until `condition` holds; false after five seconds.
    static bool eventually(const std::function<bool()>& condition) {
        const auto end = std::chrono::steady_clock::now() + 5s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::sleep_for(2ms);
        }
        return true;
    }

    static Task<void> pause(Milliseconds time) {
        boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
        timer.expires_after(time);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }

    static Task<HttpResponse> application(ServerTest* self, HttpRequest request) {
        {
            const std::lock_guard lock(self->mutex_);
            self->requests_.push_back(request);
        }
        if (request.path == "/slow") co_await pause(300ms);
        if (request.path == "/throw") throw std::runtime_error("secret detail");
        if (request.path == "/throw-odd") throw 7;
        if (request.path == "/large") co_return text_response(200, std::string(8u << 20, 'x'));
        if (request.path == "/reset") {
            HttpResponse response = text_response(503, "never sent");
            response.reset = true;
            co_return response;
        }
        if (request.path == "/empty") co_return HttpResponse{204, {}, {}};
        co_return json_response(
            200, R"({"path":")" + request.path + R"(","body":)" + std::to_string(request.body.size()) + "}");
    }

    static Task<HttpResponse> refused(ServerTest* self, http::Refusal refusal) {
        {
            const std::lock_guard lock(self->mutex_);
            self->refusals_.push_back(refusal);
        }
        if (self->refuse_) co_await self->refuse_();
        auto response = text_response(refusal.status, "refused: " + refusal.reason);
        response.headers.add("X-Refused", "yes");
        co_return response;
    }

    std::function<Task<void>()> refuse_;  // what the refusal handler does first
    std::unique_ptr<IoPool> pool_;
    std::unique_ptr<http::Server> server_;

  private:
    std::mutex mutex_;
    std::vector<HttpRequest> requests_;
    std::vector<http::Refusal> refusals_;
};

}  // namespace ocm::test
