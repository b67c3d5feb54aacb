// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/crosswalk.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ocm {

/// A code and where it stands in a message.
struct PlaceCodeAt {
    PlaceCode code;
    std::string path;  // JSON pointer
    friend bool operator==(const PlaceCodeAt&, const PlaceCodeAt&) = default;
};

/// "CODE" or "SYSTEM|CODE"; absent where the text can be neither.
std::optional<PlaceCode> read_place_code(PlaceKind kind, std::string_view text);

}  // namespace ocm
