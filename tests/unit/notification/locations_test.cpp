// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/locations.hpp"

#include "core/json.hpp"
#include "support/fakes/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <utility>

using namespace ocm;
using namespace ocm::notification;
using opencrvs_v1::LocationType;

namespace {

constexpr const char* province = "aaaaaaaa-0000-4000-8000-000000000001";
constexpr const char* district = "aaaaaaaa-0000-4000-8000-000000000002";
constexpr const char* village = "aaaaaaaa-0000-4000-8000-000000000003";
constexpr const char* headquarters = "bbbbbbbb-0000-4000-8000-000000000001";
constexpr const char* hospital = "cccccccc-0000-4000-8000-000000000001";
constexpr const char* closed = "cccccccc-0000-4000-8000-000000000002";
constexpr const char* court = "dddddddd-0000-4000-8000-000000000001";
constexpr const char* old_district = "99999999-0000-4000-8000-000000000002";
constexpr const char* old_hospital = "99999999-0000-4000-8000-00000000000C";

std::shared_ptr<const opencrvs::Places> places() {
    const auto end = parse_rfc3339("2026-01-01T00:00:00Z");
    return std::make_shared<const opencrvs::Places>(
        std::vector<opencrvs::Location>{{headquarters, "Headquarters", "HQ", "", "CRVS_OFFICE", {}},
                                        {hospital, "District Hospital", "H1", district, "HEALTH_FACILITY", {}},
                                        {closed, "Old Post", "", village, "HEALTH_FACILITY", end},
                                        {court, "Court", "C1", district, "COURT", {}}},
        std::vector<opencrvs::AdministrativeArea>{{province, "Central", "P1", "", {}},
                                                  {district, "Ibombo", "D1", province, {}},
                                                  {village, "Klow", "", district, end}});
}

OldNames renamed(LocationType type, std::string_view id) {
    if (type == LocationType::admin_structure && id == district) return {old_district, "oldD1"};
    if (type == LocationType::health_facility && id == hospital) return {old_hospital, ""};
    return {};
}

struct Locations : testing::Test {
    fakes::FakeClock clock;
    fakes::FakeIds ids;
    fakes::FakeUpstream upstream;
    fakes::FakeStore store{clock};
    fakes::Runner runner;
    std::shared_ptr<const opencrvs::Places> known = places();
    OldNamesOf old_names = renamed;
    std::shared_ptr<const int> names_of = std::make_shared<const int>(1);
    std::vector<Route> routes = location_routes({[this] { return LocationSource{known, names_of, old_names}; }});

    Answer ask(const std::string& query, const std::string& id = "", Caller::Through through = Caller::Through::direct,
               HttpHeaders headers = {{"host", "crvs.example.org:8480"}}) {
        HttpRequest request;
        request.method = "GET";
        request.path = "/crvs/v1/location" + (id.empty() ? "" : "/" + id);
        request.query = query;
        request.headers = std::move(headers);
        Caller caller;
        caller.through = through;
        Exchange exchange(std::move(request), caller, "notification", "/location",
                          clock.steady() + std::chrono::seconds(30), Ports{upstream, store, clock, ids});
        if (!id.empty()) exchange.path_values["id"] = id;
        return runner.run(routes[id.empty() ? 0 : 1].handler(exchange));
    }
    Json body(const std::string& query, const std::string& id = "") {
        const auto answer = ask(query, id);
        EXPECT_EQ(answer.response.status, 200) << answer.response.body;
        return *parse_json(answer.response.body);
    }
};

}  // namespace

TEST_F(Locations, AreForAnybodyUnderBothNames) {
    std::vector<std::string> patterns;
    for (const auto& route : routes) {
        EXPECT_EQ(route.method, "GET");
        EXPECT_TRUE(route.allowed.empty());
        EXPECT_FALSE(route.keeps_bodies);
        patterns.push_back(route.pattern);
    }
    EXPECT_EQ(patterns, (std::vector<std::string>{"/location", "/location/{id}", "/locations", "/locations/{id}"}));
}

TEST_F(Locations, AreTheTargetsOwnWithoutOldNames) {
    old_names = {};
    const auto all = body("type=ADMIN_STRUCTURE&_count=0");
    ASSERT_EQ(all["total"], 3);
    const auto& area = all["entry"][1]["resource"];
    EXPECT_EQ(area["id"], district);
    EXPECT_EQ(area["partOf"]["reference"], std::string("Location/") + province);
    EXPECT_EQ(area["identifier"][0]["value"], "ADMIN_STRUCTURE_D1");
    EXPECT_EQ(area["identifier"][1]["value"], "DISTRICT");
    const auto& deep = all["entry"][2]["resource"];
    EXPECT_EQ(deep["identifier"][0]["value"], "ADMIN_STRUCTURE_aaaaaaaa000040008000000000000003");
    EXPECT_EQ(deep["identifier"][1]["value"], "LOCATION_LEVEL_3");
    EXPECT_EQ(deep["status"], "inactive");
    const auto offices = body("type=CRVS_OFFICE&_count=0");
    EXPECT_EQ(offices["entry"][0]["resource"]["partOf"]["reference"], "Location/0");
}

TEST_F(Locations, KeepTheNamesTheyHadIn1x) {
    const auto areas = body("type=ADMIN_STRUCTURE");
    EXPECT_EQ(areas["entry"][1]["resource"]["id"], old_district);
    EXPECT_EQ(areas["entry"][1]["resource"]["identifier"][0]["value"], "ADMIN_STRUCTURE_oldD1");
    EXPECT_EQ(areas["entry"][1]["resource"]["description"], "oldD1");
    EXPECT_EQ(areas["entry"][2]["resource"]["partOf"]["reference"], std::string("Location/") + old_district);
    const auto facilities = body("type=HEALTH_FACILITY");
    EXPECT_EQ(facilities["entry"][0]["resource"]["id"], old_hospital);
    EXPECT_EQ(facilities["entry"][0]["resource"]["partOf"]["reference"], std::string("Location/") + old_district);
    EXPECT_EQ(body("identifier=ADMIN_STRUCTURE_oldD1")["total"], 1);
    EXPECT_EQ(body("identifier=ADMIN_STRUCTURE_D1")["total"], 0);
}

TEST_F(Locations, AreFoundByTheirOldIdAndTheirOwn) {
    for (const char* id : {old_hospital, hospital, "99999999-0000-4000-8000-00000000000c"}) {
        const auto found = body("", id);
        EXPECT_EQ(found["resourceType"], "Location") << id;
        EXPECT_EQ(found["id"], old_hospital) << id;
    }
    EXPECT_EQ(body("", village)["id"], village);
}

TEST_F(Locations, ThatNobodyKnowsAreWhat1xSaysOfThem) {
    for (const char* id : {"99999999-0000-4000-8000-0000000000ff", court}) {
        EXPECT_EQ(body("", id)["resourceType"], "OperationOutcome") << id;
    }
    const auto answer = ask("", "H1");
    EXPECT_EQ(answer.response.status, 400);
    EXPECT_EQ(text_member(*parse_json(answer.response.body), "message"), "\"locationId\" must be a valid GUID");
}

TEST(OldNames, AreThoseOfTheCrosswalk) {
    const auto entry = [](PlaceKind kind, std::string system, std::string code, std::string location) {
        CrosswalkEntry out;
        out.key = {"national", {kind, std::move(system), std::move(code)}};
        out.location = std::move(location);
        return out;
    };
    const Crosswalk crosswalk({
        entry(PlaceKind::facility, "opencrvs-1", old_hospital, hospital),
        entry(PlaceKind::facility, "opencrvs-1", "pXhz0PLiYZX", hospital),
        entry(PlaceKind::facility, "dhis2", "Umh4HKqqFp6", hospital),
        entry(PlaceKind::facility, "*", "99999999-0000-4000-8000-0000000000aa", hospital),
        entry(PlaceKind::facility, "*", "99999999-0000-4000-8000-0000000000bb", closed),
        entry(PlaceKind::facility, "*", "MFL-1", closed),
        entry(PlaceKind::area, "opencrvs-1", "ADMIN_STRUCTURE_AWn3s2RqgAN", province),
        entry(PlaceKind::office, "dhis2", "99999999-0000-4000-8000-0000000000cc", headquarters),
    });
    const auto names = [&](LocationType type, const char* id, const char* target = "national") {
        const auto found = old_names_in(crosswalk, target, type, id);
        return std::pair(found.id, found.code);
    };
    using Names = std::pair<std::string, std::string>;
    EXPECT_EQ(names(LocationType::health_facility, hospital), Names(old_hospital, "pXhz0PLiYZX"));
    EXPECT_EQ(names(LocationType::health_facility, closed), Names("99999999-0000-4000-8000-0000000000bb", ""));
    EXPECT_EQ(names(LocationType::admin_structure, province), Names("", "AWn3s2RqgAN"));
    EXPECT_EQ(names(LocationType::crvs_office, headquarters), Names());
    EXPECT_EQ(names(LocationType::crvs_office, hospital), Names());
    EXPECT_EQ(names(LocationType::health_facility, hospital, "other"), Names());
}

TEST_F(Locations, AnOldIdIsNobodysWhereTwoClaimIt) {
    const auto ids_of = [](const OldNamesOf& names) {
        std::map<std::string, std::string> out;
        for (const auto& each : as_1x(*places(), names, *parse_rfc3339("2026-06-01T00:00:00Z"))) {
            out[each.own_id] = each.location.id;
        }
        return out;
    };
    const auto same = ids_of([](LocationType, std::string_view id) {
        return id == hospital || id == closed ? OldNames{old_hospital, ""} : OldNames{};
    });
    EXPECT_EQ(same.at(hospital), hospital);
    EXPECT_EQ(same.at(closed), closed);
    const auto taken =
        ids_of([](LocationType, std::string_view id) { return id == hospital ? OldNames{village, ""} : OldNames{}; });
    EXPECT_EQ(taken.at(hospital), hospital);
    const auto own = ids_of([](LocationType, std::string_view id) { return OldNames{std::string(id), ""}; });
    EXPECT_EQ(own.at(hospital), hospital);
}

TEST_F(Locations, NameTheirAddressAsTheCallerDoes) {
    const auto full_url = [](const Answer& answer) {
        return std::string(text_member((*parse_json(answer.response.body))["entry"][0], "fullUrl"));
    };
    const std::string path = std::string("/crvs/v1/location/") + headquarters;
    EXPECT_EQ(full_url(ask("type=CRVS_OFFICE")), "http://crvs.example.org:8480" + path);
    EXPECT_EQ(full_url(ask("type=CRVS_OFFICE", "", Caller::Through::openhim)), path);
    EXPECT_EQ(full_url(ask("type=CRVS_OFFICE", "", Caller::Through::direct, {})), path);
    EXPECT_EQ(full_url(ask("type=CRVS_OFFICE", "", Caller::Through::direct, {{"host", "a/\"<b>"}})), path);
}

TEST_F(Locations, AreTheLatestKnown) {
    EXPECT_EQ(body("type=CRVS_OFFICE")["total"], 1);
    known = std::make_shared<const opencrvs::Places>(std::vector<opencrvs::Location>{},
                                                     std::vector<opencrvs::AdministrativeArea>{});
    EXPECT_EQ(body("type=CRVS_OFFICE")["total"], 0);
    known = places();
    EXPECT_EQ(body("", hospital)["id"], old_hospital);
    old_names = {};
    names_of = std::make_shared<const int>(2);
    EXPECT_EQ(body("", hospital)["id"], hospital);
}

TEST_F(Locations, CloseByTheClock) {
    const auto end = clock.now() + std::chrono::seconds(90);
    known = std::make_shared<const opencrvs::Places>(
        std::vector<opencrvs::Location>{{hospital, "Hospital", "H1", "", "HEALTH_FACILITY", end}},
        std::vector<opencrvs::AdministrativeArea>{});
    EXPECT_EQ(body("", hospital)["status"], "active");
    clock.advance(std::chrono::minutes(2));
    EXPECT_EQ(body("", hospital)["status"], "inactive");
}

TEST_F(Locations, AreNotKnownBeforeTheTargetWasRead) {
    known = nullptr;
    for (const char* id : {"", hospital}) {
        const auto answer = ask("type=CRVS_OFFICE", id);
        EXPECT_EQ(answer.response.status, 503);
        EXPECT_EQ(answer.response.headers.get("retry-after"), "30");
    }
    EXPECT_EQ(ask("type=COURT").response.status, 400);
}
