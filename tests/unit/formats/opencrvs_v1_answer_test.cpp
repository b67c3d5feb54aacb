// SPDX-License-Identifier: MPL-2.0
#include "core/ids.hpp"
#include "fixtures.hpp"
#include "formats/opencrvs_v1/answer.hpp"

#include <set>

using namespace ocm;
using namespace ocm::test;

namespace {

struct Row {
    const char* label;
    Error error;
    int status;
    const char* body;
    const char* retry_after;
};

class Refusal : public testing::TestWithParam<Row> {};

TEST_P(Refusal, IsWordedAsTheGatewayWouldWordIt) {
    const auto response = opencrvs_v1::refusal(GetParam().error);
    EXPECT_EQ(response.status, GetParam().status);
    EXPECT_EQ(response.body, GetParam().body);
    EXPECT_EQ(response.headers.get("retry-after"), GetParam().retry_after);
    EXPECT_EQ(response.headers.get("content-type"), "application/json; charset=utf-8");
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Refusal,
    testing::Values(
        Row{"place",
            {ErrorCode::bad_request,
             "\"entry[1].resource.resourceType\" must be [Task]",
             "/entry/1/resource/resourceType",
             {}},
            400,
            R"({"error":"Bad Request","message":"\"entry[1].resource.resourceType\" must be [Task]",)"
            R"("path":"/entry/1/resource/resourceType","statusCode":400,)"
            R"("validation":{"keys":["entry.1.resource.resourceType"],"source":"payload"}})",
            ""},
        Row{"place_in_the_query",
            {ErrorCode::bad_request, "\"type\" must be one of [A, B]", "?type", {}},
            400,
            R"({"error":"Bad Request","message":"\"type\" must be one of [A, B]","statusCode":400,)"
            R"("validation":{"keys":["type"],"source":"query"}})",
            ""},
        Row{"no_place",
            {ErrorCode::bad_request, "malformed JSON at byte 3", "", {}},
            400,
            R"({"error":"Bad Request","message":"malformed JSON at byte 3","statusCode":400})",
            ""},
        Row{"place_outside_the_body",
            {ErrorCode::unsupported_media_type, "send JSON", "Content-Type", {}},
            415,
            R"({"error":"Unsupported Media Type","message":"send JSON","statusCode":415})",
            ""},
        Row{"nobody",
            {ErrorCode::unauthenticated, "who is it", "", {}},
            401,
            R"({"error":"Unauthorized","message":"who is it","statusCode":401})",
            ""},
        Row{"no_such_path",
            {ErrorCode::not_found, "no such path", "", {}},
            404,
            R"({"error":"Not Found","message":"no such path","statusCode":404})",
            ""},
        Row{"correction",
            {ErrorCode::conflict, "already sent", "", {}},
            409,
            R"({"error":"Conflict","message":"already sent","statusCode":409})",
            ""},
        Row{"large",
            {ErrorCode::too_large, "too large", "", {}},
            413,
            R"({"error":"Payload Too Large","message":"too large","statusCode":413})",
            ""},
        Row{"key_reused",
            {ErrorCode::unprocessable, "another content", "", {}},
            422,
            R"({"error":"Unprocessable Entity","message":"another content","statusCode":422})",
            ""},
        Row{"down",
            {ErrorCode::unavailable, "come again", "", std::chrono::seconds(7)},
            503,
            R"({"error":"Service Unavailable","message":"come again","statusCode":503})",
            "7"},
        Row{"slow",
            {ErrorCode::target_timeout, "no answer in time", "", {}},
            504,
            R"({"error":"Gateway Timeout","message":"no answer in time","statusCode":504})",
            "30"},
        Row{"bug",
            {ErrorCode::internal, "iterator past the end in writer.cpp", "", {}},
            500,
            R"({"error":"Internal Server Error","message":"An internal server error occurred","statusCode":500})",
            ""}),
    [](const auto& row) { return row.param.label; });

opencrvs_v1::Accepted outcome() {
    return {VitalKind::birth,
            "33333333-3333-4333-8333-333333333301",
            "B7Q2XK",
            "c0ffee00-0000-4000-8000-00000000000c",
            "Hilltop hospital",
            *parse_rfc3339("2026-03-02T09:00:00.000Z"),
            false,
            store_ops::ContractVersion::v1_8};
}

HttpResponse accepted(const Json& bundle, const opencrvs_v1::Accepted& outcome) {
    return opencrvs_v1::accepted(opencrvs_v1::SavedRecord(bundle), outcome);
}

const Json* identifier(const Json& task, std::string_view system) {
    for (const auto& each : task["identifier"]) {
        if (text_member(each, "system") == system) return &each;
    }
    return nullptr;
}

TEST(OpencrvsV1Accepted, HoldsTheTrackingIdWhereClientsLookForIt) {
    const auto bundle = json_file(format_data() / "birth-full.json");
    const auto response = accepted(bundle, outcome());
    EXPECT_EQ(response.status, 200);
    const auto body = parse_json(response.body);
    ASSERT_TRUE(body);
    const auto& task = (*body)["entry"][1]["resource"];
    const auto* tracking = identifier(task, "http://opencrvs.org/specs/id/birth-tracking-id");
    ASSERT_NE(tracking, nullptr);
    EXPECT_EQ(text_member(*tracking, "value"), "B7Q2XK");
    EXPECT_NE(identifier(task, "http://hospital.example.org/births"), nullptr);
    const auto* system = identifier(task, "http://opencrvs.org/specs/id/system_identifier");
    ASSERT_NE(system, nullptr);
    EXPECT_EQ(text_member(*system, "value"),
              R"({"name":"Hilltop hospital","type":"HEALTH","username":"c0ffee00-0000-4000-8000-00000000000c"})");
    EXPECT_EQ(task["businessStatus"]["coding"][0]["code"], "IN_PROGRESS");
    EXPECT_EQ(task["lastModified"], "2026-03-02T09:00:00.000Z");
    EXPECT_EQ((*body)["entry"][0]["resource"]["id"], outcome().event_id);
    std::set<std::string> ids;
    for (std::size_t i = 0; i < (*body)["entry"].size(); ++i) {
        const auto& entry = (*body)["entry"][i];
        EXPECT_TRUE(is_uuid(text_member(entry["resource"], "id")));
        ids.insert(std::string(text_member(entry["resource"], "id")));
        // What was sent is still there.
        auto as_sent = entry["resource"];
        as_sent.erase("id");
        if (i != 1) {
            EXPECT_EQ(as_sent, bundle["entry"][i]["resource"]);
        }
    }
    EXPECT_EQ(ids.size(), (*body)["entry"].size());
}

TEST(OpencrvsV1Accepted, IsTheSameEveryTimeAndReplacesAnOldTrackingId) {
    const auto bundle = json_file(format_data() / "birth-array-family.json");  // has no Task.identifier
    const auto first = accepted(bundle, outcome());
    EXPECT_EQ(first.body, accepted(bundle, outcome()).body);
    auto sent_back = *parse_json(first.body);
    auto other = outcome();
    other.tracking_id = "BZZZZZ";
    const auto body = *parse_json(accepted(sent_back, other).body);
    EXPECT_EQ(body["entry"][1]["resource"]["identifier"].size(), 2u);
    EXPECT_EQ(text_member(*identifier(body["entry"][1]["resource"], "http://opencrvs.org/specs/id/birth-tracking-id"),
                          "value"),
              "BZZZZZ");
}

TEST(OpencrvsV1Accepted, IsTheDocumentWhateverTheSenderWroteWhereTheRecordHasItsOwn) {
    auto plain = json_file(format_data() / "birth-full.json");
    plain["entry"][1]["resource"]["zz"] = true;  // the last key is not one of the record's
    auto bundle = plain;
    for (auto& entry : bundle["entry"]) entry["resource"]["id"] = "the sender's own";
    bundle["entry"][1]["resource"]["businessStatus"] = "the sender's own";
    bundle["entry"][1]["resource"]["lastModified"] = Json::array({1, 2.5, nullptr});
    const auto body = accepted(bundle, outcome()).body;
    EXPECT_EQ(body, accepted(plain, outcome()).body);
    EXPECT_EQ(dump_json(*parse_json(body)), body);  // sound, each key once and in its order
}

TEST(OpencrvsV1Accepted, KeepsTheDocumentButForWhatIsFilledIn) {
    auto bundle = json_file(format_data() / "birth-full.json");
    const auto kept = opencrvs_v1::SavedRecord(bundle).document();
    ASSERT_TRUE(kept);
    for (auto& entry : bundle["entry"]) entry["resource"]["id"] = nullptr;
    for (const auto* key : {"businessStatus", "identifier", "lastModified"}) {
        bundle["entry"][1]["resource"][key] = nullptr;
    }
    EXPECT_EQ(*kept, bundle);
}

TEST(OpencrvsV1Accepted, OfOlderClientsIsWhatTheyRead) {
    const auto bundle = json_file(format_data() / "birth-full.json");
    auto older = outcome();
    older.contract = store_ops::ContractVersion::v1_6;
    EXPECT_EQ(accepted(bundle, older).body, accepted(bundle, outcome()).body);

    older.contract = store_ops::ContractVersion::v1_3;
    const auto response = accepted(bundle, older);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, accepted(bundle, older).body);
    const auto body = *parse_json(response.body);
    EXPECT_EQ(body["resourceType"], "Bundle");
    ASSERT_EQ(body["entry"].size(), bundle["entry"].size());
    for (std::size_t i = 0; i < body["entry"].size(); ++i) {
        const auto& entry = body["entry"][i];
        EXPECT_EQ(entry.size(), 1u);
        EXPECT_EQ(entry["response"]["status"], "201");
        const std::string location(text_member(entry["response"], "location"));
        const std::string type(text_member(bundle["entry"][i]["resource"], "resourceType"));
        EXPECT_TRUE(location.starts_with("/fhir/" + type + "/")) << location;
        EXPECT_NE(location.find("/_history/"), std::string::npos);
    }
    // A 1.3 client takes the third segment for the composition's id.
    const std::string first(text_member(body["entry"][0]["response"], "location"));
    EXPECT_EQ(first.substr(std::string("/fhir/Composition/").size(), 36), outcome().event_id);
    EXPECT_EQ(response.body.find("Tembo"), std::string::npos);
}

TEST(OpencrvsV1Accepted, SaysOfAPotentialDuplicateWhatTheVersionCanSay) {
    const auto bundle = json_file(format_data() / "birth-full.json");
    auto duplicate = outcome();
    duplicate.potential_duplicate = true;
    EXPECT_EQ(accepted(bundle, duplicate).body,
              R"({"compositionId":"33333333-3333-4333-8333-333333333301","isPotentiallyDuplicate":true,)"
              R"("trackingId":"B7Q2XK"})");
    duplicate.contract = store_ops::ContractVersion::v1_6;
    EXPECT_EQ(accepted(bundle, duplicate).body, accepted(bundle, outcome()).body);
}

TEST(OpencrvsV1Accepted, NamesADeathsTrackingIdSo) {
    auto death = outcome();
    death.kind = VitalKind::death;
    const auto body = *parse_json(accepted(json_file(format_data() / "death-full.json"), death).body);
    EXPECT_NE(identifier(body["entry"][1]["resource"], "http://opencrvs.org/specs/id/death-tracking-id"), nullptr);
}

}  // namespace
