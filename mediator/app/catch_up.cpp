// SPDX-License-Identifier: MPL-2.0
#include "app/catch_up.hpp"

#include "channels/webhook/publish.hpp"
#include "core/ids.hpp"
#include "core/retry.hpp"
#include "store/store.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace ocm::app {
namespace {

using namespace std::chrono_literals;
using opencrvs::SearchPage;
using webhook::CatchUpJob;

constexpr Milliseconds tick = 1s;
constexpr Milliseconds quota_wait = 30min;
constexpr BackoffPolicy failure_backoff{.first = 5s, .cap = 300s};
/// Answers worked off before others on the thread have their turn.
constexpr std::size_t pages_in_a_turn = 20;
/// Jobs that are shown after their end.
constexpr std::size_t ended_shown = 16;

}  // namespace

CatchUp::CatchUp(CatchUpOptions options, Deps deps)
    : options_(std::move(options)),
      deps_(std::move(deps)),
      searcher_(options_.search, deps_.ports),
      search_(searcher_.version().record_search) {}

Task<void> CatchUp::run() {
    while (!stopping_) {
        co_await turn();
        const bool slept = co_await deps_.ports.clock.sleep(tick);
        if (!slept) co_return;
    }
}

Task<void> CatchUp::turn() {
    const bool loaded = co_await load();
    if (!loaded) co_return;
    const bool taken = co_await take_requests();
    if (!taken) co_return;
    const auto& clock = deps_.ports.clock;
    if (clock.steady() >= next_round_) {
        add_round(*state_, deps_.ports.ids.next(), search_, clock.now(), options_.overlap);
        next_round_ = clock.steady() + options_.every;
    }
    for (std::size_t i = 0; i < pages_in_a_turn && !stopping_; ++i) {
        if (state_->jobs.empty() || clock.steady() < not_before_) break;
        const bool goes_on = co_await ask_once();
        if (!goes_on) break;
    }
}

Task<bool> CatchUp::load() {
    if (state_) co_return true;
    auto kept = co_await deps_.store.cached(webhook::catch_up_key(options_.target));
    if (!kept) {
        fail_for(kept.error());
        co_return false;
    }
    const auto now = deps_.ports.clock.now();
    if (!*kept) {
        // Before anything is heard: what is registered from now on is to be told.
        store_ops::Unit unit;
        const bool begun = co_await commit(std::move(unit), webhook::first_state(now));
        co_return begun;
    }
    auto state = webhook::read_state(**kept);
    if (!state) {
        fail_for(state.error());
        co_return false;
    }
    state_ = std::move(*state);
    show("");
    co_return true;
}

Task<bool> CatchUp::take_requests() {
    if (deps_.gaps != nullptr) {
        for (const auto& missed : deps_.gaps->take()) note_gap(missed.target, missed.since);
    }
    std::vector<Asked> asked;
    std::optional<WallTime> gap;
    {
        const std::lock_guard lock(mutex_);
        asked = asked_;
        gap = gap_;
    }
    if (asked.empty() && !gap) co_return true;
    auto next = *state_;
    for (const auto& one : asked) {
        add_stretch(next, one.job, search_, one.since, deps_.ports.clock.now(), one.subscription);
    }
    if (gap) webhook::note_gap(next, *gap);
    const bool kept = co_await commit({}, std::move(next));
    if (!kept) co_return false;
    if (gap) next_round_ = deps_.ports.clock.steady();
    {
        const std::lock_guard lock(mutex_);
        // What came meanwhile has its turn next.
        asked_.erase(asked_.begin(), asked_.begin() + static_cast<std::ptrdiff_t>(asked.size()));
        if (gap_ == gap) gap_.reset();
    }
    co_return true;
}

Task<bool> CatchUp::ask_once() {
    auto next = *state_;
    const auto& clock = deps_.ports.clock;
    if (!within_quota(next, search_, options_.daily_searches, clock.now())) {
        show("today's searches are used up (channels.webhook.catch_up.daily_searches): it goes on tomorrow");
        not_before_ = clock.steady() + quota_wait;
        co_return false;
    }
    SearchPage page;
    if (!next.jobs.front().todo.empty()) {
        auto answered = co_await searcher_.page(next.jobs.front().todo.back());
        if (!answered) {
            fail_for(answered.error());
            co_return false;
        }
        page = std::move(*answered);
    }
    if (page.standing == SearchPage::Standing::quota) {
        show("OpenCRVS lets the search client search no more today: it goes on when it does");
        not_before_ = clock.steady() + quota_wait;
        co_return false;
    }
    auto unit = co_await unknown(next.jobs.front(), std::move(page.records));
    page.records.clear();
    if (!unit) {
        fail_for(unit.error());
        co_return false;
    }
    const bool queued = !unit->empty();
    auto done = advance(next, page, deps_.offices ? deps_.offices() : std::vector<std::string>());
    const bool kept = co_await commit(std::move(*unit), std::move(next));
    if (!kept) co_return false;
    if (queued && deps_.queued) deps_.queued();
    if (done) ended(std::move(*done));
    co_return true;
}

Task<Result<store_ops::Unit>> CatchUp::unknown(CatchUpJob& job, std::vector<opencrvs::FoundRecord> records) {
    const auto all = webhook::candidates(job, records, options_.target, deps_.kind_of);
    std::vector<std::string> keys;
    std::vector<std::string> deliveries;
    for (const auto& one : all) {
        deliveries.push_back(found_delivery(one, job));
        if (job.subscription.empty()) {
            keys.push_back(one.once_key);
        } else {
            deliveries.push_back(webhook::delivery_id(one.event, job.subscription));
        }
    }
    auto published = co_await deps_.store.published(std::move(keys));
    if (!published) co_return fail(published.error());
    auto queued = co_await deps_.store.known_deliveries(std::move(deliveries));
    if (!queued) co_return fail(queued.error());
    store_ops::Unit out;
    for (const auto& one : all) {
        ++job.found;
        // Of one page a record may be twice: it moved while the page was made.
        const bool known = !job.subscription.empty()
                               ? queued->contains(webhook::delivery_id(one.event, job.subscription))
                               : !published->insert(one.once_key).second;
        if (known || !queued->insert(found_delivery(one, job)).second) continue;
        ++job.queued;
        auto unit =
            take_found(one, job, options_.target, deps_.ports.ids.next(), deps_.ports.clock.now(), options_.reads);
        for (auto& op : unit) out.push_back(std::move(op));
    }
    co_return out;
}

Task<bool> CatchUp::commit(store_ops::Unit unit, webhook::CatchUpState next) {
    const auto found = unit.size() / 2;
    unit.emplace_back(
        store_ops::PutCache{webhook::catch_up_key(options_.target), write_state(next), deps_.ports.clock.now()});
    auto committed = co_await deps_.store.commit(std::move(unit));
    if (!committed) {
        fail_for(committed.error());
        co_return false;
    }
    state_ = std::move(next);
    failures_ = 0;
    {
        const std::lock_guard lock(mutex_);
        status_.queued += found;
    }
    show("");
    co_return true;
}

void CatchUp::ended(CatchUpJob job) {
    if (job.queued != 0) {
        spdlog::info("catch-up of {}: {} registrations were found of which {} had not been heard of", options_.target,
                     job.found, job.queued);
    }
    std::string trouble;
    if (job.unseen != 0) {
        trouble = std::to_string(job.unseen) +
                  " searches found more than OpenCRVS shows and could not be narrowed: "
                  "some registrations may have been missed";
        spdlog::warn("catch-up of {}: {}", options_.target, trouble);
    }
    if (job.regular) {
        const auto wait = webhook::until_next(search_, options_.every, job.searches, options_.daily_searches);
        // A gap that was noted meanwhile is looked for at once.
        next_round_ = deps_.ports.clock.steady() + (state_->gap ? Milliseconds{0} : wait);
    }
    show(std::move(trouble));
    const std::lock_guard lock(mutex_);
    if (job.regular) {
        status_.last_ok = deps_.ports.clock.now();
        return;
    }
    if (status_.ended.size() == ended_shown) status_.ended.erase(status_.ended.begin());
    status_.ended.push_back(std::move(job));
}

void CatchUp::fail_for(const Error& error) {
    ++failures_;
    auto wait = backoff(failure_backoff, failures_, deps_.ports.ids.random());
    if (error.retry_after) wait = std::max<Milliseconds>(wait, *error.retry_after);
    not_before_ = deps_.ports.clock.steady() + wait;
    if (status().trouble != error.message) spdlog::warn("catch-up of {}: {}", options_.target, error.message);
    show(error.message);
}

void CatchUp::show(std::string trouble) {
    const std::lock_guard lock(mutex_);
    status_.trouble = std::move(trouble);
    status_.known = state_.has_value();
    if (!state_) return;
    status_.cursor = state_->cursor;
    status_.jobs = state_->jobs;
}

void CatchUp::note_gap(const std::string& target, WallTime since) {
    if (target != options_.target) return;
    const std::lock_guard lock(mutex_);
    gap_ = std::min(gap_.value_or(since), since);
}

std::string CatchUp::look_since(WallTime since) {
    return replay({}, since);
}

std::string CatchUp::replay(std::string subscription, WallTime since) {
    auto job = deps_.ports.ids.next();
    const std::lock_guard lock(mutex_);
    asked_.push_back({job, since, std::move(subscription)});
    return job;
}

CatchUpStatus CatchUp::status() const {
    const std::lock_guard lock(mutex_);
    auto out = status_;
    for (const auto& one : asked_) {
        CatchUpJob waiting;
        waiting.id = one.job;
        waiting.subscription = one.subscription;
        waiting.floor = one.since;
        out.jobs.push_back(std::move(waiting));
    }
    return out;
}

}  // namespace ocm::app
