// SPDX-License-Identifier: MPL-2.0
#include "app/arguments.hpp"
#include "app/dispatcher.hpp"
#include "app/operations.hpp"
#include "channels/webhook/grant.hpp"
#include "channels/webhook/publish.hpp"
#include "store/store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::app {
namespace {

constexpr std::size_t page_size = 1000;
constexpr Milliseconds test_time{15'000};

}  // namespace

Json subscription_json(const Subscription& one, const std::vector<store_ops::Client>& clients) {
    const auto client = std::find_if(clients.begin(), clients.end(),
                                     [&](const store_ops::Client& each) { return each.id == one.client; });
    const bool known = client != clients.end();
    Json out{{"id", one.id},
             {"client", known ? client->name : one.client},
             {"contract", name(one.contract)},
             {"state", name(one.state)},
             {"topics", one.topics},
             {"callback", one.callback},
             {"fields", known ? webhook::as_granted(one, *client).fields : std::vector<std::string>()},
             {"created", rfc3339(one.created)},
             {"queued", one.sequence}};
    if (!one.why.empty()) out["why"] = one.why;
    if (!one.key_id.empty()) out["key_id"] = one.key_id;
    if (one.until) out["until"] = rfc3339(*one.until);
    return out;
}

namespace {

store_ops::Administer record_of(const Subscription& one, std::string action, WallTime now, std::string actor) {
    return {now, std::move(actor), "subscription." + std::move(action), canonical_json({{"subscription", one.id}})};
}

/// Deliveries that found it paused and wait to look again.
std::vector<Delivery> kept_back(const std::vector<Delivery>& page, const std::string& subscription) {
    std::vector<Delivery> out;
    std::copy_if(page.begin(), page.end(), std::back_inserter(out), [&](const Delivery& delivery) {
        return delivery.subscription == subscription && !delivery.error_code.empty();
    });
    return out;
}

/// Makes due at once what waits for a subscription that was paused.
Task<Result<void>> wake(store::Store& store, std::string subscription, std::string client, WallTime now,
                        std::string actor) {
    store::DeliveryFilter filter;
    filter.state = DeliveryState::pending;
    filter.kind = webhook::delivery_kind_name;
    filter.client = std::move(client);
    filter.limit = page_size;
    for (;;) {
        auto page = co_await store.list_deliveries(filter);
        if (!page) co_return fail(page.error());
        for (const auto& delivery : kept_back(*page, subscription)) {
            store_ops::Unit unit;
            unit.emplace_back(administer(delivery, DeliveryStep::retry, now, actor));
            auto committed = co_await store.commit(std::move(unit));
            // Begun, delivered or erased meanwhile: nothing is left to do.
            const bool lost = !committed && committed.error().code != ErrorCode::conflict &&
                              committed.error().code != ErrorCode::not_found;
            if (lost) co_return fail(committed.error());
        }
        if (page->size() < page_size) co_return Result<void>{};
        filter.after = page->back().seq;
    }
}

/// The question of its contract to a callback, asked again.
Task<Result<Json>> ask(Upstream& upstream, Clock& clock, Subscription subscription, webhook::ProofOptions options) {
    const auto proof = webhook::question_of(subscription, options, clock.now());
    if (!proof) co_return fail(proof.error());
    auto reply = co_await upstream.send(proof->call, clock.steady() + test_time);
    if (!reply) co_return fail(reply.error());
    const auto fine = webhook::check_proof(*proof, *reply);
    Json out{{"id", subscription.id}, {"http_status", reply->status}, {"verified", fine.has_value()}};
    if (!fine) out["why"] = fine.error().message;
    co_return out;
}

}  // namespace

Task<Result<Json>> Operations::ask_callback(Subscription subscription) {
    auto asked = co_await ask(*deps_.upstream, deps_.clock, std::move(subscription), deps_.callbacks);
    co_return asked;
}

Task<Result<Json>> Operations::list_subscriptions(Json args) {
    auto clients = co_await deps_.store.clients();
    if (!clients) co_return fail(clients.error());
    auto all = co_await deps_.store.subscriptions();
    if (!all) co_return fail(all.error());
    const auto names = names_of(*clients);
    const auto wanted = arg(args, "client");
    auto list = Json::array();
    for (const auto& one : *all) {
        const auto client = names.find(one.client);
        const bool fits = wanted.empty() || wanted == one.client || (client != names.end() && client->second == wanted);
        if (fits) list.push_back(subscription_json(one, *clients));
    }
    co_return Json{{"subscriptions", std::move(list)}};
}

Task<Result<Json>> Operations::change_subscription(std::string command, Json args, std::string actor) {
    auto all = co_await deps_.store.subscriptions();
    if (!all) co_return fail(all.error());
    const auto id = arg(args, "id");
    const auto found = std::find_if(all->begin(), all->end(), [&](const Subscription& one) { return one.id == id; });
    if (found == all->end()) co_return fail(ErrorCode::not_found, "there is no such subscription", "id");
    auto subscription = *found;
    const auto action = command.substr(std::string_view("subscriptions.").size());
    if (action == "test") {
        if (deps_.upstream == nullptr) co_return fail(ErrorCode::unavailable, "the mediator does not run");
        auto asked = co_await ask_callback(std::move(subscription));
        co_return asked;
    }
    if (action != "remove" && subscription.state == SubscriptionState::ended)
        co_return fail(ErrorCode::conflict, "the subscription has ended: its client has to subscribe again", "id");
    if (action != "remove" && subscription.state == SubscriptionState::requested)
        co_return fail(ErrorCode::conflict, "its callback has not proved itself: its client has to ask again", "id");
    const auto now = deps_.clock.now();
    auto record = record_of(subscription, action, now, actor);
    store_ops::Unit unit;
    if (action == "remove") {
        unit.emplace_back(store_ops::RemoveSubscription{id, std::move(record)});
    } else {
        subscription.state = action == "pause" ? SubscriptionState::paused : SubscriptionState::active;
        subscription.why = action == "pause" ? arg(args, "reason") : std::string();
        unit.emplace_back(store_ops::PutSubscription{subscription, std::move(record), true});
    }
    auto committed = co_await deps_.store.commit(std::move(unit));
    if (!committed) co_return fail(committed.error());
    if (deps_.subscriptions_changed) deps_.subscriptions_changed();
    if (action == "resume") {
        auto woken = co_await wake(deps_.store, id, subscription.client, now, actor);
        if (!woken) co_return fail(woken.error());
        if (deps_.outbox_changed) deps_.outbox_changed();
    }
    auto clients = co_await deps_.store.clients();
    if (!clients) co_return fail(clients.error());
    auto out = subscription_json(subscription, *clients);
    if (action == "remove") out["removed"] = true;
    co_return out;
}

}  // namespace ocm::app
