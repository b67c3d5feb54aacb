// SPDX-License-Identifier: MPL-2.0
#include "fixtures.hpp"

using namespace ocm;
using namespace ocm::opencrvs;

namespace {
Json json(std::string_view text) {
    return parse_json(text).value();
}
}  // namespace

TEST(Places, ReadsTheTwoAnswers) {
    const auto read = Places::from_answers(
        json(
            R"([{"id":"o","name":"Office","externalId":"X","administrativeAreaId":"a","validUntil":null,"locationType":"CRVS_OFFICE"},
                 {"id":"hq","name":"HQ","externalId":null,"administrativeAreaId":null,"validUntil":"2020-01-01T00:00:00.000Z","locationType":"CRVS_OFFICE"}])"),
        json(
            R"({"result":{"data":{"json":[{"id":"a","name":"Area","externalId":"AX","parentId":null,"validUntil":null}]}}})"));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->location("X")->id, "o");
    EXPECT_EQ(read->location("o")->administrative_area, "a");
    EXPECT_TRUE(read->location("o")->active(test::now()));
    EXPECT_FALSE(read->location("hq")->active(test::now()));
    EXPECT_EQ(read->area("AX")->id, "a");
    EXPECT_EQ(read->location("nowhere"), nullptr);
    EXPECT_EQ(read->location(""), nullptr);
    EXPECT_EQ(read->office_for("a", test::now())->id, "o");
}

TEST(Places, RefusesOtherShapes) {
    const auto areas = json("[]");
    for (const auto* text : {"{}", "7", R"([{"name":"no id"}])", "[3]"})
        EXPECT_EQ(Places::from_answers(json(text), areas).error().code, ErrorCode::bad_gateway) << text;
    for (const auto* text : {"{}", R"({"result":{"data":{"json":{}}}})", R"([{"id":""}])"})
        EXPECT_EQ(Places::from_answers(json("[]"), json(text)).error().code, ErrorCode::bad_gateway) << text;
}

TEST(Places, FindsTheNearestActiveOffice) {
    using namespace test;
    EXPECT_EQ(places().office_for(village, now())->id, village_office);
    EXPECT_EQ(places().office_for("AREA-3", now())->id, village_office);
    EXPECT_EQ(places().office_for(other_village, now())->id, district_office) << "its own office is closed";
    EXPECT_EQ(places().office_for(district, now())->id, district_office);
    EXPECT_EQ(places().office_for(province, now()), nullptr);
    EXPECT_EQ(places().office_for("unknown", now()), nullptr);
}

TEST(Places, BreaksTiesTheSameWayWhateverTheOrder) {
    std::vector<Location> offices{{"2", "", "B", "a", "CRVS_OFFICE", {}},
                                  {"1", "", "B", "a", "CRVS_OFFICE", {}},
                                  {"0", "", "C", "a", "CRVS_OFFICE", {}}};
    for (int i = 0; i < 3; ++i) {
        std::rotate(offices.begin(), offices.begin() + 1, offices.end());
        EXPECT_EQ(Places(offices, {{"a", "", "", "", {}}}).office_for("a", test::now())->id, "1");
    }
}

TEST(Places, ClimbsAndEndsAtALoop) {
    using namespace test;
    const auto above = places().ancestors(village);
    ASSERT_EQ(above.size(), 3u);
    EXPECT_EQ(above.back()->id, province);
    EXPECT_TRUE(places().is_leaf(village));
    EXPECT_FALSE(places().is_leaf(district));
    const Places loop({}, {{"a", "", "", "b", {}}, {"b", "", "", "a", {}}});
    EXPECT_EQ(loop.ancestors("a").size(), 2u);
    EXPECT_EQ(loop.office_for("a", now()), nullptr);
}

TEST(Places, TakesTheDeepestKnownArea) {
    using namespace test;
    EXPECT_EQ(places().lowest_known({province, district, village})->id, village);
    EXPECT_EQ(places().lowest_known({province, "unknown"})->id, province);
    EXPECT_EQ(places().lowest_known({"unknown"}), nullptr);
    EXPECT_EQ(places().lowest_known({}), nullptr);
}
