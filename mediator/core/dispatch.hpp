// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/delivery.hpp"
#include "core/retry.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

/// Decides which delivery of the outbox is sent when (design sections 5.6 and 6): pure, without a socket or a clock.
namespace ocm::dispatch {

/// How one kind of delivery is sent.
struct Policy {
    double rate = 20;          // most attempts begun in a second, to one destination
    unsigned concurrency = 4;  // most attempts under way to one destination, live requests included
    BackoffPolicy backoff{.first = Milliseconds{2'000}, .cap = Milliseconds{600'000}};
    Breaker::Policy breaker{};
    Milliseconds max_age = std::chrono::hours(7 * 24);  // older than this a failure is the last one
    bool hold = false;                                  // begin nothing
};

/// What an attempt came to.
struct Outcome {
    enum class Kind {
        done,     // delivered
        again,    // not now: down, slow, busy; sent again
        refused,  // for good: a dead letter
        park,     // not before someone makes it possible
        dropped,  // there is nobody any more that it is for
    };
    Kind kind = Kind::done;
    Error error{};         // of all but `done`; its retry_after is respected
    bool reached = true;   // the destination answered: what the breaker wants to know
    bool patient = false;  // `again` is part of the plan: no age, no backoff, only retry_after
};

/// What becomes of a delivery after an attempt.
struct Verdict {
    DeliveryStep step = DeliveryStep::deliver;
    WallTime due{};  // of `postpone`
    Error why{};     // of all but `deliver`
};

/// `delivery.attempts` counts the one that ended. `random` is in [0, 1).
Verdict judge(const Delivery& delivery, const Outcome& outcome, const Policy& policy, WallTime now, double random);

struct Now {
    WallTime wall{};
    SteadyTime steady{};
};

/// The store may hold something new: queued, released, retried.
struct Changed {};
/// What the store has due (store::DuePage). `more`: not all of it.
struct Loaded {
    std::vector<Delivery> deliveries;
    bool more = false;
};
struct LoadFailed {};
/// An attempt ended and its verdict is committed. `reached` is absent where none was made (it was replaced meanwhile).
struct Ended {
    std::string delivery;
    std::optional<bool> reached;
};
/// Policies by kind; a kind that has none is not sent.
struct Configured {
    std::map<std::string, Policy> policies;
    std::set<std::string> held_clients;
};
/// So many requests of waiting callers are under way to a destination: they go first.
struct Live {
    std::string destination;
    unsigned running = 0;
};
struct Tick {};
using Event = std::variant<Changed, Loaded, LoadFailed, Ended, Configured, Live, Tick>;

/// Read what is due.
struct Load {
    std::vector<std::string> kinds;
    std::vector<std::string> held_clients;
};
/// Begin an attempt.
struct Run {
    Delivery delivery;
};
using Action = std::variant<Load, Run>;

/// One destination.
struct Lane {
    explicit Lane(Breaker::Policy policy) : breaker(policy) {}
    Breaker breaker;
    std::map<std::string, Delivery> running;               // by id
    std::map<std::string, std::vector<Delivery>> waiting;  // by client, in order of acceptance
    std::string last_client;                               // served last
    SteadyTime next_start{};                               // the rate allows no attempt before
};

struct State {
    std::map<std::string, Policy> policies;
    std::set<std::string> held_clients;
    std::map<std::string, Lane> lanes;     // by destination
    std::map<std::string, unsigned> live;  // by destination
    std::set<std::string> ended;           // while reading: the page may still show them
    bool loading = false;
    bool stale = true;  // what waits here may not be what waits in the store
    bool more = false;
    SteadyTime load_after{};
};

struct Step {
    State state;
    std::vector<Action> actions;
    std::optional<Milliseconds> wake;  // send a Tick after this; absent: only another event changes anything
};

/// The whole machine.
///
/// Of each order key only the earliest live delivery is begun. Among clients the turn goes round. A destination that
/// fails several times in a row is left alone for a while, then tried with one delivery. Live requests take their share
/// of the concurrency first, but one attempt may always be made.
Step step(State state, const Event& event, Now now);

/// True where a destination is known to be down: its breaker is open.
bool is_down(const State& state, const std::string& destination);
std::size_t running(const State& state);

}  // namespace ocm::dispatch
