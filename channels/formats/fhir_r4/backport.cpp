// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/backport.hpp"

#include "core/ids.hpp"
#include "formats/fhir_r4/notification_write.hpp"

#include <algorithm>

namespace ocm::fhir_r4 {
namespace {

using backport::named;
using backport::profile;

std::string subscription_url(const NotificationTo& to) {
    return to.base + "/Subscription/" + to.subscription;
}

}  // namespace

Json backport::named(const char* name, const char* type, Json value) {
    Json out = Json::object();
    out["name"] = name;
    out[type] = std::move(value);
    return out;
}

Json backport::profile(std::string_view name) {
    constexpr std::string_view all = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";
    return {{"profile", Json::array({std::string(all) + std::string(name)})}};
}

std::string topic_url(const std::string& base, const Topic& topic) {
    auto word = name(topic);
    std::ranges::replace(word, '.', '-');
    return base + "/SubscriptionTopic/" + word;
}

Json write_status(const NotificationTo& to, const std::string& id, std::string_view status, std::string_view type) {
    Json out = Json::object();
    out["resourceType"] = "Parameters";
    out["id"] = id;
    out["meta"] = profile("backport-subscription-status-r4");
    out["parameter"] =
        Json::array({named("subscription", "valueReference", {{"reference", subscription_url(to)}}),
                     named("topic", "valueCanonical", topic_url(to.base, to.topic)),
                     named("status", "valueCode", status), named("type", "valueCode", type),
                     named("events-since-subscription-start", "valueString", std::to_string(to.sequence))});
    return out;
}

Json write_history(const NotificationTo& to, const std::string& id, std::string_view status, std::string_view type) {
    const auto status_id = uuid_v5(id, "status");
    Json entry = Json::object();
    entry["fullUrl"] = "urn:uuid:" + status_id;
    entry["resource"] = write_status(to, status_id, status, type);
    entry["request"] = {{"method", "GET"}, {"url", subscription_url(to) + "/$status"}};
    entry["response"] = {{"status", "200"}};
    Json out = Json::object();
    out["resourceType"] = "Bundle";
    out["id"] = id;
    out["meta"] = profile("backport-subscription-notification-r4");
    out["type"] = "history";
    out["timestamp"] = rfc3339(to.at);
    out["entry"] = Json::array({std::move(entry)});
    return out;
}

Json write_handshake(const NotificationTo& to) {
    return write_history(to, uuid_v5(to.subscription, "handshake " + rfc3339(to.at)), "requested", "handshake");
}

}  // namespace ocm::fhir_r4
