// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <string_view>

/// The FHIR Location API of 1.3 to 1.9 (opencrvs.md section 6). Pure.
namespace ocm::opencrvs {

/// Values of `type` that are asked for, one call each.
inline constexpr std::array<std::string_view, 3> fhir_location_types{"ADMIN_STRUCTURE", "CRVS_OFFICE",
                                                                     "HEALTH_FACILITY"};
/// The query that answers all of them at once. Whatever `next` the answer carries leads back to the same page (8.6).
std::string fhir_location_query(std::string_view type);

/// Places in the shape of the events service's lists, which `Places::from_answers` reads.
struct PlaceLists {
    Json locations = Json::array();
    Json areas = Json::array();
    /// Adds the Locations of a searchset, or of a list of searchsets. Codes are told without the type in front of them
    /// ("HEALTH_FACILITY_HF-0107" is HF-0107). `bad_gateway` with a JSON pointer where it is none, or not the whole of
    /// it.
    Result<void> add(const Json& answer);
};

}  // namespace ocm::opencrvs
