// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/registration_event.hpp"
#include "channels/webhook/callback.hpp"
#include "channels/webhook/grant.hpp"
#include "channels/webhook/subscriptions.hpp"
#include "core/delivery_kind.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Telling one subscriber of one event (design section 6).
namespace ocm::webhook {

/// A delivery as it goes out.
struct Message {
    std::string body;
    HttpHeaders headers;                 // those of the contract: content type, signature
    std::vector<std::string> disclosed;  // fields of the event that are in it
};

/// How a contract's subscribers are told: cuts the event down to what the subscription may have, writes and signs it.
/// Pure. Fails where the contract has no words for the event.
using Write =
    std::function<Result<Message>(const RegistrationEvent&, const Subscription&, const Delivery&, WallTime now)>;
using Contracts = std::map<SubscriptionContract, Write>;

/// Another way to a subscriber than the direct one (`channels.webhook.via_openhim`).
struct Detour {
    /// The call that takes it; fails with `bad_request` where it never can, with another code where it cannot now.
    std::function<Task<Result<UpstreamCall>>(UpstreamCall, SteadyTime deadline)> through;
    /// Whether the answer to that call is the subscriber's own. `url` is the subscriber's.
    std::function<Result<void>(const std::string& url, const UpstreamReply&)> passed;
};

struct DeliveryDeps {
    Directory subscriptions;
    ClientOf client;  // what is told is cut to what it has at that moment
    std::function<CallbackPolicy()> callbacks;
    Contracts contracts;
    std::shared_ptr<const Detour> detour{};  // none: subscribers are called directly
};

/// Names a delivery for the receiver's own de-duplication: the same at each repetition.
inline constexpr std::string_view delivery_header = "Mediator-Delivery-Id";
/// Names the key that signed.
inline constexpr std::string_view key_header = "Mediator-Key-Id";

/// The POST of a message to a subscriber, with the headers that it asked for; those of the contract go before them. Its
/// name is the caller's to say.
UpstreamCall call_to(const Subscription& subscription, const Message& message, const CallbackPolicy& policy);

/// What an answer of the subscriber means: 2xx is done, 410 nobody is there any more, all else comes again, after
/// Retry-After where 429 or 503 says one. Redirects are not followed.
dispatch::Outcome outcome_of(const UpstreamReply& reply);

/// How deliveries to subscribers are worked off. One whose subscription is gone or ended is dropped with the reason,
/// one whose subscription is paused or whose client is disabled waits. Whatever was granted when it was queued, it
/// tells what the client has when it is sent (grant.hpp), and is dropped where that is nothing of its kind. What left
/// is recorded as a disclosure with what became of it; 410 ends the subscription in the same commit.
DeliveryKind make_webhook_delivery(DeliveryDeps deps);

}  // namespace ocm::webhook
