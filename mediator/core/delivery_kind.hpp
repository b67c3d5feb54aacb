// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/dispatch.hpp"
#include "core/exchange.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ocm {

/// What sending a delivery came to.
struct Sending {
    dispatch::Outcome outcome;
    store_ops::Subjects subjects;        // of what was delivered
    std::string account;                 // JSON text, kept with the transaction
    std::vector<PlaceCode> waits_for{};  // where the outcome is `park`: the codes that have to become known
    std::vector<store_ops::Op> also{};   // committed with what became of it: disclosures, what follows from it
};

/// What is committed together with the last step of a delivery.
struct Completed {
    store_ops::Complete complete;
    /// Told OpenHIM where the transaction came from there.
    HttpResponse response;
};

/// How one kind of delivery is worked off: given by the channel it belongs to, driven by the dispatcher.
struct DeliveryKind {
    std::string kind;
    std::string channel;  // shown with its calls
    /// Renders the payload and sends it. A repetition after a crash does not do the work twice.
    std::function<Task<Sending>(Exchange&, const Delivery&, std::string payload)> send;
    /// What becomes of the transaction once the delivery is over, pure: `step` is deliver, bury or discard. May be
    /// empty where the transaction does not wait for it.
    std::function<Completed(const Delivery&, DeliveryStep step, const Sending&, WallTime)> completed;
    bool shown = false;  // OpenHIM does not see it pass, and is shown how it ended as a transaction of its own
};

}  // namespace ocm
