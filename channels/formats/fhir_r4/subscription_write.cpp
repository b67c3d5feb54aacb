// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/subscription_write.hpp"

#include "core/http_message.hpp"
#include "core/ids.hpp"
#include "formats/fhir_r4/backport.hpp"
#include "formats/fhir_r4/notification_write.hpp"
#include "formats/fhir_r4/subscription_read.hpp"

#include <utility>

namespace ocm::fhir_r4 {
namespace {

/// Name space of the ids of answers; it must never change.
constexpr std::string_view answer_space = "7a1f6a8e-3c51-5e0b-9d6e-2f6b9c1d4e70";

std::string url_of(const Subscription& subscription, const std::string& base) {
    return base + "/Subscription/" + subscription.id;
}

Topic topic_of(const Subscription& subscription) {
    const auto about = subscription.topics.empty() ? std::nullopt : topic(subscription.topics.front());
    return about.value_or(Topic{});
}

NotificationTo to(const Subscription& subscription, const std::string& base, WallTime now) {
    NotificationTo out;
    out.base = base;
    out.subscription = subscription.id;
    out.topic = topic_of(subscription);
    out.sequence = subscription.sequence;
    out.full = subscription.full;
    out.at = now;
    return out;
}

Json filter(const char* what, const std::vector<std::string>& values) {
    std::string text = what;
    for (const auto& value : values) text += (&value == values.data() ? "" : ",") + encode_query_value(value);
    Json out = Json::object();
    out["url"] = backport::filter_criteria;
    out["valueString"] = std::move(text);
    return out;
}

Json searchset(std::string_view id, WallTime now) {
    Json out = Json::object();
    out["resourceType"] = "Bundle";
    out["id"] = id;
    out["type"] = "searchset";
    out["timestamp"] = rfc3339(now);
    out["total"] = 0;
    return out;
}

void add_match(Json& bundle, std::string url, Json resource) {
    Json entry = Json::object();
    entry["fullUrl"] = std::move(url);
    entry["resource"] = std::move(resource);
    entry["search"] = {{"mode", "match"}};
    bundle["entry"].push_back(std::move(entry));
    bundle["total"] = bundle["entry"].size();
}

Json error_parameter(const std::string& why) {
    return backport::named("error", "valueCodeableConcept", {{"text", why}});
}

}  // namespace

SubscriptionStanding standing_of(const Subscription& subscription, WallTime now) {
    switch (subscription.state) {
        case SubscriptionState::requested:
            return {subscription.why.empty() ? "requested" : "error", subscription.why};
        case SubscriptionState::active:
            if (subscription.until && *subscription.until <= now) return {"off", "it has run out"};
            return {"active", {}};
        case SubscriptionState::paused:
            return {"off", subscription.why};
        case SubscriptionState::ended:
            break;
    }
    return {"error", subscription.why.empty() ? "it has ended" : subscription.why};
}

Json write_subscription(const Subscription& subscription, const std::string& base, WallTime now) {
    const auto standing = standing_of(subscription, now);
    Json out = Json::object();
    out["resourceType"] = "Subscription";
    out["id"] = subscription.id;
    out["meta"] = backport::profile("backport-subscription");
    out["status"] = standing.status;
    if (!standing.why.empty()) out["error"] = standing.why;
    if (subscription.until) out["end"] = rfc3339(*subscription.until);
    // R4 wants one.
    out["reason"] = subscription.reason.empty() ? std::string("not given") : subscription.reason;
    out["criteria"] = topic_url(base, topic_of(subscription));
    auto filters = Json::array();
    if (!subscription.areas.empty()) filters.push_back(filter("Patient?area=", subscription.areas));
    if (!subscription.offices.empty()) filters.push_back(filter("Patient?office=", subscription.offices));
    if (!subscription.statuses.empty()) filters.push_back(filter("Task?status=", subscription.statuses));
    if (!filters.empty()) out["_criteria"]["extension"] = std::move(filters);
    auto& channel = out["channel"];
    channel["type"] = "rest-hook";
    channel["endpoint"] = subscription.callback;
    channel["payload"] = "application/fhir+json";
    Json content = Json::object();
    content["url"] = backport::payload_content;
    content["valueCode"] = subscription.full ? "full-resource" : "id-only";
    channel["_payload"]["extension"] = Json::array({std::move(content)});
    for (const auto& line : subscription.headers)
        channel["header"].push_back(line.substr(0, line.find(':')) + ": " + std::string(hidden_header));
    return out;
}

Json write_subscriptions(const std::vector<const Subscription*>& found, const std::string& base,
                         const std::string& query, WallTime now) {
    const auto self = base + "/Subscription" + (query.empty() ? "" : "?" + query);
    auto out = searchset(uuid_v5(answer_space, self + ' ' + rfc3339(now)), now);
    out["link"] = Json::array({{{"relation", "self"}, {"url", self}}});
    for (const auto* each : found) add_match(out, url_of(*each, base), write_subscription(*each, base, now));
    return out;
}

Json write_statuses(const std::vector<const Subscription*>& found, const std::string& base, WallTime now) {
    auto out = searchset(uuid_v5(answer_space, base + " status " + rfc3339(now)), now);
    for (const auto* each : found) {
        const auto standing = standing_of(*each, now);
        const auto id = uuid_v5(each->id, "status " + rfc3339(now));
        auto status = write_status(to(*each, base, now), id, standing.status, "query-status");
        if (!standing.why.empty()) status["parameter"].push_back(error_parameter(standing.why));
        add_match(out, "urn:uuid:" + id, std::move(status));
    }
    return out;
}

Json write_events(const Subscription& subscription, const std::vector<NumberedEvent>& events, const std::string& error,
                  const std::string& base, WallTime now) {
    const auto whole = to(subscription, base, now);
    auto out = write_history(whole, uuid_v5(subscription.id, "events " + rfc3339(now)),
                             standing_of(subscription, now).status, "query-event");
    for (const auto& each : events) {
        auto one = whole;
        one.topic = each.event.topic;
        one.sequence = each.number;
        auto told = write_notification(each.event, one).bundle;
        for (auto& parameter : told["entry"][0]["resource"]["parameter"]) {
            if (parameter["name"] == "notification-event")
                out["entry"][0]["resource"]["parameter"].push_back(std::move(parameter));
        }
        for (std::size_t i = 1; i < told["entry"].size(); ++i) out["entry"].push_back(std::move(told["entry"][i]));
    }
    if (!error.empty()) out["entry"][0]["resource"]["parameter"].push_back(error_parameter(error));
    return out;
}

}  // namespace ocm::fhir_r4
