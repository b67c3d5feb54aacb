// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"
#include "formats/opencrvs_v1/marks.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Reading one value and marking it, for the parts of the reader.
namespace ocm::opencrvs_v1 {

/// Text of a string member, marked carried; absent where it is missing or no string (it is then accounted for as not
/// understood).
std::optional<std::string> take_text(const Json& object, std::string_view key, Marks& marks);

/// True for a date that exists, as YYYY, YYYY-MM or YYYY-MM-DD.
bool is_partial_date(std::string_view value);

/// A date as given: YYYY, YYYY-MM or YYYY-MM-DD, or the day of a date and time. Empty text is absent. Anything else is
/// an impossible value: `bad_request` with its place.
Result<std::optional<std::string>> take_date(const Json& node, Marks& marks);

/// First code of a CodeableConcept, whatever its system: marked carried, the rest of the concept is structure, other
/// codings are accounted for. nullptr where there is none.
const Json* take_code(const Json* codeable, Marks& marks);

/// A whole number given as such, as an integral decimal or as digits; nothing is marked.
std::optional<long> whole_number(const Json& node);

/// A finite number given as such or as text; nothing is marked.
std::optional<double> number(const Json& node);

/// True where the first date surely lies before the second; partial dates are compared as far as both go.
bool surely_before(std::string_view a, std::string_view b);

/// `bad_request` about a node, in the words of the format.
tl::unexpected<Error> refuse_value(const Json& node, const Marks& marks, std::string_view what);

}  // namespace ocm::opencrvs_v1
