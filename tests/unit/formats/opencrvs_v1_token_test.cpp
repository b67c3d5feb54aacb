// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/token.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::opencrvs_v1;

namespace {

constexpr const char* all = "client_id=c1&client_secret=s%2B1&grant_type=client_credentials";

struct Row {
    const char* label;
    const char* query;
    const char* type;
    const char* body;
    int status;         // 200: understood as c1 and s+1
    const char* error;  // OAuth's code, or the HTTP layer's message
};

class TokenRequests : public testing::TestWithParam<Row> {};

TEST_P(TokenRequests, AreReadAndRefusedAs1xWould) {
    const auto& row = GetParam();
    HttpRequest request;
    request.method = "POST";
    request.query = row.query;
    request.body = row.body;
    if (*row.type != 0) request.headers.add("Content-Type", row.type);
    const auto read = read_token_request(request);
    if (row.status == 200) {
        ASSERT_TRUE(read) << read.error().body;
        EXPECT_EQ(read->client_id, "c1");
        EXPECT_EQ(read->client_secret, "s+1");
        return;
    }
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().status, row.status);
    const auto body = *parse_json(read.error().body);
    EXPECT_EQ(text_member(body, body.contains("statusCode") ? "message" : "error"), row.error);
    EXPECT_EQ(read.error().body.find("s+1"), std::string::npos);
}

constexpr const char* form = "application/x-www-form-urlencoded";
constexpr const char* json = "application/json";

INSTANTIATE_TEST_SUITE_P(
    Rows, TokenRequests,
    testing::Values(
        Row{"query", all, "", "", 200, ""}, Row{"form", "", form, all, 200, ""},
        Row{"form_with_charset", "", "application/x-www-form-urlencoded; charset=UTF-8", all, 200, ""},
        Row{"json", "", json, R"({"client_id":"c1","client_secret":"s+1","grant_type":"client_credentials"})", 200, ""},
        Row{"json_without_a_type", "", "",
            R"({"client_id":"c1","client_secret":"s+1","grant_type":"client_credentials"})", 200, ""},
        Row{"query_and_an_empty_object", all, json, "{}", 200, ""},
        Row{"query_and_text", all, "text/plain", "anything", 200, ""},
        Row{"body_before_query", "client_id=other&grant_type=password", form, all, 200, ""},
        Row{"half_and_half", "client_id=c1&grant_type=client_credentials", json, R"({"client_secret":"s+1"})", 200, ""},
        Row{"null_is_absent", all, json, R"({"client_id":null})", 200, ""},
        Row{"other_parameters", "scope=x&client_id=c1&client_secret=s%2B1&grant_type=client_credentials&", "", "", 200,
            ""},
        Row{"nothing", "", "", "", 400, "unsupported_grant_type"},
        Row{"no_grant_type", "client_id=c1&client_secret=s%2B1", "", "", 400, "unsupported_grant_type"},
        Row{"other_grant_type", "client_id=c1&client_secret=s%2B1&grant_type=password", "", "", 400,
            "unsupported_grant_type"},
        Row{"token_exchange", "grant_type=urn:opencrvs:oauth:grant-type:token-exchange&subject_token=x&record_id=1", "",
            "", 400, "unsupported_grant_type"},
        Row{"grant_type_of_the_documentation",
            "client_id=c1&client_secret=s%2B1&grant_type=&grant_type=client_credentials", "", "", 400,
            "unsupported_grant_type"},
        Row{"grant_type_twice_the_same",
            "grant_type=client_credentials&client_id=c1&client_secret=s%2B1&grant_type=client_credentials", "", "", 400,
            "unsupported_grant_type"},
        Row{"grant_type_list", "", json,
            R"({"client_id":"c1","client_secret":"s","grant_type":["client_credentials"]})", 400,
            "unsupported_grant_type"},
        Row{"no_id", "client_secret=s%2B1&grant_type=client_credentials", "", "", 400, "invalid_request"},
        Row{"no_secret", "client_id=c1&grant_type=client_credentials", "", "", 400, "invalid_request"},
        Row{"empty_secret", "client_id=c1&client_secret=&grant_type=client_credentials", "", "", 400,
            "invalid_request"},
        Row{"secret_without_value", "client_id=c1&client_secret&grant_type=client_credentials", "", "", 400,
            "invalid_request"},
        Row{"id_twice", "client_id=c1&client_id=c1&client_secret=s%2B1&grant_type=client_credentials", "", "", 401,
            "invalid_client"},
        Row{"id_a_number", "", json, R"({"client_id":1,"client_secret":"s+1","grant_type":"client_credentials"})", 401,
            "invalid_client"},
        Row{"body_no_json", all, json, "{", 400, "Invalid request payload JSON format"},
        Row{"body_twice_a_key", all, json, R"({"a":1,"a":2})", 400, "Invalid request payload JSON format"},
        Row{"body_deep", all, json, "[[[[[[[[[[[[1]]]]]]]]]]]]", 400, "Invalid request payload JSON format"},
        Row{"body_of_another_kind", all, "application/xml", "<a/>", 415,
            "send the parameters in the query string, as a form or as JSON"}),
    [](const auto& row) { return row.param.label; });

TEST(TokenAnswers, AreThoseOf1x) {
    const auto granted = token_granted("a.b.c");
    EXPECT_EQ(granted.status, 200);
    EXPECT_EQ(granted.body, R"({"access_token":"a.b.c","token_type":"Bearer"})");
    struct Refused {
        TokenRefusal why;
        int status;
        const char* body;
    };
    for (const auto& row : {
             Refused{TokenRefusal::invalid_request, 400,
                     R"({"error":"invalid_request","error_description":"Invalid request. Check that all required )"
                     R"(parameters have been provided.","error_uri":"Refer to )"
                     R"(https://documentation.opencrvs.org/technology/interoperability/authenticate-a-client"})"},
             Refused{TokenRefusal::unsupported_grant_type, 400,
                     R"({"error":"unsupported_grant_type","error_description":"Invalid or undefined grant type. )"
                     R"(Only \"client_credentials\" is supported.","error_uri":"Refer to )"
                     R"(https://documentation.opencrvs.org/technology/interoperability/authenticate-a-client"})"},
             Refused{
                 TokenRefusal::invalid_client, 401,
                 R"({"error":"invalid_client","error_description":"Invalid client id or secret","error_uri":)"
                 R"("Refer to https://documentation.opencrvs.org/technology/interoperability/authenticate-a-client"})"},
         }) {
        const auto response = token_refusal(row.why);
        EXPECT_EQ(response.status, row.status);
        EXPECT_EQ(response.body, row.body);
        EXPECT_EQ(response.headers.get("cache-control"), "no-store");
        EXPECT_TRUE(response.headers.get("content-type").starts_with("application/json"));
    }
    EXPECT_EQ(granted.headers.get("cache-control"), "no-store");
}

TEST(TokenClaims, AreThoseOfTheKindAndTheVersion) {
    using store_ops::ClientKind;
    using store_ops::ContractVersion;
    const auto now = *parse_rfc3339("2026-01-15T09:30:00.750Z");
    struct Kind {
        ClientKind kind;
        ContractVersion version;
        Json scope;
        std::string own_audience;  // beside everybody's twelve
    };
    const std::vector<Kind> rows{
        {ClientKind::event_notification,
         ContractVersion::v1_3,
         {"declare", "notification-api"},
         "opencrvs:notification-api-user"},
        {ClientKind::event_notification,
         ContractVersion::v1_6,
         {"declare", "notification-api"},
         "opencrvs:notification-api-user"},
        {ClientKind::event_notification, ContractVersion::v1_8, Json::array({"notification-api"}),
         "opencrvs:notification-api-user"},
        {ClientKind::record_search, ContractVersion::v1_8, Json::array({"recordsearch"}), ""},
        {ClientKind::webhook, ContractVersion::v1_3, Json::array({"webhook"}), ""},
        {ClientKind::national_id, ContractVersion::v1_6, Json::array({"nationalId"}), "opencrvs:nationalId-api-user"},
        {ClientKind::national_id, ContractVersion::v1_8, Json::array({"nationalId"}), ""},
    };
    for (const auto& row : rows) {
        store_ops::Client client;
        client.id = "0198c1f2-7c1a-7000-8000-000000000001";
        client.kind = row.kind;
        client.contract_version = row.version;
        const auto claims = token_claims(client, now);
        EXPECT_EQ(claims["scope"], row.scope);
        EXPECT_EQ(claims["sub"], client.id);
        EXPECT_EQ(claims["iss"], "opencrvs:auth-service");
        EXPECT_EQ(claims["exp"].get<std::int64_t>() - claims["iat"].get<std::int64_t>(), 600);
        EXPECT_EQ(claims["iat"], 1768469400);
        EXPECT_EQ(claims["aud"].size(), row.own_audience.empty() ? 12u : 13u);
        EXPECT_EQ(claims["aud"][3], "opencrvs:gateway-user");
        if (!row.own_audience.empty()) {
            EXPECT_EQ(claims["aud"][12], row.own_audience);
        }
    }
}

}  // namespace
