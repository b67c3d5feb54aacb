// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/signing.hpp"

#include "channels/webhook/subscribing.hpp"
#include "core/hash.hpp"
#include "formats/opencrvs_v1/hub.hpp"

namespace ocm::webhook {
namespace {

bool has_old(const Subscription& subscription, WallTime now) {
    return !subscription.old_secret.empty() && subscription.old_until && now < *subscription.old_until;
}

}  // namespace

Secret secret_of(const store_ops::Client& client, std::string_view given, WallTime now) {
    const auto is = [given](const std::string& secret) {
        return !secret.empty() && constant_time_equal(given, secret);
    };
    if (is(client.signing_secret)) return Secret::current;
    const bool counts = client.old_signing_until && now < *client.old_signing_until;
    return counts && is(client.old_signing_secret) ? Secret::old : Secret::none;
}

std::optional<Subscription> signed_as_before(const Subscription& subscription, WallTime now) {
    if (!of_1x(subscription.contract) || !has_old(subscription, now)) return std::nullopt;
    auto out = subscription;
    out.secret = subscription.old_secret;
    out.key_id = subscription.old_key_id;
    return out;
}

void add_old_signature(Message& message, const Subscription& subscription, WallTime now) {
    if (of_1x(subscription.contract) || !has_old(subscription, now)) return;
    message.headers.set(std::string(old_signature_header),
                        opencrvs_v1::hub_signature(subscription.old_secret, message.body));
    message.headers.set(std::string(old_key_header), subscription.old_key_id);
}

}  // namespace ocm::webhook
