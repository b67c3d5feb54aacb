// SPDX-License-Identifier: MPL-2.0
#include "formats/dhis2/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::dhis2 {
namespace {

/// Values of one list whose id, or code (where ids were asked for as codes), is the wanted one.
void find_in(const Json& holder, const char* list, const char* key, const std::string& id,
             std::vector<const Json*>& out) {
    const auto* all = member(holder, list);
    if (all == nullptr || !all->is_array()) return;
    for (const auto& each : *all) {
        if (text_member(each, key) != id && text_member(each, "code") != id) continue;
        const auto* value = member(each, "value");
        if (value != nullptr && !value_text(*value).empty()) out.push_back(value);
    }
}

const Json& part(const Source& source, const Unit& unit) {
    if (source.id == "event") return *unit.event;
    return source.id == "enrollment" ? *unit.enrollment : *unit.entity;
}

const char* member_name(Source::Kind kind) {
    switch (kind) {
        case Source::Kind::org_unit:
            return "orgUnit";
        case Source::Kind::occurred_at:
            return "occurredAt";
        default:
            return "completedAt";
    }
}

}  // namespace

std::string value_text(const Json& node) {
    if (node.is_string()) return std::string(text(node));
    if (node.is_boolean() || node.is_number()) return dump_json(node);
    return {};
}

std::vector<const Json*> attribute_nodes(const Json& holder, const std::string& id) {
    std::vector<const Json*> out;
    find_in(holder, "attributes", "attribute", id, out);
    return out;
}

std::vector<const Json*> nodes_of(const Source& source, const Unit& unit) {
    std::vector<const Json*> out;
    if (source.kind == Source::Kind::attribute) {
        find_in(*unit.entity, "attributes", "attribute", source.id, out);
        find_in(*unit.enrollment, "attributes", "attribute", source.id, out);
    } else if (source.kind == Source::Kind::data_element) {
        find_in(*unit.event, "dataValues", "dataElement", source.id, out);
    } else if (const auto* found = member(part(source, unit), member_name(source.kind))) {
        if (!value_text(*found).empty()) out.push_back(found);
    }
    return out;
}

bool holds(const Condition& condition, const Unit& unit) {
    const auto nodes = nodes_of(condition.from, unit);
    if (nodes.empty()) return false;
    return std::find(condition.values.begin(), condition.values.end(), value_text(*nodes.front())) !=
           condition.values.end();
}

}  // namespace ocm::dhis2
