// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/webhook/callback.hpp"
#include "core/subscription.hpp"

#include <string>

/// How a callback proves that it wants a subscription, in the terms of each contract. Pure.
namespace ocm::webhook {

struct ProofOptions {
    std::string fhir_base;  // address of our FHIR interface
    std::string origin;     // names us to callbacks of CloudEvents
    CallbackPolicy policy;
};

/// The question to a callback, and what the answer is checked by.
struct Proof {
    UpstreamCall call;
    SubscriptionContract contract = SubscriptionContract::opencrvs_1;
    std::string expected;
};

/// 1.x: a GET that holds a challenge (opencrvs.md 4.2). FHIR: the handshake notification, a POST with the headers that
/// the subscriber gave, signed (external-systems.md 4.4). CloudEvents: the OPTIONS of "HTTP 1.1 Web Hooks for Event
/// Delivery". Fails where the callback is not allowed, or the contract has no words for the topic.
Result<Proof> question_of(const Subscription& subscription, const ProofOptions& options, WallTime now);

/// 1.x: the challenge is in the answer. FHIR: 2xx. CloudEvents: 2xx, and `WebHook-Allowed-Origin` names us or
/// everybody. Fails with why it is no proof, in words for the subscriber.
Result<void> check_proof(const Proof& proof, const UpstreamReply& reply);

}  // namespace ocm::webhook
