// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/conditions_tree.hpp"

#include <algorithm>
#include <utility>

namespace ocm::opencrvs::conditions {
namespace {

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
    if (key == "pattern") return pattern(value);
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

}  // namespace

Node from_schema(const Json& schema) {
    return parse_schema(schema, At::root);
}

}  // namespace ocm::opencrvs::conditions
