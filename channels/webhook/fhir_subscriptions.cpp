// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/fhir_subscriptions.hpp"

#include "channels/field_policy.hpp"
#include "channels/notification/fhir_request.hpp"
#include "channels/notification/format.hpp"
#include "channels/webhook/contracts.hpp"
#include "channels/webhook/event_json.hpp"
#include "core/json.hpp"
#include "formats/fhir_r4/outcome.hpp"
#include "formats/fhir_r4/subscription_read.hpp"
#include "formats/fhir_r4/subscription_write.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

namespace ocm::webhook {
namespace {

using fhir_r4::SubscriptionRead;
using notification::FhirRequest;
using store_ops::Client;

constexpr std::string_view root = "Subscription";
constexpr std::size_t most_events = 100;
constexpr std::size_t most_issues = 50;

Answer refused(Error error) {
    if (error.path.starts_with('/')) error.path = fhir_r4::expression(error.path, root);
    Answer out;
    out.response = fhir_r4::refusal(error);
    out.error = std::move(error);
    return out;
}

Answer refused(ErrorCode code, std::string why, std::string path = {}) {
    return refused(Error{code, std::move(why), std::move(path), std::nullopt});
}

Answer not_there() {
    return refused(ErrorCode::not_found, "you have no such subscription");
}

Answer told(const Json& body) {
    Answer out;
    out.response = fhir_r4::fhir_response(200, body);
    return out;
}

std::optional<Error> wrong_accept(const HttpRequest& request) {
    if (notification::accepts_fhir_json(request)) return std::nullopt;
    return Error{ErrorCode::not_acceptable, "answers are application/fhir+json", "Accept", std::nullopt};
}

Result<SubscriptionRead> read_body(const HttpRequest& request, const std::string& base) {
    if (auto wrong = wrong_accept(request)) return fail(std::move(*wrong));
    auto body = notification::json_body(request, "a FHIR R4 Subscription as application/fhir+json");
    if (!body) return fail(std::move(body.error()));
    auto read = fhir_r4::read_subscription(*body, base);
    if (read && notification::prefers_strict(request.headers) && !read->account.dropped.empty()) {
        const auto& first = read->account.dropped.front();
        return fail(ErrorCode::bad_request, "would not be carried: " + first.why, first.path);
    }
    return read;
}

Result<std::vector<std::string>> ids_of(const std::vector<fhir_r4::FilterCode>& codes, const WebhookDeps& deps,
                                        WallTime now) {
    std::vector<CodeAt> all;
    for (const auto& each : codes) all.push_back({each.code, each.path});
    return places_of(all, deps, now);
}

/// The subscription that is asked for, as far as that can be told without the callback.
Result<Subscription> wanted(const SubscriptionRead& read, const Client& client, const WebhookDeps& deps, WallTime now) {
    if (auto why = refusal_of(read.topic, client, deps))
        return fail(ErrorCode::unprocessable, std::move(*why), "/criteria");
    if (auto allowed = check_callback(read.endpoint, deps.callbacks()); !allowed)
        return fail(ErrorCode::bad_request, allowed.error().message, "/channel/endpoint");
    if (read.until && *read.until <= now) return fail(ErrorCode::bad_request, "is past", "/end");
    auto areas = ids_of(read.areas, deps, now);
    if (!areas) return fail(std::move(areas.error()));
    auto offices = ids_of(read.offices, deps, now);
    if (!offices) return fail(std::move(offices.error()));
    const auto topic_name = name(read.topic);
    auto out =
        new_subscription(client, "fhir_r4 " + topic_name + ' ' + read.endpoint, SubscriptionContract::fhir_r4, now);
    out.topics = {topic_name};
    out.callback = read.endpoint;
    out.areas = std::move(*areas);
    out.offices = std::move(*offices);
    out.statuses = read.statuses;
    out.headers = read.headers;
    out.full = read.full;
    out.until = read.until;
    out.reason = read.reason;
    return out;
}

auto what_it_asks(const Subscription& one) {
    return std::tie(one.topics, one.callback, one.areas, one.offices, one.statuses, one.headers, one.full, one.until);
}

/// What is shown in place of the value of a header is the value there was.
Result<void> take_hidden_headers(Subscription& wanted, const Subscription* known) {
    const auto hidden = ": " + std::string(fhir_r4::hidden_header);
    for (std::size_t i = 0; i < wanted.headers.size(); ++i) {
        auto& line = wanted.headers[i];
        if (!line.ends_with(hidden)) continue;
        const auto field = line.substr(0, line.size() - hidden.size() + 1);
        const std::string* found = nullptr;
        if (known != nullptr) {
            for (const auto& each : known->headers) {
                if (each.starts_with(field)) found = &each;
            }
        }
        if (found == nullptr)
            return fail(ErrorCode::bad_request, "has no value yet that could be kept", pointer("/channel/header", i));
        line = *found;
    }
    return {};
}

/// A subscription as answered to whoever asked for it.
Answer shown(const Exchange& exchange, const WebhookDeps& deps, int status, const Subscription& subscription,
             const Account* account, WallTime now) {
    const auto wants = notification::preferred_return(exchange.request().headers, FhirRequest::Return::representation);
    Answer out;
    if (wants == FhirRequest::Return::minimal) {
        out.response.status = status;
    } else if (wants == FhirRequest::Return::outcome && account != nullptr) {
        const auto issues = fhir_r4::issues_of(fhir_r4::with_expressions(*account, root), most_issues);
        const fhir_r4::Issue fine{"information", "informational", "all of it is carried", {}, {}};
        out.response =
            fhir_r4::fhir_response(status, fhir_r4::operation_outcome(issues.empty() ? std::vector{fine} : issues));
    } else {
        out.response = fhir_r4::fhir_response(status, fhir_r4::write_subscription(subscription, deps.fhir_base, now));
    }
    if (account != nullptr) {
        out.account = account->to_text();
        out.response.headers.set("Location", deps.fhir_base + "/Subscription/" + subscription.id);
    }
    return out;
}

/// The caller's own subscription of that id in this contract, or nullptr. Of the directory.
const Subscription* own(const SubscriptionDirectory& directory, const std::string& id, const Client& client) {
    const auto* found = directory.by_id(id);
    const bool fits = is_of(found, client) && found->contract == SubscriptionContract::fhir_r4;
    return fits ? found : nullptr;
}

/// Asks the callback: what did not prove itself stays requested, with the reason.
Task<Result<Subscription>> settled(Exchange& exchange, Shared deps, Subscription subscription) {
    store_ops::QueuedQuery query;
    query.subscription = subscription.id;
    auto queued = co_await exchange.ports().store.queued_events(query);
    if (!queued) co_return fail(std::move(queued.error()));
    subscription.sequence = queued->last;
    const auto proof = co_await prove(exchange, deps, subscription);
    subscription.state = proof.proven ? SubscriptionState::active : SubscriptionState::requested;
    subscription.why = proof.told;
    co_return subscription;
}

Task<Answer> create(Exchange& exchange, Shared deps) {
    const auto client = *exchange.caller().client;
    const auto now = exchange.ports().clock.now();
    const auto read = read_body(exchange.request(), deps->fhir_base);
    if (!read) co_return refused(read.error());
    if (read->status == "off") co_return refused(ErrorCode::bad_request, "has to be requested", "/status");
    auto asked = wanted(*read, client, *deps, now);
    if (!asked) co_return refused(asked.error());
    if (auto fine = take_hidden_headers(*asked, nullptr); !fine) co_return refused(fine.error());
    const auto directory = deps->subscriptions();
    if (const auto* known = directory->by_id(asked->id); lives(known)) {
        asked->created = known->created;
        const bool proven = known->state != SubscriptionState::requested;
        if (proven && what_it_asks(*known) == what_it_asks(*asked))
            co_return shown(exchange, *deps, 200, *known, &read->account, now);
        if (proven) {
            co_return refused(ErrorCode::conflict,
                              "you have a subscription for this topic at this endpoint that asks for something else: "
                              "update Subscription/" +
                                  known->id,
                              "/channel/endpoint");
        }
    }
    auto received = co_await exchange.receive(std::nullopt);
    if (!received) co_return refused(received.error());
    auto made = co_await settled(exchange, deps, std::move(*asked));
    if (!made) co_return refused(made.error());
    auto kept = co_await keep(exchange, deps, *made, "subscription.add");
    if (!kept) co_return refused(kept.error());
    co_return shown(exchange, *deps, 201, *made, &read->account, now);
}

/// What an update makes of a subscription; absent where its callback has to prove itself first.
std::optional<SubscriptionState> state_after(const Subscription& known, const std::string& status, WallTime now) {
    const bool on = status != "off";
    const bool over = known.until && *known.until <= now;
    switch (known.state) {
        case SubscriptionState::active:
        case SubscriptionState::paused:
            if (on && over) return std::nullopt;
            return on ? SubscriptionState::active : SubscriptionState::paused;
        case SubscriptionState::requested:
        case SubscriptionState::ended:
            break;
    }
    if (on) return std::nullopt;
    return known.state;
}

Task<Answer> update(Exchange& exchange, Shared deps) {
    const auto client = *exchange.caller().client;
    const auto now = exchange.ports().clock.now();
    const auto directory = deps->subscriptions();
    const auto* known = own(*directory, exchange.path_values.at("id"), client);
    if (known == nullptr) co_return not_there();
    const auto read = read_body(exchange.request(), deps->fhir_base);
    if (!read) co_return refused(read.error());
    if (read->id != known->id) co_return refused(ErrorCode::bad_request, "has to be the id in the address", "/id");
    auto asked = wanted(*read, client, *deps, now);
    if (!asked) co_return refused(asked.error());
    if (auto fine = take_hidden_headers(*asked, known); !fine) co_return refused(fine.error());
    if (asked->topics != known->topics)
        co_return refused(ErrorCode::unprocessable, "the topic does not change: make another subscription",
                          "/criteria");
    if (asked->callback != known->callback)
        co_return refused(ErrorCode::unprocessable, "the endpoint does not change: make another subscription",
                          "/channel/endpoint");
    const bool by_others = known->state == SubscriptionState::paused && known->why != paused_by_subscriber;
    if (by_others && read->status != "off")
        co_return refused(ErrorCode::conflict, "it is paused by an administrator", "/status");
    asked->created = known->created;
    asked->why = known->why;
    auto received = co_await exchange.receive(std::nullopt);
    if (!received) co_return refused(received.error());
    if (const auto state = state_after(*known, read->status, now)) {
        if (*state == SubscriptionState::active) asked->why.clear();
        if (*state == SubscriptionState::paused && !by_others) asked->why = paused_by_subscriber;
        asked->state = *state;
    } else {
        auto made = co_await settled(exchange, deps, std::move(*asked));
        if (!made) co_return refused(made.error());
        asked = std::move(*made);
    }
    auto kept = co_await keep(exchange, deps, *asked, "subscription.change");
    if (!kept) co_return refused(kept.error());
    co_return shown(exchange, *deps, 200, *asked, &read->account, now);
}

Task<Answer> read_one(Exchange& exchange, Shared deps) {
    if (auto wrong = wrong_accept(exchange.request())) co_return refused(std::move(*wrong));
    const auto directory = deps->subscriptions();
    const auto* known = own(*directory, exchange.path_values.at("id"), *exchange.caller().client);
    if (known == nullptr) co_return not_there();
    co_return shown(exchange, *deps, 200, *known, nullptr, exchange.ports().clock.now());
}

Task<Answer> remove(Exchange& exchange, Shared deps) {
    const auto id = exchange.path_values.at("id");
    const auto directory = deps->subscriptions();
    if (own(*directory, id, *exchange.caller().client) == nullptr) co_return not_there();
    auto gone = co_await forget(exchange, deps, id);
    if (!gone) co_return refused(gone.error());
    Answer out;
    out.response.status = 204;
    co_return out;
}

/// Names of the parameters of a query, in their order.
std::vector<std::string> parameters_of(std::string_view query) {
    std::vector<std::string> out;
    while (!query.empty()) {
        const auto cut = query.find('&');
        const auto one = query.substr(0, cut);
        if (!one.empty()) out.emplace_back(one.substr(0, one.find('=')));
        query = cut == std::string_view::npos ? std::string_view{} : query.substr(cut + 1);
    }
    return out;
}

/// Fails with the name of a parameter that is none of these; what says how the answer is to look is no matter.
Result<void> only(std::string_view query, std::initializer_list<std::string_view> allowed) {
    for (const auto& each : parameters_of(query)) {
        if (each == "_format" || each == "_pretty" || each == "_summary") continue;
        if (std::ranges::find(allowed, std::string_view(each)) != allowed.end()) continue;
        std::string list;
        for (const auto name : allowed) list.append(list.empty() ? "" : ", ").append(name);
        return fail(ErrorCode::bad_request, "the query can hold " + list + " and nothing else");
    }
    return {};
}

bool fits(std::string_view query, std::string_view name, const std::string& value) {
    const auto asked = query_value(query, name);
    if (!asked) return true;
    std::string_view rest = *asked;
    for (;;) {
        const auto cut = rest.find(',');
        if (rest.substr(0, cut) == value) return true;
        if (cut == std::string_view::npos) return false;
        rest.remove_prefix(cut + 1);
    }
}

Task<Answer> search(Exchange& exchange, Shared deps) {
    const auto& request = exchange.request();
    if (auto wrong = wrong_accept(request)) co_return refused(std::move(*wrong));
    if (auto known = only(request.query, {"_id", "status", "url", "criteria"}); !known)
        co_return refused(known.error());
    const auto now = exchange.ports().clock.now();
    const auto directory = deps->subscriptions();
    std::vector<const Subscription*> found;
    for (const auto& one : directory->all()) {
        if (own(*directory, one.id, *exchange.caller().client) == nullptr) continue;
        const auto resource = fhir_r4::write_subscription(one, deps->fhir_base, now);
        const bool all = fits(request.query, "_id", one.id) &&
                         fits(request.query, "status", std::string(text_member(resource, "status"))) &&
                         fits(request.query, "url", one.callback) &&
                         fits(request.query, "criteria", std::string(text_member(resource, "criteria")));
        if (all) found.push_back(&one);
    }
    co_return told(fhir_r4::write_subscriptions(found, deps->fhir_base, request.query, now));
}

Task<Answer> statuses(Exchange& exchange, Shared deps) {
    const auto& request = exchange.request();
    if (auto wrong = wrong_accept(request)) co_return refused(std::move(*wrong));
    if (auto known = only(request.query, {"id", "status"}); !known) co_return refused(known.error());
    const auto now = exchange.ports().clock.now();
    const auto client = *exchange.caller().client;
    const auto directory = deps->subscriptions();
    const auto in_path = exchange.path_values.find("id");
    std::vector<Subscription> found;
    for (const auto& one : directory->all()) {
        if (own(*directory, one.id, client) == nullptr) continue;
        if (in_path != exchange.path_values.end() ? in_path->second != one.id : !fits(request.query, "id", one.id))
            continue;
        if (!fits(request.query, "status", fhir_r4::standing_of(one, now).status)) continue;
        found.push_back(one);
        store_ops::QueuedQuery query;
        query.subscription = one.id;
        auto queued = co_await exchange.ports().store.queued_events(query);
        if (!queued) co_return refused(queued.error());
        found.back().sequence = queued->last;
    }
    if (found.empty() && in_path != exchange.path_values.end()) co_return not_there();
    std::vector<const Subscription*> list;
    for (const auto& one : found) list.push_back(&one);
    co_return told(fhir_r4::write_statuses(list, deps->fhir_base, now));
}

Result<std::int64_t> number_in(std::string_view query, std::string_view name, std::int64_t otherwise) {
    const auto given = query_value(query, name);
    if (!given) return otherwise;
    std::int64_t out = 0;
    const auto* end = given->data() + given->size();
    const auto read = std::from_chars(given->data(), end, out);
    if (read.ec != std::errc() || read.ptr != end || out < 0)
        return fail(ErrorCode::bad_request, std::string(name) + " has to be the number of an event");
    return out;
}

/// What of [since, until] is not in `found`, in words; empty where nothing is.
std::string what_is_missing(const store_ops::QueuedEvents& found, std::int64_t since, std::int64_t until) {
    until = std::min(until, found.last);
    since = std::max<std::int64_t>(since, 1);
    std::string out;
    if (found.events.size() == most_events && found.events.back().delivery.sequence < until) {
        until = found.events.back().delivery.sequence;
        out = "there are more events than one answer holds: ask for those after number " + std::to_string(until);
    }
    std::int64_t lost = 0;
    auto expected = since;
    for (const auto& each : found.events) {
        lost += each.delivery.sequence - expected;
        expected = each.delivery.sequence + 1;
    }
    lost += std::max<std::int64_t>(until - expected + 1, 0);
    if (lost == 0) return out;
    const auto gone = std::to_string(lost) + " of the events from number " + std::to_string(since) + " to " +
                      std::to_string(until) + " are no longer kept";
    return out.empty() ? gone : gone + "; " + out;
}

Task<Answer> events(Exchange& exchange, Shared deps) {
    const auto& request = exchange.request();
    if (auto wrong = wrong_accept(request)) co_return refused(std::move(*wrong));
    const auto client = *exchange.caller().client;
    const auto directory = deps->subscriptions();
    const auto* known = own(*directory, exchange.path_values.at("id"), client);
    if (known == nullptr) co_return not_there();
    auto subscription = *known;
    if (auto allowed = only(request.query, {"eventsSinceNumber", "eventsUntilNumber", "content"}); !allowed)
        co_return refused(allowed.error());
    const auto since = number_in(request.query, "eventsSinceNumber", 1);
    if (!since) co_return refused(since.error());
    const auto until = number_in(request.query, "eventsUntilNumber", std::numeric_limits<std::int64_t>::max());
    if (!until) co_return refused(until.error());
    // A wish, and less is always allowed.
    if (query_value(request.query, "content") == "id-only") subscription.full = false;

    store_ops::QueuedQuery query{subscription.id, *since, *until, most_events};
    auto found = co_await exchange.ports().store.queued_events(std::move(query));
    if (!found) co_return refused(found.error());
    const auto now = exchange.ports().clock.now();
    subscription.sequence = found->last;
    std::vector<fhir_r4::NumberedEvent> again;
    std::vector<store_ops::Op> disclosures;
    for (const auto& [delivery, payload] : found->events) {
        auto event = read_event(payload);
        if (!event) co_return refused(event.error());
        auto permitted = permit(event->event, granted(subscription, *event));
        event->event = std::move(permitted.event);
        again.push_back({delivery.sequence, std::move(*event)});
        if (!subscription.full) continue;
        store_ops::Disclose disclosure;
        disclosure.at = now;
        disclosure.actor = client.id;
        disclosure.reason = "subscription " + subscription.id + ", delivery " + delivery.id + ", asked for again";
        disclosure.transaction = delivery.transaction;
        disclosure.fields = std::move(permitted.disclosed);
        disclosures.emplace_back(std::move(disclosure));
    }
    const auto missing = what_is_missing(*found, *since, *until);
    auto out = told(fhir_r4::write_events(subscription, again, missing, deps->fhir_base, now));
    out.also = std::move(disclosures);
    co_return out;
}

Route route(std::string method, std::string pattern, std::string summary, Handler handler) {
    Route out;
    out.method = std::move(method);
    out.pattern = "/fhir/Subscription" + std::move(pattern);
    out.summary = std::move(summary);
    out.allowed = {store_ops::ClientKind::webhook, store_ops::ClientKind::event_notification};
    out.handler = std::move(handler);
    out.render_error = fhir_r4::refusal;
    return out;
}

}  // namespace

void add_fhir_subscriptions(ChannelDefinition& channel, const Shared& deps) {
    if (deps->fhir_base.empty()) return;
    using Flow = Task<Answer> (*)(Exchange&, Shared);
    const auto run = [&deps](Flow flow) -> Handler {
        return [flow, deps](Exchange& exchange) { return flow(exchange, deps); };
    };
    std::vector<Route> routes{
        route("POST", "", "Subscribes an endpoint to a topic.", run(create)),
        route("GET", "", "Lists the caller's own subscriptions.", run(search)),
        route("GET", "/$status", "Tells where the caller's own subscriptions stand.", run(statuses)),
        route("GET", "/{id}", "Shows one of the caller's own subscriptions.", run(read_one)),
        route("PUT", "/{id}", "Switches a subscription off or on, changes its filters, content, headers and end.",
              run(update)),
        route("DELETE", "/{id}", "Removes one of the caller's own subscriptions.", run(remove)),
        route("GET", "/{id}/$status", "Tells where a subscription stands.", run(statuses)),
        route("GET", "/{id}/$events", "Tells the events of a subscription again.", run(events)),
    };
    for (auto& each : routes) {
        // The headers of a subscription may hold credentials.
        if (each.method == "POST" || each.method == "PUT") each.keeps_bodies = false;
        channel.routes.push_back(std::move(each));
    }
}

}  // namespace ocm::webhook
