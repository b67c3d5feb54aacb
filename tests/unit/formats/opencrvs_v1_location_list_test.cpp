// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/location_list.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::opencrvs_v1;

namespace {

Result<std::vector<ListedLocation>> read(std::string_view text) {
    return read_location_list(parse_json(text).value());
}

}  // namespace

TEST(LocationList, ReadsASearchset) {
    const auto list = read(R"({"resourceType":"Bundle","type":"searchset","total":2,
      "link":[{"relation":"next","url":"http://config:2021/location?type=X&_count=0&_getpagesoffset=0"}],
      "entry":[
       {"fullUrl":"http://config:2021/location/aaaaaaaa-0000-4000-8000-000000000001/_history/bbbb",
        "resource":{"resourceType":"Location","name":"Luwana","status":"active","partOf":{"reference":"Location/0"},
         "identifier":[{"system":"http://opencrvs.org/specs/id/jurisdiction-type","value":"STATE"},
                       {"system":"http://opencrvs.org/specs/id/statistical-code","value":"ADMIN_STRUCTURE_ST_01"}],
         "type":{"coding":[{"code":"ADMIN_STRUCTURE"}]}},
        "request":{"method":"GET"}},
       {"fullUrl":"http://gateway/location/cccccccc-0000-4000-8000-000000000001",
        "resource":{"resourceType":"Location","id":"cccccccc-0000-4000-8000-000000000001","name":"Chisoma Clinic",
         "status":"inactive","partOf":{"reference":"Location/aaaaaaaa-0000-4000-8000-000000000001"},
         "identifier":[{"value":"HEALTH_FACILITY_HF-7"}],"type":{"coding":[{"code":"HEALTH_FACILITY"}]}}}]})");
    ASSERT_TRUE(list) << list.error().message << list.error().path;
    ASSERT_EQ(list->size(), 2u);
    EXPECT_EQ((*list)[0].id, "aaaaaaaa-0000-4000-8000-000000000001");
    EXPECT_EQ((*list)[0].type, "ADMIN_STRUCTURE");
    EXPECT_EQ((*list)[0].code, "ST_01");
    EXPECT_EQ((*list)[0].part_of, "");
    EXPECT_TRUE((*list)[0].active);
    EXPECT_EQ((*list)[1].code, "HF-7");
    EXPECT_EQ((*list)[1].part_of, "aaaaaaaa-0000-4000-8000-000000000001");
    EXPECT_FALSE((*list)[1].active);
}

TEST(LocationList, ReadsOneLocationAndAnEmptyList) {
    EXPECT_EQ(read(R"({"resourceType":"Location","id":"a","name":"A"})")->size(), 1u);
    EXPECT_EQ(read(R"({"resourceType":"Bundle","total":0})")->size(), 0u);
}

TEST(LocationList, RefusesWhatIsNeitherWithItsPlace) {
    const std::vector<std::pair<const char*, const char*>> rows{
        {"[]", "/resourceType"},
        {R"({"resourceType":"OperationOutcome"})", "/resourceType"},
        {R"({"resourceType":"Bundle","entry":{}})", "/entry"},
        {R"({"resourceType":"Bundle","entry":[{}]})", "/entry/0/resource"},
        {R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient"}}]})",
         "/entry/0/resource/resourceType"},
        {R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Location"}}]})", "/entry/0/resource/id"},
    };
    for (const auto& [text, path] : rows) {
        const auto list = read(text);
        ASSERT_FALSE(list) << text;
        EXPECT_EQ(list.error().code, ErrorCode::bad_request);
        EXPECT_EQ(list.error().path, path);
    }
}
