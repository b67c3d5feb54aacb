// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/subscribing.hpp"

#include "channels/webhook/proof.hpp"
#include "channels/webhook/topic_sources.hpp"
#include "core/hash.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>

namespace ocm::webhook {
namespace {

constexpr std::string_view subscription_space = "0f0c3b7e-5a86-4b55-9f0b-3f0de0f0a4c1";
constexpr std::size_t key_id_digits = 16;

store_ops::Administer record_of(const std::string& id, const std::string& client, std::string action, WallTime now) {
    return {now, client, std::move(action), canonical_json({{"subscription", id}})};
}

}  // namespace

std::string key_id_of(std::string_view secret) {
    return secret.empty() ? std::string() : sha256_hex(secret).substr(0, key_id_digits);
}

Subscription new_subscription(const store_ops::Client& client, const std::string& asks, SubscriptionContract contract,
                              WallTime now) {
    Subscription out;
    out.id = uuid_v5(subscription_space, client.id + ' ' + asks);
    out.client = client.id;
    out.contract = contract;
    out.secret = client.signing_secret;
    out.key_id = key_id_of(out.secret);
    out.fields = client.fields;
    out.family_list = of_1x(contract) && client.contract_version != store_ops::ContractVersion::v1_8;
    out.created = now;
    return out;
}

bool of_1x(SubscriptionContract contract) {
    return contract == SubscriptionContract::opencrvs_1 || contract == SubscriptionContract::national_id;
}

const Subscription* own(const SubscriptionDirectory& directory, const std::string& id, const store_ops::Client& client,
                        SubscriptionContract contract) {
    const auto* found = directory.by_id(id);
    return is_of(found, client) && found->contract == contract ? found : nullptr;
}

Error no_such_subscription() {
    return {ErrorCode::not_found, "you have no such subscription", "", std::nullopt};
}

bool lives(const Subscription* subscription) {
    return subscription != nullptr && subscription->state != SubscriptionState::ended;
}

bool is_of(const Subscription* subscription, const store_ops::Client& client) {
    return subscription != nullptr && subscription->client == client.id;
}

std::optional<std::string> refusal_of(const Topic& topic, const store_ops::Client& client, std::string_view version) {
    const bool of_notifications = topic.change == Change::notification_status;
    const bool notifies = client.kind == store_ops::ClientKind::event_notification;
    if (of_notifications && !notifies)
        return "what becomes of a notification is told to the client that sent it and to nobody else";
    if (!of_notifications && notifies)
        return "a client of kind event-notification is told what became of its notifications, and nothing else";
    return refusal_of(topic, version);
}

Result<std::vector<std::string>> places_of(const std::vector<PlaceCodeAt>& codes, const WebhookDeps& deps,
                                           WallTime now) {
    std::vector<std::string> out;
    out.reserve(codes.size());
    for (const auto& [code, path] : codes) {
        auto id = deps.place(code, now);
        if (!id) {
            auto error = std::move(id.error());
            error.path = path;
            return fail(std::move(error));
        }
        out.push_back(std::move(*id));
    }
    return out;
}

Task<Proven> prove(Exchange& exchange, Shared deps, Subscription subscription) {
    const ProofOptions options{deps->fhir_base, deps->origin, deps->callbacks()};
    auto proof = question_of(subscription, options, exchange.ports().clock.now());
    if (!proof) co_return Proven{false, proof.error().message, proof.error().message};
    RetryPolicy once;
    once.attempts = 1;
    auto reply = co_await exchange.call(proof->call, once);
    if (!reply) co_return Proven{false, reply.error().message, "the callback could not be reached"};
    const auto fine = check_proof(*proof, *reply);
    if (!fine) co_return Proven{false, fine.error().message, fine.error().message};
    co_return Proven{true, {}, {}};
}

Task<Result<void>> keep(Exchange& exchange, Shared deps, Subscription subscription, std::string action) {
    const auto now = exchange.ports().clock.now();
    auto record = record_of(subscription.id, exchange.caller().client->id, std::move(action), now);
    store_ops::Unit unit;
    unit.emplace_back(store_ops::PutSubscription{std::move(subscription), std::move(record)});
    auto committed = co_await exchange.ports().store.commit(std::move(unit));
    if (!committed) co_return fail(std::move(committed.error()));
    if (deps->changed) deps->changed();
    co_return Result<void>();
}

Task<Result<void>> forget(Exchange& exchange, Shared deps, std::string id) {
    const auto now = exchange.ports().clock.now();
    auto record = record_of(id, exchange.caller().client->id, "subscription.remove", now);
    store_ops::Unit unit;
    unit.emplace_back(store_ops::RemoveSubscription{std::move(id), std::move(record)});
    auto committed = co_await exchange.ports().store.commit(std::move(unit));
    // Removed meanwhile: that is what was wanted.
    if (!committed && committed.error().code != ErrorCode::not_found) co_return fail(std::move(committed.error()));
    if (deps->changed) deps->changed();
    co_return Result<void>();
}

Task<Result<void>> forget_own(Exchange& exchange, Shared deps, SubscriptionContract contract) {
    const auto id = exchange.path_values.at("id");
    const auto directory = deps->subscriptions();
    if (own(*directory, id, *exchange.caller().client, contract) == nullptr) co_return fail(no_such_subscription());
    auto gone = co_await forget(exchange, deps, id);
    co_return gone;
}

}  // namespace ocm::webhook
