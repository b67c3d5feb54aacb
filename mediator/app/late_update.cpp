// SPDX-License-Identifier: MPL-2.0
#include "app/late_update.hpp"

#include "core/json.hpp"

#include <nlohmann/json.hpp>

namespace ocm::app {
namespace {

constexpr Milliseconds after_our_answer{2'000};

}  // namespace

std::optional<store_ops::Enqueue> late_update(const LateUpdate& update) {
    if (update.openhim_transaction.empty()) return std::nullopt;
    Outcome outcome;
    outcome.response = update.response;
    outcome.at = update.complete.at;
    outcome.status = update.complete.status;
    outcome.orchestrations = update.steps;
    outcome.properties["mediator-transaction"] = update.transaction;
    outcome.properties["state"] = update.complete.error_code.empty() ? "delivered" : update.complete.error_code;
    store_ops::Enqueue op;
    op.delivery = update.delivery;
    op.transaction = update.transaction;
    op.at = update.complete.at;
    op.kind = openhim_kind;
    op.destination = openhim_destination;
    op.order_key = update.transaction;
    op.due = op.at + after_our_answer;
    op.payload = build_late_update(outcome, update.envelope);
    return op;
}

}  // namespace ocm::app
