// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/crosswalk.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocm {

/// Where a delivery of the outbox stands. The first three are live: work is still to be done.
enum class DeliveryState {
    pending,    // waits for its time
    sending,    // an attempt is under way; after a crash it is pending again
    parked,     // waits for someone to make it possible (an unknown facility): released, not retried
    delivered,  // done
    dead,       // given up, with the reason: a dead letter
    discarded,  // an administrator decided that it will not be sent
    replaced,   // another message took its place before it was sent
};
std::string_view name(DeliveryState state);
std::optional<DeliveryState> delivery_state(std::string_view text);
bool is_live(DeliveryState state);

/// What may happen to a delivery; the store refuses a step that its state does not allow.
enum class DeliveryStep {
    start,      // pending: an attempt begins
    postpone,   // sending: it failed and is due again later
    park,       // sending
    deliver,    // sending
    bury,       // sending: becomes a dead letter
    retry,      // pending, parked or dead: due at once, by an administrator
    release,    // parked: due at once, because what it waited for may have come
    discard,    // pending, parked or dead, by an administrator
    hand_over,  // sending: a call begins that must not be repeated; unclear where nothing more is recorded (ADR 11)
    withdraw,   // sending: its caller waits and is told what came of it; it leaves the outbox
    resolve,    // parked: a person found that the target has it
    drop,       // sending: there is nobody any more that it is for
};
std::string_view name(DeliveryStep step);
std::optional<DeliveryStep> delivery_step(std::string_view text);
bool allowed(DeliveryStep step, DeliveryState from);
DeliveryState state_after(DeliveryStep step);

/// A delivery without its payload.
struct Delivery {
    std::int64_t seq = 0;     // of its entry: the order of acceptance
    std::string id;           // UUIDv7
    std::string transaction;  // that it belongs to
    std::string openhim_transaction;
    std::string kind;         // "notification"
    std::string destination;  // what a breaker and the limits are for
    std::string client;       // id of our client, for fairness; may be empty
    std::string order_key;    // deliveries with the same key go in order; empty: any order
    WallTime created{};
    WallTime due{};
    DeliveryState state = DeliveryState::pending;
    unsigned attempts = 0;             // begun
    std::string error_code;            // of the last failure
    std::string why;                   // the same in plain words
    std::vector<PlaceCode> waits_for;  // of a parked one: the codes that have to become known
    std::string subscription{};        // it is for; may be empty
    std::int64_t sequence = 0;         // its number among what was queued for that subscription, from 1
};

}  // namespace ocm
