// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "formats/opencrvs_v1/marks.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ocm::opencrvs_v1 {

struct PersonRead {
    Person person;
    std::optional<std::string> died;   // date of death
    const Json* died_node = nullptr;   // where it was said
    const Json* birth_node = nullptr;  // where the date of birth was said
};

/// Reads a Patient for a role of the event. Fails with `bad_request` where it gives a date that does not exist.
Result<PersonRead> read_person(const Json& patient, std::string_view role, Marks& marks);

}  // namespace ocm::opencrvs_v1
