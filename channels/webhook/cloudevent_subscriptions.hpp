// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/webhook/subscribing.hpp"
#include "core/route.hpp"

namespace ocm::webhook {

/// Adds our own subscriptions to the webhook channel, for clients of kind webhook: what is told is a CloudEvent.
/// `POST /subscriptions` as config/schemas/subscription.json says, `GET` of the caller's own, of one, of the topics
/// that can be told; `PATCH` with {"state": "paused" or "active"}; `DELETE`.
///
/// A callback allows us to call it as the CloudEvents specification of web hooks says, or nothing is made (400).
/// Subscribing again to the same topics at the same callback is answered with what there is (200), or 409 where it asks
/// for something else. Fields only ever narrow what was granted: others are 403.
void add_cloudevent_subscriptions(ChannelDefinition& channel, const Shared& deps);

}  // namespace ocm::webhook
