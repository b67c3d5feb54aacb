// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// What a DHIS2 program's attributes and data elements mean: data, because countries use programs of their own
/// (external-systems.md 3.2; docs/dhis2.md).
namespace ocm::dhis2 {

/// Where a value stands in a tracked entity.
struct Source {
    enum class Kind { attribute, data_element, org_unit, occurred_at, completed_at };
    Kind kind = Kind::attribute;
    std::string id;  // of the attribute or data element; else "event", "enrollment" or "tracked_entity"
};

/// One value on its way: `to` is a name out of `codes.hpp`.
struct Row {
    std::string to;
    Source from;
    /// Codes of the option set; one without a counterpart is known and left out.
    std::optional<std::map<std::string, std::optional<std::string>>> codes;
    bool kilograms = false;                // of `birth.weight`
    std::string unless;                    // taken only while this name has no value
    std::string when;                      // taken only while this name has...
    std::vector<std::string> when_values;  // ...one of these
};

/// A person given as a contact: who that is, its relation says.
struct Contact {
    bool informant = false;
    std::map<std::string, std::string> roles;  // relation, after `codes`, to role; another one is the informant
    std::vector<Row> rows;                     // `to` is "relation" or a person's
};

/// A person who is a tracked entity of their own, joined to the one of the event by a relationship.
struct Relative {
    std::string type;  // id of the relationship type
    std::string role;
    std::vector<Row> rows;  // `to` is a person's, `from` an attribute of the related entity
};

/// A value that has to be one of some.
struct Condition {
    Source from;
    std::vector<std::string> values;
};

struct Stage {
    std::string id;
    VitalKind kind = VitalKind::birth;
    std::vector<std::string> statuses;   // of the event, for it to be sent
    std::optional<Condition> send_flag;  // it is sent only where this holds
    std::vector<Condition> expect;       // what contradicts the stage: a warning
    bool repeatable = false;             // each of its events is a record of its own
    std::vector<Row> rows;
    std::vector<Relative> relatives;
    std::vector<Contact> contacts;
};

struct Program {
    std::string id;
    std::set<std::string> write_back;  // attributes and data elements that we, or those around us, write
    std::vector<Stage> stages;
};

struct Mapping {
    std::string instance;  // name of the DHIS2, part of its records' identity; may be empty
    std::vector<Program> programs;

    const Program* program(std::string_view id) const;
};

/// `bad_request` naming every place that is wrong.
Result<Mapping> parse_mapping(std::string_view text);

/// The Vital Events metadata package (config/dhis2/vital-events.json).
const Mapping& shipped_mapping();

/// `own` and those programs of the shipped mapping that it does not have itself.
Mapping with_shipped(Mapping own);

}  // namespace ocm::dhis2
