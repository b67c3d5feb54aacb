// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/claim.hpp"
#include "core/exchange.hpp"
#include "core/hash.hpp"
#include "core/ports.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

/// Fakes of the ports for tests of channel flows: they hold state and follow the contracts of core/ports.hpp and
/// core/store_port.hpp. One thread.
namespace ocm::fakes {

/// Lets other coroutines run, for about a millisecond.
inline Task<void> take_turn() {
    auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, std::chrono::milliseconds(1));
    co_await timer.async_wait(boost::asio::use_awaitable);
}

/// Runs coroutines on one thread until all have ended; throws where they have not after `limit`.
class Runner {
  public:
    template <class T>
    void start(Task<T> task, std::function<void(T)> then) {
        ++running_;
        boost::asio::co_spawn(context_, std::move(task),
                              [this, then = std::move(then)](std::exception_ptr thrown, T value) {
                                  --running_;
                                  if (thrown) std::rethrow_exception(thrown);
                                  then(std::move(value));
                              });
    }
    void run(std::chrono::seconds limit = std::chrono::seconds(10)) {
        context_.restart();
        context_.run_for(limit);
        if (running_ != 0) throw std::runtime_error("a coroutine did not end in time");
    }
    template <class T>
    T run(Task<T> task) {
        std::optional<T> out;
        start<T>(std::move(task), [&out](T value) { out = std::move(value); });
        run();
        return std::move(*out);
    }

  private:
    boost::asio::io_context context_;
    int running_ = 0;
};

/// Wall time stands still until it is moved; a sleep moves it at once.
class FakeClock final : public Clock {
  public:
    WallTime now() const override { return now_; }
    SteadyTime steady() const override { return SteadyTime(std::chrono::hours(1)) + (now_ - start); }
    Task<bool> sleep(Milliseconds time) override {
        slept.push_back(time);
        advance(time);
        co_return true;
    }
    void advance(Milliseconds time) { now_ += time; }

    static constexpr WallTime start{std::chrono::milliseconds(1'772'442'900'000)};  // 2026-03-02T09:15:00Z
    std::vector<Milliseconds> slept;

  private:
    WallTime now_ = start;
};

class FakeIds final : public Ids {
  public:
    std::string next() override {
        auto digits = std::to_string(++last_);
        return "01900000-0000-7000-8000-" + std::string(12 - digits.size(), '0') + digits;
    }
    double random() override { return 0.5; }

  private:
    int last_ = 0;
};

/// Answers every call by `answer`, and keeps the calls.
class FakeUpstream final : public Upstream {
  public:
    Task<Result<UpstreamReply>> carry_out(SharedCall call, SteadyTime) override {
        calls.push_back(*call);
        co_return answer(*call);
    }
    std::function<Result<UpstreamReply>(const UpstreamCall&)> answer = [](const UpstreamCall&) {
        return Result<UpstreamReply>(fail(ErrorCode::unavailable, "nobody is there"));
    };
    std::vector<UpstreamCall> calls;
};

/// A store in memory: units are kept or lost whole, claims are decided on commit, answers settle them.
class FakeStore final : public StorePort {
  public:
    explicit FakeStore(Clock& clock) : clock_(clock) {}

    Task<Result<store_ops::UnitResult>> commit(store_ops::Unit unit) override {
        co_await take_turn();
        if (!failures.empty()) {
            auto error = failures.front();
            failures.pop_front();
            co_return fail(std::move(error));
        }
        store_ops::UnitResult result;
        for (auto& op : unit) {
            if (auto* received = std::get_if<store_ops::Receive>(&op)) take(*received, result);
            if (auto* answered = std::get_if<store_ops::Answer>(&op)) settle(*answered);
            if (auto* cache = std::get_if<store_ops::PutCache>(&op)) caches[cache->key] = cache->value;
            ops.push_back(std::move(op));
        }
        co_return result;
    }

    Task<Result<store_ops::RecordedAnswer>> recorded_answer(std::string transaction) override {
        co_await take_turn();
        const auto found = answers.find(transaction);
        if (found == answers.end() || erased) co_return fail(ErrorCode::not_found, "there is no answer");
        co_return found->second;
    }

    Task<Result<void>> wait_answered(std::string transaction, SteadyTime deadline) override {
        while (!answers.contains(transaction)) {
            ++waiting;
            if (clock_.steady() >= deadline) co_return fail(ErrorCode::target_timeout, "not answered in time");
            co_await take_turn();
        }
        co_return Result<void>();
    }

    Task<Result<store_ops::TransactionState>> transaction_state(std::string transaction) override {
        const auto found = states.find(transaction);
        if (found == states.end()) co_return fail(ErrorCode::not_found, "there is no such transaction");
        co_return found->second;
    }

    Task<Result<std::optional<std::string>>> cached(std::string key) override {
        const auto found = caches.find(key);
        co_return found == caches.end() ? std::nullopt : std::optional(found->second);
    }

    Task<Result<store_ops::QueuedEvents>> queued_events(store_ops::QueuedQuery query) override {
        co_await take_turn();
        if (!failures.empty()) co_return fail(failures.front());
        store_ops::QueuedEvents out;
        for (const auto& each : queued) {
            if (each.delivery.subscription != query.subscription) continue;
            const auto number = each.delivery.sequence;
            out.last = std::max(out.last, number);
            if (number >= query.since && number <= query.until && out.events.size() < query.most)
                out.events.push_back(each);
        }
        co_return out;
    }

    Task<Result<std::optional<store_ops::Notified>>> notified(std::string channel,
                                                              store_ops::RecordIds record) override {
        const auto found = notifiers.find(channel + ' ' + record.tracking_id);
        co_return found == notifiers.end() ? std::nullopt : std::optional(found->second);
    }

    Task<Result<std::optional<std::string>>> last_published(std::string topic, store_ops::RecordIds record) override {
        const auto found = published_last.find(topic + ' ' + record.record);
        co_return found == published_last.end() ? std::nullopt : std::optional(found->second);
    }

    /// As after a restart: what ran is interrupted.
    void interrupt() {
        for (auto& claim : claims_) {
            if (claim.held.state == ClaimState::running) claim.held.state = ClaimState::interrupted;
        }
    }
    std::optional<ClaimState> state_of(const std::string& transaction) const {
        for (const auto& claim : claims_) {
            if (claim.held.transaction == transaction) return claim.held.state;
        }
        return std::nullopt;
    }
    template <class Op>
    std::vector<Op> all() const {
        std::vector<Op> out;
        for (const auto& op : ops) {
            if (const auto* one = std::get_if<Op>(&op)) out.push_back(*one);
        }
        return out;
    }

    std::deque<Error> failures;  // of the next commits
    std::vector<store_ops::QueuedEvent> queued;
    bool erased = false;  // bodies of answers are gone
    int waiting = 0;      // turns spent waiting for an answer
    std::vector<store_ops::Op> ops;
    std::map<std::string, store_ops::RecordedAnswer> answers;
    std::map<std::string, std::string> caches;
    std::map<std::string, store_ops::Notified> notifiers;       // by channel and tracking id: "notification B1"
    std::map<std::string, std::string> published_last;          // by topic and record: "notification.status <id>"
    std::map<std::string, store_ops::TransactionState> states;  // set by the test

  private:
    struct Kept {
        Claim claim;
        HeldClaim held;
        std::string create_key;
    };

    void take(const store_ops::Receive& received, store_ops::UnitResult& result) {
        if (!received.claim) return;
        const auto& claim = *received.claim;
        std::vector<HeldClaim> held;
        std::vector<const Kept*> kept;
        for (auto it = claims_.rbegin(); it != claims_.rend(); ++it) {
            const bool same = it->claim.client == claim.client && it->claim.format == claim.format &&
                              it->claim.kind == claim.kind && it->claim.key == claim.key;
            if (!same) continue;
            held.push_back(it->held);
            kept.push_back(&*it);
        }
        const auto decision = decide(claim, held, received.at);
        store_ops::ClaimResult decided;
        decided.verdict = decision.verdict;
        decided.create_key = received.transaction;
        if (decision.held) {
            const auto& other = *kept[*decision.held];
            decided.held_transaction = other.held.transaction;
            decided.same_content = other.held.content_sha256 == claim.content_sha256;
            decided.create_key = other.create_key;
            decided.version = other.held.version + (decided.same_content ? 0 : 1);
            if (const auto answered = answers.find(other.held.transaction); answered != answers.end()) {
                decided.held_subjects = answered->second.subjects;
            }
        }
        const bool goes_on = decided.verdict == ClaimVerdict::fresh || decided.verdict == ClaimVerdict::again ||
                             decided.verdict == ClaimVerdict::another_subject ||
                             decided.verdict == ClaimVerdict::replaces_queued;
        if (goes_on) {
            HeldClaim now{received.transaction, claim.kind,  claim.content_sha256, claim.subject,
                          ClaimState::running,  received.at, decided.version};
            claims_.push_back({claim, std::move(now), decided.create_key});
        }
        result.claim = std::move(decided);
    }

    void settle(const store_ops::Answer& answered) {
        for (auto& claim : claims_) {
            if (claim.held.transaction == answered.transaction) {
                claim.held.state = answered.claim.value_or(ClaimState::interrupted);
            }
        }
        store_ops::RecordedAnswer recorded;
        recorded.http_status = answered.http_status;
        recorded.status = answered.status;
        recorded.content_type = "application/json; charset=utf-8";
        recorded.subjects = answered.subjects;
        for (const auto& part : answered.parts) {
            if (part.name == "response.body") recorded.body = part.bytes;
            if (part.name == "response.content_type") recorded.content_type = part.bytes;
        }
        answers[answered.transaction] = std::move(recorded);
    }

    Clock& clock_;
    std::vector<Kept> claims_;
};

/// What the engine commits with an answer.
inline store_ops::Answer answer_op(const Exchange& exchange, const Answer& answer, WallTime at) {
    store_ops::Answer op;
    op.transaction = exchange.id();
    op.at = at;
    op.http_status = answer.response.status;
    op.status = answer.status.value_or(status_for(answer.response.status));
    op.subjects = answer.subjects;
    op.claim = answer.claim;
    op.replay_of = answer.replay_of;
    op.parts.push_back({"response.content_type", std::string(answer.response.headers.get("content-type"))});
    op.parts.push_back({"response.body", answer.response.body});
    return op;
}

}  // namespace ocm::fakes
