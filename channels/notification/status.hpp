// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/exchange.hpp"
#include "core/json.hpp"
#include "core/route.hpp"

#include <atomic>
#include <string>

/// `GET /notifications/{id}`: what became of a notification, for its sender only.
namespace ocm::notification {

/// queued, sending, held, parked, delivered, failed, discarded, replaced, processing, interrupted.
std::string state_name(const store_ops::TransactionState& state, bool hold);

/// {"id","state","received",...}: with the tracking id once there is one, with attempts and the next one's time while
/// it waits, with the reason (`why`) where it waits or failed.
Json status_json(const std::string& id, const store_ops::TransactionState& state, bool hold);

/// Where the status of a transaction can be asked for, as the caller of this exchange sees our paths.
std::string status_path(const Exchange& exchange, const std::string& transaction);

Route status_route(const std::atomic<bool>& hold);

}  // namespace ocm::notification
