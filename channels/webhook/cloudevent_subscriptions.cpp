// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/cloudevent_subscriptions.hpp"

#include "channels/field_policy.hpp"
#include "channels/notification/format.hpp"
#include "channels/webhook/topic_sources.hpp"
#include "core/json.hpp"
#include "formats/cloudevents/subscription_read.hpp"

#include <nlohmann/json.hpp>

#include <tuple>
#include <utility>

namespace ocm::webhook {
namespace {

using cloudevents::SubscriptionRead;
using store_ops::Client;

Answer refused(Error error) {
    Answer out;
    out.response = notification::plain_refusal(error);
    out.error = std::move(error);
    return out;
}

Answer refused(ErrorCode code, std::string why, std::string path = {}) {
    return refused(Error{code, std::move(why), std::move(path), std::nullopt});
}

Answer not_there() {
    return refused(no_such_subscription());
}

Answer told(int status, const Json& body) {
    Answer out;
    out.response = json_response(status, dump_json(body));
    return out;
}

Result<Json> body_of(const HttpRequest& request) {
    return notification::json_body(request, "a subscription as application/json");
}

Result<void> check_fields(const std::vector<std::string>& fields, const Client& client) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!is_granted(fields[i], client.fields))
            return fail(ErrorCode::forbidden, "is more than was granted to you", pointer("/fields", i));
    }
    return {};
}

/// The subscription that is asked for, as far as that can be told without the callback.
Result<Subscription> wanted(const SubscriptionRead& read, const Client& client, const WebhookDeps& deps, WallTime now) {
    for (const auto& each : read.topics) {
        if (auto why = refusal_of(each, client, deps.version))
            return fail(ErrorCode::unprocessable, name(each) + " is never told: " + *why, "/topics");
    }
    if (auto allowed = check_callback(read.callback, deps.callbacks()); !allowed)
        return fail(ErrorCode::bad_request, allowed.error().message, "/callback");
    if (read.until && *read.until <= now) return fail(ErrorCode::bad_request, "is past", "/until");
    if (read.replay_from && *read.replay_from > now) return fail(ErrorCode::bad_request, "is to come", "/replay_from");
    if (read.replay_from && !deps.replay)
        return fail(ErrorCode::unprocessable, "the past is not looked up here", "/replay_from");
    const bool of_notifications = read.topics.back().change == Change::notification_status;
    if (!read.statuses.empty() && !of_notifications)
        return fail(ErrorCode::bad_request, "only notification.status has a status", "/filters/statuses");
    auto areas = places_of(read.areas, deps, now);
    if (!areas) return fail(std::move(areas.error()));
    auto offices = places_of(read.offices, deps, now);
    if (!offices) return fail(std::move(offices.error()));
    if (read.fields) {
        if (auto fine = check_fields(*read.fields, client); !fine) return fail(std::move(fine.error()));
    }
    std::string asks = "cloudevents";
    for (const auto& each : read.topics) asks += ' ' + name(each);
    auto out = new_subscription(client, asks + ' ' + read.callback, SubscriptionContract::cloudevents, now);
    for (const auto& each : read.topics) out.topics.push_back(name(each));
    out.callback = read.callback;
    if (read.fields) out.fields = *read.fields;
    out.areas = std::move(*areas);
    out.offices = std::move(*offices);
    out.statuses = read.statuses;
    out.until = read.until;
    out.reason = read.reason;
    return out;
}

auto what_it_asks(const Subscription& one) {
    return std::tie(one.topics, one.callback, one.fields, one.areas, one.offices, one.statuses, one.until);
}

/// With the fields that it tells now, and what its owner has to know of its topics.
Json shown(const Subscription& subscription, const Client& client, const WebhookDeps& deps) {
    auto out = cloudevents::write_subscription(as_granted(subscription, client));
    auto warnings = Json::array();
    for (const auto& each : subscription.topics) {
        const auto about = topic(each);
        const auto why = about ? warning_of(*about, deps.version) : std::nullopt;
        if (why) warnings.push_back({{"topic", each}, {"why", *why}});
    }
    if (!warnings.empty()) out["warnings"] = std::move(warnings);
    return out;
}

Answer made(const Exchange& exchange, const Subscription& subscription, const WebhookDeps& deps, int status) {
    auto out = told(status, shown(subscription, *exchange.caller().client, deps));
    // As the caller sees our paths.
    out.response.headers.set("Location", exchange.request().path + '/' + subscription.id);
    return out;
}

/// The caller's own subscription of that id in this contract, or nullptr. Of the directory.
const Subscription* own(const SubscriptionDirectory& directory, const std::string& id, const Client& client) {
    return own(directory, id, client, SubscriptionContract::cloudevents);
}

Task<Answer> create(Exchange& exchange, Shared deps) {
    const auto& client = *exchange.caller().client;
    const auto body = body_of(exchange.request());
    if (!body) co_return refused(body.error());
    const auto read = cloudevents::read_subscription(*body);
    if (!read) co_return refused(read.error());
    auto asked = wanted(*read, client, *deps, exchange.ports().clock.now());
    if (!asked) co_return refused(asked.error());
    const auto directory = deps->subscriptions();
    if (const auto* known = directory->by_id(asked->id); lives(known)) {
        if (what_it_asks(*known) != what_it_asks(*asked) &&
            what_it_asks(as_granted(*known, client)) != what_it_asks(*asked))
            co_return refused(ErrorCode::conflict,
                              "you have a subscription to these topics at this callback that asks for something else: "
                              "remove " +
                                  known->id + " first",
                              "/callback");
        if (read->replay_from)
            co_return refused(
                ErrorCode::conflict,
                "you have this subscription already, and its past is told once: remove " + known->id + " first",
                "/replay_from");
        co_return made(exchange, *known, *deps, 200);
    }
    auto received = co_await exchange.receive(std::nullopt);
    if (!received) co_return refused(received.error());
    const auto proof = co_await prove(exchange, deps, *asked);
    if (!proof.proven) {
        auto out = refused(ErrorCode::bad_request, proof.told, "/callback");
        out.error->message = proof.why;
        co_return out;
    }
    asked->state = SubscriptionState::active;
    auto kept = co_await keep(exchange, deps, *asked, "subscription.add");
    if (!kept) co_return refused(kept.error());
    if (read->replay_from) deps->replay(asked->id, *read->replay_from);
    co_return made(exchange, *asked, *deps, 201);
}

Task<Answer> list(Exchange& exchange, Shared deps) {
    auto all = Json::array();
    const auto directory = deps->subscriptions();
    for (const auto& one : directory->all()) {
        if (own(*directory, one.id, *exchange.caller().client) != nullptr)
            all.push_back(shown(one, *exchange.caller().client, *deps));
    }
    co_return told(200, {{"subscriptions", std::move(all)}});
}

Task<Answer> read_one(Exchange& exchange, Shared deps) {
    const auto directory = deps->subscriptions();
    const auto* known = own(*directory, exchange.path_values.at("id"), *exchange.caller().client);
    if (known == nullptr) co_return not_there();
    co_return told(200, shown(*known, *exchange.caller().client, *deps));
}

/// What {"state"} asks for.
Result<SubscriptionState> wanted_state(const HttpRequest& request) {
    const auto body = body_of(request);
    if (!body) return fail(body.error());
    if (!body->is_object()) return fail(ErrorCode::bad_request, "has to be an object", "");
    for (const auto& [key, value] : body->items()) {
        if (key != "state") return fail(ErrorCode::bad_request, "only the state can be changed", pointer("", key));
    }
    const auto state = subscription_state(text_member(*body, "state"));
    if (state == SubscriptionState::active || state == SubscriptionState::paused) return *state;
    return fail(ErrorCode::bad_request, "has to be active or paused", "/state");
}

Task<Answer> change(Exchange& exchange, Shared deps) {
    const auto directory = deps->subscriptions();
    const auto* known = own(*directory, exchange.path_values.at("id"), *exchange.caller().client);
    if (known == nullptr) co_return not_there();
    const auto state = wanted_state(exchange.request());
    if (!state) co_return refused(state.error());
    if (!lives(known)) co_return refused(ErrorCode::conflict, "it has ended: subscribe again", "/state");
    if (known->state == SubscriptionState::paused && known->why != paused_by_subscriber)
        co_return refused(ErrorCode::conflict, "it is paused by an administrator", "/state");
    if (known->state == *state) co_return told(200, shown(*known, *exchange.caller().client, *deps));
    auto changed = *known;
    changed.state = *state;
    changed.why = *state == SubscriptionState::paused ? std::string(paused_by_subscriber) : std::string();
    auto received = co_await exchange.receive(std::nullopt);
    if (!received) co_return refused(received.error());
    const auto* action = *state == SubscriptionState::paused ? "subscription.pause" : "subscription.resume";
    auto kept = co_await keep(exchange, deps, changed, action);
    if (!kept) co_return refused(kept.error());
    co_return told(200, shown(changed, *exchange.caller().client, *deps));
}

Task<Answer> remove(Exchange& exchange, Shared deps) {
    auto gone = co_await forget_own(exchange, deps, SubscriptionContract::cloudevents);
    if (!gone) co_return refused(gone.error());
    Answer out;
    out.response.status = 204;
    co_return out;
}

Task<Answer> tell_topics(Exchange& exchange, Shared deps) {
    auto all = Json::array();
    for (const auto& each : topics()) {
        const auto row = topic_row(each, deps->version);
        Json one{{"topic", name(each)}, {"source", name(row.source)}, {"looked_up", row.looked_up}};
        if (const auto why = refusal_of(each, *exchange.caller().client, deps->version)) {
            one["source"] = name(TopicSource::refused);
            one["looked_up"] = false;
            one["why"] = *why;
        } else if (!row.why.empty()) {
            one["why"] = row.why;
        }
        all.push_back(std::move(one));
    }
    co_return told(200, {{"topics", std::move(all)}, {"fields", exchange.caller().client->fields}});
}

Task<Answer> tell_schema(Exchange&, Shared) {
    Answer out;
    out.response = json_response(200, std::string(cloudevents::subscription_schema()), "application/schema+json");
    co_return out;
}

Route route(std::string method, std::string pattern, std::string summary, Handler handler) {
    Route out;
    out.method = std::move(method);
    out.pattern = std::move(pattern);
    out.summary = std::move(summary);
    out.allowed = {store_ops::ClientKind::webhook, store_ops::ClientKind::event_notification};
    out.handler = std::move(handler);
    out.render_error = notification::plain_refusal;
    return out;
}

}  // namespace

void add_cloudevent_subscriptions(ChannelDefinition& channel, const Shared& deps) {
    using Flow = Task<Answer> (*)(Exchange&, Shared);
    const auto run = [&deps](Flow flow) -> Handler {
        return [flow, deps](Exchange& exchange) { return flow(exchange, deps); };
    };
    auto schema =
        route("GET", "/schemas/subscription.json", "The JSON Schema of what /subscriptions takes.", run(tell_schema));
    schema.allowed.clear();
    schema.keeps_bodies = false;
    std::vector<Route> routes{
        route("POST", "/subscriptions", "Subscribes a callback to topics, told as CloudEvents.", run(create)),
        route("GET", "/subscriptions", "Lists the caller's own subscriptions.", run(list)),
        route("GET", "/subscriptions/topics", "The topics that this OpenCRVS tells, and how.", run(tell_topics)),
        route("GET", "/subscriptions/{id}", "Shows one of the caller's own subscriptions.", run(read_one)),
        route("PATCH", "/subscriptions/{id}", "Pauses or resumes a subscription.", run(change)),
        route("DELETE", "/subscriptions/{id}", "Removes one of the caller's own subscriptions.", run(remove)),
        std::move(schema),
    };
    for (auto& each : routes) channel.routes.push_back(std::move(each));
}

}  // namespace ocm::webhook
