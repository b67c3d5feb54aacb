// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/condition.hpp"

#include "core/time.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace ocm::sandbox {
namespace {

bool has_type(std::string_view type, const Json& value) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "number") return value.is_number();
    if (type == "integer") return value.is_number_integer();
    return type == "null" && value.is_null();
}

bool type_holds(const Json& types, const Json& value) {
    if (types.is_string()) return has_type(text(types), value);
    return std::any_of(types.begin(), types.end(), [&](const Json& type) { return has_type(text(type), value); });
}

/// The date a `formatMaximum` or `formatMinimum` names: given, or pointed at.
std::string limit_of(const Json& limit, const Json& root) {
    if (limit.is_string()) return std::string(text(limit));
    const auto pointer = text_member(limit, "$data");
    if (pointer.empty()) return {};
    return std::string(text_member(root, pointer.substr(1)));
}

bool days_hold(const Json& rule, const Json& value, const Json& root) {
    const auto date = parse_date(text(value));
    const auto now = parse_date(text_member(root, "$now"));
    if (!date || !now) return false;
    const auto* days = member(rule, "days");
    const auto edge = std::chrono::sys_days(*now) + std::chrono::days(days != nullptr ? days->get<int>() : 0);
    return text_member(rule, "clause") == "before" ? std::chrono::sys_days(*date) < edge
                                                   : std::chrono::sys_days(*date) > edge;
}

bool words_of_strings_hold(const Json& condition, const Json& value, const Json& root) {
    if (text_member(condition, "format") == "date" && !parse_date(text(value))) return false;
    if (const auto* limit = member(condition, "formatMaximum");
        limit != nullptr && text(value) > limit_of(*limit, root)) {
        return false;
    }
    if (const auto* limit = member(condition, "formatMinimum");
        limit != nullptr && text(value) < limit_of(*limit, root)) {
        return false;
    }
    const auto* days = member(condition, "daysFromDate");
    return days == nullptr || days_hold(*days, value, root);
}

bool words_of_numbers_hold(const Json& condition, const Json& value) {
    const auto number = value.get<double>();
    const auto bound = [&](std::string_view word, auto within) {
        const auto* limit = member(condition, word);
        return limit == nullptr || within(number, limit->get<double>());
    };
    return bound("minimum", std::greater_equal<>()) && bound("maximum", std::less_equal<>()) &&
           bound("exclusiveMinimum", std::greater<>()) && bound("exclusiveMaximum", std::less<>());
}

bool words_of_objects_hold(const Json& condition, const Json& value, const Json& root) {
    if (const auto* required = member(condition, "required")) {
        for (const auto& name : *required) {
            if (!value.contains(text(name))) return false;
        }
    }
    if (const auto* properties = member(condition, "properties")) {
        for (const auto& [name, inner] : properties->items()) {
            const auto* part = member(value, name);
            if (part != nullptr && !holds(inner, *part, root)) return false;
        }
    }
    return true;
}

}  // namespace

bool holds(const Json& condition, const Json& value, const Json& root) {
    if (condition.is_boolean()) return condition.get<bool>();
    const auto each = [&](const Json& inner) { return holds(inner, value, root); };
    if (const auto* types = member(condition, "type"); types != nullptr && !type_holds(*types, value)) return false;
    if (const auto* one = member(condition, "const"); one != nullptr && *one != value) return false;
    if (const auto* some = member(condition, "enum");
        some != nullptr && std::find(some->begin(), some->end(), value) == some->end()) {
        return false;
    }
    if (const auto* all = member(condition, "allOf"); all != nullptr && !std::all_of(all->begin(), all->end(), each)) {
        return false;
    }
    if (const auto* any = member(condition, "anyOf"); any != nullptr && !std::any_of(any->begin(), any->end(), each)) {
        return false;
    }
    if (const auto* opposite = member(condition, "not"); opposite != nullptr && each(*opposite)) return false;
    if (const auto* premise = member(condition, "if")) {
        const auto* branch = member(condition, each(*premise) ? "then" : "else");
        if (branch != nullptr && !each(*branch)) return false;
    }
    if (value.is_string()) return words_of_strings_hold(condition, value, root);
    if (value.is_number()) return words_of_numbers_hold(condition, value);
    return !value.is_object() || words_of_objects_hold(condition, value, root);
}

}  // namespace ocm::sandbox
