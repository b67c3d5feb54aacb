// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "formats/dhis2/payload.hpp"

#include <string>
#include <vector>

/// Finding values in a tracked entity.
namespace ocm::dhis2 {

/// The nodes of a value, first the one that counts: attributes are given with the entity and again with its enrollment.
/// Empty where there is none, or none but empty ones.
std::vector<const Json*> nodes_of(const Source& source, const Unit& unit);

/// The nodes of an attribute's value in one holder of attributes.
std::vector<const Json*> attribute_nodes(const Json& holder, const std::string& id);

/// The text of a value: DHIS2 gives numbers and truths as text, others may not. Empty where it is neither.
std::string value_text(const Json& node);

/// The value is there and one of the condition's.
bool holds(const Condition& condition, const Unit& unit);

}  // namespace ocm::dhis2
