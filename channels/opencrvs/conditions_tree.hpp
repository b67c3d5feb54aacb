// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/conditions.hpp"

#include <array>
#include <string_view>
#include <utility>

/// What the parts of `Condition` share: reading a schema, the compact form, evaluating.
namespace ocm::opencrvs::conditions {

using Node = Condition::Node;
using Op = Condition::Op;

/// Bits of `Node::types`.
enum TypeBit : std::uint8_t {
    bit_object = 1,
    bit_array = 2,
    bit_string = 4,
    bit_number = 8,
    bit_integer = 16,
    bit_boolean = 32,
    bit_null = 64
};
/// As schemas name them.
inline constexpr std::array<std::pair<std::string_view, std::uint8_t>, 7> type_names{{{"object", bit_object},
                                                                                      {"array", bit_array},
                                                                                      {"string", bit_string},
                                                                                      {"number", bit_number},
                                                                                      {"integer", bit_integer},
                                                                                      {"boolean", bit_boolean},
                                                                                      {"null", bit_null}}};

/// Bit of a type's name; 0 where there is no such type.
std::uint8_t type_bit(std::string_view name);
/// Bits of the types a value is of: an integer is a number too.
std::uint8_t types_of(const Json& value);

Node leaf(Op op, std::string key = {});
/// Unknown where it is no text, or a pattern this engine does not have.
Node pattern(const Json& value);

/// The tree of a JSON Schema over `$form`, `$now`, `$user`...
Node from_schema(const Json& schema);

Truth evaluate(const Node& node, const Json& value, const Facts& facts);

}  // namespace ocm::opencrvs::conditions
