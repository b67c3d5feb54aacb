// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/conditions.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace ocm::opencrvs {
namespace {

using Node = Condition::Node;
using Op = Condition::Op;

/// Longest text a pattern is tried on: std::regex recurses on its input.
constexpr std::size_t longest_matched = 512;

enum TypeBit : std::uint8_t {
    bit_object = 1,
    bit_array = 2,
    bit_string = 4,
    bit_number = 8,
    bit_integer = 16,
    bit_boolean = 32,
    bit_null = 64
};
constexpr std::array<std::pair<std::string_view, std::uint8_t>, 7> type_names{{{"object", bit_object},
                                                                               {"array", bit_array},
                                                                               {"string", bit_string},
                                                                               {"number", bit_number},
                                                                               {"integer", bit_integer},
                                                                               {"boolean", bit_boolean},
                                                                               {"null", bit_null}}};

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

Node leaf(Op op) {
    Node node;
    node.op = op;
    return node;
}
Node leaf(Op op, std::string key) {
    Node node = leaf(op);
    node.key = std::move(key);
    return node;
}
Node with_value(Op op, const Json& value) {
    Node node = leaf(op);
    node.values.push_back(value);
    return node;
}
Node over(Op op, Node child, std::string key = {}) {
    Node node = leaf(op, std::move(key));
    node.children.push_back(std::move(child));
    return node;
}

Node negation(Node child) {
    if (child.op == Op::yes) return leaf(Op::no);
    if (child.op == Op::no) return leaf(Op::yes);
    if (child.op == Op::unknown) return child;
    if (child.op == Op::negate) {
        Node inner = std::move(child.children.front());
        return inner;
    }
    return over(Op::negate, std::move(child));
}

/// `key` there and its value as the child says: the two halves come from `properties` and `required`.
void join_required(std::vector<Node>& parts) {
    for (auto& part : parts) {
        if (part.op != Op::property) continue;
        const auto required = std::find_if(parts.begin(), parts.end(), [&](const Node& other) {
            return other.op == Op::required && other.key == part.key;
        });
        if (required == parts.end()) continue;
        part.op = Op::has;
        required->op = Op::yes;
    }
    std::erase_if(parts, [](const Node& part) { return part.op == Op::yes; });
}

/// `{"type": ["string", ...], "const": x}` says no more than the constant does.
void drop_redundant_types(std::vector<Node>& parts) {
    const auto in = std::find_if(parts.begin(), parts.end(), [](const Node& part) { return part.op == Op::in; });
    if (in == parts.end()) return;
    std::erase_if(parts, [&](const Node& part) {
        return part.op == Op::type && std::all_of(in->values.begin(), in->values.end(), [&](const Json& value) {
                   return (types_of(value) & part.types) != 0;
               });
    });
}

Node conjunction(std::vector<Node> parts) {
    drop_redundant_types(parts);
    join_required(parts);
    if (std::any_of(parts.begin(), parts.end(), [](const Node& part) { return part.op == Op::no; }))
        return leaf(Op::no);
    std::vector<Node> flat;
    for (auto& part : parts) {
        if (part.op == Op::all)
            std::move(part.children.begin(), part.children.end(), std::back_inserter(flat));
        else
            flat.push_back(std::move(part));
    }
    if (flat.empty()) return leaf(Op::yes);
    if (flat.size() == 1) {
        Node only = std::move(flat.front());
        return only;
    }
    Node node = leaf(Op::all);
    node.children = std::move(flat);
    return node;
}

Node disjunction(std::vector<Node> parts) {
    std::vector<Node> flat;
    for (auto& part : parts) {
        if (part.op == Op::any)
            std::move(part.children.begin(), part.children.end(), std::back_inserter(flat));
        else if (part.op != Op::no)
            flat.push_back(std::move(part));
    }
    for (const auto& part : flat) {
        if (part.op == Op::yes) return leaf(Op::yes);
        // "there or not there", which OpenCRVS writes around every isFalsy().
        const bool excluded_middle = part.op == Op::negate && std::any_of(flat.begin(), flat.end(), [&](const Node& o) {
                                         return o == part.children.front();
                                     });
        if (excluded_middle) return leaf(Op::yes);
    }
    if (flat.empty()) return leaf(Op::no);
    if (flat.size() == 1) {
        Node only = std::move(flat.front());
        return only;
    }
    // Alternatives that are all constants are one list of them.
    if (std::all_of(flat.begin(), flat.end(), [](const Node& part) { return part.op == Op::in; })) {
        Node node = leaf(Op::in);
        for (auto& part : flat) std::move(part.values.begin(), part.values.end(), std::back_inserter(node.values));
        return node;
    }
    Node node = leaf(Op::any);
    node.children = std::move(flat);
    return node;
}

enum class At { root, form, value };

Node parse_schema(const Json& schema, At at);

std::vector<Node> parse_list(const Json& list, At at) {
    std::vector<Node> out;
    for (const auto& item : list) out.push_back(parse_schema(item, at));
    return out;
}

/// A property of the root: `$form` is always there, `$user` never (a system client has no role), others are not known.
Node root_property(const std::string& key, const Json& schema) {
    if (key == "$form") {
        Node child = parse_schema(schema, At::form);
        if (child.op == Op::yes || child.op == Op::no || child.op == Op::unknown) return child;
        return over(Op::form, std::move(child));
    }
    if (key == "$now") return over(Op::now, parse_schema(schema, At::value));
    if (key == "$user") return leaf(Op::yes);
    return leaf(Op::unknown);
}
Node root_required(std::string_view key) {
    if (key == "$form" || key == "$now") return leaf(Op::yes);
    if (key == "$user") return leaf(Op::no);
    return leaf(Op::unknown);
}

Node parse_type(const Json& value, At at) {
    Node node = leaf(Op::type);
    if (value.is_string()) node.types = type_bit(text(value));
    if (value.is_array())
        for (const auto& item : value) node.types = static_cast<std::uint8_t>(node.types | type_bit(text(item)));
    if (node.types == 0) return leaf(Op::unknown);
    if (at != At::value) return leaf((node.types & bit_object) != 0 ? Op::yes : Op::no);
    return node;
}

Node parse_pattern(const Json& value) {
    if (!value.is_string()) return leaf(Op::unknown);
    Node node = with_value(Op::pattern, value);
    try {
        node.regex = std::make_shared<const std::regex>(std::string(text(value)), std::regex::ECMAScript);
    } catch (const std::regex_error&) {
        return leaf(Op::unknown);  // Unicode classes and look-behind, which this engine does not have
    }
    return node;
}

Node parse_date_bound(Op op, const Json& value) {
    if (value.is_string() && parse_date(text(value))) return with_value(op, value);
    if (text_member(value, "$data") == "/$now") return leaf(op);
    return leaf(Op::unknown);
}

Node parse_days(const Json& value) {
    const auto* days = member(value, "days");
    const auto clause = text_member(value, "clause");
    if (days == nullptr || !days->is_number_integer() || (clause != "after" && clause != "before") ||
        member(value, "referenceDate") != nullptr)
        return leaf(Op::unknown);
    Node node = with_value(Op::days_from, *days);
    node.key = std::string(clause);
    return node;
}

Node parse_number(Op op, const Json& value) {
    return value.is_number() ? with_value(op, value) : leaf(Op::unknown);
}

void parse_properties(const Json& properties, At at, std::vector<Node>& parts) {
    for (const auto& [key, child] : properties.items()) {
        if (at == At::root) {
            parts.push_back(root_property(key, child));
            continue;
        }
        Node node = parse_schema(child, At::value);
        parts.push_back(node.op == Op::yes ? leaf(Op::yes) : over(Op::property, std::move(node), key));
    }
}

Node parse_keyword(const std::string& key, const Json& value, At at) {
    if (key == "type") return parse_type(value, at);
    if (key == "const") return with_value(Op::in, value);
    if (key == "enum" && value.is_array()) {
        Node node = leaf(Op::in);
        for (const auto& item : value) node.values.push_back(item);
        return node;
    }
    if (key == "not") return negation(parse_schema(value, at));
    if (key == "allOf" && value.is_array()) return conjunction(parse_list(value, at));
    if (key == "anyOf" && value.is_array()) return disjunction(parse_list(value, at));
    if (key == "oneOf" && value.is_array()) {
        Node node = leaf(Op::one);
        node.children = parse_list(value, at);
        return node;
    }
    if (key == "contains") return over(Op::contains, parse_schema(value, At::value));
    if (key == "items" && !value.is_array()) return over(Op::items, parse_schema(value, At::value));
    if (key == "pattern") return parse_pattern(value);
    if (key == "format") return text(value) == "date" ? leaf(Op::date) : leaf(Op::unknown);
    if (key == "formatMaximum") return parse_date_bound(Op::date_at_most, value);
    if (key == "formatMinimum") return parse_date_bound(Op::date_at_least, value);
    if (key == "daysFromDate") return parse_days(value);
    if (key == "exclusiveMinimum") return parse_number(Op::above, value);
    if (key == "exclusiveMaximum") return parse_number(Op::below, value);
    if (key == "minimum") return parse_number(Op::at_least, value);
    if (key == "maximum") return parse_number(Op::at_most, value);
    if (key == "minLength") return parse_number(Op::longer_than_or_equal, value);
    if (key == "maxLength") return parse_number(Op::shorter_than_or_equal, value);
    return leaf(Op::unknown);
}

bool says_nothing(std::string_view key) {
    return key == "$id" || key == "$schema" || key == "$comment" || key == "title" || key == "description" ||
           key == "default" || key == "examples";
}

Node parse_schema(const Json& schema, At at) {
    if (schema.is_boolean()) return leaf(schema.get<bool>() ? Op::yes : Op::no);
    if (!schema.is_object()) return leaf(Op::unknown);
    std::vector<Node> parts;
    for (const auto& [key, value] : schema.items()) {
        if (says_nothing(key) || key == "then" || key == "else") continue;
        if (key == "properties" && value.is_object()) {
            parse_properties(value, at, parts);
        } else if (key == "required" && value.is_array()) {
            for (const auto& name : value)
                parts.push_back(at == At::root ? root_required(text(name))
                                               : leaf(Op::required, std::string(text(name))));
        } else if (key == "if") {
            Node node = leaf(Op::if_then_else);
            const auto* then = member(schema, "then");
            const auto* otherwise = member(schema, "else");
            node.children.push_back(parse_schema(value, at));
            node.children.push_back(then != nullptr ? parse_schema(*then, at) : leaf(Op::yes));
            node.children.push_back(otherwise != nullptr ? parse_schema(*otherwise, at) : leaf(Op::yes));
            parts.push_back(std::move(node));
        } else {
            parts.push_back(parse_keyword(key, value, at));
        }
    }
    return conjunction(std::move(parts));
}

Truth negated(Truth truth) {
    if (truth == Truth::unknown) return truth;
    return truth == Truth::yes ? Truth::no : Truth::yes;
}
Truth as_truth(bool value) {
    return value ? Truth::yes : Truth::no;
}

Truth evaluate(const Node& node, const Json& value, const Facts& facts);

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
    if (node.op == Op::pattern) return node.values.size() == 1 ? parse_pattern(node.values.front()) : leaf(Op::unknown);
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

Condition Condition::from_schema(const Json& schema) {
    return Condition(parse_schema(schema, At::root));
}

Condition Condition::from_reduced(const Json& reduced) {
    return Condition(opencrvs::read(reduced));
}

Truth Condition::holds(const Facts& facts) const {
    return evaluate(root_, facts.form, facts);
}

bool Condition::never() const {
    return root_.op == Op::no;
}

Json Condition::reduced() const {
    return write(root_);
}

std::set<std::string> Condition::fields() const {
    std::set<std::string> out;
    collect_fields(root_, false, out);
    return out;
}

}  // namespace ocm::opencrvs
