// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/conditions.hpp"

#include "channels/opencrvs/conditions_tree.hpp"

#include <algorithm>
#include <array>

namespace ocm::opencrvs {
namespace conditions {

std::uint8_t type_bit(std::string_view name) {
    for (const auto& [text, bit] : type_names)
        if (text == name) return bit;
    return 0;
}

std::uint8_t types_of(const Json& value) {
    if (value.is_object()) return bit_object;
    if (value.is_array()) return bit_array;
    if (value.is_string()) return bit_string;
    if (value.is_number_integer()) return bit_number | bit_integer;
    if (value.is_number()) return bit_number;
    if (value.is_boolean()) return bit_boolean;
    return bit_null;
}

Node leaf(Op op, std::string key) {
    Node node;
    node.op = op;
    node.key = std::move(key);
    return node;
}

Node pattern(const Json& value) {
    if (!value.is_string()) return leaf(Op::unknown);
    Node node = leaf(Op::pattern);
    node.values.push_back(value);
    try {
        node.regex = std::make_shared<const std::regex>(std::string(text(value)), std::regex::ECMAScript);
    } catch (const std::regex_error&) {
        return leaf(Op::unknown);  // Unicode classes and look-behind, which this engine does not have
    }
    return node;
}

namespace {

// The compact form: true, false, null (unknown), or [operator, key?, values..., children...].

struct Spelling {
    std::string_view name;
    Op op;
    bool key;
    bool values;
    int children;  // -1: any number
};
constexpr std::array<Spelling, 24> spellings{{{"all", Op::all, false, false, -1},
                                              {"any", Op::any, false, false, -1},
                                              {"one", Op::one, false, false, -1},
                                              {"not", Op::negate, false, false, 1},
                                              {"form", Op::form, false, false, 1},
                                              {"now", Op::now, false, false, 1},
                                              {"if-there", Op::property, true, false, 1},
                                              {"there", Op::required, true, false, 0},
                                              {"has", Op::has, true, false, 1},
                                              {"type", Op::type, false, true, 0},
                                              {"in", Op::in, false, true, 0},
                                              {"contains", Op::contains, false, false, 1},
                                              {"items", Op::items, false, false, 1},
                                              {"pattern", Op::pattern, false, true, 0},
                                              {"date", Op::date, false, false, 0},
                                              {"date-at-most", Op::date_at_most, false, true, 0},
                                              {"date-at-least", Op::date_at_least, false, true, 0},
                                              {"days-from-today", Op::days_from, true, true, 0},
                                              {"above", Op::above, false, true, 0},
                                              {"below", Op::below, false, true, 0},
                                              {"at-least", Op::at_least, false, true, 0},
                                              {"at-most", Op::at_most, false, true, 0},
                                              {"length-at-least", Op::longer_than_or_equal, false, true, 0},
                                              {"length-at-most", Op::shorter_than_or_equal, false, true, 0}}};

Json write(const Node& node) {
    if (node.op == Op::yes) return true;
    if (node.op == Op::no) return false;
    if (node.op == Op::unknown) return nullptr;
    Json out = Json::array();
    if (node.op == Op::if_then_else) {
        out.push_back("if");
    } else {
        const auto* spelling = std::find_if(spellings.begin(), spellings.end(),
                                            [&](const Spelling& candidate) { return candidate.op == node.op; });
        out.push_back(spelling->name);
        if (spelling->key) out.push_back(node.key);
    }
    if (node.op == Op::type)
        for (const auto& [name, bit] : type_names)
            if ((node.types & bit) != 0) out.push_back(name);
    for (const auto& value : node.values) out.push_back(value);
    for (const auto& child : node.children) out.push_back(write(child));
    return out;
}

bool usable(const Node& node) {
    switch (node.op) {
        case Op::date_at_most:
        case Op::date_at_least:
            return node.values.empty() || (node.values.size() == 1 && parse_date(text(node.values.front())));
        case Op::days_from:
            return node.values.size() == 1 && node.values.front().is_number_integer() &&
                   (node.key == "after" || node.key == "before");
        case Op::above:
        case Op::below:
        case Op::at_least:
        case Op::at_most:
        case Op::longer_than_or_equal:
        case Op::shorter_than_or_equal:
            return node.values.size() == 1 && node.values.front().is_number();
        default:
            return true;
    }
}

Node read(const Json& reduced) {
    if (reduced.is_boolean()) return leaf(reduced.get<bool>() ? Op::yes : Op::no);
    if (!reduced.is_array() || reduced.empty()) return leaf(Op::unknown);
    const auto name = text(reduced.front());
    if (name == "if" && reduced.size() == 4) {
        Node node = leaf(Op::if_then_else);
        for (std::size_t i = 1; i < 4; ++i) node.children.push_back(read(reduced[i]));
        return node;
    }
    const auto* spelling = std::find_if(spellings.begin(), spellings.end(),
                                        [&](const Spelling& candidate) { return candidate.name == name; });
    if (spelling == spellings.end()) return leaf(Op::unknown);
    Node node = leaf(spelling->op);
    std::size_t at = 1;
    if (spelling->key) {
        if (at >= reduced.size() || !reduced[at].is_string()) return leaf(Op::unknown);
        node.key = std::string(text(reduced[at++]));
    }
    for (; at < reduced.size(); ++at) {
        if (node.op == Op::type)
            node.types = static_cast<std::uint8_t>(node.types | type_bit(text(reduced[at])));
        else if (spelling->values)
            node.values.push_back(reduced[at]);
        else
            node.children.push_back(read(reduced[at]));
    }
    if (spelling->children >= 0 && node.children.size() != static_cast<std::size_t>(spelling->children))
        return leaf(Op::unknown);
    if (node.op == Op::pattern) return node.values.size() == 1 ? pattern(node.values.front()) : leaf(Op::unknown);
    return usable(node) ? node : leaf(Op::unknown);
}

void collect_fields(const Node& node, bool in_form, std::set<std::string>& into) {
    const bool keyed = node.op == Op::property || node.op == Op::required || node.op == Op::has;
    if (in_form && keyed) {
        into.insert(node.key);
        return;  // deeper keys are parts of a value
    }
    for (const auto& child : node.children) collect_fields(child, in_form || node.op == Op::form, into);
}

}  // namespace
}  // namespace conditions

Condition Condition::from_schema(const Json& schema) {
    return Condition(conditions::from_schema(schema));
}

Condition Condition::from_reduced(const Json& reduced) {
    return Condition(conditions::read(reduced));
}

Truth Condition::holds(const Facts& facts) const {
    return conditions::evaluate(root_, facts.form, facts);
}

bool Condition::never() const {
    return root_.op == Op::no;
}

Json Condition::reduced() const {
    return conditions::write(root_);
}

std::set<std::string> Condition::fields() const {
    std::set<std::string> out;
    conditions::collect_fields(root_, false, out);
    return out;
}

}  // namespace ocm::opencrvs
