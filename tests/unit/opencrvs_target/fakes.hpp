// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/target.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/ports.hpp"
#include "support/paths/paths.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <exception>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ocm::opencrvs::test {

inline std::string read_file(const std::string& path) {
    std::ifstream in(ocm::support::source_dir() / path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Runs a task to its end on a context of its own.
template <class T>
T run(Task<T> task) {
    boost::asio::io_context context;
    std::optional<T> out;
    std::exception_ptr thrown;
    boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr error, T value) {
        thrown = error;
        out = std::move(value);
    });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*out);
}

inline void run(Task<void> task) {
    boost::asio::io_context context;
    std::exception_ptr thrown;
    boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr error) { thrown = error; });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
}

class FakeClock final : public Clock {
  public:
    WallTime now() const override { return WallTime(std::chrono::seconds(1'768'900'000)) + offset(); }
    SteadyTime steady() const override { return SteadyTime(std::chrono::hours(1)) + offset(); }
    Task<bool> sleep(Milliseconds time) override {
        slept.push_back(time);
        advance(time);
        co_return slept.size() < most_sleeps;
    }
    void advance(Milliseconds time) { offset_ += time.count(); }

    std::vector<Milliseconds> slept;
    std::size_t most_sleeps = 1000;

  private:
    Milliseconds offset() const { return Milliseconds(offset_.load()); }
    std::atomic<Milliseconds::rep> offset_{0};
};

class FakeIds final : public Ids {
  public:
    std::string next() override { return "00000000-0000-7000-8000-" + std::to_string(100'000'000'000 + ++last_); }
    double random() override { return 0.0; }

  private:
    std::atomic<long> last_{0};
};

/// Keeps the cache; takes everything else.
class FakeStore final : public StorePort {
  public:
    Task<Result<store_ops::UnitResult>> commit(store_ops::Unit unit) override {
        const std::lock_guard lock(mutex);
        if (full) co_return fail(ErrorCode::storage, "the store is full");
        for (const auto& op : unit) {
            if (const auto* put = std::get_if<store_ops::PutCache>(&op)) cache[put->key] = put->value;
        }
        co_return store_ops::UnitResult{};
    }
    Task<Result<store_ops::RecordedAnswer>> recorded_answer(std::string) override {
        co_return fail(ErrorCode::not_found, "nothing is recorded");
    }
    Task<Result<void>> wait_answered(std::string, SteadyTime) override {
        co_return fail(ErrorCode::target_timeout, "nothing was answered");
    }
    Task<Result<store_ops::TransactionState>> transaction_state(std::string) override {
        co_return fail(ErrorCode::not_found, "nothing is recorded");
    }
    Task<Result<std::optional<std::string>>> cached(std::string key) override {
        const std::lock_guard lock(mutex);
        const auto found = cache.find(key);
        if (found == cache.end()) co_return std::nullopt;
        co_return found->second;
    }
    Task<Result<store_ops::QueuedEvents>> queued_events(store_ops::QueuedQuery) override {
        co_return store_ops::QueuedEvents{};
    }
    Task<Result<std::optional<store_ops::Notified>>> notified(std::string, store_ops::RecordIds) override {
        co_return std::nullopt;
    }
    Task<Result<std::optional<std::string>>> last_published(std::string, store_ops::RecordIds) override {
        co_return std::nullopt;
    }

    std::mutex mutex;
    std::map<std::string, std::string> cache;
    bool full = false;
};

inline std::string make_token(const Json& claims) {
    return base64url(R"({"alg":"RS256","typ":"JWT"})") + "." + base64url(dump_json(claims)) + ".c2lnbmF0dXJl";
}

/// An OpenCRVS 2.0 behind the Upstream port, as far as notifications see it, with answers that a test may script.
class FakeOpenCrvs final : public Upstream {
  public:
    explicit FakeOpenCrvs(FakeClock& clock) : clock_(clock) {}

    Task<Result<UpstreamReply>> carry_out(SharedCall call, SteadyTime) override {
        // Let others run in between, as a network would.
        const auto executor = co_await boost::asio::this_coro::executor;
        for (int i = 0; i < 3; ++i) co_await boost::asio::post(executor, boost::asio::use_awaitable);
        co_return answer(*call);
    }

    /// The next answer to "METHOD path"; "*" before the end of a path stands for anything.
    void script(const std::string& what, Result<UpstreamReply> reply) {
        const std::lock_guard lock(mutex_);
        scripted_[what].push_back(std::move(reply));
    }
    void script(const std::string& what, int status, const Json& body) { script(what, reply(status, body)); }

    static UpstreamReply reply(int status, const Json& body) {
        return {status, {{"Content-Type", "application/json"}}, dump_json(body)};
    }

    std::size_t count(const std::string& what) const {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::count_if(
            calls_.begin(), calls_.end(), [&](const UpstreamCall& call) { return matches(what, label(call)); }));
    }
    std::vector<UpstreamCall> calls() const {
        const std::lock_guard lock(mutex_);
        return calls_;
    }
    void forget_tokens() {
        const std::lock_guard lock(mutex_);
        tokens_.clear();
    }

    std::vector<std::string> scopes{"type=record.create", "type=record.notify&event=birth,death"};
    int token_life = 600;
    bool down = false;
    std::string config = read_file("tests/support/sandbox/data/events-config.json");
    std::string locations = read_file("tests/support/sandbox/data/locations.json");
    std::string areas = read_file("tests/support/sandbox/data/administrative-areas.json");
    /// By create transaction: the EventDocument.
    std::map<std::string, Json> events;

  private:
    static std::string label(const UpstreamCall& call) {
        return call.method + " " + call.url.substr(std::string_view("https://gateway.example.org").size());
    }
    static bool matches(const std::string& pattern, const std::string& text) {
        const auto star = pattern.find('*');
        if (star == pattern.npos) return pattern == text;
        const auto head = pattern.substr(0, star), tail = pattern.substr(star + 1);
        return text.size() >= head.size() + tail.size() && text.starts_with(head) && text.ends_with(tail);
    }

    Result<UpstreamReply> answer(const UpstreamCall& call) {
        const std::lock_guard lock(mutex_);
        calls_.push_back(call);
        const auto what = label(call);
        for (auto& [pattern, replies] : scripted_) {
            if (replies.empty() || !matches(pattern, what)) continue;
            auto next = std::move(replies.front());
            replies.pop_front();
            return next;
        }
        if (down) return fail(ErrorCode::unavailable, "the connection was refused");
        if (what == "POST /auth/token") return issue();
        const auto authorization = std::string(call.headers.get("authorization"));
        if (!authorization.starts_with("Bearer ") || !tokens_.contains(authorization.substr(7))) {
            return reply(401, {{"statusCode", 401}, {"error", "Unauthorized"}, {"message", "Invalid token"}});
        }
        if (what == "GET /events/config") return UpstreamReply{200, {}, config};
        if (what == "GET /events/locations") return UpstreamReply{200, {}, locations};
        if (what == "GET /events/administrativeAreas.list") {
            return UpstreamReply{200, {}, R"({"result":{"data":{"json":)" + areas + "}}}"};
        }
        const auto body = parse_json(call.body);
        if (!body) return reply(400, {{"message", "malformed"}, {"code", "BAD_REQUEST"}});
        if (what == "POST /events/events") return create(*body);
        return notify(*body);
    }

    UpstreamReply issue() {
        const auto issued = std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
        const auto token = make_token(
            {{"sub", "client"}, {"scope", scopes}, {"iat", issued}, {"exp", issued + token_life}, {"n", ++issued_}});
        tokens_.insert(token);
        return reply(200, {{"access_token", token}, {"token_type", "Bearer"}});
    }

    UpstreamReply create(const Json& body) {
        const auto transaction = body.at("transactionId").get<std::string>();
        auto& event = events[transaction];
        if (event.is_null()) {
            const auto n = std::to_string(100 + events.size());
            event = {{"id", "33333333-3333-4333-8333-333333333" + n},
                     {"type", body.at("type")},
                     {"trackingId", "TRK" + n},
                     {"actions",
                      {{{"id", "create-" + n},
                        {"type", "CREATE"},
                        {"status", "Accepted"},
                        {"transactionId", transaction}}}}};
        }
        return reply(200, event);
    }

    UpstreamReply notify(const Json& body) {
        for (auto& [transaction, event] : events) {
            if (event.at("id") != body.at("eventId")) continue;
            for (const auto& action : event.at("actions")) {
                if (action.at("transactionId") == body.at("transactionId")) return reply(200, event);
            }
            if (event.at("actions").size() > 1) {
                return reply(409, {{"code", "CONFLICT"},
                                   {"message",
                                    "Action 'NOTIFY' cannot be performed on an event in 'NOTIFIED' state with [] "
                                    "flags. Available actions: READ"}});
            }
            event["actions"].push_back({{"id", "n-1"},
                                        {"type", "NOTIFY"},
                                        {"status", "Requested"},
                                        {"transactionId", body.at("transactionId")},
                                        {"declaration", body.at("declaration")}});
            event["actions"].push_back({{"id", "n-2"},
                                        {"type", "NOTIFY"},
                                        {"status", "Accepted"},
                                        {"transactionId", "its own"},
                                        {"originalActionId", "n-1"}});
            return reply(200, event);
        }
        return reply(404, {{"code", "NOT_FOUND"}, {"message", "Event not found with ID: x"}});
    }

    FakeClock& clock_;
    mutable std::mutex mutex_;
    std::vector<UpstreamCall> calls_;
    std::map<std::string, std::deque<Result<UpstreamReply>>> scripted_;
    std::set<std::string> tokens_;
    int issued_ = 0;
};

}  // namespace ocm::opencrvs::test
