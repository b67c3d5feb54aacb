// SPDX-License-Identifier: MPL-2.0
#include "formats/dhis2/read.hpp"

#include "formats/dhis2/codes.hpp"
#include "formats/dhis2/values.hpp"
#include "formats/opencrvs_v1/marks.hpp"
#include "formats/opencrvs_v1/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace ocm::dhis2 {
namespace {

using opencrvs_v1::Marks;
using opencrvs_v1::surely_before;
using namespace std::literals;

/// DHIS2's own bookkeeping: it says nothing of the vital event.
constexpr std::array entity_wording{
    "trackedEntity"sv,   "trackedEntityType"sv, "createdAt"sv, "createdAtClient"sv, "updatedAt"sv,
    "updatedAtClient"sv, "orgUnit"sv,           "inactive"sv,  "deleted"sv,         "potentialDuplicate"sv,
    "programOwners"sv,   "createdBy"sv,         "updatedBy"sv, "storedBy"sv};
constexpr std::array enrollment_wording{
    "enrollment"sv,  "trackedEntity"sv, "trackedEntityType"sv,   "program"sv,     "status"sv,          "orgUnit"sv,
    "orgUnitName"sv, "enrolledAt"sv,    "occurredAt"sv,          "completedAt"sv, "completedBy"sv,     "followUp"sv,
    "deleted"sv,     "createdAt"sv,     "createdAtClient"sv,     "updatedAt"sv,   "updatedAtClient"sv, "createdBy"sv,
    "updatedBy"sv,   "storedBy"sv,      "attributeOptionCombo"sv};
constexpr std::array event_wording{"event"sv,
                                   "program"sv,
                                   "programStage"sv,
                                   "enrollment"sv,
                                   "trackedEntity"sv,
                                   "orgUnit"sv,
                                   "orgUnitName"sv,
                                   "status"sv,
                                   "occurredAt"sv,
                                   "scheduledAt"sv,
                                   "completedAt"sv,
                                   "completedBy"sv,
                                   "deleted"sv,
                                   "followup"sv,
                                   "followUp"sv,
                                   "createdAt"sv,
                                   "createdAtClient"sv,
                                   "updatedAt"sv,
                                   "updatedAtClient"sv,
                                   "createdBy"sv,
                                   "updatedBy"sv,
                                   "storedBy"sv,
                                   "assignedUser"sv,
                                   "attributeOptionCombo"sv,
                                   "attributeCategoryOptions"sv};
constexpr std::array relationship_wording{"relationship"sv,  "relationshipType"sv, "relationshipName"sv,
                                          "bidirectional"sv, "createdAt"sv,        "createdAtClient"sv,
                                          "updatedAt"sv,     "deleted"sv};
constexpr std::array page_wording{"pager"sv, "page"sv, "pageSize"sv, "total"sv, "pageCount"sv};

constexpr std::string_view no_counterpart = "this code has no counterpart";
constexpr std::string_view unknown_code = "the mapping does not know this option code";
constexpr std::string_view own_entity = "the person's own tracked entity was taken";
constexpr std::string_view another_code = "another code of the same meaning";

class Reader {
  public:
    Reader(const Json& document, const Unit& unit, const Mapping& mapping)
        : document_(document), unit_(unit), mapping_(mapping), marks_(document) {
        event_.kind = unit.stage->kind;
    }

    Result<Read> run() {
        wording();
        source();
        for (const auto& row : unit_.stage->rows) take(row);
        for (const auto& relative : unit_.stage->relatives) take(relative);
        for (const auto& contact : unit_.stage->contacts) take(contact);
        if (!error_) check();
        if (error_) return fail(std::move(*error_));
        Read out;
        for (const auto* name : {"office", "place.location"}) out.places[name] = place_of(name);
        out.places["kind"] = marks_.pointer_to(*unit_.event) + "/programStage";
        out.event = std::move(event_);
        out.account = marks_.account();
        return out;
    }

  private:
    template <class Names>
    void structure(const Json& node, const Names& names) {
        for (const auto name : names) marks_.structure(member(node, name));
    }

    void wording() {
        structure(document_, page_wording);
        structure(*unit_.entity, entity_wording);
        // What else there is of the entity is not this message's.
        for (const auto* all : {member(*unit_.entity, "enrollments"), member(*unit_.enrollment, "events")}) {
            if (all == nullptr) continue;
            for (const auto& each : *all) {
                if (&each != unit_.enrollment && &each != unit_.event) marks_.structure(each);
            }
        }
        for (const auto* name : {"trackedEntities", "instances"}) {
            const auto* all = member(document_, name);
            for (std::size_t i = 0; all != nullptr && all->is_array() && i < all->size(); ++i) {
                if (&(*all)[i] != unit_.entity) marks_.structure((*all)[i]);
            }
        }
        structure(*unit_.enrollment, enrollment_wording);
        structure(*unit_.event, event_wording);
        values(*unit_.entity, "attributes", "attribute", "the mapping has no place for this attribute");
        values(*unit_.enrollment, "attributes", "attribute", "the mapping has no place for this attribute");
        values(*unit_.event, "dataValues", "dataElement", "the mapping has no place for this data element");
    }

    /// Until a row takes it, a value has no place.
    void values(const Json& holder, const char* list, const char* key, std::string_view why) {
        constexpr std::array kept{"value"sv};
        const auto* all = member(holder, list);
        if (all == nullptr || !all->is_array()) return;
        for (const auto& each : *all) {
            if (!each.is_object()) continue;
            for (const auto& [name, below] : each.items()) {
                if (name != kept.front()) marks_.structure(below);
            }
            const auto* value = member(each, "value");
            if (value == nullptr) continue;
            const bool ours = unit_.program->write_back.contains(std::string(text_member(each, key)));
            if (ours || value_text(*value).empty()) {
                marks_.structure(*value);
            } else {
                marks_.dropped(*value, why);
            }
        }
    }

    void source() {
        auto& source = event_.source;
        // The system is the DHIS2, whose organisation units the crosswalk knows by it.
        source.system = mapping_.instance.empty() ? "dhis2" : "dhis2/" + mapping_.instance;
        source.record = std::string(text_member(*unit_.entity, "trackedEntity")) + "/" + unit_.program->id + "/" +
                        std::string(name(event_.kind));
        if (unit_.stage->repeatable) source.record += "/" + std::string(text_member(*unit_.event, "event"));
        for (const auto* part : {unit_.entity, unit_.enrollment, unit_.event}) {
            source.version = std::max(source.version, std::string(text_member(*part, "updatedAt")));
        }
        if (unit_.stage->send_flag) consumed(*unit_.stage->send_flag);
        for (const auto& expected : unit_.stage->expect) {
            const auto nodes = consumed(expected);
            if (!nodes.empty() && !holds(expected, unit_)) {
                marks_.warn(*nodes.front(), "this says another kind of event than the stage; the stage's is kept");
            }
        }
    }

    std::vector<const Json*> consumed(const Condition& condition) {
        auto nodes = nodes_of(condition.from, unit_);
        for (const auto* node : nodes) marks_.structure(*node);
        return nodes;
    }

    bool applies(const Row& row) const {
        if (!row.unless.empty() && given_.contains(row.unless)) return false;
        if (row.when.empty()) return true;
        const auto found = given_.find(row.when);
        return found != given_.end() &&
               std::find(row.when_values.begin(), row.when_values.end(), found->second) != row.when_values.end();
    }

    /// The value in our codes; absent where it has no place, which is then in the account.
    std::optional<std::string> recode(const Row& row, const Json& node) {
        auto value = value_text(node);
        if (!row.codes) return value;
        const auto found = row.codes->find(value);
        if (found == row.codes->end() || !found->second) {
            marks_.dropped(node, found == row.codes->end() ? unknown_code : no_counterpart);
            return std::nullopt;
        }
        if (*found->second != value) marks_.recoded(node, another_code);
        return found->second;
    }

    /// All nodes of one value: those that say the same again are carried with it.
    void carry(const std::vector<const Json*>& nodes) {
        for (const auto* node : nodes) {
            if (value_text(*node) == value_text(*nodes.front())) {
                marks_.carried(*node);
            } else {
                marks_.dropped(*node, "another value of the same was taken");
            }
        }
    }

    void take(const Row& row) {
        const auto nodes = nodes_of(row.from, unit_);
        if (nodes.empty()) return;
        const auto& node = *nodes.front();
        const bool metadata = row.from.kind != Source::Kind::attribute && row.from.kind != Source::Kind::data_element;
        if (!applies(row)) {
            if (!metadata) marks_.dropped(node, "another value was taken in its place");
            return;
        }
        auto value = recode(row, node);
        if (!value) return;
        if (given_.contains(row.to) && !takes_several(row.to)) {
            if (given_.at(row.to) != *value) {
                marks_.dropped(node, "another value was taken in its place");
            } else {
                carry(nodes);
            }
            return;
        }
        if (row.kilograms) {
            if (const auto kilograms = opencrvs_v1::number(Json(*value))) *value = dump_json(Json(*kilograms * 1000));
        }
        if (!settle(set_event(event_, row.to, *value), row, nodes)) return;
        given_.emplace(row.to, *value);
        nodes_.emplace(row.to, &node);
    }

    bool settle(Set set, const Row& row, const std::vector<const Json*>& nodes) {
        if (set == Set::done) {
            carry(nodes);
            return true;
        }
        if (set == Set::not_a_date) {
            refuse(*nodes.front(), "must be a date that exists, as YYYY-MM-DD");
        } else if (row.to == "birth.weight") {
            marks_.dropped(*nodes.front(), row.kilograms ? "it is not the weight of a child in kilograms"
                                                         : "it is not the weight of a child in grams");
        } else {
            marks_.dropped(*nodes.front(), "it is not a value of this kind");
        }
        return false;
    }

    /// The tracked entity at the other end of a relationship, with its attributes; nullptr where it came without.
    const Json* other_end(const Json& relationship) {
        const auto own = text_member(*unit_.entity, "trackedEntity");
        const Json* out = nullptr;
        for (const auto* name : {"to", "from"}) {
            const auto* end = member(relationship, name);
            const auto* entity = end == nullptr ? nullptr : member(*end, "trackedEntity");
            if (entity == nullptr) continue;
            if (text(*entity) == own || text_member(*entity, "trackedEntity") == own) {
                marks_.structure(*entity);
            } else if (out == nullptr && member(*entity, "attributes") != nullptr) {
                out = entity;
            }
        }
        return out;
    }

    void take(const Relative& relative) {
        const auto* all = member(*unit_.entity, "relationships");
        if (all == nullptr || !all->is_array()) return;
        for (const auto& each : *all) {
            if (text_member(each, "relationshipType") != relative.type) continue;
            if (const auto* deleted = member(each, "deleted"); deleted != nullptr && *deleted == true) {
                marks_.structure(each);
                continue;
            }
            take(relative, each);
        }
    }

    void take(const Relative& relative, const Json& relationship) {
        structure(relationship, relationship_wording);
        const auto* other = other_end(relationship);
        if (other == nullptr) {
            return marks_.warn(relationship, "the related tracked entity came without attributes: ask DHIS2 for them");
        }
        if (!related_.insert(relative.role).second) {
            return marks_.warn(relationship, "two tracked entities are said to be the same person; the first is kept");
        }
        structure(*other, entity_wording);
        values(*other, "attributes", "attribute", "the mapping has no place for this attribute");
        const auto before = given_;
        for (const auto& row : relative.rows) {
            const auto nodes = attribute_nodes(*other, row.from.id);
            if (nodes.empty()) continue;
            const auto value = recode(row, *nodes.front());
            if (!value) continue;
            const auto name = relative.role + "." + row.to;
            if (const auto given = before.find(name); given != before.end()) {
                if (given->second == *value) {
                    carry(nodes);
                } else {
                    marks_.dropped(*nodes.front(), "another value was taken in its place");
                }
                continue;
            }
            if (!settle(set_event(event_, name, *value), row, nodes)) continue;
            given_.emplace(name, *value);
            nodes_.emplace(name, nodes.front());
        }
    }

    void take(const Contact& contact) {
        struct Said {
            const Row* row;
            std::vector<const Json*> nodes;
            std::string value;
        };
        std::vector<Said> all;
        std::string relation;
        const Json* relation_node = nullptr;
        for (const auto& row : contact.rows) {
            auto nodes = nodes_of(row.from, unit_);
            if (nodes.empty()) continue;
            auto value = recode(row, *nodes.front());
            if (!value) continue;
            if (row.to == "relation") {
                relation = *value;
                relation_node = nodes.front();
            }
            all.push_back({&row, std::move(nodes), std::move(*value)});
        }
        if (all.empty()) return;
        const auto found = contact.roles.find(relation);
        const std::string who = found == contact.roles.end() ? role::informant : found->second;
        const auto drop = [&](std::string_view why) {
            for (const auto& each : all) {
                for (const auto* node : each.nodes) marks_.dropped(*node, why);
            }
        };
        if (who == role::informant && !contact.informant) {
            return drop("a further contact has a place only as a parent, or as the spouse of the deceased");
        }
        // Who is known by an own tracked entity may be the informant all the same.
        const bool related = related_.contains(who);
        if (event_.persons.contains(who) && !(related && contact.informant)) {
            if (relation_node != nullptr) {
                marks_.warn(*relation_node, "two contacts are said to be the same person; the first is kept");
            }
            return drop("another contact is said to be the same person");
        }
        Person person;
        for (const auto& each : all) {
            if (each.row->to == "relation") {
                if (contact.informant) event_.informant.relation = each.value;
                carry(each.nodes);
            } else if (contact.informant && each.row->to == "phone") {
                event_.informant.phone = each.value;
                carry(each.nodes);
            } else if (contact.informant && each.row->to == "email") {
                event_.informant.email = each.value;
                carry(each.nodes);
            } else if (related) {
                for (const auto* node : each.nodes) marks_.dropped(*node, own_entity);
            } else {
                settle(set_person(person, each.row->to, each.value), *each.row, each.nodes);
            }
        }
        if (person != Person{}) event_.persons[who] = std::move(person);
    }

    void refuse(const Json& node, std::string message) {
        if (!error_) error_ = Error{ErrorCode::bad_request, std::move(message), marks_.pointer_to(node), std::nullopt};
    }

    /// The event itself where no row found a value.
    std::string place_of(const char* name) const {
        if (const auto taken = nodes_.find(name); taken != nodes_.end()) return marks_.pointer_to(*taken->second);
        return marks_.pointer_to(*unit_.event);
    }

    std::optional<std::string> born(const char* whose) const {
        const auto found = event_.persons.find(whose);
        return found == event_.persons.end() ? std::nullopt : found->second.birth_date;
    }

    /// What cannot have been in this order.
    void check() {
        if (const auto deceased = born(role::deceased);
            deceased && event_.date && surely_before(*event_.date, *deceased)) {
            refuse(*nodes_.at("date"), "must not be before the date of birth");
        }
        const auto child = born(role::child);
        const auto node = nodes_.find("child.birth_date");
        if (!child || node == nodes_.end()) return;
        if (const auto mother = born(role::mother); mother && surely_before(*child, *mother)) {
            marks_.warn(*node->second, "the birth is earlier than the mother's own");
        }
        if (event_.reported_at && surely_before(*event_.reported_at, *child)) {
            marks_.warn(*node->second, "the birth is later than the notification");
        }
    }

    const Json& document_;
    const Unit& unit_;
    const Mapping& mapping_;
    Marks marks_;
    VitalEvent event_;
    std::map<std::string, std::string, std::less<>> given_;  // name to value, of rows that were taken
    std::map<std::string, const Json*, std::less<>> nodes_;  // and where it stands
    std::set<std::string, std::less<>> related_;             // roles taken from a relationship
    std::optional<Error> error_;
};

}  // namespace

Result<Read> read(const Json& document, const Unit& unit, const Mapping& mapping) {
    return Reader(document, unit, mapping).run();
}

Result<Read> read_first(const Json& document, const Mapping& mapping) {
    const auto all = entities(document, mapping);
    if (!all) return fail(all.error());
    for (const auto& entity : *all) {
        if (entity.error) return fail(*entity.error);
        if (!entity.units.empty()) return read(document, entity.units.front(), mapping);
    }
    if (all->empty()) return fail(ErrorCode::bad_request, "it holds no tracked entity");
    const auto& why = all->front().ignored.front();
    return fail(ErrorCode::bad_request, "not to be sent: " + why.why, why.path);
}

}  // namespace ocm::dhis2
