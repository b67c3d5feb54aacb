// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/country_map.hpp"
#include "channels/opencrvs/field_words.hpp"

#include <string>
#include <vector>

/// A first country map for a country nobody has mapped yet, made from its forms; a person decides on it.
namespace ocm::opencrvs {

struct DraftRow {
    std::string field;
    std::string row;  // JSON text of the row, as a map holds it
    Confidence confidence = Confidence::guess;
    std::string why;  // what a person should look at; empty where nothing
};

struct DraftEvent {
    VitalKind kind = VitalKind::birth;
    std::string type;
    std::vector<DraftRow> rows;            // in the order of the form
    std::vector<std::string> not_matched;  // fields we could write if we knew what they mean
};

struct Draft {
    std::vector<DraftEvent> events;
    std::vector<std::string> other_types;  // of forms that register no vital event
    StreetParts domestic, international;
    std::vector<std::string> street_keys_not_matched;
};

/// What the forms do not say.
struct DraftOptions {
    std::string country;              // as the forms call it: "FAR"
    std::string phone_international;  // "+260"
    std::string phone_national;       // "0"
};

/// `reference` is a map whose rows are taken as they are where the form has a field of that id and shape.
Draft draft_country_map(const FormConfig& form, const CountryMap& reference);

/// The draft as a country map with comments: each row says how sure it is, and a guess is a comment until a person
/// takes the slashes away. What is not a comment parses, and `CountryMap::check` finds nothing in it.
std::string country_map_text(const Draft& draft, const DraftOptions& options);

/// How far a map covers a form.
struct FieldCoverage {
    std::string field, type;
    bool required = false;
    bool conditional = false;  // shown for some declarations only
    bool mapped = false;
};
struct EventCoverage {
    VitalKind kind = VitalKind::birth;
    std::string type;
    bool has_form = true;               // the target has a form of this type
    std::vector<FieldCoverage> fields;  // those a notification could fill
    std::vector<std::string> lost;      // values of the vital event that no row takes

    std::size_t mapped() const;
    /// Required fields that no row fills: a registrar has to ask for them before the declaration.
    std::vector<const FieldCoverage*> left_to_the_registrar() const;
};
std::vector<EventCoverage> coverage(const CountryMap& map, const FormConfig& form);

}  // namespace ocm::opencrvs
