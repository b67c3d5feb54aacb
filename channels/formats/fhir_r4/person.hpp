// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"
#include "formats/fhir_r4/values.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ocm::fhir_r4 {

struct PersonRead {
    Person person;
    std::optional<Identifier> record;  // {system, value}: the number the sender's own system knows the subject by
    std::optional<std::string> died;   // date of death
    const Json* died_node = nullptr;   // where it was said
    const Json* birth_node = nullptr;  // where the date of birth was said
};

/// How a person of the event is read.
struct PersonAs {
    std::string_view role;
    bool subject = false;   // the child or the deceased
    bool opencrvs = false;  // the document is OpenCRVS's own made R4: its integers mean what 1.x means by them
};

/// Reads a Patient or a RelatedPerson. `bad_request` where it gives a date that does not exist.
Result<PersonRead> read_person(const Resource& resource, const PersonAs& as, Marks& marks);

/// The address of a person or a place.
Address address_of(const Json& from, Marks& marks);

/// Adds what `more` says of the same person and `person` does not. False where they say different things.
bool complete(Person& person, Person more);

}  // namespace ocm::fhir_r4
