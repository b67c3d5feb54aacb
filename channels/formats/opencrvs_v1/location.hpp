// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The FHIR Location interface of 1.x (opencrvs.md section 6, 8.6 point 11).
namespace ocm::opencrvs_v1 {

enum class LocationType { admin_structure, crvs_office, health_facility };
std::string_view name(LocationType type);
std::optional<LocationType> location_type(std::string_view text);

/// A location as 1.x knows it.
struct Location {
    LocationType type = LocationType::health_facility;
    std::string id;  // a UUID
    std::string name;
    std::string code;     // its statistical id
    std::string part_of;  // id of the administrative area it is in; empty at the top
    unsigned level = 0;   // of an administrative area, 1 at the top; 0 for the others
    bool active = true;
};

/// "HEALTH_FACILITY_HF-0107": the value of its identifier.
std::string location_identifier(const Location& location);

/// The resource. What 1.x has and this lacks: `meta.lastUpdated` (nobody knows it), boundaries and population figures
/// of administrative areas. `meta.versionId` changes with the content.
Json location_json(const Location& location);

/// What `GET /location` asks for.
struct LocationQuery {
    std::optional<LocationType> type;
    std::string identifier;  // whole value
    std::string name;        // the name begins so, in whatever case
    std::optional<bool> active;
    std::size_t count = 10;  // of a page; 0: all
    std::size_t offset = 0;
};

/// Reads the query string by 1.x's rules, with the offset that our own `next` links carry. `bad_request` in Joi's words
/// but for the value, with the parameter as `?NAME` in the path.
Result<LocationQuery> read_location_query(std::string_view query);
bool matches(const LocationQuery& query, const Location& location);

/// The page of what was found that the query asks for. `next` is there only where something follows, so that reading on
/// comes to an end; 1.x's own does not with `_count=0`. `base` is the address that paths stand under, without a
/// trailing
/// '/'; `query` is the query string as it came.
Json location_bundle(const LocationQuery& asked, const std::vector<Location>& found, std::string_view base,
                     std::string_view query);

/// What 1.x answers for an id it does not have: Hearth's OperationOutcome, with the status of success.
HttpResponse no_such_location();

}  // namespace ocm::opencrvs_v1
