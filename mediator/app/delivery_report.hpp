// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/delivery_kind.hpp"
#include "core/envelope.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocm::app {

/// Which deliveries to subscribers OpenHIM is shown (`channels.webhook.openhim_record`).
enum class Reported { all, failures, off };
Reported reported(std::string_view setting);

/// A delivery that is over.
struct Ended {
    std::string report;  // id of the delivery that tells OpenHIM
    Delivery delivery;
    DeliveryStep step = DeliveryStep::deliver;  // deliver, bury, drop or discard
    Error why;                                  // but for deliver
    std::vector<Orchestration> steps;           // of its last attempt
    WallTime at{};
};

/// The delivery that shows OpenHIM how another one ended, as a transaction of its own; absent where that one is not to
/// be shown. Nothing of what was told is in it.
std::optional<store_ops::Enqueue> delivery_report(const Ended& ended, Reported which, const EnvelopeOptions& options);

}  // namespace ocm::app
