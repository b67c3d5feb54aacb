// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/fhir_locations.hpp"

#include "channels/opencrvs/places.hpp"
#include "fixtures.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;

namespace {

Json searchset(Json entries) {
    const auto total = entries.size();
    return {{"resourceType", "Bundle"},
            {"type", "searchset"},
            {"total", total},
            {"link", Json::array({{{"relation", "next"}, {"url", "http://config:2021/location?_getpagesoffset=0"}}})},
            {"entry", std::move(entries)}};
}

Json location(const char* id, const char* type, const char* code, const char* part_of, const char* status = "active") {
    return {
        {"fullUrl", std::string("http://config:2021/location/") + id + "/_history/1"},
        {"resource",
         {{"resourceType", "Location"},
          {"id", id},
          {"name", "Somewhere"},
          {"status", status},
          {"identifier", Json::array({{{"system", "x"}, {"value", "DISTRICT"}}, {{"system", "y"}, {"value", code}}})},
          {"partOf", {{"reference", std::string("Location/") + part_of}}},
          {"type", {{"coding", Json::array({{{"code", type}}})}}}}}};
}

}  // namespace

TEST(FhirLocations, BecomePlaces) {
    PlaceLists lists;
    ASSERT_TRUE(
        lists.add(searchset(Json::array({location(province, "ADMIN_STRUCTURE", "ADMIN_STRUCTURE_P1", "0"),
                                         location(district, "ADMIN_STRUCTURE", "ADMIN_STRUCTURE_D1", province)}))));
    ASSERT_TRUE(lists.add(Json::array(
        {searchset(Json::array({location(district_office, "CRVS_OFFICE", "CRVS_OFFICE_O1", district)})),
         searchset(Json::array(
             {location(facility, "HEALTH_FACILITY", "HEALTH_FACILITY_HF-0107", district),
              location(closed_facility, "HEALTH_FACILITY", "HEALTH_FACILITY_HF-1", district, "inactive")}))})));
    const auto places = Places::from_answers(lists.locations, lists.areas);
    ASSERT_TRUE(places);
    EXPECT_EQ(places->area("D1")->parent, province);
    EXPECT_EQ(places->area(province)->parent, "");
    EXPECT_EQ(places->location("HF-0107")->id, facility);
    EXPECT_EQ(places->location("HF-0107")->type, facility_type);
    EXPECT_TRUE(places->location(facility)->active(now()));
    EXPECT_FALSE(places->location(closed_facility)->active(now()));
    EXPECT_EQ(places->office_for(district, now())->external_id, "O1");
}

TEST(FhirLocations, WhatIsNoListOfThemIsNamed) {
    const auto refused = [](const Json& answer) {
        PlaceLists lists;
        const auto added = lists.add(answer);
        return added ? std::string("taken") : added.error().path;
    };
    EXPECT_EQ(refused({{"statusCode", 502}}), "/resourceType");
    EXPECT_EQ(refused(searchset(Json::array({Json::object()}))), "/entry/0/resource");
    auto entry = location(facility, "HEALTH_FACILITY", "HF", district);
    entry["resource"].erase("id");
    EXPECT_EQ(refused(searchset(Json::array({entry}))), "taken") << "its full URL names it";
    entry.erase("fullUrl");
    EXPECT_EQ(refused(searchset(Json::array({entry}))), "/entry/0/resource/id");
    entry = location(facility, "HEALTH_FACILITY", "HF", district);
    entry["resource"].erase("type");
    EXPECT_EQ(refused(searchset(Json::array({entry}))), "/entry/0/resource/type");
    auto page = searchset(Json::array({location(facility, "HEALTH_FACILITY", "HF", district)}));
    page["total"] = 24;
    EXPECT_EQ(refused(page), "/total") << "one page of a longer list is not the list";
}

TEST(FhirLocations, RealOnesOf18) {
    if (samples().empty()) GTEST_SKIP() << "the real samples are absent: set OCM_SAMPLES";
    PlaceLists lists;
    for (const auto type : fhir_location_types) {
        const auto answer =
            parse_json(slurp(samples() / "opencrvs-1.8" / ("locations-" + std::string(type) + ".json")));
        ASSERT_TRUE(answer);
        const auto added = lists.add(*answer);
        ASSERT_TRUE(added) << added.error().message << ' ' << added.error().path;
    }
    const auto places = Places::from_answers(lists.locations, lists.areas);
    ASSERT_TRUE(places);
    EXPECT_EQ(places->areas().size(), 9u);
    EXPECT_EQ(places->locations().size(), 31u);
    EXPECT_NE(places->location("pXhz0PLiYZX"), nullptr);
}
