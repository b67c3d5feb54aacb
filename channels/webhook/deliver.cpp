// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/deliver.hpp"

#include "channels/opencrvs/token.hpp"
#include "channels/webhook/event_json.hpp"
#include "channels/webhook/publish.hpp"
#include "channels/webhook/signing.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <memory>

namespace ocm::webhook {
namespace {

using Kind = dispatch::Outcome::Kind;

/// A paused subscription is looked at so often; an administrator who resumes it has it looked at once.
constexpr std::chrono::seconds paused_again{300};
constexpr Milliseconds call_time{15'000};
constexpr std::size_t max_answer = 64u << 10;
constexpr int gone = 410;

Sending ended(Kind kind, Error error) {
    Sending out;
    out.outcome.kind = kind;
    out.outcome.error = std::move(error);
    return out;
}

Sending ended(Kind kind, ErrorCode code, std::string why) {
    return ended(kind, Error{code, std::move(why), "", std::nullopt});
}

/// Why the delivery is not sent now; absent where it is.
std::optional<Sending> not_sent(const Subscription* subscription, WallTime now) {
    if (subscription == nullptr) return ended(Kind::dropped, ErrorCode::cancelled, "its subscription was removed");
    if (subscription->state == SubscriptionState::ended) {
        auto why = subscription->why.empty() ? std::string() : ": " + subscription->why;
        return ended(Kind::dropped, ErrorCode::cancelled, "its subscription has ended" + std::move(why));
    }
    if (subscription->until && *subscription->until <= now)
        return ended(Kind::dropped, ErrorCode::cancelled, "its subscription has run out");
    if (subscription->state != SubscriptionState::active) {
        auto out =
            ended(Kind::again, ErrorCode::unavailable, "its subscription is " + std::string(name(subscription->state)));
        out.outcome.patient = true;
        out.outcome.error.retry_after = paused_again;
        return out;
    }
    return std::nullopt;
}

/// The same, on account of whose it is.
std::optional<Sending> not_sent(const store_ops::Client* client) {
    if (client != nullptr && client->enabled) return std::nullopt;
    // One that was removed took its subscriptions with it; to an absent one nothing is told until it is known why.
    auto out = ended(Kind::again, ErrorCode::unavailable,
                     client != nullptr ? "its client is disabled" : "the client of its subscription is not known");
    out.outcome.patient = true;
    out.outcome.error.retry_after = paused_again;
    return out;
}

UpstreamCall call_of(const Subscription& subscription, const Delivery& delivery, const Message& message,
                     const CallbackPolicy& policy) {
    auto call = call_to(subscription, message, policy);
    call.name = "Webhook delivery";
    call.headers.set(std::string(delivery_header), delivery.id);
    call.repeatable = true;  // the receiver knows it by its id
    return call;
}

store_ops::Disclose disclosure(const Subscription& subscription, const Delivery& delivery,
                               std::vector<std::string> fields, WallTime now) {
    store_ops::Disclose out;
    out.at = now;
    out.actor = subscription.client;
    out.reason = "subscription " + subscription.id + ", delivery " + delivery.id;
    out.transaction = delivery.transaction;
    out.fields = std::move(fields);
    return out;
}

store_ops::PutSubscription end_of(Subscription subscription, WallTime now) {
    subscription.state = SubscriptionState::ended;
    subscription.why = "the subscriber answered 410 Gone";
    store_ops::Administer record{now, subscription.client, "subscription.end",
                                 canonical_json({{"subscription", subscription.id}, {"why", subscription.why}})};
    return {std::move(subscription), std::move(record), true};
}

/// Whether personal data may have left. Of `unavailable` the contract of Upstream says that nothing was sent.
bool may_have_left(const Result<UpstreamReply>& reply) {
    return reply || reply.error().code != ErrorCode::unavailable;
}

/// Events as last read: one is told to many at about the same time. Used on the dispatcher's thread only.
class LastRead {
  public:
    Result<std::shared_ptr<const RegistrationEvent>> read(std::string payload) {
        for (const auto& known : events_) {
            if (known.payload == payload) return known.event;
        }
        auto event = read_event(payload);
        if (!event) return fail(std::move(event.error()));
        events_.push_front({std::move(payload), std::make_shared<const RegistrationEvent>(*std::move(event))});
        if (events_.size() > most) events_.pop_back();
        return events_.front().event;
    }

  private:
    static constexpr std::size_t most = 8;
    struct Read {
        std::string payload;
        std::shared_ptr<const RegistrationEvent> event;
    };
    std::deque<Read> events_;
};

Task<Sending> deliver(Exchange& exchange, Delivery delivery, std::string payload,
                      std::shared_ptr<const DeliveryDeps> deps, std::shared_ptr<LastRead> last) {
    const auto directory = deps->subscriptions();
    const auto* subscription = directory->by_id(delivery.subscription);
    if (auto not_now = not_sent(subscription, exchange.ports().clock.now())) co_return std::move(*not_now);
    const auto client = deps->client(subscription->client);
    if (auto not_now = not_sent(client.get())) co_return std::move(*not_now);
    const auto event = last->read(std::move(payload));
    if (!event) co_return ended(Kind::refused, event.error().code, event.error().message);
    if (auto why = withheld(*subscription, (*event)->topic, *client))
        co_return ended(Kind::dropped, ErrorCode::cancelled, std::move(*why));
    const auto policy = deps->callbacks();
    // What an administrator no longer allows may be allowed again.
    if (auto allowed = check_callback(subscription->callback, policy); !allowed)
        co_return ended(Kind::again, ErrorCode::forbidden, allowed.error().message);
    const auto contract = deps->contracts.find(subscription->contract);
    if (contract == deps->contracts.end())
        co_return ended(Kind::refused, ErrorCode::internal, "nothing writes the contract of its subscription");
    const auto cut = cut_to_grant(*subscription, *client);
    const auto& permitted = cut ? *cut : *subscription;
    const auto as_before = signed_as_before(permitted, exchange.ports().clock.now());
    const auto& signer = as_before ? *as_before : permitted;
    auto message = contract->second(**event, signer, delivery, exchange.ports().clock.now());
    if (!message) co_return ended(Kind::refused, message.error().code, message.error().message);
    add_old_signature(*message, signer, exchange.ports().clock.now());

    auto call = call_of(signer, delivery, *message, policy);
    call.key_id = signer.key_id;
    if (deps->detour) {
        auto taken = co_await deps->detour->through(std::move(call), exchange.deadline());
        if (!taken) {
            const bool never = taken.error().code == ErrorCode::bad_request;
            co_return ended(never ? Kind::refused : Kind::again, std::move(taken.error()));
        }
        call = std::move(*taken);
    }
    RetryPolicy once;
    once.attempts = 1;
    auto reply = co_await exchange.call(std::move(call), once);
    if (reply && deps->detour) {
        if (auto passed = deps->detour->passed(subscription->callback, *reply); !passed)
            reply = fail(std::move(passed.error()));
    }
    const auto now = exchange.ports().clock.now();
    Sending out;
    if (reply) {
        out.outcome = outcome_of(*reply);
        if (reply->status == gone) out.also.emplace_back(end_of(*subscription, now));
    } else {
        out.outcome = {Kind::again, reply.error(), false, false};
    }
    if (may_have_left(reply))
        out.also.emplace_back(disclosure(*subscription, delivery, std::move(message->disclosed), now));
    co_return out;
}

}  // namespace

UpstreamCall call_to(const Subscription& subscription, const Message& message, const CallbackPolicy& policy) {
    UpstreamCall call;
    call.method = "POST";
    call.url = subscription.callback;
    for (const auto& line : subscription.headers) {
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        const auto value = line.find_first_not_of(' ', colon + 1);
        call.headers.set(line.substr(0, colon), value == std::string::npos ? std::string() : line.substr(value));
    }
    for (const auto& [field, value] : message.headers) call.headers.set(field, value);
    if (!subscription.key_id.empty()) call.headers.set(std::string(key_header), subscription.key_id);
    call.body = message.body;
    call.timeout = call_time;
    call.max_response = max_answer;
    call.public_only = !policy.allow_private;
    return call;
}

dispatch::Outcome outcome_of(const UpstreamReply& reply) {
    const auto status = reply.status;
    if (status >= 200 && status < 300) return {};
    dispatch::Outcome out;
    const auto answered = "the subscriber answered " + std::to_string(status);
    if (status == gone) {
        out.kind = Kind::dropped;
        out.error = {ErrorCode::cancelled, answered + ": it wants nothing more", "", std::nullopt};
        return out;
    }
    out.kind = Kind::again;
    const bool redirect = status >= 300 && status < 400;
    out.error = {ErrorCode::bad_gateway, answered + (redirect ? ": redirects are not followed" : ""), "", std::nullopt};
    const bool busy = status == 429 || status == 503;
    if (busy && !reply.headers.get("retry-after").empty()) out.error.retry_after = opencrvs::retry_after(reply);
    // A gateway before it says that the subscriber is not there.
    out.reached = status != 502 && status != 503 && status != 504;
    return out;
}

DeliveryKind make_webhook_delivery(DeliveryDeps deps) {
    auto shared = std::make_shared<const DeliveryDeps>(std::move(deps));
    DeliveryKind kind;
    kind.kind = delivery_kind_name;
    kind.channel = "webhook";
    kind.shown = shared->detour == nullptr;
    kind.send = [shared, last = std::make_shared<LastRead>()](Exchange& exchange, const Delivery& delivery,
                                                              std::string payload) {
        return deliver(exchange, delivery, std::move(payload), shared, last);
    };
    return kind;
}

}  // namespace ocm::webhook
