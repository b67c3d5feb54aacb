// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"

#include <string_view>

namespace ocm::sandbox {

/// Whether `value` satisfies a condition as OpenCRVS forms write them: JSON Schema reduced to the words its
/// configurations use (type, const, enum, properties, required, anyOf, allOf, not, if/then/else, minimum, maximum,
/// exclusiveMinimum, exclusiveMaximum, format "date"), with its own `formatMaximum`/`formatMinimum` {$data} and
/// `daysFromDate`. `root` is the document `$data` pointers start at; its member `$now` is today, YYYY-MM-DD.
bool holds(const Json& condition, const Json& value, const Json& root);

}  // namespace ocm::sandbox
