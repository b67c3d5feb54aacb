// SPDX-License-Identifier: MPL-2.0
#include "core/ids.hpp"
#include "fixtures.hpp"
#include "formats/opencrvs_v1/answer.hpp"
#include "formats/opencrvs_v1/location.hpp"
#include "formats/opencrvs_v1/location_list.hpp"

#include <cstdlib>
#include <filesystem>
#include <set>
#include <vector>

using namespace ocm;
using namespace ocm::test;
using namespace ocm::opencrvs_v1;

namespace {

Location facility(std::string number, std::string name = "Ibombo District Hospital") {
    return {LocationType::health_facility,
            "cccccccc-0000-4000-8000-0000000000" + number,
            std::move(name),
            "HF-01" + number,
            "bbbbbbbb-0000-4000-8000-000000000002",
            0,
            true};
}

Location area(unsigned level, bool active = true) {
    const auto number = std::to_string(level);
    return {LocationType::admin_structure,
            "bbbbbbbb-0000-4000-8000-00000000000" + number,
            "Area " + number,
            "AREA" + number,
            level == 1 ? "" : "bbbbbbbb-0000-4000-8000-00000000000" + std::to_string(level - 1),
            level,
            active};
}

TEST(OpencrvsV1Location, IsTheResourceOf1x) {
    Location office = facility("07", "Ibombo District Office");
    office.type = LocationType::crvs_office;
    office.active = false;
    Json all = Json::array();
    for (const auto& each : {facility("07"), office, area(1), area(2), area(3)}) all.push_back(location_json(each));
    expect_golden(all, format_data() / "locations.json");
}

TEST(OpencrvsV1Location, IsTheOne18Gave) {
    if (support::samples().empty()) GTEST_SKIP() << "no answers of a 1.8: set OCM_SAMPLES";
    const auto answers_of_18 = support::samples() / "opencrvs-1.8";
    std::size_t compared = 0;
    for (const auto type : {LocationType::admin_structure, LocationType::crvs_office, LocationType::health_facility}) {
        const std::string type_name(opencrvs_v1::name(type));
        const auto answer = json_file(answers_of_18 / ("locations-" + type_name + ".json"));
        for (const auto& entry : answer["entry"]) {
            auto theirs = entry["resource"];
            Location location;
            location.type = type;
            location.id = text_member(theirs, "id");
            location.name = text_member(theirs, "name");
            location.code = text_member(theirs["identifier"][0], "value").substr(type_name.size() + 1);
            location.part_of = text_member(theirs["partOf"], "reference").substr(std::string("Location/").size());
            if (location.part_of == "0") location.part_of.clear();
            if (type == LocationType::admin_structure) {
                location.level = theirs["identifier"][1]["value"] == "STATE" ? 1 : 2;
            }
            location.active = theirs["status"] == "active";
            auto ours = location_json(location);
            // What we cannot know: when and under what version it was changed, and statistics.
            ours.erase("meta");
            theirs.erase("meta");
            theirs.erase("extension");
            EXPECT_EQ(ours, theirs);
            ++compared;
        }
    }
    EXPECT_EQ(compared, 40u);
}

TEST(OpencrvsV1Location, ChangesItsVersionWithItsContentAlone) {
    const auto version = [](const Location& of) {
        return std::string(text_member(location_json(of)["meta"], "versionId"));
    };
    const auto first = version(facility("07"));
    EXPECT_TRUE(is_uuid(first));
    EXPECT_EQ(version(facility("07")), first);
    EXPECT_NE(version(facility("07", "Ibombo Hospital")), first);
    auto closed = facility("07");
    closed.active = false;
    EXPECT_NE(version(closed), first);
}

struct Row {
    const char* label;
    const char* query;
    const char* message;  // empty: understood
    const char* key;
};

class LocationQueries : public testing::TestWithParam<Row> {};

TEST_P(LocationQueries, AreRefusedInTheWordsOfJoi) {
    const auto read = read_location_query(GetParam().query);
    if (*GetParam().message == 0) {
        EXPECT_TRUE(read) << read.error().message;
        return;
    }
    ASSERT_FALSE(read);
    const auto response = refusal(read.error());
    EXPECT_EQ(response.status, 400);
    const Json expected{{"statusCode", 400},
                        {"error", "Bad Request"},
                        {"message", GetParam().message},
                        {"validation", {{"source", "query"}, {"keys", Json::array({GetParam().key})}}}};
    EXPECT_EQ(*parse_json(response.body), expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, LocationQueries,
    testing::Values(Row{"type", "type=CRVS_OFFICE", "", ""},
                    Row{"identifier", "identifier=HEALTH_FACILITY_HF0107", "", ""},
                    Row{"everything",
                        "type=ADMIN_STRUCTURE&identifier=A_1&name=Ibombo%20D.,+x&status=inactive&_count=0", "", ""},
                    Row{"our_next_link", "type=CRVS_OFFICE&_count=5&_getpagesoffset=5", "", ""},
                    Row{"nothing", "", R"("value" must contain at least one of [type, identifier])", ""},
                    Row{"neither", "_count=0", R"("value" must contain at least one of [type, identifier])", ""},
                    Row{"unknown_type", "type=COURT",
                        R"("type" must be one of [ADMIN_STRUCTURE, CRVS_OFFICE, HEALTH_FACILITY])", "type"},
                    Row{"lower_case_type", "type=crvs_office",
                        R"("type" must be one of [ADMIN_STRUCTURE, CRVS_OFFICE, HEALTH_FACILITY])", "type"},
                    Row{"identifier_with_a_hyphen", "identifier=HEALTH_FACILITY_HF-0107",
                        R"("identifier" fails to match the required pattern: /^[a-zA-Z0-9_]+$/)", "identifier"},
                    Row{"empty_identifier", "identifier=", R"("identifier" is not allowed to be empty)", "identifier"},
                    Row{"strange_name", "type=CRVS_OFFICE&name=a%3Bb",
                        R"("name" fails to match the required pattern: /^[a-zA-Z0-9_,.\s]+$/)", "name"},
                    Row{"unknown_status", "type=CRVS_OFFICE&status=closed",
                        R"("status" must be one of [active, inactive])", "status"},
                    Row{"count_no_number", "type=CRVS_OFFICE&_count=all", R"("_count" must be a number)", "_count"},
                    Row{"count_below_zero", "type=CRVS_OFFICE&_count=-1", R"("_count" must be a number)", "_count"},
                    Row{"count_too_large", "type=CRVS_OFFICE&_count=99999999999999999999",
                        R"("_count" must be a number)", "_count"},
                    Row{"unknown_parameter", "type=CRVS_OFFICE&_id=1", R"("_id" is not allowed)", "_id"},
                    Row{"part_of", "type=CRVS_OFFICE&partOf=Location/0", R"("partOf" is not allowed)", "partOf"},
                    Row{"parameter_that_may_be_a_person", "type=CRVS_OFFICE&Ruth%20Mwansa=1",
                        R"("parameter" is not allowed)", "parameter"},
                    Row{"twice", "type=CRVS_OFFICE&type=CRVS_OFFICE", R"("type" must be a string)", "type"},
                    Row{"badly_escaped", "type=CRVS_OFFICE&name=%", R"("name" is not properly escaped)", "name"}),
    [](const auto& row) { return row.param.label; });

bool found_by(const char* query, const Location& location) {
    const auto read = read_location_query(query);
    EXPECT_TRUE(read) << query;
    return matches(*read, location);
}

TEST(OpencrvsV1Location, IsFoundByWhatIsAskedFor) {
    auto hospital = facility("07");
    hospital.code = "HF0107";
    EXPECT_TRUE(found_by("type=HEALTH_FACILITY", hospital));
    EXPECT_FALSE(found_by("type=CRVS_OFFICE", hospital));
    EXPECT_TRUE(found_by("identifier=HEALTH_FACILITY_HF0107", hospital));
    EXPECT_FALSE(found_by("identifier=HEALTH_FACILITY_HF010", hospital));
    EXPECT_FALSE(found_by("identifier=HF0107", hospital));
    EXPECT_TRUE(found_by("type=HEALTH_FACILITY&name=ibombo", hospital));
    EXPECT_FALSE(found_by("type=HEALTH_FACILITY&name=District", hospital));
    EXPECT_TRUE(found_by("type=HEALTH_FACILITY&status=active", hospital));
    EXPECT_FALSE(found_by("type=HEALTH_FACILITY&status=inactive", hospital));
}

/// Follows `next` to its end, as a client would.
std::vector<std::string> read_on(std::string query, std::size_t how_many) {
    std::vector<Location> all;
    for (std::size_t i = 10; i < 10 + how_many; ++i) all.push_back(facility(std::to_string(i)));
    std::vector<std::string> ids;
    for (int pages = 0; pages < 20; ++pages) {
        const auto asked = read_location_query(query);
        EXPECT_TRUE(asked) << query;
        const auto bundle = location_bundle(*asked, all, "https://crvs.example.org", query);
        EXPECT_EQ(bundle["total"], how_many);
        EXPECT_EQ(bundle["link"][0]["url"], "https://crvs.example.org/location?" + query);
        for (const auto& entry : bundle["entry"]) {
            ids.emplace_back(text_member(entry["resource"], "id"));
            EXPECT_EQ(entry["fullUrl"], "https://crvs.example.org/location/" + ids.back());
        }
        if (bundle["link"].size() == 1) return ids;
        EXPECT_EQ(bundle["link"][1]["relation"], "next");
        const std::string url(text_member(bundle["link"][1], "url"));
        query = url.substr(url.find('?') + 1);
    }
    ADD_FAILURE() << "the pages do not end";
    return ids;
}

TEST(OpencrvsV1Location, PagesComeToAnEndAndHoldEachOnce) {
    for (const char* query :
         {"type=HEALTH_FACILITY&_count=0", "type=HEALTH_FACILITY", "type=HEALTH_FACILITY&_count=5",
          "type=HEALTH_FACILITY&_count=1000", "_count=3&type=HEALTH_FACILITY&name=Ibombo%20District"}) {
        for (const std::size_t how_many : {0u, 1u, 5u, 10u, 23u}) {
            const auto ids = read_on(query, how_many);
            EXPECT_EQ(ids.size(), how_many) << query;
            EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), how_many);
        }
    }
    EXPECT_TRUE(read_on("type=HEALTH_FACILITY&_getpagesoffset=50", 23).empty());
}

TEST(OpencrvsV1Location, IsReadBackAsItWasWritten) {
    const std::vector<Location> all{facility("07"), area(1), area(2, false)};
    const auto asked = read_location_query("type=HEALTH_FACILITY&_count=0");
    const auto listed = read_location_list(location_bundle(*asked, all, "", ""));
    ASSERT_TRUE(listed) << listed.error().message;
    ASSERT_EQ(listed->size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ((*listed)[i].id, all[i].id);
        EXPECT_EQ((*listed)[i].type, opencrvs_v1::name(all[i].type));
        EXPECT_EQ((*listed)[i].name, all[i].name);
        EXPECT_EQ((*listed)[i].code, all[i].code);
        EXPECT_EQ((*listed)[i].part_of, all[i].part_of);
        EXPECT_EQ((*listed)[i].active, all[i].active);
    }
}

TEST(OpencrvsV1Location, UnknownIsWhatHearthSays) {
    const auto response = no_such_location();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(text_member(*parse_json(response.body), "resourceType"), "OperationOutcome");
}

}  // namespace
