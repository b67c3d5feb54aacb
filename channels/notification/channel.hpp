// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/all.hpp"
#include "channels/opencrvs/target.hpp"
#include "core/route.hpp"

#include <atomic>
#include <functional>
#include <string>

/// The OpenCRVS 1.x event notification, whatever the target's version (design sections 5 and 9).
namespace ocm::notification {

/// Hands one event to the target; the event outlives the call.
using Send = std::function<Task<Result<opencrvs::Sent>>(Exchange&, const VitalEvent&, opencrvs::NotifyIds)>;

struct NotificationDeps {
    Send send;
    std::string target;             // its name: upstream ids are derived from it
    const std::atomic<bool>& hold;  // an administrator's stop: outlives the channel
};

/// `POST /notification`: a document bundle in, 1.8's answer out.
///
/// 200 with the saved record (Mediator-Account counts what the account holds; Idempotency-Replayed where it is a
/// replay); 400 what the document or the target's registry does not allow, with its place; 409 a correction of what was
/// sent; 415 what is not JSON; 422 an Idempotency-Key used for other content; 502 an answer of the target that cannot
/// be used; 503 with Retry-After while the target is down or slow, the channel is held, or the same record is being
/// worked on.
ChannelDefinition make_notification_channel(NotificationDeps deps);

}  // namespace ocm::notification
