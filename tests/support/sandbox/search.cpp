// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/search.hpp"

#include "core/http_message.hpp"
#include "core/time.hpp"

#include <algorithm>
#include <chrono>

namespace ocm::sandbox {
namespace {

std::string words_of(const Json& value) {
    if (value.is_string()) return to_lower(text(value));
    if (!value.is_object()) return {};
    std::string out;
    for (const char* part : {"firstname", "middlename", "surname"}) out += to_lower(text_member(value, part)) + " ";
    return out;
}

/// Days without a time are those of Dhaka, wherever the country is (contracts section 7.7).
constexpr std::chrono::hours dhaka{6};

std::optional<WallTime> bound(std::string_view text, bool end_of_day) {
    if (auto at = parse_rfc3339(text)) return at;
    const auto date = parse_date(text);
    if (!date) return std::nullopt;
    const WallTime day = std::chrono::sys_days(*date) - dhaka;
    return end_of_day ? day + std::chrono::days(1) - Milliseconds(1) : day;
}

/// Instants are compared as such, all else as text.
bool in_range(std::string_view value, std::string_view low, std::string_view high) {
    const auto at = parse_rfc3339(value);
    const auto from = bound(low, false);
    const auto to = bound(high, true);
    if (at && from && (to || high.empty())) return *at >= *from && (!to || *at <= *to);
    return value >= low && (high.empty() || value <= high);
}

/// One condition on one value: `{"type":"exact","term"}`, `{"type":"anyOf","terms"}`, `{"type":"fuzzy","term"}`,
/// `{"type":"range","gte","lte"}`, or the bare term.
bool term_holds(const Json& condition, const Json& value) {
    if (condition.is_string()) return value == condition;
    const auto type = text_member(condition, "type");
    const auto* term = member(condition, "term");
    if (type == "anyOf") {
        const auto* terms = member(condition, "terms");
        return terms != nullptr && std::find(terms->begin(), terms->end(), value) != terms->end();
    }
    if (type == "range") {
        return value.is_string() && in_range(text(value), text_member(condition, "gte"), text_member(condition, "lte"));
    }
    if (term == nullptr) return false;
    if (type == "fuzzy") {
        const auto words = words_of(value);
        auto wanted = to_lower(text(*term));
        while (!wanted.empty()) {
            const auto end = std::min(wanted.find(' '), wanted.size());
            if (words.find(wanted.substr(0, end)) == std::string::npos) return false;
            wanted.erase(0, end + 1);
        }
        return true;
    }
    return value == *term;
}

constexpr std::string_view of_registration = "legalStatuses.REGISTERED.";

Result<bool> matches(const Forms& forms, const Json& query, const Json& index);

Result<bool> group_matches(const Forms& forms, const Json& query, const Json& index) {
    const auto* clauses = member(query, "clauses");
    if (clauses == nullptr || !clauses->is_array() || clauses->empty()) {
        return fail(ErrorCode::bad_request, "Input validation failed", "/query/clauses");
    }
    const bool any = text_member(query, "type") == "or";
    bool all_hold = true;
    bool one_holds = false;
    for (const auto& clause : *clauses) {
        const auto held = matches(forms, clause, index);
        if (!held) return held;
        all_hold = all_hold && *held;
        one_holds = one_holds || *held;
    }
    return any ? one_holds : all_hold;
}

Result<bool> matches(const Forms& forms, const Json& query, const Json& index) {
    if (query.contains("clauses")) return group_matches(forms, query, index);
    if (!query.is_object() || query.empty()) return fail(ErrorCode::bad_request, "Input validation failed", "/query");
    bool held = true;
    for (const auto& [key, condition] : query.items()) {
        if (key == "eventType") {
            held = held && term_holds(condition, index.at("type"));
        } else if (key == "data") {
            for (const auto& [field, wanted] : condition.items()) {
                if (!forms.is_field(field)) {
                    return fail(ErrorCode::internal, "Tried to search with a field id that no event has");
                }
                const auto* value = member(index.at("declaration"), field);
                held = held && value != nullptr && term_holds(wanted, *value);
            }
        } else if (key.starts_with(of_registration)) {
            const auto* registered = member(index.at("legalStatuses"), "REGISTERED");
            const auto* value =
                registered == nullptr ? nullptr : member(*registered, key.substr(of_registration.size()));
            held = held && value != nullptr && term_holds(condition, *value);
        } else {
            const auto* value = member(index, key);
            held = held && value != nullptr && term_holds(condition, *value);
        }
    }
    return held;
}

std::size_t number(const Json& input, std::string_view key, std::size_t otherwise) {
    const auto* value = member(input, key);
    return value != nullptr && value->is_number_unsigned() ? value->get<std::size_t>() : otherwise;
}

Json legal_statuses(const Json& event) {
    Json out = Json::object();
    for (const auto& action : event.at("actions")) {
        const auto type = text_member(action, "type");
        if (text_member(action, "status") != "Accepted" || (type != "DECLARE" && type != "REGISTER")) continue;
        auto& legal = out[type == "DECLARE" ? "DECLARED" : "REGISTERED"];
        legal = {{"createdAt", action.at("createdAt")},
                 {"createdBy", action.at("createdBy")},
                 {"acceptedAt", action.at("createdAt")}};
        if (type == "REGISTER") legal["registrationNumber"] = text_member(action, "registrationNumber");
    }
    return out;
}

}  // namespace

Json index_of(const Forms& forms, const Json& event) {
    const auto& created = event.at("actions").at(0);
    const auto type = text_member(event, "type");
    const auto declaration = declaration_of(event);
    Json out{{"id", event.at("id")},
             {"type", type},
             {"status", status_of(event)},
             {"legalStatuses", legal_statuses(event)},
             {"createdAt", event.at("createdAt")},
             {"createdBy", created.at("createdBy")},
             {"createdByUserType", created.at("createdByUserType")},
             {"createdAtLocation", text_member(created, "createdAtLocation")},
             {"updatedAt", event.at("updatedAt")},
             {"trackingId", event.at("trackingId")},
             {"potentialDuplicates", Json::array()},
             {"flags", Json::array()},
             {"declaration", declaration}};
    for (const char* which : {"dateOfEvent", "placeOfEvent"}) {
        auto value = forms.event_value(type, which, declaration);
        if (!value.is_null()) out[which] = std::move(value);
    }
    if (auto user = assigned_to(event); !user.empty()) out["assignedTo"] = std::move(user);
    return out;
}

/// As the first of the fields that are asked for says; newest change first unless one is.
void order(std::vector<Json>& found, const Json& input) {
    const auto* sort = member(input, "sort");
    const auto* first = sort == nullptr ? nullptr : element(*sort, 0);
    const std::string field(first == nullptr ? "updatedAt" : text_member(*first, "field"));
    const bool ascending = first != nullptr && text_member(*first, "direction") == "asc";
    std::stable_sort(found.begin(), found.end(), [&](const Json& a, const Json& b) {
        return ascending ? text_member(a, field) < text_member(b, field)
                         : text_member(b, field) < text_member(a, field);
    });
}

Result<Json> search(const Forms& forms, const Records& records, const Json& input) {
    const auto* query = member(input, "query");
    if (query == nullptr || !query->is_object() || !query->contains("clauses")) {
        return fail(ErrorCode::bad_request, "Input validation failed", "/query");
    }
    std::vector<Json> found;
    for (const auto& event : records.all()) {
        auto index = index_of(forms, *event);
        const auto held = matches(forms, *query, index);
        if (!held) return fail(held.error());
        if (*held) found.push_back(std::move(index));
    }
    const auto limit = number(input, "limit", 100);
    const auto offset = number(input, "offset", 0);
    Json results = Json::array();
    order(found, input);
    for (std::size_t i = offset; i < found.size() && results.size() < limit; ++i) {
        auto& index = found[i];
        index["declaration"] = forms.without_secured(text_member(index, "type"), index["declaration"]);
        results.push_back(std::move(index));
    }
    return Json{{"results", std::move(results)}, {"total", found.size()}};
}

}  // namespace ocm::sandbox
