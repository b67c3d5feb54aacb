// SPDX-License-Identifier: MPL-2.0
#include "core/dispatch.hpp"

#include <algorithm>

namespace ocm::dispatch {
namespace {

constexpr Milliseconds after_failed_load{1'000};

Milliseconds up(SteadyTime::duration time) {
    return std::max(Milliseconds{0}, std::chrono::ceil<Milliseconds>(time));
}

class Machine {
  public:
    Machine(State state, Now now) : now_(now) { out_.state = std::move(state); }

    Step run(const Event& event) {
        std::visit([this](const auto& one) { take(one); }, event);
        for (auto& [destination, lane] : state().lanes) start_all(destination, lane);
        load();
        std::erase_if(state().lanes, [this](const auto& entry) { return idle(entry.second); });
        return std::move(out_);
    }

  private:
    State& state() { return out_.state; }

    void take(const Changed&) { state().stale = true; }
    void take(const Tick&) {}
    void take(const LoadFailed&) {
        state().loading = false;
        state().ended.clear();
        state().stale = true;
        state().load_after = now_.steady + after_failed_load;
    }
    void take(const Configured& now) {
        state().policies = now.policies;
        state().held_clients = now.held_clients;
        state().stale = true;
    }
    void take(const Live& live) { state().live[live.destination] = live.running; }
    void take(const Ended& ended) {
        for (auto& [destination, lane] : state().lanes) {
            if (lane.running.erase(ended.delivery) == 0) continue;
            if (!ended.reached) {
                lane.breaker.skipped();
            } else if (*ended.reached) {
                lane.breaker.succeeded();
            } else {
                lane.breaker.failed(now_.steady);
            }
        }
        if (state().loading) state().ended.insert(ended.delivery);
        // It may stand in the store again with another due time, and others of its order key may follow.
        state().stale = true;
    }
    void take(const Loaded& page) {
        state().loading = false;
        state().more = page.more;
        for (auto& [destination, lane] : state().lanes) lane.waiting.clear();
        for (const auto& delivery : page.deliveries) {
            const auto* policy = policy_of(delivery);
            if (policy == nullptr || state().ended.contains(delivery.id)) continue;
            auto& to = lane(delivery.destination, policy->breaker);
            if (to.running.contains(delivery.id)) continue;
            to.waiting[delivery.client].push_back(delivery);
        }
        state().ended.clear();
        for (auto& [destination, lane] : state().lanes) {
            for (auto& [client, waiting] : lane.waiting) {
                std::sort(waiting.begin(), waiting.end(),
                          [](const Delivery& a, const Delivery& b) { return a.seq < b.seq; });
            }
        }
    }

    const Policy* policy_of(const Delivery& delivery) {
        const auto found = state().policies.find(delivery.kind);
        return found == state().policies.end() ? nullptr : &found->second;
    }

    Lane& lane(const std::string& destination, Breaker::Policy policy) {
        return state().lanes.try_emplace(destination, Lane(policy)).first->second;
    }

    bool idle(const Lane& lane) const {
        return lane.running.empty() && lane.waiting.empty() && lane.breaker.closed() && lane.next_start <= now_.steady;
    }

    void wake_in(Milliseconds time) { out_.wake = out_.wake ? std::min(*out_.wake, time) : time; }

    static bool same_order(const Delivery& a, const Delivery& b) {
        return !a.order_key.empty() && a.order_key == b.order_key;
    }

    /// An earlier one of the same order key is under way or waits.
    static bool in_order(const Lane& lane, const Delivery& delivery) {
        if (delivery.order_key.empty()) return true;
        for (const auto& [id, other] : lane.running) {
            if (same_order(other, delivery)) return false;
        }
        for (const auto& [client, waiting] : lane.waiting) {
            for (const auto& other : waiting) {
                if (other.seq < delivery.seq && same_order(other, delivery)) return false;
            }
        }
        return true;
    }

    bool startable(const Lane& lane, const Delivery& delivery) {
        const auto* policy = policy_of(delivery);
        if (policy == nullptr || policy->hold || state().held_clients.contains(delivery.client)) return false;
        if (delivery.due > now_.wall) {
            wake_in(up(delivery.due - now_.wall));
            return false;
        }
        return in_order(lane, delivery);
    }

    /// The next delivery of the client whose turn it is; the turn passes over clients that have none.
    std::optional<Delivery> pick(Lane& lane) {
        std::vector<std::string> turn;
        const auto first = lane.waiting.upper_bound(lane.last_client);
        for (auto it = first; it != lane.waiting.end(); ++it) turn.push_back(it->first);
        for (auto it = lane.waiting.begin(); it != first; ++it) turn.push_back(it->first);
        for (const auto& client : turn) {
            for (const auto& delivery : lane.waiting[client]) {
                if (startable(lane, delivery)) return delivery;
            }
        }
        return std::nullopt;
    }

    void start_all(const std::string& destination, Lane& lane) {
        const auto found = state().live.find(destination);
        const unsigned live = found == state().live.end() ? 0 : found->second;
        for (;;) {
            const auto next = pick(lane);
            if (!next) return;
            const auto& policy = *policy_of(*next);
            const auto limit = std::max(1U, policy.concurrency - std::min(policy.concurrency, live));
            if (lane.running.size() >= limit) return;  // until one of them has ended
            if (lane.next_start > now_.steady) return wake_in(up(lane.next_start - now_.steady));
            if (!lane.breaker.allow(now_.steady)) {
                // A probe under way ends with an event of its own.
                if (lane.running.empty()) wake_in(std::max(Milliseconds{1}, lane.breaker.retry_in(now_.steady)));
                return;
            }
            begin(lane, *next, policy);
        }
    }

    void begin(Lane& lane, const Delivery& delivery, const Policy& policy) {
        auto& waiting = lane.waiting[delivery.client];
        std::erase_if(waiting, [&](const Delivery& other) { return other.id == delivery.id; });
        if (waiting.empty()) lane.waiting.erase(delivery.client);
        lane.last_client = delivery.client;
        const auto gap = std::chrono::duration<double>(1.0 / std::max(policy.rate, 0.001));
        lane.next_start = now_.steady + std::chrono::duration_cast<SteadyTime::duration>(gap);
        lane.running.emplace(delivery.id, delivery);
        out_.actions.emplace_back(Run{delivery});
    }

    /// Reading costs little but is not free: it is done where it may bring something to begin.
    void load() {
        const bool dry = std::none_of(state().lanes.begin(), state().lanes.end(),
                                      [](const auto& entry) { return !entry.second.waiting.empty(); });
        const bool wanted = state().stale || (state().more && dry);
        if (!wanted || state().loading || state().policies.empty()) return;
        if (state().load_after > now_.steady) return wake_in(up(state().load_after - now_.steady));
        Load action;
        for (const auto& [kind, policy] : state().policies) {
            if (!policy.hold) action.kinds.push_back(kind);
        }
        action.held_clients.assign(state().held_clients.begin(), state().held_clients.end());
        state().loading = true;
        state().stale = false;
        out_.actions.emplace_back(std::move(action));
    }

    Now now_;
    Step out_;
};

}  // namespace

Verdict judge(const Delivery& delivery, const Outcome& outcome, const Policy& policy, WallTime now, double random) {
    switch (outcome.kind) {
        case Outcome::Kind::done:
            return {DeliveryStep::deliver, now, {}};
        case Outcome::Kind::refused:
            return {DeliveryStep::bury, now, outcome.error};
        case Outcome::Kind::park:
            return {DeliveryStep::park, now, outcome.error};
        case Outcome::Kind::dropped:
            return {DeliveryStep::drop, now, outcome.error};
        case Outcome::Kind::again:
            break;
    }
    Milliseconds wait{0};
    if (outcome.error.retry_after) wait = *outcome.error.retry_after;
    if (!outcome.patient) {
        wait = std::max(wait, backoff(policy.backoff, std::max(1U, delivery.attempts), random));
        if (now - delivery.created >= policy.max_age) {
            auto why = outcome.error;
            why.message = "given up: it could not be delivered for too long; at last: " + why.message;
            return {DeliveryStep::bury, now, std::move(why)};
        }
    }
    return {DeliveryStep::postpone, now + wait, outcome.error};
}

Step step(State state, const Event& event, Now now) {
    return Machine(std::move(state), now).run(event);
}

bool is_down(const State& state, const std::string& destination) {
    const auto found = state.lanes.find(destination);
    return found != state.lanes.end() && found->second.breaker.open();
}

std::size_t running(const State& state) {
    std::size_t count = 0;
    for (const auto& [destination, lane] : state.lanes) count += lane.running.size();
    return count;
}

}  // namespace ocm::dispatch
