// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/io_pool.hpp"
#include "core/task.hpp"
#include "http/server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ocm::test {

/// A server on a free port of the loopback that keeps what it is asked. `answer` says what it answers and after how
/// long, on the server's thread, before anybody sees the request.
/// To be the last member of whoever `answer` belongs to: it is stopped first.
class KeepingServer {
  public:
    struct Reply {
        HttpResponse response;
        Milliseconds after{};
    };
    using Answer = std::function<Reply(const HttpRequest&)>;

    KeepingServer(http::ServerOptions options, Answer answer) : answer_(std::move(answer)) {
        server_ = std::make_unique<http::Server>(
            pool_, std::move(options), [this](HttpRequest request) { return take(std::move(request)); },
            [](http::Refusal refusal) -> Task<HttpResponse> {
                co_return text_response(refusal.status, refusal.reason);
            });
        const auto listening = server_->listen();
        EXPECT_TRUE(listening) << listening.error().message;
        pool_.start();
    }
    ~KeepingServer() {
        server_->abort();
        pool_.stop();
    }
    KeepingServer(const KeepingServer&) = delete;
    KeepingServer& operator=(const KeepingServer&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
    std::vector<HttpRequest> seen() const {
        const std::lock_guard lock(mutex_);
        return seen_;
    }
    /// What it was asked, once that is so much.
    std::vector<HttpRequest> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(more_.wait_for(lock, std::chrono::seconds(20), [&] { return seen_.size() >= count; }));
        return seen_;
    }

  private:
    Task<HttpResponse> take(HttpRequest request) {
        auto reply = answer_(request);
        {
            const std::lock_guard lock(mutex_);
            seen_.push_back(std::move(request));
            more_.notify_all();
        }
        if (reply.after > Milliseconds::zero()) {
            boost::asio::steady_timer timer(pool_.context(0), reply.after);
            co_await timer.async_wait(boost::asio::use_awaitable);
        }
        co_return std::move(reply.response);
    }

    Answer answer_;
    IoPool pool_{1};
    std::unique_ptr<http::Server> server_;
    mutable std::mutex mutex_;
    std::condition_variable more_;
    std::vector<HttpRequest> seen_;
};

}  // namespace ocm::test
