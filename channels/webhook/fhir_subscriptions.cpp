// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/fhir_subscriptions.hpp"

#include "channels/notification/fhir_request.hpp"
#include "channels/notification/format.hpp"
#include "channels/webhook/fhir_events.hpp"
#include "channels/webhook/fhir_subscription_parts.hpp"
#include "core/json.hpp"
#include "formats/fhir_r4/outcome.hpp"
#include "formats/fhir_r4/subscription_read.hpp"
#include "formats/fhir_r4/subscription_write.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace ocm::webhook {
namespace {

using namespace fhir;
using fhir_r4::SubscriptionRead;
using notification::FhirRequest;
using store_ops::Client;

constexpr std::size_t most_issues = 50;

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

/// The subscription that is asked for, as far as that can be told without the callback.
Result<Subscription> wanted(const SubscriptionRead& read, const Client& client, const WebhookDeps& deps, WallTime now) {
    if (auto why = refusal_of(read.topic, client, deps.version))
        return fail(ErrorCode::unprocessable, std::move(*why), "/criteria");
    if (auto allowed = check_callback(read.endpoint, deps.callbacks()); !allowed)
        return fail(ErrorCode::bad_request, allowed.error().message, "/channel/endpoint");
    if (read.until && *read.until <= now) return fail(ErrorCode::bad_request, "is past", "/end");
    auto areas = places_of(read.areas, deps, now);
    if (!areas) return fail(std::move(areas.error()));
    auto offices = places_of(read.offices, deps, now);
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
    const auto& client = *exchange.caller().client;
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
    const auto& client = *exchange.caller().client;
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
    auto gone = co_await forget_own(exchange, deps, SubscriptionContract::fhir_r4);
    if (!gone) co_return refused(gone.error());
    Answer out;
    out.response.status = 204;
    co_return out;
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
        route("GET", "/{id}", "Shows one of the caller's own subscriptions.", run(read_one)),
        route("PUT", "/{id}", "Switches a subscription off or on, changes its filters, content, headers and end.",
              run(update)),
        route("DELETE", "/{id}", "Removes one of the caller's own subscriptions.", run(remove)),
    };
    for (const auto* method : {"GET", "POST"}) {
        // Before the subscription of an id, for this is none.
        routes.insert(routes.begin(),
                      route(method, "/$status", "Tells where the caller's own subscriptions stand.", run(statuses)));
        routes.push_back(route(method, "/{id}/$status", "Tells where a subscription stands.", run(statuses)));
        routes.push_back(route(method, "/{id}/$events", "Tells the events of a subscription again.", run(events)));
    }
    for (auto& each : routes) {
        // The headers of a subscription may hold credentials.
        each.keeps_bodies = each.method == "GET" || each.pattern.find('$') != std::string::npos;
        channel.routes.push_back(std::move(each));
    }
}

}  // namespace ocm::webhook
