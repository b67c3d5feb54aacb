// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/channel.hpp"

#include "channels/webhook/cloudevent_subscriptions.hpp"
#include "channels/webhook/contracts.hpp"
#include "channels/webhook/deliver.hpp"
#include "channels/webhook/fhir_subscriptions.hpp"
#include "channels/webhook/signing.hpp"
#include "channels/webhook/subscribing.hpp"
#include "channels/webhook/topic_sources.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "formats/opencrvs_v1/answer.hpp"
#include "formats/opencrvs_v1/hub.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <memory>

namespace ocm::webhook {
namespace {

using store_ops::Client;
using store_ops::ClientKind;

/// What the caller asks for; every member is a text and optional to 1.x.
struct Hub {
    std::string callback, mode, topic, secret;
};

tl::unexpected<Error> wrong(std::string message, std::string path) {
    return fail(ErrorCode::bad_request, std::move(message), std::move(path));
}

Result<Hub> read_hub(const std::string& body) {
    const auto json = parse_json(body);
    if (!json) return fail(json.error());
    if (!json->is_object()) return wrong("\"value\" must be of type object", "");
    Hub out;
    const std::array<std::pair<std::string_view, std::string*>, 4> members{
        {{"callback", &out.callback}, {"mode", &out.mode}, {"topic", &out.topic}, {"secret", &out.secret}}};
    for (const auto& [key, value] : json->items()) {
        if (key != "hub") return wrong("a member other than \"hub\" is not allowed", pointer("", key));
        if (!value.is_object()) return wrong("\"hub\" must be of type object", "/hub");
        for (const auto& [name, text] : value.items()) {
            const auto path = pointer("/hub", name);
            const auto* known = std::find_if(members.begin(), members.end(),
                                             [&wanted = name](const auto& each) { return each.first == wanted; });
            if (known == members.end()) return wrong("this member of \"hub\" is not allowed", path);
            if (!text.is_string()) return wrong("\"hub." + name + "\" must be a string", path);
            *known->second = std::string(ocm::text(text));
        }
    }
    return out;
}

Answer refused(HttpResponse response, std::string why, std::string path = {}) {
    Answer out;
    out.response = std::move(response);
    out.error = Error{ErrorCode::bad_request, std::move(why), std::move(path), std::nullopt};
    return out;
}

Answer denied(const std::string& topic, const std::string& reason) {
    const Json body{{"hub", {{"mode", "denied"}, {"topic", topic}, {"reason", reason}}}};
    return refused(json_response(400, dump_json(body)), "the subscription was denied");
}

/// 1.x says no more; why is for the administrator, and what the caller may know of it beside the body.
Answer check_failed(std::string why, const std::string& told) {
    auto response = text_response(400, "Subscription callback check failed");
    response.headers.set("Mediator-Reason", told);
    return refused(std::move(response), std::move(why), "/hub/callback");
}

Answer accepted() {
    Answer out;
    out.response.status = 202;
    return out;
}

std::string wrong_secret(const Client& client) {
    return client.contract_version == store_ops::ContractVersion::v1_3 ? "hub.secret is incorrrect"
                                                                       : "hub.secret is incorrect";
}

/// What 1.x looks at before it calls the callback, in its order; absent where nothing is wrong.
std::optional<Answer> refusal_of(const Hub& hub, const Client& client, const CallbackPolicy& policy,
                                 const std::string& version, WallTime now) {
    const auto topic = opencrvs_v1::hub_topic(hub.topic);
    if (!topic) return denied(hub.topic, "Unsupported topic: " + hub.topic);
    if (auto why = webhook::refusal_of(*topic, version)) {
        // 1.x takes it and is silent; its own words for a topic that it does not have are as near as it gets.
        auto answer = denied(hub.topic, "Unsupported topic: " + hub.topic);
        answer.response.headers.set("Mediator-Reason", *why);
        answer.error->message = std::move(*why);
        return answer;
    }
    if (secret_of(client, hub.secret, now) == Secret::none) return denied(hub.topic, wrong_secret(client));
    if (hub.mode != "subscribe") return denied(hub.topic, "hub.mode must be set to subscribe");
    if (auto allowed = check_callback(hub.callback, policy); !allowed)
        return check_failed(allowed.error().message, allowed.error().message);
    return std::nullopt;
}

Subscription subscription_of(const Hub& hub, const Client& client, WallTime now) {
    const auto contract =
        client.kind == ClientKind::national_id ? SubscriptionContract::national_id : SubscriptionContract::opencrvs_1;
    auto out = new_subscription(client, hub.topic + ' ' + hub.callback, contract, now);
    out.state = SubscriptionState::active;
    out.topics = {name(*opencrvs_v1::hub_topic(hub.topic))};
    out.callback = hub.callback;
    if (secret_of(client, hub.secret, now) == Secret::old) {
        // Who asks with the old secret checks by it.
        out.old_secret = client.old_signing_secret;
        out.old_key_id = key_id_of(out.old_secret);
        out.old_until = client.old_signing_until;
    }
    return out;
}

Task<Answer> subscribe(Exchange& exchange, Shared deps) {
    auto hub = read_hub(exchange.request().body);
    if (!hub) co_return refused(opencrvs_v1::refusal(hub.error()), hub.error().message, hub.error().path);
    const auto& client = *exchange.caller().client;
    const auto policy = deps->callbacks();
    const auto now = exchange.ports().clock.now();
    if (auto refusal = refusal_of(*hub, client, policy, deps->version, now)) co_return std::move(*refusal);
    auto subscription = subscription_of(*hub, client, now);
    if (lives(deps->subscriptions()->by_id(subscription.id))) co_return accepted();

    auto received = co_await exchange.receive(std::nullopt);
    if (!received) {
        Answer out;
        out.response = opencrvs_v1::refusal(received.error());
        out.error = received.error();
        co_return out;
    }
    auto proof = co_await prove(exchange, deps, subscription);
    if (!proof.proven) co_return check_failed(proof.why, proof.told);
    auto kept = co_await keep(exchange, deps, std::move(subscription), "subscription.add");
    if (!kept) {
        Answer out;
        out.response = opencrvs_v1::refusal(kept.error());
        out.error = kept.error();
        co_return out;
    }
    co_return accepted();
}

Task<Answer> list(Exchange& exchange, Shared deps) {
    const auto& client = *exchange.caller().client;
    const auto* type = client.kind == ClientKind::national_id ? "nationalId" : "webhook";
    auto entries = Json::array();
    const auto directory = deps->subscriptions();
    for (const auto& one : directory->all()) {
        if (!is_of(&one, client) || !lives(&one) || !of_1x(one.contract) || one.topics.empty()) continue;
        const auto about = topic(one.topics.front());
        const auto in_1x = about ? opencrvs_v1::hub_topic_name(*about) : std::nullopt;
        if (!in_1x) continue;
        entries.push_back(
            {{"id", one.id},
             {"callback", one.callback},
             {"createdAt", rfc3339(one.created)},
             {"createdBy",
              {{"client_id", client.id}, {"name", client.name}, {"type", type}, {"username", client.name}}},
             {"topic", *in_1x}});
    }
    Answer out;
    out.response = json_response(200, dump_json({{"entries", std::move(entries)}}));
    co_return out;
}

Task<Answer> unsubscribe(Exchange& exchange, Shared deps) {
    const auto& client = *exchange.caller().client;
    const auto id = exchange.path_values.at("id");
    Answer out;
    out.response.status = 204;
    const auto directory = deps->subscriptions();
    if (!is_of(directory->by_id(id), client)) co_return out;
    auto gone = co_await forget(exchange, deps, id);
    if (!gone) {
        out.response = opencrvs_v1::refusal(gone.error());
        out.error = gone.error();
    }
    co_return out;
}

Route route(std::string method, std::string pattern, std::string summary, Handler handler) {
    Route out;
    out.method = std::move(method);
    out.pattern = std::move(pattern);
    out.summary = std::move(summary);
    out.allowed = {ClientKind::webhook, ClientKind::national_id};
    out.handler = std::move(handler);
    out.render_error = opencrvs_v1::refusal;
    return out;
}

}  // namespace

WebhookDeps complete(WebhookDeps deps) {
    if (!deps.subscriptions) {
        deps.subscriptions = [nobody = std::make_shared<const SubscriptionDirectory>()] { return nobody; };
    }
    if (!deps.client) deps.client = [](const std::string&) { return std::shared_ptr<const Client>(); };
    if (!deps.callbacks) deps.callbacks = [] { return CallbackPolicy{}; };
    if (!deps.place) deps.place = [](const PlaceCode& code, WallTime) -> Result<std::string> { return code.code; };
    return deps;
}

ChannelDefinition make_webhook_channel(WebhookDeps deps) {
    const auto shared = std::make_shared<const WebhookDeps>(complete(std::move(deps)));
    ChannelDefinition channel;
    channel.name = "webhook";
    channel.title = channel_title;
    channel.description = "Subscriptions to what OpenCRVS registers: as in OpenCRVS 1.x, in FHIR R4, as CloudEvents.";
    channel.role = "opencrvs-webhook";
    channel.routes = {
        route("POST", "/webhooks", "Subscribes a callback to a topic.",
              [shared](Exchange& exchange) { return subscribe(exchange, shared); }),
        route("GET", "/webhooks", "Lists the caller's own subscriptions.",
              [shared](Exchange& exchange) { return list(exchange, shared); }),
        route("DELETE", "/webhooks/{id}", "Removes one of the caller's own subscriptions.",
              [shared](Exchange& exchange) { return unsubscribe(exchange, shared); }),
    };
    channel.routes.front().keeps_bodies = false;  // it holds the secret
    add_fhir_subscriptions(channel, shared);
    add_cloudevent_subscriptions(channel, shared);
    return channel;
}

DeliveryKind make_webhook_kind(const WebhookDeps& deps) {
    const auto whole = complete(deps);
    return make_webhook_delivery(
        {whole.subscriptions, whole.client, whole.callbacks, contracts(whole.fhir_base), whole.detour});
}

}  // namespace ocm::webhook
