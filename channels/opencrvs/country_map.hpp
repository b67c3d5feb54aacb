// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/form_config.hpp"
#include "channels/vital_event.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ocm::opencrvs {

/// What a row of the map may take from a vital event: its values and a closed set of derived ones.
enum class Take : std::uint8_t {
    // Of a person: ROLE.name ...
    name,
    gender,
    birth_date,
    birth_date_unknown,  // derived: true where an age is all there is
    age,                 // also derived from a partial date of birth and the date of the event
    nationality,
    id_type,      // derived: type of the first identifier the field has an option for, else NONE
    identifier,   // ROLE.identifier.TYPE
    identifiers,  // ROLE.identifiers: those no other row carries; only with overflow
    marital_status,
    education,
    occupation,
    person_phone,
    person_email,
    previous_births,
    primary_address,
    same_address,           // derived: ROLE.same_address.OTHER_ROLE, YES or NO
    details_not_available,  // derived: true where the person is absent
    unavailable_reason,     // what was said, else the map's own words
    // Of the event.
    date,
    place_kind,
    place_location,
    place_address,
    place_jurisdiction,  // derived: the facility, or the area of the place
    birth_type,
    weight_kg,
    attendant,
    manner,
    cause_established,
    cause_method,
    cause_description,
    cause_code,        // death.cause_code.N, 1 for the immediate cause
    dependants_total,  // derived
    relation,
    other_relation,
    contact_phone,
    contact_email,
    late_reason,
    comment,
    custom,  // custom.TEXT: a form field of the source with no place of its own
};

struct MapSource {
    Take take = Take::custom;
    std::string role;     // of a person's value
    std::string detail;   // identifier type, other role, text of a custom field
    std::size_t nth = 0;  // of a cause of death, from 0
    std::string name;     // as the map writes it

    /// Absent where the text names nothing that can be taken.
    static std::optional<MapSource> parse(std::string_view text);
    /// Made by us out of other values: nothing is lost where it is not written.
    bool derived() const;
};

/// Names of the values an event of this kind can have, but for derived and custom ones.
std::vector<std::string> values_of(VitalKind kind);

enum class Direction : std::uint8_t { both, write };

struct MapRow {
    std::string field;  // of the declaration or of the review form; empty where only `overflow` is given
    MapSource from;
    std::vector<std::pair<MapSource, std::vector<std::string>>> when;  // each source has one of the codes
    std::map<std::string, std::string> codes;                          // code of the event -> option of the form
    std::map<std::string, std::string> codes_back;
    std::optional<Json> constant;  // written instead of the value where there is one
    std::string otherwise;         // option for a code the form does not have
    std::string overflow;          // field that keeps, as text, what cannot be held
    Direction direction = Direction::both;
    std::string path;  // JSON pointer of the row in the map
};

/// Part of an address ("number", "town"...) and the street key that holds it.
using StreetParts = std::vector<std::pair<std::string, std::string>>;

struct EventMap {
    VitalKind kind = VitalKind::birth;
    std::string type;  // event type id of the target: "birth"
    std::vector<MapRow> rows;
};

struct MapProblem {
    std::string path;  // JSON pointer into the map
    std::string message;
    friend bool operator==(const MapProblem&, const MapProblem&) = default;
};

/// A country's forms in terms of the vital event. Data: read from a file, immutable once made.
struct CountryMap {
    std::string country;                              // what the forms call the country itself: "FAR"
    std::string phone_international, phone_national;  // "+260", "0"
    std::string no_details_reason;                    // why a person's details are missing, where nobody said
    StreetParts domestic, international;
    std::vector<EventMap> events;

    const EventMap* find(VitalKind kind) const;
    const EventMap* find(std::string_view type) const;

    /// Every problem of the text, in its order.
    static tl::expected<CountryMap, std::vector<MapProblem>> parse(std::string_view text);
    /// What the map names and the form does not have. Such rows are left out when writing, and accounted for.
    std::vector<MapProblem> check(const FormConfig& form) const;
    /// The map without its rows for a value, for a version whose forms have no field for it.
    CountryMap without(Take take) const;
};

inline constexpr std::string_view country_map_format = "opencrvs-mediator/country-map/1";

}  // namespace ocm::opencrvs
