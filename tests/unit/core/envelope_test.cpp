// SPDX-License-Identifier: MPL-2.0
#include "core/envelope.hpp"

#include "core/json.hpp"
#include "core/redact.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;

namespace {

const WallTime at = *parse_rfc3339("2026-01-15T09:30:00.123Z");

Outcome outcome() {
    Outcome out;
    out.mediator_urn = "urn:mediator:opencrvs";
    out.response = json_response(200, R"({"ok":true})");
    out.at = at;
    Orchestration step;
    step.name = "Create event";
    step.method = "POST";
    step.host = "gateway";
    step.port = "443";
    step.path = "/events/events";
    step.headers = HttpHeaders{{"Authorization", "Bearer abc"}, {"content-type", "application/json"}};
    step.body = R"({"type":"birth"})";
    step.at = at;
    step.response = Orchestration::Response{200, HttpHeaders{{"set-cookie", "s=1"}}, "{}", at};
    out.orchestrations.push_back(step);
    return out;
}

Json built(const Outcome& from, EnvelopeOptions options = {}) {
    const auto response = build_envelope(from, options);
    EXPECT_EQ(response.headers.get("content-type"), "application/json+openhim");
    EXPECT_EQ(response.status, 200);
    auto parsed = parse_json(response.body);
    EXPECT_TRUE(parsed);
    return parsed ? *parsed : Json();
}

/// What core needs of every answer (openhim.md 6.2, 6.3), whatever went in.
void expect_safe(const Json& e) {
    EXPECT_TRUE(transaction_status(e.at("status").get<std::string>()));
    const auto& response = e.at("response");
    EXPECT_TRUE(response.at("status").is_number_integer());
    EXPECT_GE(response.at("status").get<int>(), 100);
    EXPECT_LE(response.at("status").get<int>(), 999);
    EXPECT_TRUE(response.at("body").is_string());
    EXPECT_TRUE(response.at("headers").is_object());
    EXPECT_TRUE(response.at("headers").contains("content-type"));
    EXPECT_TRUE(parse_rfc3339(response.at("timestamp").get<std::string>()));
    ASSERT_TRUE(e.at("orchestrations").is_array());
    for (const auto& step : e.at("orchestrations")) {
        EXPECT_FALSE(step.at("name").get<std::string>().empty());
        EXPECT_TRUE(step.at("request").at("body").is_string());
        EXPECT_TRUE(parse_rfc3339(step.at("request").at("timestamp").get<std::string>()));
        if (!step.contains("response")) continue;
        EXPECT_TRUE(step.at("response").at("body").is_string());
        EXPECT_TRUE(step.at("response").at("status").is_number_integer());
        EXPECT_TRUE(parse_rfc3339(step.at("response").at("timestamp").get<std::string>()));
    }
    EXPECT_TRUE(!e.contains("error") || e.at("error").is_object());
}

}  // namespace

TEST(Envelope, HasWhatCoreNeeds) {
    const auto e = built(outcome());
    expect_safe(e);
    EXPECT_EQ(e["x-mediator-urn"], "urn:mediator:opencrvs");
    EXPECT_EQ(e["status"], "Successful");
    EXPECT_EQ(e["response"]["body"], R"({"ok":true})");
    EXPECT_EQ(e["response"]["timestamp"], "2026-01-15T09:30:00.123Z");
    EXPECT_FALSE(e.contains("error"));
}

TEST(Envelope, RedactsCredentialsAndHashesBodiesByDefault) {
    const auto e = built(outcome());
    const auto& step = e["orchestrations"][0];
    EXPECT_EQ(step["request"]["headers"]["authorization"], std::string(redacted));
    EXPECT_EQ(step["response"]["headers"]["set-cookie"], std::string(redacted));
    EXPECT_EQ(step["request"]["body"],
              "[16 bytes, sha256 ac8e2a41e7b6b65618c50c59e9b4e2cea30d373b50d9e9726871c7647940db6d]");
}

TEST(Envelope, BodyPolicies) {
    auto none = built(outcome(), {.bodies = OrchestrationBodies::none});
    EXPECT_EQ(none["orchestrations"][0]["request"]["body"], "");
    auto full = built(outcome(), {.bodies = OrchestrationBodies::full});
    EXPECT_EQ(full["orchestrations"][0]["request"]["body"], R"({"type":"birth"})");
}

TEST(Envelope, CutsLongBodiesWithAMark) {
    auto from = outcome();
    from.orchestrations[0].body = std::string(100, 'x') + "é";
    auto e = built(from, {.bodies = OrchestrationBodies::full, .max_body = 101});
    EXPECT_EQ(e["orchestrations"][0]["request"]["body"], std::string(100, 'x') + "\n[cut: 102 bytes in all]");
    from.orchestrations.resize(1);
    from.orchestrations.push_back(from.orchestrations[0]);
    e = built(from, {.bodies = OrchestrationBodies::full, .max_bodies = 150});
    EXPECT_EQ(e["orchestrations"][1]["request"]["body"].get<std::string>().find("xxx"), 0u);
    EXPECT_NE(e["orchestrations"][1]["request"]["body"].get<std::string>().find("[cut"), std::string::npos);
}

TEST(Envelope, AsksForARerunOnlyWhereItHelps) {
    auto from = outcome();
    from.response.status = 400;
    from.error = Error{ErrorCode::bad_request, "wrong", "/entry", {}};
    EXPECT_FALSE(built(from).contains("error"));
    EXPECT_EQ(built(from)["status"], "Completed");
    from.response.status = 503;
    from.error = Error{ErrorCode::unavailable, "OpenCRVS is down", "", {}};
    EXPECT_EQ(built(from)["error"]["message"], "OpenCRVS is down");
    EXPECT_EQ(built(from)["status"], "Failed");
}

TEST(Envelope, OfSeveralHeadersOfOneNameTheLastStands) {
    auto from = outcome();
    from.response.headers =
        HttpHeaders{{"X-B", "1"}, {"x.a", "2"}, {"Connection", "close"}, {"x-b", "3"}, {"X_A", "4"}};
    EXPECT_EQ(built(from)["response"]["headers"],
              (Json{{"content-type", "text/plain; charset=utf-8"}, {"x-b", "3"}, {"x_a", "4"}}));
}

TEST(Envelope, SurvivesWhateverComesIn) {
    Outcome from;
    from.response.status = -5;
    from.response.body = std::string("\xff\x00\xc3(\xed\xa0\x80\xf5", 8);
    from.response.headers = HttpHeaders{{"x.y$z\xff", "\xfe"}, {"content-length", "9"}};
    Orchestration bare;  // no name, nothing
    from.orchestrations.push_back(bare);
    bare.error = Error{ErrorCode::unavailable, "\xff", "", {}};
    bare.response = Orchestration::Response{};
    from.orchestrations.push_back(bare);
    from.properties["a.b$"] = "\xff";
    const auto e = built(from, {.bodies = OrchestrationBodies::full});
    expect_safe(e);
    EXPECT_FALSE(e["response"]["headers"].contains("content-length"));
    EXPECT_TRUE(e["properties"].contains("a_b_"));
}

TEST(Envelope, NamesEveryStep) {
    for (const auto& given : {std::string(), std::string(2, '\0')}) {
        auto from = outcome();
        from.orchestrations[0].name = given;
        EXPECT_EQ(built(from)["orchestrations"][0]["name"], "Step");
    }
}

TEST(Utf8, ReplacesOnlyWhatIsInvalid) {
    EXPECT_EQ(valid_utf8("aé€😀"), "aé€😀");
    EXPECT_EQ(valid_utf8("\xc0\xaf"), "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(valid_utf8("\xe2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(valid_utf8(std::string_view("a\0b", 3)), "ab");
}
