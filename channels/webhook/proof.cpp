// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/proof.hpp"

#include "channels/registration_event.hpp"
#include "channels/webhook/contracts.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "formats/fhir_r4/notification_write.hpp"
#include "formats/fhir_r4/outcome.hpp"
#include "formats/opencrvs_v1/hub.hpp"

#include <nlohmann/json.hpp>

namespace ocm::webhook {
namespace {

constexpr std::size_t challenge_bytes = 16;
constexpr Milliseconds answer_time{10'000};
constexpr std::string_view allowed_origin = "WebHook-Allowed-Origin";

bool is_2xx(int status) {
    return status >= 200 && status < 300;
}

std::string answered(const UpstreamReply& reply) {
    return "the callback answered " + std::to_string(reply.status) + " to the handshake";
}

Result<Proof> challenge(const Subscription& subscription, const Topic& about, const CallbackPolicy& policy) {
    const auto in_1x = opencrvs_v1::hub_topic_name(about);
    if (!in_1x) return fail(ErrorCode::bad_request, "the contract of the subscription has no word for its topic");
    Proof out;
    out.expected = base64(random_bytes(challenge_bytes));
    out.call = verification_call(subscription.callback, *in_1x, out.expected, policy);
    return out;
}

Result<Proof> handshake(const Subscription& subscription, const Topic& about, const ProofOptions& options,
                        WallTime now) {
    if (options.fhir_base.empty())
        return fail(ErrorCode::unavailable, "the address of the FHIR interface is not set (channels.webhook.fhir_url)");
    fhir_r4::NotificationTo to;
    to.base = options.fhir_base;
    to.subscription = subscription.id;
    to.topic = about;
    to.sequence = subscription.sequence;
    to.at = now;
    Message message;
    message.body = dump_json(fhir_r4::write_handshake(to));
    message.headers.set("Content-Type", std::string(fhir_r4::content_type));
    sign(message, subscription);
    Proof out;
    out.call = call_to(subscription, message, options.policy);
    return out;
}

Proof permission(const Subscription& subscription, const ProofOptions& options) {
    Proof out;
    out.expected = options.origin;
    out.call = call_to(subscription, {}, options.policy);
    out.call.method = "OPTIONS";
    out.call.headers.set("WebHook-Request-Origin", options.origin);
    return out;
}

}  // namespace

Result<Proof> question_of(const Subscription& subscription, const ProofOptions& options, WallTime now) {
    if (auto allowed = check_callback(subscription.callback, options.policy); !allowed)
        return fail(std::move(allowed.error()));
    const auto about = subscription.topics.empty() ? std::nullopt : topic(subscription.topics.front());
    if (!about) return fail(ErrorCode::bad_request, "the subscription has no topic");
    Result<Proof> out;
    switch (subscription.contract) {
        case SubscriptionContract::opencrvs_1:
        case SubscriptionContract::national_id:
            out = challenge(subscription, *about, options.policy);
            break;
        case SubscriptionContract::fhir_r4:
            out = handshake(subscription, *about, options, now);
            break;
        case SubscriptionContract::cloudevents:
            out = permission(subscription, options);
            break;
    }
    if (!out) return out;
    out->contract = subscription.contract;
    out->call.name = "Verify callback";
    out->call.timeout = answer_time;
    out->call.repeatable = true;
    return out;
}

Result<void> check_proof(const Proof& proof, const UpstreamReply& reply) {
    const auto no_proof = [](std::string why) { return fail(ErrorCode::bad_request, std::move(why)); };
    switch (proof.contract) {
        case SubscriptionContract::opencrvs_1:
        case SubscriptionContract::national_id:
            if (is_verified(reply, proof.expected)) return {};
            return no_proof("the callback did not answer with a JSON object that holds the challenge");
        case SubscriptionContract::fhir_r4:
            if (is_2xx(reply.status)) return {};
            return no_proof(answered(reply));
        case SubscriptionContract::cloudevents:
            break;
    }
    if (!is_2xx(reply.status)) return no_proof(answered(reply));
    const auto allowed = reply.headers.get(allowed_origin);
    if (allowed == "*" || iequals(allowed, proof.expected)) return {};
    return no_proof("the callback does not allow us in " + std::string(allowed_origin));
}

}  // namespace ocm::webhook
