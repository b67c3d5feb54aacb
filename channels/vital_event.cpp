// SPDX-License-Identifier: MPL-2.0
#include "channels/vital_event.hpp"

#include <array>

namespace ocm {

std::string_view name(VitalKind kind) {
    constexpr std::array<std::string_view, 4> names{"birth", "death", "fetal-death", "marriage"};
    return names[static_cast<std::size_t>(kind)];
}

}  // namespace ocm
