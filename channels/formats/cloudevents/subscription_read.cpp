// SPDX-License-Identifier: MPL-2.0
#include "formats/cloudevents/subscription_read.hpp"

#include "channels/field_policy.hpp"
#include "formats/shipped.hpp"

#include <algorithm>
#include <initializer_list>
#include <set>

namespace ocm::cloudevents {
namespace {

using Done = Result<void>;

constexpr std::size_t most_values = 200;
constexpr std::size_t longest_text = 2048;

tl::unexpected<Error> wrong(std::string what, std::string path) {
    return fail(ErrorCode::bad_request, std::move(what), std::move(path));
}

Done only(const Json& object, std::initializer_list<std::string_view> known, const std::string& at) {
    if (!object.is_object()) return wrong("has to be an object", at);
    for (const auto& [key, value] : object.items()) {
        if (std::ranges::find(known, std::string_view(key)) == known.end())
            return wrong("is no member of a subscription", pointer(at, key));
    }
    return {};
}

/// The texts of a list, each once; nothing where it is not there.
Result<std::vector<std::string>> texts(const Json& in, std::string_view key, const std::string& parent) {
    std::vector<std::string> out;
    const auto* list = member(in, key);
    if (list == nullptr) return out;
    const auto at = pointer(parent, key);
    if (!list->is_array() || list->size() > most_values)
        return wrong("has to be a list of at most " + std::to_string(most_values) + " texts", at);
    for (std::size_t i = 0; i < list->size(); ++i) {
        const auto value = text(*element(*list, i));
        if (value.empty() || value.size() > longest_text) return wrong("has to be a text", pointer(at, i));
        if (std::ranges::find(out, value) != out.end()) return wrong("is there twice", pointer(at, i));
        out.emplace_back(value);
    }
    return out;
}

Result<std::optional<WallTime>> instant(const Json& in, std::string_view key) {
    const auto* value = member(in, key);
    if (value == nullptr) return std::optional<WallTime>{};
    auto out = parse_rfc3339(text(*value));
    if (!out) return wrong("has to be an instant with its time zone (RFC 3339)", pointer("", key));
    return out;
}

Result<std::vector<PlaceCodeAt>> codes(const Json& filters, std::string_view key, PlaceKind kind) {
    auto given = texts(filters, key, "/filters");
    if (!given) return fail(std::move(given.error()));
    std::vector<PlaceCodeAt> out;
    for (std::size_t i = 0; i < given->size(); ++i) {
        auto at = pointer(pointer("/filters", key), i);
        auto code = read_place_code(kind, (*given)[i]);
        if (!code) return wrong("has to be a code, or SYSTEM|CODE", std::move(at));
        out.push_back({std::move(*code), std::move(at)});
    }
    return out;
}

Done read_topics(const Json& asked, SubscriptionRead& out) {
    auto given = texts(asked, "topics", "");
    if (!given) return fail(std::move(given.error()));
    if (given->empty()) return wrong("is required, with one topic or more", "/topics");
    for (std::size_t i = 0; i < given->size(); ++i) {
        const auto one = topic((*given)[i]);
        if (!one) return wrong("is no topic: GET /subscriptions/topics lists them", pointer("/topics", i));
        out.topics.push_back(*one);
    }
    std::ranges::sort(out.topics);
    return {};
}

Done read_fields(const Json& asked, SubscriptionRead& out) {
    if (!asked.contains("fields")) return {};
    auto given = texts(asked, "fields", "");
    if (!given) return fail(std::move(given.error()));
    for (std::size_t i = 0; i < given->size(); ++i) {
        if (!is_field((*given)[i]) && !fields_of_permission((*given)[i]))
            return wrong("is no field that can be granted", pointer("/fields", i));
    }
    out.fields = std::move(*given);
    return {};
}

Done read_filters(const Json& asked, SubscriptionRead& out) {
    const auto* filters = member(asked, "filters");
    if (filters == nullptr) return {};
    if (auto known = only(*filters, {"areas", "offices", "statuses"}, "/filters"); !known) return known;
    auto areas = codes(*filters, "areas", PlaceKind::area);
    if (!areas) return fail(std::move(areas.error()));
    auto offices = codes(*filters, "offices", PlaceKind::office);
    if (!offices) return fail(std::move(offices.error()));
    auto statuses = texts(*filters, "statuses", "/filters");
    if (!statuses) return fail(std::move(statuses.error()));
    for (std::size_t i = 0; i < statuses->size(); ++i) {
        if (!notification_status((*statuses)[i]))
            return wrong("has to be registered, rejected or archived", pointer("/filters/statuses", i));
    }
    out.areas = std::move(*areas);
    out.offices = std::move(*offices);
    out.statuses = std::move(*statuses);
    return {};
}

}  // namespace

Result<SubscriptionRead> read_subscription(const Json& asked) {
    if (auto known = only(asked, {"callback", "topics", "fields", "filters", "replay_from", "until", "reason"}, "");
        !known)
        return fail(std::move(known.error()));
    SubscriptionRead out;
    out.callback = text_member(asked, "callback");
    if (out.callback.empty()) return wrong("is required", "/callback");
    for (auto read : {read_topics, read_fields, read_filters}) {
        if (auto fine = read(asked, out); !fine) return fail(std::move(fine.error()));
    }
    auto replay_from = instant(asked, "replay_from");
    if (!replay_from) return fail(std::move(replay_from.error()));
    out.replay_from = *replay_from;
    auto until = instant(asked, "until");
    if (!until) return fail(std::move(until.error()));
    out.until = *until;
    if (const auto* reason = member(asked, "reason")) {
        out.reason = text(*reason);
        if (out.reason.empty() || out.reason.size() > longest_text) return wrong("has to be a text", "/reason");
    }
    return out;
}

Json write_subscription(const Subscription& subscription) {
    Json out{{"id", subscription.id},
             {"state", name(subscription.state)},
             {"callback", subscription.callback},
             {"topics", subscription.topics},
             {"fields", subscription.fields},
             {"created", rfc3339(subscription.created)}};
    if (!subscription.why.empty()) out["why"] = subscription.why;
    auto filters = Json::object();
    const auto put = [&](const char* key, const std::vector<std::string>& values) {
        if (!values.empty()) filters[key] = values;
    };
    put("areas", subscription.areas);
    put("offices", subscription.offices);
    put("statuses", subscription.statuses);
    if (!filters.empty()) out["filters"] = std::move(filters);
    if (subscription.until) out["until"] = rfc3339(*subscription.until);
    if (!subscription.reason.empty()) out["reason"] = subscription.reason;
    if (!subscription.key_id.empty()) out["key_id"] = subscription.key_id;
    return out;
}

std::string_view subscription_schema() {
    return formats_shipped::subscription_schema;
}

}  // namespace ocm::cloudevents
