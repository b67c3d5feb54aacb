// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/fhir_events.hpp"

#include "channels/field_policy.hpp"
#include "channels/notification/format.hpp"
#include "channels/webhook/contracts.hpp"
#include "channels/webhook/event_json.hpp"
#include "channels/webhook/fhir_subscription_parts.hpp"
#include "core/json.hpp"
#include "formats/fhir_r4/subscription_write.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace ocm::webhook::fhir {
namespace {

constexpr std::size_t most_events = 100;

/// The value of a parameter; nullptr where it has none, or one with parts.
const Json* value_of(const Json& parameter) {
    if (!parameter.is_object()) return nullptr;
    for (const auto& [key, value] : parameter.items()) {
        if (key.starts_with("value") && (value.is_string() || value.is_number_integer())) return &value;
    }
    return nullptr;
}

/// What is asked for, as a query: a POST has it in a Parameters.
Result<std::string> parameters_of(const HttpRequest& request) {
    if (request.method != "POST" || request.body.empty()) return request.query;
    const auto body = notification::json_body(request, "FHIR Parameters as application/fhir+json");
    if (!body) return fail(body.error());
    if (text_member(*body, "resourceType") != "Parameters")
        return fail(ErrorCode::bad_request, "has to be Parameters", "Parameters.resourceType");
    std::string out;
    const auto* list = member(*body, "parameter");
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const auto* each = element(*list, i);
        const auto* value = each == nullptr ? nullptr : value_of(*each);
        if (value == nullptr || text_member(*each, "name").empty())
            return fail(ErrorCode::bad_request, "has to have a name and a simple value",
                        "Parameters.parameter[" + std::to_string(i) + "]");
        out.append(out.empty() ? "" : "&")
            .append(encode_query_value(text_member(*each, "name")))
            .append("=")
            .append(encode_query_value(value->is_string() ? text(*value) : dump_json(*value)));
    }
    return out;
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

}  // namespace

Task<Answer> statuses(Exchange& exchange, Shared deps) {
    const auto& request = exchange.request();
    if (auto wrong = wrong_accept(request)) co_return refused(std::move(*wrong));
    const auto asked = parameters_of(request);
    if (!asked) co_return refused(asked.error());
    if (auto known = only(*asked, {"id", "status"}); !known) co_return refused(known.error());
    const auto now = exchange.ports().clock.now();
    const auto& client = *exchange.caller().client;
    const auto directory = deps->subscriptions();
    const auto in_path = exchange.path_values.find("id");
    std::vector<Subscription> found;
    for (const auto& one : directory->all()) {
        if (own(*directory, one.id, client) == nullptr) continue;
        if (in_path != exchange.path_values.end() ? in_path->second != one.id : !fits(*asked, "id", one.id)) continue;
        if (!fits(*asked, "status", fhir_r4::standing_of(one, now).status)) continue;
        found.push_back(one);
        store_ops::QueuedQuery query;
        query.subscription = one.id;
        auto queued = co_await exchange.ports().store.queued_events(query);
        if (!queued) co_return refused(queued.error());
        found.back().sequence = queued->last;
    }
    if (found.empty() && in_path != exchange.path_values.end()) co_return not_there();
    std::vector<const Subscription*> list;
    list.reserve(found.size());
    for (const auto& one : found) list.push_back(&one);
    co_return told(fhir_r4::write_statuses(list, deps->fhir_base, now));
}

Task<Answer> events(Exchange& exchange, Shared deps) {
    const auto& request = exchange.request();
    if (auto wrong = wrong_accept(request)) co_return refused(std::move(*wrong));
    const auto& client = *exchange.caller().client;
    const auto directory = deps->subscriptions();
    const auto* known = own(*directory, exchange.path_values.at("id"), client);
    if (known == nullptr) co_return not_there();
    auto subscription = as_granted(*known, client);
    const auto asked = parameters_of(request);
    if (!asked) co_return refused(asked.error());
    if (auto allowed = only(*asked, {"eventsSinceNumber", "eventsUntilNumber", "content"}); !allowed)
        co_return refused(allowed.error());
    const auto since = number_in(*asked, "eventsSinceNumber", 1);
    if (!since) co_return refused(since.error());
    const auto until = number_in(*asked, "eventsUntilNumber", std::numeric_limits<std::int64_t>::max());
    if (!until) co_return refused(until.error());
    // A wish, and less is always allowed.
    if (query_value(*asked, "content") == "id-only") subscription.full = false;

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
        // The number is there, and nothing of the record.
        const auto allowed =
            withheld(subscription, event->topic, client) ? std::vector<std::string>() : granted(subscription, *event);
        auto permitted = permit(event->event, allowed);
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

}  // namespace ocm::webhook::fhir
