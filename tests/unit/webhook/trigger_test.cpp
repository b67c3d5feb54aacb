// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/trigger.hpp"

#include "channels/opencrvs/event_document.hpp"
#include "core/json.hpp"
#include "support/paths/paths.hpp"
#include "unit/formats/fixtures.hpp"
#include "unit/opencrvs/fixtures.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::webhook;
using ocm::test::json_file;

namespace {

constexpr const char* record = "e7e40000-0000-4000-8000-000000000001";
constexpr const char* register_action = "ac710000-0000-4000-8000-000000000009";
constexpr WallTime now{std::chrono::seconds(1'772'442'900)};

/// The record when its second REGISTER is asked for.
Json asked_for() {
    auto document = json_file(support::source_dir() / "tests/unit/opencrvs/data/document-birth.json");
    auto& actions = document["actions"];
    actions.erase(actions.begin() + 9, actions.end());
    return document;
}

Json good_claims() {
    return {{"iss", "opencrvs:auth-service"},
            {"aud", {"opencrvs:gateway-user", "opencrvs:countryconfig-user"}},
            {"exp", 1'772'442'900 + 604'800},
            {"eventId", record},
            {"actionId", register_action}};
}

HttpRequest request(std::string method, std::string path) {
    HttpRequest out;
    out.method = std::move(method);
    out.path = std::move(path);
    return out;
}

opencrvs::DocumentRead read(const std::string& copy) {
    const opencrvs::About about{"national", register_action, Heard::trigger, false};
    return opencrvs::read_document(parse_json(copy).value(), about, opencrvs::test::farajaland_map(),
                                   opencrvs::test::farajaland_form(), opencrvs::test::places())
        .value();
}

TEST(Triggers, AreToldByTheirPath) {
    EXPECT_EQ(trigger_path(request("POST", "/trigger/events/birth/actions/REGISTER")),
              (TriggerPath{"birth", "REGISTER"}));
    EXPECT_EQ(trigger_path(request("POST", "/trigger/events/tennis-club-membership/actions/SEAL")),
              (TriggerPath{"tennis-club-membership", "SEAL"}));
    const std::pair<const char*, const char*> others[] = {{"GET", "/trigger/events/birth/actions/REGISTER"},
                                                          {"POST", "/triggers/events/birth/actions/REGISTER"},
                                                          {"POST", "/trigger/events/birth/actions/REGISTER/"},
                                                          {"POST", "/trigger/events//actions/REGISTER"},
                                                          {"POST", "/trigger/events/birth/actions/"},
                                                          {"POST", "/trigger/events/birth/actions"},
                                                          {"POST", "/events/birth/actions/REGISTER"},
                                                          {"POST", "/triggers/user/user-created"},
                                                          {"POST", "/"},
                                                          {"POST", ""}};
    for (const auto& [method, path] : others) EXPECT_FALSE(trigger_path(request(method, path))) << path;
}

TEST(Triggers, ShowTheirTokenWithAndWithoutBearer) {
    HttpRequest shown;
    EXPECT_EQ(shown_token(shown), "");
    for (const char* value : {"Bearer a.b.c", "bearer a.b.c", "a.b.c"}) {
        shown.headers.set("Authorization", value);
        EXPECT_EQ(shown_token(shown), "a.b.c") << value;
    }
}

TEST(Triggers, NeedATokenForCountryConfigurations) {
    EXPECT_TRUE(check_token(good_claims(), now));
    auto one = good_claims();
    one["aud"] = "opencrvs:countryconfig-user";
    EXPECT_TRUE(check_token(one, now)) << "one audience may stand alone (RFC 7519 4.1.3)";
    one["exp"] = 1'772'442'900 - 59;
    EXPECT_TRUE(check_token(one, now)) << "clocks differ";

    const std::pair<Json, const char*> rows[] = {
        {{{"iss", "somebody"}}, "the token has another issuer"},
        {{{"iss", nullptr}}, "the token has another issuer"},
        {{{"aud", {"opencrvs:gateway-user"}}}, "the token is not for country configurations"},
        {{{"aud", nullptr}}, "the token is not for country configurations"},
        {{{"aud", "opencrvs:countryconfig-user2"}}, "the token is not for country configurations"},
        {{{"aud", {{"a", "opencrvs:countryconfig-user"}}}}, "the token is not for country configurations"},
        {{{"exp", 1'772'442'900 - 60}}, "the token has expired"},
        {{{"exp", nullptr}}, "the token does not say until when it is good"},
        {{{"exp", "1772443500"}}, "the token does not say until when it is good"},
        {{{"exp", 1.8e9}}, "the token does not say until when it is good"}};
    for (const auto& [patch, why] : rows) {
        auto claims = good_claims();
        claims.merge_patch(patch);
        if (patch.contains("aud") && patch["aud"].is_object()) claims["aud"] = patch["aud"];
        const auto checked = check_token(claims, now);
        ASSERT_FALSE(checked) << patch;
        EXPECT_EQ(checked.error(), (Error{ErrorCode::unauthenticated, why, "", std::nullopt})) << patch;
    }
}

TEST(Triggers, AreForTheActionThatTheTokenNames) {
    const TriggerPath path{"birth", "REGISTER"};
    EXPECT_EQ(check_trigger(good_claims(), path, asked_for()).value(), (Trigger{record, register_action, "REGISTER"}));

    struct Row {
        Json claims, document;
        TriggerPath path;
        const char* at;
        const char* why;
    };
    const auto one_action = [](Json actions) { return Json{{"actions", std::move(actions)}}; };
    const Row rows[] = {
        {{{"eventId", "e7e40000-0000-4000-8000-000000000002"}},
         {},
         path,
         "/id",
         "is not the record that the token is for"},
        {{}, {{"id", "e7e40000-0000-4000-8000-000000000002"}}, path, "/id", "is not the record that the token is for"},
        {{}, {{"id", nullptr}}, path, "/id", "is not the record that the token is for"},
        {{{"eventId", nullptr}}, {{"id", nullptr}}, path, "", "the token is not for one action of one record"},
        {{{"actionId", nullptr}}, {}, path, "", "the token is not for one action of one record"},
        {{{"actionId", "ac710000-0000-4000-8000-000000000011"}},
         {},
         path,
         "/actions",
         "does not hold the token's action"},
        {{}, one_action(nullptr), path, "/actions", "does not hold the token's action"},
        {{}, one_action("none"), path, "/actions", "does not hold the token's action"},
        {{}, one_action({1, "a", nullptr, Json::array()}), path, "/actions", "does not hold the token's action"},
        {{}, {}, {"death", "REGISTER"}, "/type", "is not the event that the path names"},
        {{}, {}, {"birth", "ARCHIVE"}, "/actions/8/type", "is not the action that the path names"},
    };
    for (const auto& row : rows) {
        auto claims = good_claims();
        auto document = asked_for();
        if (!row.claims.is_null()) claims.merge_patch(row.claims);
        if (!row.document.is_null()) document.merge_patch(row.document);
        const auto checked = check_trigger(claims, row.path, document);
        ASSERT_FALSE(checked) << row.why;
        EXPECT_EQ(checked.error(), (Error{ErrorCode::forbidden, row.why, row.at, std::nullopt}));
    }
    EXPECT_FALSE(check_trigger(good_claims(), path, Json::array()));
}

TEST(Triggers, AreDecidedByThreeAnswersAndNoOther) {
    EXPECT_EQ(decision(200), Decision::accepted);
    EXPECT_EQ(decision(202), Decision::later);
    EXPECT_EQ(decision(400), Decision::rejected);
    for (const int status : {201, 204, 301, 401, 404, 500, 502})
        EXPECT_EQ(decision(status), Decision::failed) << status;
}

TEST(TriggerCopies, AreAcceptedWithWhatTheAnswerAdds) {
    const Trigger trigger{record, register_action, "REGISTER"};
    const auto copy = copy_of(asked_for(), trigger, 200,
                              R"({"registrationNumber":"2026B7Q2K1","declaration":{"child.nid":"4410098765"}})");
    ASSERT_TRUE(copy);
    const auto heard = read(*copy);
    ASSERT_TRUE(heard.event) << heard.why;
    EXPECT_EQ(heard.event->topic, (Topic{Change::registered, VitalKind::birth}));
    EXPECT_EQ(heard.event->occurrence, "2026B7Q2K1");
    EXPECT_EQ(heard.event->heard, Heard::trigger);
    EXPECT_FALSE(heard.event->confirmed);
    const auto document = parse_json(*copy).value();
    EXPECT_EQ(document["actions"].back()["declaration"]["child.nid"], "4410098765");
    EXPECT_EQ(opencrvs::told_of(document).value().action, register_action);
}

TEST(TriggerCopies, TellWhatTheyAreOfWhateverWasAskedForSince) {
    auto document = asked_for();
    document["actions"].push_back({{"id", "ac710000-0000-4000-8000-000000000099"},
                                   {"type", "PRINT_CERTIFICATE"},
                                   {"status", "Requested"},
                                   {"createdAt", "2026-01-17T09:00:01.000Z"}});
    const auto copy = copy_of(document, {record, register_action, "REGISTER"}, 200, R"({"registrationNumber":"N-1"})");
    EXPECT_EQ(opencrvs::told_of(parse_json(copy.value()).value()).value().action, register_action);
}

TEST(TriggerCopies, StayAskedForWhereTheAnswerComesLater) {
    const auto copy = copy_of(asked_for(), {record, register_action, "REGISTER"}, 202, "");
    ASSERT_TRUE(copy);
    EXPECT_EQ(parse_json(*copy).value(), asked_for());
    EXPECT_EQ(read(*copy).standing, opencrvs::Standing::pending);
}

TEST(TriggerCopies, HoldNoNumberWhereTheAnswerHasNone) {
    for (const char* answer : {"", "{}", "[]", R"({"registrationNumber":7,"declaration":[]})", "<html>"}) {
        const auto copy = copy_of(asked_for(), {record, register_action, "REGISTER"}, 200, answer);
        ASSERT_TRUE(copy) << answer;
        EXPECT_EQ(read(*copy).standing, opencrvs::Standing::pending) << "OpenCRVS does not take it either: " << answer;
    }
}

TEST(TriggerCopies, AreNoneOfWhatDoesNotComeToBeOrTellsNobody) {
    const Trigger trigger{record, register_action, "REGISTER"};
    for (const int status : {201, 400, 401, 404, 500, 504}) EXPECT_FALSE(copy_of(asked_for(), trigger, status, "{}"));
    EXPECT_FALSE(copy_of(asked_for(), {record, "ac710000-0000-4000-8000-000000000002", "NOTIFY"}, 200, "{}"));
    EXPECT_FALSE(copy_of(asked_for(), {record, register_action, "SEAL"}, 200, "{}"));
}

TEST(PassedOn, LosesWhatIsOfOneConnection) {
    const HttpHeaders headers{{"Host", "countryconfig:3040"},
                              {"Authorization", "Bearer a.b.c"},
                              {"Connection", "keep-alive, X-Hop ,, "},
                              {"Keep-Alive", "timeout=5"},
                              {"x-hop", "1"},
                              {"Transfer-Encoding", "chunked"},
                              {"Content-Length", "7"},
                              {"Expect", "100-continue"},
                              {"TE", "trailers"},
                              {"Upgrade", "websocket"},
                              {"Cookie", "a=b"},
                              {"Set-Cookie", "a"},
                              {"Set-Cookie", "b"},
                              {"X-Empty", ""}};
    const HttpHeaders expected{{"Host", "countryconfig:3040"},
                               {"Authorization", "Bearer a.b.c"},
                               {"Cookie", "a=b"},
                               {"Set-Cookie", "a"},
                               {"Set-Cookie", "b"},
                               {"X-Empty", ""}};
    EXPECT_EQ(passed_on(headers), expected);
}

TEST(TriggerRefusals, AreNoDecision) {
    const auto refusal = trigger_refusal({ErrorCode::bad_request, "cannot be read", "/id", std::nullopt});
    EXPECT_EQ(refusal.status, 422) << "400 would have OpenCRVS record the action as rejected";
    EXPECT_EQ(refusal.body, R"({"error":"Unprocessable Entity","message":"/id cannot be read","statusCode":422})");
    EXPECT_EQ(trigger_refusal({ErrorCode::unauthenticated, "the token has expired", "", std::nullopt}).body,
              R"({"error":"Unauthorized","message":"the token has expired","statusCode":401})");
}

}  // namespace
