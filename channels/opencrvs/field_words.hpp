// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/form_config.hpp"
#include "channels/vital_event.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the id, type and options of a form's field tell of its meaning: for the draft of a country map, nothing else.
namespace ocm::opencrvs {

enum class Confidence : std::uint8_t {
    same,    // the reference map has a field of this id and shape
    likely,  // every word of the id is accounted for, and the shape fits
    guess    // some of it fits: a person has to decide
};
std::string_view name(Confidence confidence);

struct Meaning {
    std::string from;  // a value of the vital event, as a country map names it
    Confidence confidence = Confidence::guess;
};

/// Words of an id in lower case: at '.', '-', '_', digits and humps: "child.birthLocationId" is child, birth, location,
/// id.
std::vector<std::string> words_of(std::string_view id);

/// The kind of vital event a form registers, by the words of its type; absent where they name none or several.
std::optional<VitalKind> kind_of_form(std::string_view type);

/// What a field holds; absent where nothing of it is known. Never `Confidence::same`.
std::optional<Meaning> meaning_of(VitalKind kind, const EventForm& form, const FormField& field);

/// Codes of the event for a value, where they are a closed list; empty where they are not.
std::vector<std::string_view> codes_of(std::string_view from);

/// The part of an address a street key holds: "number", "town"...; absent where its words name none.
std::optional<std::string> address_part_of(std::string_view key, bool international);

}  // namespace ocm::opencrvs
