// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"
#include "formats/fhir_r4/resources.hpp"
#include "formats/opencrvs_v1/marks.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Reading one value and marking it, for the parts of the reader.
namespace ocm::fhir_r4 {

using opencrvs_v1::Marks;

/// `bad_request` about a node.
tl::unexpected<Error> refuse(const Json& node, const Marks& marks, std::string_view what);

/// A date as given, of any precision; of a date and time the day. `bad_request` for what is no date that exists.
Result<std::optional<std::string>> date_of(const Json& node, Marks& marks);

/// The elements of an array, or the value itself where R4 has one and others have several; nothing for nullptr.
std::vector<const Json*> each_of(const Json* value);

/// Codes of a CodeableConcept, or of an array of them.
std::vector<const Json*> codes_of(const Json* concept_or_array);
/// True where a CodeableConcept, or one of an array, holds the code.
bool has_code(const Json* concept_or_array, std::string_view code);

/// What a CodeableConcept says: the first code that `word_of` knows, as its word; else its text, a display or a code as
/// given. All of it is the same value, so all of it is marked. Absent where it says nothing.
struct Said {
    std::string word;
    bool known = false;
};
std::optional<Said> take_concept(const Json& codeable, std::string_view (*word_of)(std::string_view), Marks& marks);

/// What every resource has and says nothing about the event: marked as the format's own.
void frame(const Resource& resource, Marks& marks);

}  // namespace ocm::fhir_r4
