// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/conditions_tree.hpp"

#include <algorithm>

namespace ocm::opencrvs::conditions {
namespace {

/// Longest text a pattern is tried on: std::regex recurses on its input.
constexpr std::size_t longest_matched = 512;

Truth negated(Truth truth) {
    if (truth == Truth::unknown) return truth;
    return truth == Truth::yes ? Truth::no : Truth::yes;
}
Truth as_truth(bool value) {
    return value ? Truth::yes : Truth::no;
}

Truth all_of(const std::vector<Node>& children, const Json& value, const Facts& facts) {
    Truth out = Truth::yes;
    for (const auto& child : children) {
        out = std::min(out, evaluate(child, value, facts));
        if (out == Truth::no) break;
    }
    return out;
}
Truth any_of(const std::vector<Node>& children, const Json& value, const Facts& facts) {
    Truth out = Truth::no;
    for (const auto& child : children) {
        out = std::max(out, evaluate(child, value, facts));
        if (out == Truth::yes) break;
    }
    return out;
}
Truth one_of(const std::vector<Node>& children, const Json& value, const Facts& facts) {
    std::size_t holding = 0;
    for (const auto& child : children) {
        const auto truth = evaluate(child, value, facts);
        if (truth == Truth::unknown) return truth;
        if (truth == Truth::yes) ++holding;
    }
    return as_truth(holding == 1);
}

Truth date_compared(const Node& node, const Json& value, const Facts& facts) {
    if (!value.is_string()) return Truth::yes;  // these keywords speak of strings only
    const auto date = parse_date(text(value));
    if (!date) return Truth::no;
    auto bound = std::chrono::sys_days(facts.today);
    if (node.op == Op::days_from) {
        bound += std::chrono::days(node.values.front().get<std::int64_t>());
        return as_truth(node.key == "after" ? std::chrono::sys_days(*date) > bound
                                            : std::chrono::sys_days(*date) < bound);
    }
    if (!node.values.empty()) bound = std::chrono::sys_days(*parse_date(text(node.values.front())));
    return as_truth(node.op == Op::date_at_most ? std::chrono::sys_days(*date) <= bound
                                                : std::chrono::sys_days(*date) >= bound);
}

Truth number_compared(const Node& node, const Json& value) {
    if (!value.is_number()) return Truth::yes;
    const auto number = value.get<double>();
    const auto bound = node.values.front().get<double>();
    switch (node.op) {
        case Op::above:
            return as_truth(number > bound);
        case Op::below:
            return as_truth(number < bound);
        case Op::at_least:
            return as_truth(number >= bound);
        default:
            return as_truth(number <= bound);
    }
}

Truth length_compared(const Node& node, const Json& value) {
    if (!value.is_string()) return Truth::yes;
    const auto written = text(value);
    const auto characters = std::count_if(written.begin(), written.end(),
                                          [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    const auto bound = node.values.front().get<double>();
    const auto length = static_cast<double>(characters);
    return as_truth(node.op == Op::longer_than_or_equal ? length >= bound : length <= bound);
}

Truth matched(const Node& node, const Json& value) {
    if (!value.is_string()) return Truth::yes;
    const auto& written = value.get_ref<const std::string&>();
    if (written.size() > longest_matched) return Truth::unknown;
    return as_truth(std::regex_search(written, *node.regex));
}

Truth elements(const Node& node, const Json& value, const Facts& facts) {
    if (!value.is_array()) return Truth::yes;
    Truth out = node.op == Op::items ? Truth::yes : Truth::no;
    for (const auto& item : value) {
        const auto truth = evaluate(node.children.front(), item, facts);
        out = node.op == Op::items ? std::min(out, truth) : std::max(out, truth);
    }
    return out;
}

Truth keyed(const Node& node, const Json& value, const Facts& facts) {
    if (!value.is_object()) return Truth::yes;
    const auto found = value.find(node.key);
    if (found == value.end()) return as_truth(node.op == Op::property);
    if (node.op == Op::required) return Truth::yes;
    return evaluate(node.children.front(), *found, facts);
}

}  // namespace

Truth evaluate(const Node& node, const Json& value, const Facts& facts) {
    switch (node.op) {
        case Op::yes:
            return Truth::yes;
        case Op::no:
            return Truth::no;
        case Op::unknown:
            return Truth::unknown;
        case Op::all:
            return all_of(node.children, value, facts);
        case Op::any:
            return any_of(node.children, value, facts);
        case Op::one:
            return one_of(node.children, value, facts);
        case Op::negate:
            return negated(evaluate(node.children.front(), value, facts));
        case Op::form:
            return evaluate(node.children.front(), facts.form, facts);
        case Op::now:
            return evaluate(node.children.front(), Json(format_date(facts.today)), facts);
        case Op::property:
        case Op::required:
        case Op::has:
            return keyed(node, value, facts);
        case Op::type:
            return as_truth((types_of(value) & node.types) != 0);
        case Op::in:
            return as_truth(std::find(node.values.begin(), node.values.end(), value) != node.values.end());
        case Op::contains:
        case Op::items:
            return elements(node, value, facts);
        case Op::pattern:
            return matched(node, value);
        case Op::date:
            return as_truth(!value.is_string() || parse_date(text(value)).has_value());
        case Op::date_at_most:
        case Op::date_at_least:
        case Op::days_from:
            return date_compared(node, value, facts);
        case Op::above:
        case Op::below:
        case Op::at_least:
        case Op::at_most:
            return number_compared(node, value);
        case Op::longer_than_or_equal:
        case Op::shorter_than_or_equal:
            return length_compared(node, value);
        case Op::if_then_else: {
            const auto chosen = evaluate(node.children[0], value, facts);
            if (chosen == Truth::unknown) return chosen;
            return evaluate(node.children[chosen == Truth::yes ? 1 : 2], value, facts);
        }
    }
    return Truth::unknown;
}

}  // namespace ocm::opencrvs::conditions
