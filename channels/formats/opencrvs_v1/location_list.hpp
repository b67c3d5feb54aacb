// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"

#include <string>
#include <vector>

namespace ocm::opencrvs_v1 {

/// A location as the FHIR Location API of 1.x lists it (opencrvs.md section 6).
struct ListedLocation {
    std::string id;
    std::string type;  // ADMIN_STRUCTURE, CRVS_OFFICE, HEALTH_FACILITY
    std::string name;
    std::string code;     // statistical id, without the type that stands before it
    std::string part_of;  // id of the area it is in, empty at the top
    bool active = true;
};

/// Reads an answer of `GET /location`: a searchset, or one Location. Links to further pages are not followed: with
/// `_count=0` everything is in one, and its `next` leads back to it (opencrvs.md 8.6 point 11). `bad_request` with a
/// path where it is neither.
Result<std::vector<ListedLocation>> read_location_list(const Json& answer);

}  // namespace ocm::opencrvs_v1
