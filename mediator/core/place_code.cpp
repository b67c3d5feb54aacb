// SPDX-License-Identifier: MPL-2.0
#include "core/place_code.hpp"

namespace ocm {

std::optional<PlaceCode> read_place_code(PlaceKind kind, std::string_view text) {
    const auto bar = text.rfind('|');
    const bool has_system = bar != std::string_view::npos;
    const auto system = has_system ? text.substr(0, bar) : std::string_view{};
    const auto code = has_system ? text.substr(bar + 1) : text;
    if (!is_place_text(code) || (has_system && !is_place_text(system))) return std::nullopt;
    return PlaceCode{kind, std::string(system), std::string(code)};
}

}  // namespace ocm
