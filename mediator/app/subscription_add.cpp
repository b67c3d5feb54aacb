// SPDX-License-Identifier: MPL-2.0
#include "app/subscription_add.hpp"

#include "app/arguments.hpp"
#include "app/operations.hpp"
#include "channels/field_policy.hpp"
#include "channels/opencrvs/crosswalk.hpp"
#include "channels/opencrvs/target.hpp"
#include "channels/registration_event.hpp"
#include "channels/webhook/subscribing.hpp"
#include "channels/webhook/topic_sources.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "store/store.hpp"

#include <algorithm>

namespace ocm::app {
namespace {

using store_ops::Client;
using store_ops::ClientKind;

Result<std::vector<std::string>> texts(const Json& args, std::string_view name) {
    std::vector<std::string> out;
    const auto* list = member(args, name);
    if (list == nullptr) return out;
    if (!list->is_array()) return wrong(std::string(name), "a list of texts");
    for (const auto& each : *list) {
        if (!each.is_string()) return wrong(std::string(name), "a list of texts");
        out.emplace_back(text(each));
    }
    return out;
}

/// Which contracts a client of a kind is told in; empty where it is told nothing.
Result<void> check_contract(SubscriptionContract contract, const Client& client) {
    const bool national_id = contract == SubscriptionContract::national_id;
    const bool fits = client.kind == ClientKind::national_id ? national_id : !national_id;
    const bool is_told = !client.signing_secret.empty();
    const bool notifies = client.kind == ClientKind::event_notification;
    if (!is_told) return wrong("client", "a client of its kind is told nothing");
    if (!fits || (notifies && webhook::of_1x(contract))) {
        return wrong("contract",
                     "a client of kind " + std::string(store_ops::name(client.kind)) + " is not told in this contract");
    }
    return {};
}

/// Why the client is not told of the topic; absent where it is.
std::optional<std::string> refusal_of(const Topic& topic, const Client& client, SubscriptionContract contract,
                                      std::string_view version) {
    auto why = webhook::refusal_of(topic, client, version);
    if (!why && webhook::of_1x(contract) && !opencrvs_v1::hub_topic_name(topic))
        why = "the contract has no word for it";
    return why;
}

/// Names of ours, or those of 1.x; each once, in our order.
Result<std::vector<Topic>> topics_of(const Json& args) {
    auto names = texts(args, "topics");
    if (!names) return fail(names.error());
    if (names->empty()) return wrong("topics", "at least one topic, such as birth.registered");
    std::vector<Topic> out;
    for (const auto& each : *names) {
        const auto in_1x = opencrvs_v1::hub_topic(each);
        const auto known = in_1x ? in_1x : topic(each);
        if (!known) return wrong("topics", "a topic looks like birth.registered, death.corrected, marriage.registered");
        out.push_back(*known);
    }
    std::ranges::sort(out);
    const auto twice = std::ranges::unique(out);
    out.erase(twice.begin(), twice.end());
    return out;
}

Result<std::vector<std::string>> fields_for(const Json& args, const Client& client, SubscriptionContract contract) {
    auto asked = texts(args, "fields");
    if (!asked) return fail(asked.error());
    if (asked->empty()) return client.fields;
    if (contract == SubscriptionContract::national_id) return wrong("fields", "the contract national-id has its own");
    for (const auto& each : *asked) {
        if (!is_field(each) && !fields_of_permission(each))
            return wrong("fields", "names of fields such as child.name, or permission codes such as child-details");
        if (!is_granted(each, client.fields)) return wrong("fields", "one is more than was granted to the client");
    }
    return asked;
}

/// In the words that a request of the client's own is named by, so that it finds what was made for it.
std::string asks_of(SubscriptionContract contract, const std::vector<Topic>& topics, const std::string& callback) {
    std::string out;
    if (webhook::of_1x(contract)) return std::string(*opencrvs_v1::hub_topic_name(topics.front())) + ' ' + callback;
    out = contract == SubscriptionContract::fhir_r4 ? "fhir_r4" : "cloudevents";
    for (const auto& each : topics) out += ' ' + name(each);
    return out + ' ' + callback;
}

/// Ids of places, or codes that the target itself knows them by; where it is known, each has to be there.
Result<std::vector<std::string>> places_of(const std::vector<std::string>& asked, PlaceKind kind,
                                           const opencrvs::Target* target) {
    const auto snapshot = target == nullptr ? nullptr : target->snapshot();
    if (snapshot == nullptr) return asked;
    std::vector<std::string> out;
    for (const auto& each : asked) {
        auto id = opencrvs::place_named(kind, each, snapshot->places);
        if (id.empty()) {
            return wrong(kind == PlaceKind::area ? "areas" : "offices", "OpenCRVS has no such place");
        }
        out.push_back(std::move(id));
    }
    return out;
}

}  // namespace

Result<std::vector<Subscription>> wanted_subscriptions(const Json& args, const Client& client, std::string_view version,
                                                       WallTime now) {
    const auto contract = subscription_contract(arg(args, "contract"));
    if (!contract) return wrong("contract", "one of opencrvs-1, national-id, cloudevents, fhir-r4");
    if (auto fits = check_contract(*contract, client); !fits) return fail(fits.error());
    if (!client.enabled) return fail(ErrorCode::conflict, "the client is disabled", "client");
    auto topics = topics_of(args);
    if (!topics) return fail(topics.error());
    for (const auto& each : *topics) {
        if (const auto why = refusal_of(each, client, *contract, version))
            return wrong("topics", name(each) + " is never told: " + *why);
    }
    const auto callback = arg(args, "callback");
    if (callback.empty()) return wrong("callback", "the URL that is told");
    auto fields = fields_for(args, client, *contract);
    if (!fields) return fail(fields.error());
    auto areas = texts(args, "areas");
    if (!areas) return fail(areas.error());
    auto offices = texts(args, "offices");
    if (!offices) return fail(offices.error());

    std::vector<std::vector<Topic>> groups;
    if (*contract == SubscriptionContract::cloudevents) {
        groups.push_back(*topics);
    } else {
        for (const auto& each : *topics) groups.push_back({each});
    }
    std::vector<Subscription> out;
    for (const auto& group : groups) {
        auto made = webhook::new_subscription(client, asks_of(*contract, group, callback), *contract, now);
        made.state = SubscriptionState::active;
        for (const auto& each : group) made.topics.push_back(name(each));
        made.callback = callback;
        made.fields = *fields;
        made.areas = *areas;
        made.offices = *offices;
        out.push_back(std::move(made));
    }
    return out;
}

Task<Result<Json>> Operations::add_subscription(Json args, std::string actor) {
    if (deps_.upstream == nullptr) co_return fail(ErrorCode::unavailable, "nobody can ask the callback");
    const auto now = deps_.clock.now();
    const auto since = instant(args, "replay_from");
    if (!since) co_return fail(since.error());
    if (*since && **since >= now) co_return wrong("replay_from", "it lies in the future");
    if (*since && (deps_.hearing == nullptr || !deps_.hearing->looks_up())) {
        co_return fail(ErrorCode::unavailable,
                       "nothing is looked up: the mediator does not run, does not hear from OpenCRVS, or has no client "
                       "that may search records there",
                       "replay_from");
    }
    auto clients = co_await deps_.store.clients();
    if (!clients) co_return fail(clients.error());
    const auto* client = find_client(*clients, arg(args, "client"));
    if (client == nullptr) co_return fail(ErrorCode::not_found, "there is no such client", "client");
    auto wanted = wanted_subscriptions(args, *client, deps_.version, now);
    if (!wanted) co_return fail(wanted.error());
    auto all = co_await deps_.store.subscriptions();
    if (!all) co_return fail(all.error());

    store_ops::Unit unit;
    for (auto& one : *wanted) {
        const auto known = std::ranges::find(*all, one.id, &Subscription::id);
        if (known != all->end() && webhook::lives(&*known))
            co_return fail(ErrorCode::conflict, "the client has this subscription already: " + one.id, "topics");
        auto areas = places_of(one.areas, PlaceKind::area, deps_.target);
        if (!areas) co_return fail(areas.error());
        one.areas = std::move(*areas);
        auto offices = places_of(one.offices, PlaceKind::office, deps_.target);
        if (!offices) co_return fail(offices.error());
        one.offices = std::move(*offices);
        auto asked = co_await ask_callback(one);
        if (!asked) co_return fail(asked.error().code, asked.error().message, "callback");
        if (!flag(*asked, "verified")) {
            auto why = arg(*asked, "why");
            if (why.empty()) why = "the callback did not answer with a JSON object that holds the challenge";
            co_return fail(ErrorCode::bad_request, std::move(why), "callback");
        }
        store_ops::Administer record{now, actor, "subscription.add",
                                     canonical_json({{"subscription", one.id}, {"client", one.client}})};
        unit.emplace_back(store_ops::PutSubscription{one, std::move(record)});
    }
    auto committed = co_await deps_.store.commit(std::move(unit));
    if (!committed) co_return fail(committed.error());
    if (deps_.subscriptions_changed) deps_.subscriptions_changed();

    Json out{{"subscriptions", Json::array()}};
    for (const auto& one : *wanted) {
        auto shown = subscription_json(one, *clients);
        if (*since) {
            Json of_one{{"id", one.id}, {"since", rfc3339(**since)}};
            auto job = co_await deps_.hearing->run("subscriptions.replay", std::move(of_one), actor);
            // It is made; its past can be asked for again.
            if (job) shown["replay_job"] = (*job)["job"];
            if (!job) shown["replay"] = job.error().message;
        }
        out["subscriptions"].push_back(std::move(shown));
    }
    co_return out;
}

}  // namespace ocm::app
