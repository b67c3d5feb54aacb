// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/country_map.hpp"
#include "channels/opencrvs/form_config.hpp"
#include "channels/opencrvs/places.hpp"
#include "support/paths/paths.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace ocm::opencrvs::test {

inline std::string slurp(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

using ocm::support::samples;
using ocm::support::source_dir;

inline const CountryMap& farajaland_map() {
    static const auto map = [] {
        auto parsed = CountryMap::parse(slurp(source_dir() / "config/countries/farajaland/map.json"));
        if (!parsed)
            for (const auto& problem : parsed.error()) ADD_FAILURE() << problem.path << ": " << problem.message;
        return parsed.value();
    }();
    return map;
}

inline const FormConfig& farajaland_form() {
    static const auto form =
        FormConfig::from_reduced(slurp(source_dir() / "config/countries/farajaland/form-2.0.json")).value();
    return form;
}

// Invented places: province > district > village, each with an office; a facility in the village and in the district.
inline constexpr const char* province = "bbbbbbbb-0000-4000-8000-000000000001";
inline constexpr const char* district = "bbbbbbbb-0000-4000-8000-000000000003";
inline constexpr const char* village = "bbbbbbbb-0000-4000-8000-000000000002";
inline constexpr const char* other_village = "bbbbbbbb-0000-4000-8000-000000000004";
inline constexpr const char* village_office = "aaaaaaaa-0000-4000-8000-000000000001";
inline constexpr const char* district_office = "aaaaaaaa-0000-4000-8000-000000000002";
inline constexpr const char* closed_office = "aaaaaaaa-0000-4000-8000-000000000003";
inline constexpr const char* facility = "cccccccc-0000-4000-8000-000000000001";
inline constexpr const char* closed_facility = "cccccccc-0000-4000-8000-000000000002";
inline constexpr const char* remote_facility = "cccccccc-0000-4000-8000-000000000003";

inline WallTime now() {
    return parse_rfc3339("2026-01-20T08:00:00Z").value();
}

inline const Places& places() {
    static const Places out(
        {{village_office, "Village Office", "OFF-1", village, "CRVS_OFFICE", {}},
         {district_office, "District Office", "OFF-2", district, "CRVS_OFFICE", {}},
         {closed_office, "Old Office", "OFF-0", other_village, "CRVS_OFFICE", parse_rfc3339("2020-01-01T00:00:00Z")},
         {facility, "Village Hospital", "HF-1", village, "HEALTH_FACILITY", {}},
         {closed_facility, "Old Hospital", "HF-0", village, "HEALTH_FACILITY", parse_rfc3339("2020-01-01T00:00:00Z")},
         {remote_facility, "Far Hospital", "HF-3", other_village, "HEALTH_FACILITY", {}}},
        {{province, "Province", "AREA-1", "", {}},
         {district, "District", "AREA-2", province, {}},
         {village, "Village", "AREA-3", district, {}},
         {other_village, "Other Village", "AREA-4", district, {}}});
    return out;
}

}  // namespace ocm::opencrvs::test
