// SPDX-License-Identifier: MPL-2.0
#include "fixtures.hpp"
#include "formats/opencrvs_v1/search_read.hpp"
#include "formats/vital_json/vital_json.hpp"

using namespace ocm;
using namespace ocm::test;
using opencrvs_v1::read_search_result;

namespace {

Json result(const std::string& name) {
    return json_file(format_data() / "search" / (name + ".json"));
}

class SearchResultGolden : public testing::TestWithParam<const char*> {};

TEST_P(SearchResultGolden, EventAndAccount) {
    const auto read = read_search_result(result(GetParam()));
    ASSERT_TRUE(read) << read.error().message << " at " << read.error().path;
    const auto& event = read->event;
    Json shown{{"topic", name(event.topic)},
               {"record", event.record},
               {"occurrence", event.occurrence},
               {"occurred_at", event.occurred_at},
               {"event", vital_json::write(event.event)}};
    const std::string base = GetParam();
    expect_golden(shown, format_data() / "search" / (base + ".event.json"));
    expect_golden(read->account.to_json(), format_data() / "search" / (base + ".account.json"));
    EXPECT_EQ(event.heard, Heard::catch_up);
    EXPECT_TRUE(event.partial);
    EXPECT_TRUE(event.confirmed);
}

INSTANTIATE_TEST_SUITE_P(Kinds, SearchResultGolden, testing::Values("birth", "death", "marriage"),
                         [](const auto& row) { return std::string(row.param); });

TEST(SearchResult, IsTheSameOccurrenceAsAWebhooks) {
    auto event = read_search_result(result("birth"))->event;
    event.target = "national";
    EXPECT_EQ(once_key(event), "national birth.registered 2026B7Q2K1");
}

TEST(SearchResult, RefusesWhatIsNoRegistrationWithItsPath) {
    struct Row {
        const char* pointer;
        Json value;
        const char* path;
        const char* message;
    };
    for (const auto& row :
         {Row{"/type", "Divorce", "/type", "must be a kind of event of OpenCRVS 1.x"},
          Row{"/id", "", "/id", "is required"},
          Row{"/registration", nullptr, "/registration/registrationNumber", "is required"},
          Row{"/registration/registrationNumber", nullptr, "/registration/registrationNumber", "is required"},
          Row{"/dateOfBirth", "2026-02-30", "/dateOfBirth",
              "\"dateOfBirth\" must be a date that exists, as YYYY-MM-DD, YYYY-MM or YYYY"}}) {
        auto changed = result("birth");
        changed[Json::json_pointer(row.pointer)] = row.value;
        const auto read = read_search_result(changed);
        ASSERT_FALSE(read) << row.pointer;
        EXPECT_EQ(read.error().code, ErrorCode::bad_request);
        EXPECT_EQ(read.error().path, row.path);
        EXPECT_EQ(read.error().message, row.message);
    }
    EXPECT_FALSE(read_search_result(Json::array()));
}

}  // namespace
