// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ocm::opencrvs {

inline constexpr std::string_view office_type = "CRVS_OFFICE";
inline constexpr std::string_view facility_type = "HEALTH_FACILITY";

struct Location {
    std::string id, name, external_id;
    std::string administrative_area;  // id, empty where it stands under none
    std::string type;                 // CRVS_OFFICE, HEALTH_FACILITY or the country's own
    std::optional<WallTime> valid_until;
    bool active(WallTime now) const { return !valid_until || *valid_until > now; }
};

struct AdministrativeArea {
    std::string id, name, external_id;
    std::string parent;  // id, empty at the top
    std::optional<WallTime> valid_until;
    bool active(WallTime now) const { return !valid_until || *valid_until > now; }
};

/// The offices, facilities and administrative areas of a target. Immutable once made; look-ups take an id or an
/// external id.
class Places {
  public:
    Places() = default;
    Places(std::vector<Location> locations, std::vector<AdministrativeArea> areas);

    /// From the answers of `GET /events/locations` (a list) and tRPC `administrativeAreas.list` (its envelope or the
    /// bare list). `bad_gateway` with a JSON pointer where they are not that.
    static Result<Places> from_answers(const Json& locations, const Json& areas);

    const Location* location(std::string_view id) const;
    const AdministrativeArea* area(std::string_view id) const;
    const std::vector<Location>& locations() const { return locations_; }
    const std::vector<AdministrativeArea>& areas() const { return areas_; }

    /// Of areas listed widest first, the deepest one that is known; nullptr where none is.
    const AdministrativeArea* lowest_known(const std::vector<std::string>& areas) const;
    /// The area and those above it, nearest first. Ends at a loop.
    std::vector<const AdministrativeArea*> ancestors(std::string_view area) const;
    /// No area stands under it.
    bool is_leaf(std::string_view area) const;
    /// The active office of the nearest of `area` and the areas above it. Of several in one area the one with the
    /// lowest external id, then id, so that the answer never changes by itself. nullptr where there is none.
    const Location* office_for(std::string_view area, WallTime now) const;

  private:
    std::vector<Location> locations_;
    std::vector<AdministrativeArea> areas_;
    std::unordered_map<std::string, std::size_t> location_index_, area_index_;
    std::unordered_map<std::string, std::vector<std::size_t>> offices_by_area_;
    std::unordered_map<std::string, std::size_t> children_;
};

}  // namespace ocm::opencrvs
