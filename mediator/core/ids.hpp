// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/time.hpp"

#include <string>
#include <string_view>

namespace ocm {

/// Time-ordered random UUID (RFC 9562 version 7), lower case.
std::string uuid_v7(WallTime at);

/// Name-based UUID (RFC 9562 version 5): the same name always gives the same id. `space` is a UUID in text form.
std::string uuid_v5(std::string_view space, std::string_view name);

/// True for 8-4-4-4-12 hexadecimal text of any version and either case.
bool is_uuid(std::string_view text);

}  // namespace ocm
