// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/places.hpp"
#include "core/crosswalk.hpp"
#include "core/route.hpp"
#include "formats/opencrvs_v1/location.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// `GET /location` as 1.x answers it, from the offices, facilities and administrative areas of a 2.0 target
/// (opencrvs.md section 6).
namespace ocm::notification {

/// What a location was called in OpenCRVS 1.x.
struct OldNames {
    std::string id;    // empty where it is none other
    std::string code;  // its statistical id, empty where it is none other
};
using OldNamesOf = std::function<OldNames(opencrvs_v1::LocationType, std::string_view id)>;

/// A location of the target as 1.x would have it.
struct As1x {
    std::string own_id;  // in the target
    opencrvs_v1::Location location;
};

/// What the crosswalk says of it: entries of the system `opencrvs-1`, a UUID being the id and anything else the code,
/// and UUIDs of any system. Of several the first by system and code.
OldNames old_names_in(const Crosswalk& crosswalk, std::string_view target, opencrvs_v1::LocationType type,
                      std::string_view id);

/// Everything 1.x had a type for, under the ids and codes it had there. Locations of types that only 2.0 has are left
/// out. `old_names` may be empty: everything is called as it is now. A place without a code goes by its id without
/// hyphens, since 1.x always had one and its identifiers take no hyphen. An old id that two places claim, or that is
/// another place's own, is nobody's.
std::vector<As1x> as_1x(const opencrvs::Places& places, const OldNamesOf& old_names, WallTime now);

/// What locations are made of, as it is at this moment.
struct LocationSource {
    std::shared_ptr<const opencrvs::Places> places;  // nullptr until they are known
    std::shared_ptr<const void> names_of;            // what `old_names` looks into: another one, other names
    OldNamesOf old_names{};                          // may be empty
};

struct LocationDeps {
    std::function<LocationSource()> source{};  // may be empty: no places are known
};

/// `GET /location`, `/locations`, `/location/{id}`, `/locations/{id}`: for anybody, as in 1.x; nothing in it is of a
/// person. A location is found by the id it had in 1.x and by its own. 400 in 1.x's words; 503 with Retry-After while
/// the target's places are not known.
std::vector<Route> location_routes(LocationDeps deps);

}  // namespace ocm::notification
