// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/versions.hpp"

#include "channels/opencrvs/scopes.hpp"
#include "config/settings.hpp"
#include "support/sandbox/options.hpp"

#include <gmock/gmock.h>

using namespace ocm::opencrvs;

namespace {

struct Row {
    const char* version;
    Generation generation;
    bool token_in_query, fhir_locations, family_list, office_area, questionnaire, addresses_checked, hides_failures;
    const char* notify_path;
};

// opencrvs.md section 0.1, 1.1, 2.1 to 2.4, 7.1.
constexpr auto legacy = Generation::legacy;
constexpr auto events = Generation::events;
const std::vector<Row> rows{
    {"1.3", legacy, true, true, true, true, false, false, true, "/notification"},
    {"1.4", legacy, true, true, true, true, false, false, true, "/notification"},
    {"1.5", legacy, true, true, true, true, false, true, false, "/notification"},
    {"1.6", legacy, true, true, true, false, false, true, false, "/notification"},
    {"1.7", legacy, true, true, false, false, true, true, false, "/notification"},
    {"1.8", legacy, true, true, false, false, true, true, false, "/notification"},
    {"1.9", events, true, true, false, false, false, true, false, "/events/events/notifications"},
    {"2.0", events, false, false, false, false, false, true, false, "/events/events/{id}/notify"},
};

}  // namespace

TEST(Versions, AreWhatTheContractSays) {
    ASSERT_EQ(versions().size(), rows.size());
    for (const auto& row : rows) {
        const auto* version = find_version(row.version);
        ASSERT_NE(version, nullptr) << row.version;
        EXPECT_EQ(version->generation, row.generation) << row.version;
        EXPECT_EQ(version->token_in_query, row.token_in_query) << row.version;
        EXPECT_EQ(version->fhir_locations, row.fhir_locations) << row.version;
        EXPECT_EQ(version->notify_path, row.notify_path) << row.version;
        EXPECT_EQ(version->hides_failures, row.hides_failures) << row.version;
        if (row.generation == events) continue;
        EXPECT_EQ(version->document.family_list, row.family_list) << row.version;
        EXPECT_EQ(version->document.office_area, row.office_area) << row.version;
        EXPECT_EQ(version->document.questionnaire, row.questionnaire) << row.version;
        EXPECT_EQ(version->document.addresses_checked, row.addresses_checked) << row.version;
    }
    EXPECT_EQ(find_version("1.2"), nullptr);
}

TEST(Versions, AreThoseTheConfigurationAndTheSandboxTake) {
    std::vector<std::string_view> names;
    for (const auto& version : versions()) names.push_back(version.name);
    const auto& choices = ocm::config::find_setting("targets.*.version")->choices;
    EXPECT_EQ(names, std::vector<std::string_view>(choices.begin(), choices.end()));
    EXPECT_EQ(names, std::vector<std::string_view>(ocm::sandbox::sandbox_versions.begin(),
                                                   ocm::sandbox::sandbox_versions.end()));
}

TEST(Versions, ScopesOfEachGeneration) {
    const auto check = [](const char* version, std::vector<std::string> scopes) {
        return check_notification_scopes(*find_version(version), scopes, {"birth", "death"});
    };
    EXPECT_TRUE(check("1.8", {"notification-api"}).missing.empty());
    EXPECT_THAT(check("1.8", {"recordsearch"}).missing, testing::ElementsAre("notification-api"));
    EXPECT_THAT(check("1.8", {"recordsearch"}).excess, testing::ElementsAre("recordsearch"));
    EXPECT_TRUE(check("1.4", {"declare", "notification-api"}).excess.empty()) << "every such client has it";
    EXPECT_THAT(check("1.8", {"declare", "notification-api"}).excess, testing::ElementsAre("declare"));

    const std::vector<std::string> health{"notification-api", "record.create[event=birth|death]",
                                          "record.notify[event=birth]"};
    EXPECT_THAT(check("1.9", health).missing, testing::ElementsAre("record.notify[event=death]"));
    EXPECT_TRUE(check("1.9", health).excess.empty());
}
