// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"
#include "formats/fhir_r4/cast.hpp"

#include <optional>
#include <string>
#include <vector>

/// Where the event happened: `Encounter.location`, its service provider, Location resources (external-systems.md 4.2).
namespace ocm::fhir_r4 {

/// A place's id or code, as the crosswalk takes it.
struct PlaceCode {
    std::string code;
    const Json* node = nullptr;  // where it was said
};
/// Of a reference: the identifier of the Location or Organization it means, else of the reference itself, else the id
/// it names. Absent where it names none.
std::optional<PlaceCode> code_of_place(const Json& reference, const Resource& from, const Resources& resources,
                                       Marks& marks);

struct FoundPlace {
    std::optional<Place> place;
    const Json* node = nullptr;  // where the location's code was said
    std::vector<const Resource*> used;
};
FoundPlace find_place(const Cast& cast, const Resources& resources, Marks& marks);
/// What one Location resource says.
FoundPlace place_at(const Resource& location, const Resources& resources, Marks& marks);
/// Adds what `more` says and `place` does not.
void merge_place(std::optional<Place>& place, std::optional<Place> more);

}  // namespace ocm::fhir_r4
