// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/legacy_answers.hpp"

#include "channels/opencrvs/write_v2.hpp"
#include "core/json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::opencrvs;

namespace {

Result<LegacyTaken> read(int status, const Json& body, const char* version = "1.8") {
    return read_legacy_answer({status, {}, dump_json(body)}, *find_version(version), "national");
}

Json semantic(const std::string& message) {
    return {{"statusCode", 500}, {"error", "An internal server error occurred"}, {"message", message}};
}

Json could_not(const std::string& why) {
    return semantic("Could not process the Event Notification, as " + why);
}

const Json crash{
    {"statusCode", 500}, {"error", "Internal Server Error"}, {"message", "An internal server error occurred"}};

struct Row {
    const char* name;
    int status;
    Json body;
    ErrorCode code;
    std::string_view path;
    const char* words;
};

}  // namespace

TEST(LegacyAnswer, IdsInEverySuccessShape) {
    const Json transaction{
        {"resourceType", "Bundle"},
        {"entry", Json::array({{{"response", {{"status", "201"}, {"location", "/fhir/Composition/c-1/_history/v-1"}}}},
                               {{"response", {{"status", "201"}, {"location", "/fhir/Task/t-1/_history/v-1"}}}}})}};
    auto taken = read(200, transaction, "1.4");
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_EQ(taken->record_id, "c-1");
    EXPECT_EQ(taken->tracking_id, "");

    const Json saved{
        {"resourceType", "Bundle"},
        {"entry",
         Json::array({{{"resource", {{"resourceType", "Composition"}, {"id", "c-2"}}}},
                      {{"resource",
                        {{"resourceType", "Task"},
                         {"id", "t-2"},
                         {"identifier",
                          Json::array({{{"system", "http://opencrvs.org/specs/id/system_identifier"}, {"value", "{}"}},
                                       {{"system", "http://opencrvs.org/specs/id/birth-tracking-id"},
                                        {"value", "B123456"}}})}}}}})}};
    taken = read(200, saved, "1.6");
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->record_id, "c-2");
    EXPECT_EQ(taken->tracking_id, "B123456");
    EXPECT_FALSE(taken->potential_duplicate);

    taken = read(200, {{"compositionId", "c-3"}, {"trackingId", "D654321"}, {"isPotentiallyDuplicate", true}});
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->record_id, "c-3");
    EXPECT_EQ(taken->tracking_id, "D654321");
    EXPECT_TRUE(taken->potential_duplicate);
}

TEST(LegacyAnswer, RefusalsOutagesAndDoubt) {
    const auto refused = ErrorCode::bad_request;
    const auto doubt = ErrorCode::target_timeout;
    const std::vector<Row> rows{
        {"Joi",
         400,
         {{"statusCode", 400}, {"message", "\"entry[1].resource.resourceType\" must be [Task]"}},
         refused,
         "",
         "at entry[1].resource.resourceType"},
        {"a message with a value", 400, {{"message", "\"Tala Mwansa\" is not allowed"}}, refused, "", "form; check"},
        {"no body", 400, Json(), refused, "", "check that targets.national.version"},
        {"office not named", 500, could_not("office id was not provided"), refused, refusal::office,
         "no registration office"},
        {"office unknown", 500, could_not("the provided office with id Location/1 was not found"), refused,
         refusal::office, "does not know the registration office"},
        {"office's area", 500, could_not("the provided office location with id Location/1 was not found"), refused,
         refusal::office, "area of the registration office"},
        {"office elsewhere", 500, could_not("the provided office isn't part of the provided office location"), refused,
         refusal::office, "does not stand under"},
        {"country", 500, could_not("the supplied country code Mwansa was incorrect"), refused, "",
         "country of an address"},
        {"hierarchy", 500, could_not("the supplied location hierarchy was incorrect"), refused, "",
         "stand under each other"},
        {"area", 500, could_not("the location with id 1 not found!"), refused, "", "an area of an address"},
        {"place", 500, semantic("Encounter location with id Location/1 not found!"), refused, refusal::location,
         "does not know the place"},
        {"encounter", 500, semantic("Encounter entry not found!!"), refused, "", "refused the notification"},
        {"something new", 500, could_not("the moon is full"), refused, "", "refused the notification"},
        {"a crash", 500, crash, doubt, "", "may have been taken"},
        {"a proxy", 502, Json("bad gateway"), doubt, "", "HTTP 502"},
        {"a slow proxy", 504, Json("timeout"), doubt, "", "HTTP 504"},
        {"hidden failure", 200, {{"statusCode", 502}, {"error", "Bad Gateway"}}, doubt, "", "HTTP 502 in a 200"},
        {"no ids", 200, {{"resourceType", "Bundle"}, {"entry", Json::array()}}, doubt, "", "without a record's id"},
        {"another JSON", 200, Json::array(), doubt, "", "without a record's id"},
        {"busy", 429, Json(), ErrorCode::unavailable, "", "HTTP 429"},
        {"its own busy", 402, Json(), ErrorCode::unavailable, "", "HTTP 402"},
        {"down", 503, Json(), ErrorCode::unavailable, "", "HTTP 503"},
        {"no scope", 403, Json(), ErrorCode::bad_gateway, "", "lacks the scope notification-api"},
        {"another address", 404, Json(), ErrorCode::bad_gateway, "", "targets.national.gateway_url"},
        {"too large", 413, Json(), ErrorCode::too_large, "", "this large"},
        {"a redirect", 301, Json(), ErrorCode::bad_gateway, "", "HTTP 301"},
    };
    for (const auto& row : rows) {
        const auto out = read(row.status, row.body);
        ASSERT_FALSE(out) << row.name;
        EXPECT_EQ(out.error().code, row.code) << row.name;
        EXPECT_EQ(out.error().path, row.path) << row.name;
        EXPECT_NE(out.error().message.find(row.words), std::string::npos) << row.name << ": " << out.error().message;
        EXPECT_EQ(out.error().message.find("Mwansa"), std::string::npos) << row.name;
        EXPECT_EQ(out.error().retry_after.has_value(), row.code == ErrorCode::unavailable) << row.name;
    }
    const auto& version = *find_version("1.8");
    EXPECT_EQ(read_legacy_answer({200, {}, ""}, version, "t").error().code, doubt);
    EXPECT_EQ(read_legacy_answer({200, {}, "<html>"}, version, "t").error().code, doubt);
}
