// SPDX-License-Identifier: MPL-2.0
#include "fixtures.hpp"

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;

namespace {

std::string map_with(std::string_view rows) {
    return R"({"format":"opencrvs-mediator/country-map/1","country":"FAR","phone":{"international":"+260","national":"0"},
      "no_details_reason":"x","street":{"domestic":{"town":"town"},"international":{}},
      "events":{"birth":{"type":"birth","rows":[)" +
           std::string(rows) + "]}}}";
}

}  // namespace

TEST(CountryMap, FarajalandFitsItsOwnForm) {
    const auto problems = farajaland_map().check(farajaland_form());
    for (const auto& problem : problems) ADD_FAILURE() << problem.path << ": " << problem.message;
    EXPECT_EQ(farajaland_map().find(VitalKind::birth)->type, "birth");
    EXPECT_EQ(farajaland_map().find("death")->kind, VitalKind::death);
    EXPECT_EQ(farajaland_map().find(VitalKind::marriage), nullptr);
}

TEST(CountryMap, ReportsWhatOlderFormsLack) {
    if (samples().empty()) GTEST_SKIP() << "the real event configuration is absent: set OCM_SAMPLES";
    const auto form = FormConfig::from_answer(slurp(samples() / "opencrvs-1.9/events-config.json")).value();
    bool helper = false;
    for (const auto& problem : farajaland_map().check(form))
        helper = helper || problem.message == "the form has no field child.birthLocationId";
    EXPECT_TRUE(helper);
}

TEST(CountryMap, ReportsEveryProblemWithItsPath) {
    const auto parsed = CountryMap::parse(R"({"format":"x","country":"","phone":{"international":"+260"},"extra":1,
      "no_details_reason":"x","street":{"domestic":{"roof":"r","town":""}},
      "events":{"wedding":{},"birth":{"rows":[
        {"from":"child.name"},{"field":"a","from":"child.shoe_size"},{"field":"a"},7,
        {"field":"a","from":"mother.identifiers"},{"field":"a","from":"child.name","direction":"up","codes":{"x":1},"when":[],"colour":2},
        {"field":"a","from":"late_reason","when":{"place.kin":"X","place.kind":[1]}}]}}})");
    ASSERT_FALSE(parsed);
    std::vector<std::string> paths;
    for (const auto& problem : parsed.error()) paths.push_back(problem.path);
    EXPECT_EQ(paths, (std::vector<std::string>{"/extra",
                                               "/format",
                                               "/country",
                                               "/phone/national",
                                               "/street/domestic/roof",
                                               "/street/domestic/town",
                                               "/street/international",
                                               "/events/birth/type",
                                               "/events/birth/rows/0",
                                               "/events/birth/rows/1/from",
                                               "/events/birth/rows/2/from",
                                               "/events/birth/rows/3",
                                               "/events/birth/rows/4/field",
                                               "/events/birth/rows/5/colour",
                                               "/events/birth/rows/5/when",
                                               "/events/birth/rows/5/codes/x",
                                               "/events/birth/rows/5/direction",
                                               "/events/birth/rows/6/when/place.kin",
                                               "/events/birth/rows/6/when/place.kind",
                                               "/events/wedding"}));
}

TEST(CountryMap, RefusesWhatIsNoMap) {
    EXPECT_EQ(CountryMap::parse("[").error().size(), 1u);
    EXPECT_EQ(CountryMap::parse("[]").error().size(), 1u);
}

TEST(CountryMap, ChecksAgainstTheForm) {
    const auto map = CountryMap::parse(map_with(
        R"({"field":"nope","from":"comment","overflow":"nowhere"},
           {"field":"child.gender","from":"child.gender","codes":{"male":"M"},"otherwise":"X"},
           {"field":"child.name","from":"comment"},{"field":"documents.proofOfBirth","from":"comment"})"));
    ASSERT_TRUE(map);
    std::vector<std::string> paths;
    for (const auto& problem : map->check(farajaland_form())) paths.push_back(problem.path);
    EXPECT_EQ(paths, (std::vector<std::string>{"/events/birth/rows/0/field", "/events/birth/rows/0/overflow",
                                               "/events/birth/rows/1/codes/male", "/events/birth/rows/1/otherwise",
                                               "/events/birth/rows/2/from", "/events/birth/rows/3/from"}));
}

TEST(CountryMap, NamesAreClosed) {
    for (const auto* good :
         {"child.name", "bride.gender", "mother.identifier.PASSPORT", "father.same_address.mother", "place.kind",
          "death.cause_code.1", "custom.a.b.c", "contact.phone", "informant.phone", "comment"})
        EXPECT_TRUE(MapSource::parse(good)) << good;
    for (const auto* bad : {"", "child", "child.", "uncle.name", "mother.identifier.", "father.same_address.uncle",
                            "death.cause_code.0", "death.cause_code.x", "death.cause_code.1x", "custom.", "Child.name"})
        EXPECT_FALSE(MapSource::parse(bad)) << bad;
}

TEST(CountryMap, ReadsCodesBackwards) {
    const auto& rows = farajaland_map().find(VitalKind::birth)->rows;
    const auto row = std::find_if(rows.begin(), rows.end(), [](const MapRow& r) { return r.field == "child.gender"; });
    EXPECT_EQ(row->codes_back.at("unknown"), "unknown") << "the code of its own name wins over 'other'";
}
