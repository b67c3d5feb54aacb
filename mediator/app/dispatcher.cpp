// SPDX-License-Identifier: MPL-2.0
#include "app/dispatcher.hpp"

#include "app/late_update.hpp"
#include "registration/delivery_report.hpp"
#include "store/store.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <typeinfo>

namespace ocm::app {
namespace {

namespace asio = boost::asio;

/// Of each destination and client: enough to keep the turn going round between two reads.
constexpr std::size_t per_client = 32;
/// One attempt, retries within it included.
constexpr Milliseconds attempt_time{60'000};
constexpr Milliseconds commit_again{1'000};
constexpr Milliseconds count_interval{5'000};
constexpr Milliseconds drain_step{20};
/// More need not wait for OpenHIM: the good ones are then left out (ADR 17).
constexpr std::int64_t most_reports_waiting = 10'000;

Sending failed(dispatch::Outcome::Kind kind, ErrorCode code, std::string why) {
    Sending out;
    out.outcome.kind = kind;
    out.outcome.error = Error{code, std::move(why), "", std::nullopt};
    return out;
}

}  // namespace

store_ops::StepDelivery administer(const Delivery& delivery, DeliveryStep step, WallTime at, std::string actor) {
    store_ops::StepDelivery op;
    op.delivery = delivery.id;
    op.transaction = delivery.transaction;
    op.at = at;
    op.step = step;
    op.due = at;
    op.actor = std::move(actor);
    return op;
}

Dispatcher::Dispatcher(Deps deps, asio::any_io_executor executor)
    : deps_(std::move(deps)), executor_(std::move(executor)), timer_(executor_) {
    down_.store(std::make_shared<const std::set<std::string>>());
}

Dispatcher::~Dispatcher() = default;

void Dispatcher::post(dispatch::Event event) {
    asio::post(executor_, [this, event = std::move(event)] { handle(event); });
}

void Dispatcher::configure(std::map<std::string, dispatch::Policy> policies, std::set<std::string> held_clients) {
    // What nobody here can send stays where it is.
    std::erase_if(policies, [this](const auto& policy) { return kind_of(policy.first) == nullptr; });
    asio::post(executor_, [this, policies = std::move(policies), held = std::move(held_clients)] {
        policies_ = policies;
        handle(dispatch::Configured{policies, held});
    });
}

void Dispatcher::changed() {
    post(dispatch::Changed{});
}

void Dispatcher::live(const std::string& destination, int change) {
    asio::post(executor_, [this, destination, change] {
        auto& running = live_[destination];
        running = static_cast<unsigned>(std::max(0, static_cast<int>(running) + change));
        handle(dispatch::Live{destination, running});
    });
}

bool Dispatcher::is_down(const std::string& destination) const {
    return down_.load()->contains(destination);
}

const DeliveryKind* Dispatcher::kind_of(const std::string& kind) const {
    for (const auto& one : deps_.kinds) {
        if (one.kind == kind) return &one;
    }
    return nullptr;
}

void Dispatcher::handle(const dispatch::Event& event) {
    if (stopping_ && !std::holds_alternative<dispatch::Ended>(event)) return;
    const auto& clock = deps_.ports.clock;
    auto step = dispatch::step(std::move(state_), event, {clock.now(), clock.steady()});
    state_ = std::move(step.state);
    std::set<std::string> down;
    for (const auto& [destination, lane] : state_.lanes) {
        if (lane.breaker.open()) down.insert(destination);
    }
    if (down != *down_.load()) down_.store(std::make_shared<const std::set<std::string>>(std::move(down)));
    if (stopping_) return;
    for (auto& action : step.actions) {
        if (auto* load_action = std::get_if<dispatch::Load>(&action)) {
            asio::co_spawn(executor_, load(std::move(*load_action)), asio::detached);
        } else {
            asio::co_spawn(executor_, attempt(std::move(std::get<dispatch::Run>(action).delivery)), asio::detached);
        }
    }
    if (step.wake) wake_after(*step.wake);
}

void Dispatcher::wake_after(Milliseconds time) {
    timer_.expires_after(time);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) handle(dispatch::Tick{});
    });
}

Task<void> Dispatcher::load(dispatch::Load what) {
    store::DueQuery query{std::move(what.kinds), std::move(what.held_clients), per_client};
    auto page = co_await deps_.store.due_deliveries(std::move(query));
    if (!page) {
        spdlog::error("the outbox could not be read: {}", page.error().message);
        handle(dispatch::LoadFailed{});
        co_return;
    }
    handle(dispatch::Loaded{std::move(page->deliveries), page->more});
}

Task<void> Dispatcher::attempt(Delivery delivery) {
    const auto id = delivery.id;
    auto reached = co_await attempt_one(std::move(delivery));
    handle(dispatch::Ended{id, reached});
}

Task<std::optional<bool>> Dispatcher::attempt_one(Delivery delivery) {
    const auto* kind = kind_of(delivery.kind);
    if (kind == nullptr) co_return std::nullopt;
    store_ops::StepDelivery start;
    start.delivery = delivery.id;
    start.transaction = delivery.transaction;
    start.at = deps_.ports.clock.now();
    start.step = DeliveryStep::start;
    store_ops::Unit unit;
    unit.emplace_back(std::move(start));
    auto started = co_await deps_.store.commit(std::move(unit));
    if (!started) {
        const auto code = started.error().code;
        // Replaced, discarded or erased meanwhile: the store says so, and it is not ours any more.
        if (code == ErrorCode::conflict || code == ErrorCode::not_found) co_return std::nullopt;
        spdlog::error("delivery {} could not be begun: {}", delivery.id, started.error().message);
        co_await deps_.ports.clock.sleep(commit_again);
        co_return std::nullopt;
    }
    ++delivery.attempts;

    Exchange exchange(delivery.transaction, kind->channel, deps_.ports.clock.steady() + attempt_time, deps_.ports);
    auto sending = co_await send(*kind, exchange, delivery);
    const bool cut_short = stopping_ && sending.outcome.kind == dispatch::Outcome::Kind::again;
    if (cut_short) {
        // We ended it ourselves: due at once when we are back.
        sending.outcome.patient = true;
        sending.outcome.error.retry_after.reset();
    }
    const auto policy = policies_.find(delivery.kind);
    const auto verdict =
        dispatch::judge(delivery, sending.outcome, policy == policies_.end() ? dispatch::Policy{} : policy->second,
                        deps_.ports.clock.now(), deps_.ports.ids.random());
    const bool reached = sending.outcome.reached;
    co_await settle(std::move(delivery), *kind, std::move(sending), verdict, exchange.steps());
    co_return reached;
}

Task<Sending> Dispatcher::send(const DeliveryKind& kind, Exchange& exchange, Delivery delivery) {
    auto payload = co_await deps_.store.delivery_payload(delivery.id);
    if (!payload) {
        const bool gone = payload.error().code == ErrorCode::not_found;
        co_return failed(gone ? dispatch::Outcome::Kind::refused : dispatch::Outcome::Kind::again, payload.error().code,
                         payload.error().message);
    }
    Sending sending;
    try {
        sending = co_await kind.send(exchange, delivery, std::move(*payload));
    } catch (const std::exception& bug) {
        spdlog::error("delivery {} failed on a bug of ours ({})", delivery.id, typeid(bug).name());
        sending = failed(dispatch::Outcome::Kind::again, ErrorCode::internal, "the mediator failed on it");
    }
    co_return sending;
}

Reported Dispatcher::reported_now() const {
    const auto counts = counts_.load();
    if (deps_.reported != Reported::all || !counts) return deps_.reported;
    for (const auto& each : *counts) {
        const bool waits = each.kind == registration::delivery_report_kind && each.state == DeliveryState::pending;
        if (waits && each.count > most_reports_waiting) return Reported::failures;
    }
    return Reported::all;
}

std::optional<store_ops::Enqueue> Dispatcher::report_of(const Ended& ended) const {
    const auto* kind = kind_of(ended.delivery.kind);
    if (kind == nullptr || !kind->shown) return std::nullopt;
    return delivery_report(ended, reported_now(), deps_.envelope());
}

Task<void> Dispatcher::settle(Delivery delivery, const DeliveryKind& kind, Sending sending, dispatch::Verdict verdict,
                              std::vector<Orchestration> steps) {
    const auto now = deps_.ports.clock.now();
    store_ops::Unit unit;
    for (const auto& step : steps) {
        deps_.metrics.upstream(step);
        unit.emplace_back(store_ops::Attempt{delivery.transaction, step, {}});
    }
    auto op = administer(delivery, verdict.step, now, "");
    op.due = verdict.due;
    op.why = verdict.why;
    if (verdict.step == DeliveryStep::park) op.waits_for = sending.waits_for;
    unit.emplace_back(std::move(op));
    bool queued = !sending.also.empty();
    bool subscriptions = false;
    for (auto& also : sending.also) {
        subscriptions = subscriptions || std::holds_alternative<store_ops::PutSubscription>(also);
        unit.emplace_back(std::move(also));
    }
    const bool over = verdict.step == DeliveryStep::deliver || verdict.step == DeliveryStep::bury ||
                      verdict.step == DeliveryStep::drop;
    if (over) {
        auto report = report_of({deps_.ports.ids.next(), delivery, verdict.step, verdict.why, steps, now});
        queued = queued || report.has_value();
        if (report) unit.emplace_back(std::move(*report));
    }
    if (over && kind.completed) {
        sending.outcome.error = verdict.why;
        auto completed = kind.completed(delivery, verdict.step, sending, now);
        auto late =
            late_update({deps_.ports.ids.next(), delivery.transaction, delivery.openhim_transaction, completed.complete,
                         std::move(completed.response), std::move(steps), deps_.envelope()});
        unit.emplace_back(std::move(completed.complete));
        queued = queued || late.has_value();
        if (late) unit.emplace_back(std::move(*late));
    }
    for (;;) {
        auto committed = co_await deps_.store.commit(unit);
        if (committed) break;
        const auto code = committed.error().code;
        spdlog::error("delivery {}: what became of it could not be recorded: {}", delivery.id,
                      committed.error().message);
        // Erased meanwhile; or we are going: the next start repeats the attempt with the same ids.
        if (code == ErrorCode::not_found || code == ErrorCode::conflict || stopping_) co_return;
        const bool slept = co_await deps_.ports.clock.sleep(commit_again);
        if (!slept) co_return;
    }
    deps_.metrics.delivery(delivery.kind, name(verdict.step));
    spdlog::info("delivery {} of {} to {}: {} at attempt {}{}{}", delivery.id, delivery.transaction,
                 delivery.destination, name(verdict.step), delivery.attempts, verdict.why.message.empty() ? "" : ": ",
                 verdict.why.message);
    if (subscriptions && deps_.subscriptions_changed) deps_.subscriptions_changed();
    if (queued) handle(dispatch::Changed{});
}

Task<void> Dispatcher::drain(Milliseconds grace) {
    stopping_ = true;
    timer_.cancel();
    const auto until = deps_.ports.clock.steady() + grace;
    while (dispatch::running(state_) != 0 && deps_.ports.clock.steady() < until) {
        const bool slept = co_await deps_.ports.clock.sleep(drain_step);
        if (!slept) co_return;
    }
}

Task<void> Dispatcher::count_forever() {
    while (!stopping_) {
        const auto begun = deps_.ports.clock.steady();
        auto counted = co_await deps_.store.count_deliveries();
        if (counted) {
            counts_.store(std::make_shared<const std::vector<store::DeliveryCount>>(std::move(*counted)));
        }
        // The longer the outbox, the longer it takes: never more than a fiftieth of the time.
        const auto took = std::chrono::ceil<Milliseconds>(deps_.ports.clock.steady() - begun);
        const bool slept = co_await deps_.ports.clock.sleep(std::max(count_interval, 50 * took));
        if (!slept) co_return;
    }
}

}  // namespace ocm::app
