// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"
#include "core/json.hpp"
#include "formats/opencrvs_v1/marks.hpp"

#include <string_view>

/// Parts of a Patient that later FHIR versions share with 1.x's.
namespace ocm::opencrvs_v1 {

void read_names(const Json& patient, Person& person, Marks& marks);
/// The first phone and the first email.
void read_telecom(const Json& patient, Person& person, Marks& marks);
void read_marital_status(const Json& patient, Person& person, Marks& marks);
/// Nationality, and 1.x's own: occupation, education, age, why details are not available.
void read_extensions(const Json& patient, Person& person, Marks& marks);
void read_multiple_birth(const Json& patient, std::string_view whose, Person& person, Marks& marks);
/// An address whose lines are 1.x's slots.
Address read_address(const Json& from, Marks& marks);

}  // namespace ocm::opencrvs_v1
