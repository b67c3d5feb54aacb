// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/delivery_kind.hpp"
#include "core/envelope.hpp"
#include "core/ids.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ocm::app {

/// Kind and destination of deliveries that complete a transaction in OpenHIM (openhim.md 7.2).
inline constexpr std::string_view openhim_kind = "openhim-transaction";
inline constexpr std::string_view openhim_destination = "openhim";
/// Of deliveries that show OpenHIM others: they keep no transaction from being completed.
inline constexpr std::string_view openhim_reports = "openhim:deliveries";

/// How OpenHIM is told of the end of a transaction it was answered 202 for.
struct LateUpdate {
    std::string delivery;  // id of the new delivery
    std::string transaction;
    std::string openhim_transaction;
    store_ops::Complete complete;
    HttpResponse response;
    std::vector<Orchestration> steps;
    EnvelopeOptions envelope;
};

/// The delivery that does so; absent where the transaction did not come through OpenHIM. Its first try is a moment
/// later, for the core saves its own copy of the transaction after it has passed our answer on.
std::optional<store_ops::Enqueue> late_update(const LateUpdate& update);

}  // namespace ocm::app
