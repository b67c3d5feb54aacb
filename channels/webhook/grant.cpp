// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/grant.hpp"

#include "channels/field_policy.hpp"

#include <utility>

namespace ocm::webhook {
namespace {

using store_ops::ClientKind;

bool has_contract(ClientKind kind, SubscriptionContract contract) {
    switch (contract) {
        case SubscriptionContract::opencrvs_1:
            return kind == ClientKind::webhook;
        case SubscriptionContract::national_id:
            return kind == ClientKind::national_id;
        case SubscriptionContract::fhir_r4:
        case SubscriptionContract::cloudevents:
            return kind == ClientKind::webhook || kind == ClientKind::event_notification;
    }
    return false;
}

}  // namespace

Subscription as_granted(Subscription subscription, const store_ops::Client& client) {
    subscription.fields = narrowed(subscription.fields, client.fields);
    return subscription;
}

std::optional<Subscription> cut_to_grant(const Subscription& subscription, const store_ops::Client& client) {
    auto fields = narrowed(subscription.fields, client.fields);
    if (fields == subscription.fields) return std::nullopt;
    auto out = subscription;
    out.fields = std::move(fields);
    return out;
}

std::optional<std::string> withheld(const Subscription& subscription, const Topic& topic,
                                    const store_ops::Client& client) {
    if (!has_contract(client.kind, subscription.contract))
        return "its client is no longer of a kind that has the contract of its subscription";
    const bool of_notifications = topic.change == Change::notification_status;
    if (of_notifications != (client.kind == ClientKind::event_notification))
        return "its client is no longer of a kind that is told of it";
    return std::nullopt;
}

}  // namespace ocm::webhook
