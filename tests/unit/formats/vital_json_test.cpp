// SPDX-License-Identifier: MPL-2.0
#include "formats/vital_json/vital_json.hpp"

#include "arbitrary_event.hpp"
#include "fixtures.hpp"

#include <rapidcheck/gtest.h>

using namespace ocm;
using namespace ocm::test;

namespace {

RC_GTEST_PROP(VitalJson, RoundTrip, ()) {
    const auto event = *arbitrary<VitalEvent>();
    const auto text = dump_json(vital_json::write(event));
    const auto parsed = parse_json(text);
    RC_ASSERT(parsed.has_value());
    const auto read = vital_json::read(*parsed);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == event);
}

TEST(VitalJson, WritesOnlyWhatThereIs) {
    EXPECT_EQ(dump_json(vital_json::write(VitalEvent{})), R"({"kind":"birth","version":"1"})");
    VitalEvent event;
    event.kind = VitalKind::death;
    event.office = "";
    event.persons[role::mother];
    event.death.male_dependants = 0;
    event.registration.emplace();
    EXPECT_EQ(dump_json(vital_json::write(event)),
              R"({"death":{"male_dependants":0},"kind":"death","office":"","persons":{"mother":{}},)"
              R"("registration":{},"version":"1"})");
}

struct Bad {
    const char* label;
    const char* text;
    const char* message;
    const char* path;
};
class BadVitalJson : public testing::TestWithParam<Bad> {};

TEST_P(BadVitalJson, IsRefusedWithItsPlace) {
    const auto parsed = parse_json(GetParam().text);
    ASSERT_TRUE(parsed);
    const auto read = vital_json::read(*parsed);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::bad_request);
    EXPECT_EQ(read.error().message, GetParam().message);
    EXPECT_EQ(read.error().path, GetParam().path);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadVitalJson,
    testing::Values(Bad{"array", "[]", "must be an object", ""},
                    Bad{"no_version", R"({"kind":"birth"})", "must be the version of this format, \"1\"", "/version"},
                    Bad{"later_version", R"({"kind":"birth","version":"2"})",
                        "must be the version of this format, \"1\"", "/version"},
                    Bad{"no_kind", R"({"version":"1"})", "is required", "/kind"},
                    Bad{"odd_kind", R"({"version":"1","kind":"adoption"})",
                        "must be one of birth, death, fetal-death, marriage", "/kind"},
                    Bad{"unknown_member", R"({"version":"1","kind":"birth","persons":{"child":{"colour":"x"}}})",
                        "this member is not known", "/persons/child/colour"},
                    Bad{"number_for_text", R"({"version":"1","kind":"birth","office":7})", "must be text", "/office"},
                    Bad{"text_for_number", R"({"version":"1","kind":"birth","birth":{"weight_grams":"3150"}})",
                        "must be a whole number", "/birth/weight_grams"},
                    Bad{"large_number", R"({"version":"1","kind":"birth","birth":{"born_alive":4294967296}})",
                        "must be a whole number", "/birth/born_alive"},
                    Bad{"fraction", R"({"version":"1","kind":"birth","birth":{"weight_grams":3.5}})",
                        "must be a whole number", "/birth/weight_grams"},
                    Bad{"flag", R"({"version":"1","kind":"death","death":{"cause_established":"true"}})",
                        "must be true or false", "/death/cause_established"},
                    Bad{"list", R"({"version":"1","kind":"birth","persons":{"child":{"names":{}}}})",
                        "must be an array", "/persons/child/names"},
                    Bad{"deep", R"({"version":"1","kind":"birth","persons":{"child":{"names":[{"given":["a",1]}]}}})",
                        "must be text", "/persons/child/names/0/given/1"},
                    Bad{"null", R"({"version":"1","kind":"birth","place":null})", "must be an object", "/place"}),
    [](const auto& row) { return row.param.label; });

}  // namespace
