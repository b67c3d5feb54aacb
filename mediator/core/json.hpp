// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace ocm {

using Json = nlohmann::json;

/// Bounds on what is read. The defaults are those for messages (design section 10).
struct JsonLimits {
    std::size_t depth = 64;
    std::size_t nodes = 200'000;
    std::size_t string_bytes = 16u << 20;
};
inline constexpr JsonLimits message_json_limits{};
inline constexpr JsonLimits config_json_limits{.depth = 256};

enum class JsonComments { refuse, allow };

/// The only way JSON enters: refuses what is deeper, larger or longer than `limits`, duplicate keys, invalid UTF-8,
/// numbers that do not fit a 64-bit integer or a finite double, and anything after the value.
/// Errors are `bad_request` with the byte offset in the message and the JSON pointer of the place in `path`; they
/// never quote the input.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = message_json_limits,
                        JsonComments comments = JsonComments::refuse);

/// Compact JSON text. Bytes that are not UTF-8 are replaced by U+FFFD; never throws.
std::string dump_json(const Json& value);

/// The same, indented by two spaces, for people.
std::string pretty_json(const Json& value);

/// Canonical form v1 (design section 7): RFC 8785 over strings, integers, booleans, null, arrays and objects.
/// Keys are sorted by UTF-16 code unit. A floating-point number is a bug of the caller and throws std::logic_error.
std::string canonical_json(const Json& value);

// Typed look-ups that never throw and never create. A wrong type reads as absent.

/// Member of an object, or nullptr.
const Json* member(const Json& value, std::string_view key);
/// Element of an array, or nullptr.
const Json* element(const Json& value, std::size_t index);
/// Text of a string member; empty where it is absent or not a string.
std::string_view text_member(const Json& value, std::string_view key);
/// Text of a string value; empty where it is not a string.
std::string_view text(const Json& value);

/// Appends one token to a JSON pointer (RFC 6901), escaping '~' and '/'.
std::string pointer(std::string_view parent, std::string_view token);
std::string pointer(std::string_view parent, std::size_t index);

}  // namespace ocm
