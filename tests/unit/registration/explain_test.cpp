// SPDX-License-Identifier: MPL-2.0
#include "registration/explain.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::registration;

namespace {

UpstreamReply reply(int status, std::string body, std::string type = "text/plain; charset=utf-8") {
    return {status, {{"Content-Type", std::move(type)}}, std::move(body)};
}

struct Row {
    std::string label;
    Ask ask;
    UpstreamReply answer;
    ErrorCode code;
    std::vector<std::string> says;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
    return out << row.label;
}

}  // namespace

class Explanation : public testing::TestWithParam<Row> {};

TEST_P(Explanation, TellsTheAdministratorWhatToDo) {
    const auto error = explain(GetParam().ask, GetParam().answer);
    EXPECT_EQ(error.code, GetParam().code);
    for (const auto& words : GetParam().says) EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find("User Authenticated Successfully"), std::string::npos);
    EXPECT_EQ(error.message.find('<'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Explanation,
    testing::Values(
        Row{"admin_group",
            Ask::registration,
            reply(403, "User a@b.org is not an admin, API access to addMediator denied."),
            ErrorCode::forbidden,
            {"up to 8.5", "group 'admin'"}},
        Row{"no_role",
            Ask::registration,
            reply(403, "User a@b.org does not have an access role specified."),
            ErrorCode::forbidden,
            {"has no role", "mediator-manage-all"}},
        Row{"named_permission",
            Ask::heartbeat,
            reply(403,
                  "User a@b.org does not have the \"mediator-view-all\" permission, API access to mediatorHeartbeat "
                  "denied."),
            ErrorCode::forbidden,
            {"lacks the permission mediator-view-all"}},
        Row{"forbidden_without_words",
            Ask::list_channels,
            reply(403, "User Authenticated Successfully"),
            ErrorCode::forbidden,
            {"group 'admin'", "channel-view-all"}},
        Row{"unauthorized",
            Ask::registration,
            reply(401, "Unauthorized"),
            ErrorCode::unauthenticated,
            {"password is wrong", "unknown"}},
        Row{"forgotten",
            Ask::heartbeat,
            reply(404, "Not Found"),
            ErrorCode::not_found,
            {"does not know this mediator"}},
        Row{"forgotten_with_filler",
            Ask::heartbeat,
            reply(404, "User Authenticated Successfully"),
            ErrorCode::not_found,
            {"does not know"}},
        Row{"proxy_404_is_not_forgotten",
            Ask::heartbeat,
            reply(404, "<html>nothing here</html>", "text/html"),
            ErrorCode::bad_gateway,
            {"web page", "8080"}},
        Row{"page_without_type",
            Ask::registration,
            reply(200, "\n <!DOCTYPE html>", "text/plain"),
            ErrorCode::bad_gateway,
            {"web page"}},
        Row{"no_api", Ask::registration, reply(404, "Not Found"), ErrorCode::bad_gateway, {"no OpenHIM API", "8080"}},
        Row{"refused_with_words",
            Ask::registration,
            reply(400, "Could not add Mediator via the API: ValidationError: At least 1 endpoint is required"),
            ErrorCode::bad_request,
            {"refused the registration", "At least 1 endpoint"}},
        Row{"refused_without_words",
            Ask::heartbeat,
            reply(400, "Bad Request"),
            ErrorCode::bad_request,
            {"refused the heartbeat"}},
        Row{"too_large",
            Ask::registration,
            reply(413, "request entity too large"),
            ErrorCode::bad_request,
            {"too large"}},
        Row{"failed",
            Ask::registration,
            reply(500, "Could not add Mediator via the API: MongoError: E11000 duplicate key"),
            ErrorCode::bad_gateway,
            {"500", "E11000"}},
        Row{"passing", Ask::heartbeat, reply(503, "<html>busy</html>", "text/html"), ErrorCode::unavailable, {"503"}},
        Row{"redirect", Ask::registration, reply(302, ""), ErrorCode::bad_gateway, {"redirects"}},
        Row{"odd_success",
            Ask::registration,
            reply(200, "hello"),
            ErrorCode::bad_gateway,
            {"unexpected answer", "200"}}),
    [](const auto& row) { return row.param.label; });

struct RefusalRow {
    std::string label;
    Refusal refusal;
    std::string path;
    std::string says;
};
std::ostream& operator<<(std::ostream& out, const RefusalRow& row) {
    return out << row.label;
}

class RefusalWords : public testing::TestWithParam<RefusalRow> {};

TEST_P(RefusalWords, TellWhatIsWrongAsFarAsItCanBeKnown) {
    const auto error = explain(GetParam().refusal);
    EXPECT_EQ(error.code, ErrorCode::unauthenticated);
    EXPECT_EQ(error.path, GetParam().path);
    EXPECT_NE(error.message.find(GetParam().says), std::string::npos) << error.message;
}

using Challenge = Refusal::Challenge;
INSTANTIATE_TEST_SUITE_P(
    Rows, RefusalWords,
    testing::Values(
        RefusalRow{"basic_only", {.basic = true}, "openhim.username", "set openhim.auth to auto"},
        RefusalRow{
            "unknown_user", {.basic = true, .challenge = Challenge::unknown_user}, "openhim.username", "has no user"},
        RefusalRow{"wrong_password_modern_user",
                   {.basic = true, .challenge = Challenge::no_token_password},
                   "openhim.password_file",
                   "the user exists"},
        RefusalRow{"wrong_password",
                   {.basic = true, .challenge = Challenge::given, .token = true},
                   "openhim.password_file",
                   "password is wrong"},
        RefusalRow{"token_user_without_password",
                   {.challenge = Challenge::no_token_password},
                   "openhim.auth",
                   "Set openhim.auth to auto or basic"},
        RefusalRow{"token_refused",
                   {.challenge = Challenge::given, .token = true},
                   "openhim.password_file",
                   "'token' is missing"},
        RefusalRow{"challenge_failed", {.basic = true, .challenge = Challenge::failed}, "openhim.username", "401"}),
    [](const auto& row) { return row.param.label; });

TEST(CoreWords, AreOnePrintableLine) {
    EXPECT_EQ(core_words(reply(400, "a\r\nb\x1b[31m\xc3\xa9 ")), "a  b [31m");
    EXPECT_EQ(core_words(reply(400, std::string(5000, 'x'))).size(), 300u);
    EXPECT_EQ(core_words(reply(404, "Not Found")), "");
    EXPECT_EQ(core_words(reply(400, "")), "");
}

TEST(HttpDate, ReadsWhatServersSend) {
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), parse_rfc3339("1994-11-06T08:49:37Z"));
    EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT"), parse_rfc3339("2024-02-29T23:59:59Z"));
    for (const char* bad :
         {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT",
          "Sun, xx Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 19x4 08:49:37 GMT",
          "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT"}) {
        EXPECT_EQ(parse_http_date(bad), std::nullopt) << bad;
    }
}
