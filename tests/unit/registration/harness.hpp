// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/ports.hpp"
#include "core/route.hpp"
#include "registration/describe.hpp"
#include "registration/options.hpp"
#include "support/fake_openhim/fake_openhim.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace ocm::test {

/// Time that passes only where someone waits for it.
class VirtualClock final : public Clock {
  public:
    WallTime now() const override { return wall_; }
    SteadyTime steady() const override { return steady_; }
    Task<bool> sleep(Milliseconds time) override {
        advance(time);
        auto executor = co_await boost::asio::this_coro::executor;
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
        co_return true;
    }
    void advance(Milliseconds time) {
        wall_ += time;
        steady_ += time;
    }
    Milliseconds elapsed() const { return std::chrono::duration_cast<Milliseconds>(steady_ - start_); }

  private:
    WallTime wall_ = std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
    SteadyTime start_ = std::chrono::steady_clock::now();
    SteadyTime steady_ = start_;
};

class CountingIds final : public Ids {
  public:
    std::string next() override { return "00000000-0000-7000-8000-" + std::to_string(100000000000 + ++count_); }
    double random() override { return 0.0; }

  private:
    long long count_ = 0;
};

/// Hands requests to the fake without a socket. A request that is never answered takes until the deadline.
class DirectUpstream final : public Upstream {
  public:
    DirectUpstream(FakeOpenHim& core, VirtualClock& clock) : core_(core), clock_(clock) {}

    Task<Result<UpstreamReply>> carry_out(SharedCall sent, SteadyTime deadline) override {
        const auto& call = *sent;
        calls.push_back({clock_.elapsed(), call});
        if (before) before(call);
        auto executor = co_await boost::asio::this_coro::executor;
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
        if (!failures.empty()) {
            auto error = failures.front();
            failures.pop_front();
            co_return fail(std::move(error));
        }
        const auto url = split_url(call.url);
        HttpRequest request;
        request.method = call.method;
        request.path = decode_path(url->path).value_or("");
        request.headers = call.headers;
        request.body = call.body;
        auto answer = core_.handle(request);
        if (answer.hang) {
            const auto left = std::chrono::duration_cast<Milliseconds>(deadline - clock_.steady());
            clock_.advance(std::min(left, call.timeout));
            co_return fail(ErrorCode::target_timeout, "no whole answer in time");
        }
        co_return UpstreamReply{answer.response.status, answer.response.headers, answer.response.body};
    }

    struct Sent {
        Milliseconds at;
        UpstreamCall call;
    };
    std::vector<Sent> calls;
    std::deque<Error> failures;  // of the next calls
    std::function<void(const UpstreamCall&)> before;

    std::size_t count(std::string_view path_end) const {
        std::size_t n = 0;
        for (const auto& sent : calls) n += sent.call.url.ends_with(path_end) ? 1u : 0u;
        return n;
    }

  private:
    FakeOpenHim& core_;
    VirtualClock& clock_;
};

/// Runs a coroutine to its end and gives its value.
template <class T>
T run(Task<T> task) {
    boost::asio::io_context context;
    std::optional<T> value;
    std::exception_ptr thrown;
    boost::asio::co_spawn(context, std::move(task), [&value, &thrown](std::exception_ptr e, T result) {
        thrown = e;
        value = std::move(result);
    });
    context.run_for(std::chrono::seconds(20));
    if (thrown) std::rethrow_exception(thrown);
    if (!value) throw std::runtime_error("the coroutine did not end in time");
    return std::move(*value);
}
inline void run(Task<void> task) {
    boost::asio::io_context context;
    bool done = false;
    std::exception_ptr thrown;
    boost::asio::co_spawn(context, std::move(task), [&done, &thrown](std::exception_ptr e) {
        thrown = e;
        done = true;
    });
    context.run_for(std::chrono::seconds(20));
    if (thrown) std::rethrow_exception(thrown);
    if (!done) throw std::runtime_error("the coroutine did not end in time");
}

/// root@openhim.org:openhim-password
inline const std::string base64_of_root = "cm9vdEBvcGVuaGltLm9yZzpvcGVuaGltLXBhc3N3b3Jk";

inline const std::string test_urn = "urn:mediator:opencrvs";

inline registration::OpenHimOptions test_options() {
    registration::OpenHimOptions options;
    options.api_url = "http://127.0.0.1:8080";
    options.username = "root@openhim.org";
    options.password = "openhim-password";
    options.urn = test_urn;
    options.version = "0.1.0";
    options.name = "OpenCRVS mediator";
    options.description = "Connects external systems to OpenCRVS";
    options.public_host = "mediator.example.org";
    options.public_port = 3443;
    options.public_tls = true;
    return options;
}

inline Route test_route(std::string method, std::string pattern) {
    Route route;
    route.method = std::move(method);
    route.pattern = std::move(pattern);
    return route;
}

inline std::vector<ChannelDefinition> test_channels() {
    return {{"notification",
             "OpenCRVS notification",
             "Birth and death notifications",
             "crvs-notification",
             {test_route("POST", "/notification"), test_route("GET", "/notifications/{id}"),
              test_route("GET", "/.well-known"), test_route("POST", "/fhir/$process-message")}},
            {"search",
             "OpenCRVS search",
             "Searches",
             "crvs-search",
             {test_route("POST", "/graphql"), test_route("GET", "/v1/persons/{uin}")}},
            {"webhook-inbound",
             "OpenCRVS webhook inbound",
             "What OpenCRVS sends by itself",
             "",
             {test_route("POST", "/public/webhooks/opencrvs"), test_route("GET", "/public/webhooks/opencrvs")}}};
}

inline std::vector<registration::ConsoleSetting> test_settings() {
    using Type = registration::ConsoleSetting::Type;
    return {
        {"channels__notification__enabled",
         "Notifications",
         "Take birth and death notifications",
         Type::boolean,
         {},
         true},
        {"channels__notification__rate", "Rate", "Notifications sent to OpenCRVS in a second", Type::number, {}, 20},
        {"log__level", "Log level", "How much is logged", Type::option, {"debug", "info", "warn"}, "info"},
        {"notice", "Notice", "Shown to operators", Type::big_text, {}, "none"}};
}

inline Json test_description() {
    return registration::describe(test_channels(), test_options(), test_settings());
}

/// The channels as OpenHIM is to have them.
inline Json test_wanted() {
    return test_description()["defaultChannelConfig"];
}

}  // namespace ocm::test
