// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"

#include <optional>

namespace ocm {

/// Reads a sound document several times faster than `parse_json` reads any. Absent where the text is not sound JSON
/// within the limits, where it is long, and where the two might differ: then `parse_json` reads it again and says what
/// is wrong. What is given is what `parse_json` would give.
std::optional<Json> parse_sound_json(std::string_view text, const JsonLimits& limits);

/// `parse_json` without that short cut: any document, any error.
Result<Json> parse_any_json(std::string_view text, const JsonLimits& limits, JsonComments comments);

/// Whether all of it is UTF-8.
bool is_utf8(std::string_view text);

}  // namespace ocm
