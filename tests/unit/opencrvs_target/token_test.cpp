// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/token.hpp"

#include "channels/opencrvs/scopes.hpp"
#include "core/io_pool.hpp"
#include "unit/opencrvs_target/fakes.hpp"

#include <gtest/gtest.h>

#include <future>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;
using namespace std::chrono_literals;

namespace {

TokenOptions options() {
    return {"national", "notification", "https://gateway.example.org/auth", "an id&", "the secret=", 10s};
}

class TokenTest : public testing::Test {
  protected:
    Result<std::shared_ptr<const Token>> get() { return run(tokens.get(way)); }

    FakeClock clock;
    FakeOpenCrvs opencrvs{clock};
    DirectWay way{opencrvs, SteadyTime::max()};
    TokenSource tokens{options(), clock};
};

}  // namespace

TEST(TokenClaims, AreReadFromThePayload) {
    const auto claims = TokenClaims::read(make_token({{"iat", 100}, {"exp", 700.0}, {"scope", {"a", 5, "b"}}}));
    ASSERT_TRUE(claims);
    EXPECT_EQ(claims->issued, 100);
    EXPECT_EQ(claims->expires, 700);
    EXPECT_EQ(claims->scopes, (std::vector<std::string>{"a", "b"}));

    for (const auto& bad :
         {std::string(), std::string("abc"), std::string("a.b"), std::string("a.!!.c"), "a." + base64url("[1]") + ".c",
          "a." + base64url("{") + ".c", std::string(100'000, '.'), "a." + base64url(std::string(2000, '[')) + ".c"}) {
        EXPECT_FALSE(TokenClaims::read(bad)) << bad.substr(0, 20);
    }
    const auto odd = TokenClaims::read(make_token({{"iat", -1}, {"exp", 1e300}, {"scope", "text"}}));
    ASSERT_TRUE(odd);
    EXPECT_FALSE(odd->issued);
    EXPECT_FALSE(odd->expires);
    EXPECT_TRUE(odd->scopes.empty());
}

TEST(TokenClaims, AreUsedForAMinuteLessThanTheyLive) {
    const WallTime now{1'000'000s};
    EXPECT_EQ(usable_for({.issued = 100, .expires = 700, .scopes = {}}, now), 540s);
    EXPECT_EQ(usable_for({.issued = {}, .expires = 1'000'600, .scopes = {}}, now), 540s);
    EXPECT_EQ(usable_for({.issued = 100, .expires = 130, .scopes = {}}, now), 15s);
    EXPECT_EQ(usable_for({.issued = 700, .expires = 100, .scopes = {}}, now), 0s);
}

TEST_F(TokenTest, IsAskedForInTheBodyAndKept) {
    const auto first = get();
    ASSERT_TRUE(first);
    EXPECT_EQ((*first)->scopes, opencrvs.scopes);
    clock.advance(539s);
    EXPECT_EQ(*get(), *first);
    clock.advance(2s);
    EXPECT_NE(*get(), *first);
    const auto calls = opencrvs.calls();
    ASSERT_EQ(calls.size(), 2u);
    EXPECT_EQ(calls[0].body, "grant_type=client_credentials&client_id=an%20id%26&client_secret=the%20secret%3D");
    EXPECT_EQ(calls[0].headers.get("content-type"), "application/x-www-form-urlencoded");
    EXPECT_TRUE(calls[0].credentials);
    EXPECT_TRUE(calls[0].repeatable);
}

TEST_F(TokenTest, IsAskedForInTheQueryWhereTheVersionReadsNothingElse) {
    auto in_query = options();
    in_query.in_query = true;
    TokenSource source{in_query, clock};
    static_cast<void>(run(source.get(way)));  // the fake answers at the plain address only
    const auto call = opencrvs.calls().back();
    EXPECT_EQ(call.url,
              "https://gateway.example.org/auth/token?grant_type=client_credentials&client_id=an%20id%26&"
              "client_secret=the%20secret%3D");
    EXPECT_TRUE(call.body.empty());
    EXPECT_TRUE(call.credentials);
}

TEST_F(TokenTest, IsAskedForOnceByManyThreads) {
    IoPool pool(4);
    pool.start();
    std::vector<std::future<Result<std::shared_ptr<const Token>>>> got;
    for (int i = 0; i < 64; ++i) {
        got.push_back(boost::asio::co_spawn(pool.next(), tokens.get(way), boost::asio::use_future));
    }
    for (auto& one : got) {
        ASSERT_EQ(one.wait_for(30s), std::future_status::ready);
        EXPECT_TRUE(one.get());
    }
    EXPECT_EQ(opencrvs.count("POST /auth/token"), 1u);
    pool.stop();
}

TEST_F(TokenTest, FailureIsSharedByThoseWhoWaited) {
    opencrvs.down = true;
    IoPool pool(2);
    pool.start();
    std::vector<std::future<Result<std::shared_ptr<const Token>>>> got;
    for (int i = 0; i < 16; ++i) {
        got.push_back(boost::asio::co_spawn(pool.next(), tokens.get(way), boost::asio::use_future));
    }
    for (auto& one : got) {
        ASSERT_EQ(one.wait_for(30s), std::future_status::ready);
        EXPECT_EQ(one.get().error().code, ErrorCode::unavailable);
    }
    pool.stop();
    EXPECT_LE(opencrvs.count("POST /auth/token"), 16u);
    opencrvs.down = false;
    EXPECT_TRUE(get());
}

TEST_F(TokenTest, ErrorsSayWhatToCheckAndNoSecret) {
    const struct {
        int status;
        Json body;
        ErrorCode code;
        std::string words;
    } rows[] = {
        {401,
         {{"error", "invalid_client"}},
         ErrorCode::bad_gateway,
         "OpenCRVS auth (target national) does not accept the notification client: its id or secret is wrong, or it is "
         "not active; check targets.national.clients.notification"},
        {400,
         {{"error", "invalid_request"}},
         ErrorCode::bad_gateway,
         "OpenCRVS auth (target national) found no client id or secret in the request; check "
         "targets.national.clients.notification"},
        {400,
         {{"error", "unsupported_grant_type"}},
         ErrorCode::bad_gateway,
         "OpenCRVS auth (target national) does not issue tokens for client credentials; check "
         "targets.national.version"},
        {404, Json::object(), ErrorCode::bad_gateway,
         "OpenCRVS auth (target national) has no token endpoint at that address; check targets.national.auth_url and "
         "gateway_url"},
        {403,
         {{"error", "the secret="}},
         ErrorCode::bad_gateway,
         "OpenCRVS auth (target national) refused to issue a token (HTTP 403); check targets.national.auth_url and "
         "clients.notification"},
        {503, Json::object(), ErrorCode::unavailable,
         "OpenCRVS auth (target national) cannot issue a token now (HTTP 503)"},
        {200,
         {{"access_token", "opaque"}},
         ErrorCode::bad_gateway,
         "OpenCRVS auth (target national) answered without a token that says when it expires; check "
         "targets.national.auth_url"},
        {200,
         {{"access_token", make_token({{"iat", 1}})}},
         ErrorCode::bad_gateway,
         "OpenCRVS auth (target national) answered without a token that says when it expires; check "
         "targets.national.auth_url"},
    };
    for (const auto& row : rows) {
        opencrvs.script("POST /auth/token", row.status, row.body);
        const auto got = get();
        ASSERT_FALSE(got) << row.words;
        EXPECT_EQ(got.error().code, row.code);
        EXPECT_EQ(got.error().message, row.words);
        EXPECT_EQ(got.error().retry_after.has_value(), row.code == ErrorCode::unavailable);
    }
    EXPECT_TRUE(get());
}

TEST_F(TokenTest, RefusedTokenIsReplacedOnce) {
    UpstreamCall call;
    call.method = "GET";
    call.url = "https://gateway.example.org/events/config";
    EXPECT_EQ(run(send_authorized(way, tokens, call)).value().status, 200);
    opencrvs.forget_tokens();
    EXPECT_EQ(run(send_authorized(way, tokens, call)).value().status, 200);
    EXPECT_EQ(opencrvs.count("POST /auth/token"), 2u);

    for (int i = 0; i < 2; ++i) opencrvs.script("GET /events/config", 401, {{"code", "UNAUTHORIZED"}});
    const auto refused = run(send_authorized(way, tokens, call));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::bad_gateway);
    EXPECT_EQ(opencrvs.count("POST /auth/token"), 3u);
}

TEST_F(TokenTest, ALateRefusalDoesNotDropTheNewToken) {
    const auto old = get().value();
    tokens.refused(old);
    const auto fresh = get().value();
    tokens.refused(old);
    EXPECT_EQ(get().value(), fresh);
}

TEST(RetryAfter, IsKeptWithinReason) {
    const auto of = [](std::string value) { return retry_after({503, {{"Retry-After", std::move(value)}}, ""}); };
    EXPECT_EQ(of("7"), 7s);
    EXPECT_EQ(of("0"), 1s);
    EXPECT_EQ(of("999999"), 3600s);
    EXPECT_EQ(of("Fri, 31 Dec 1999 23:59:59 GMT"), 30s);
    EXPECT_EQ(of(""), 30s);
    EXPECT_EQ(retry_after({503, {}, ""}), 30s);
}

TEST(Scopes, OfTheNotificationClient) {
    const auto& version = *find_version("2.0");
    const auto check = [&](std::vector<std::string> scopes) {
        return check_notification_scopes(version, scopes, {"birth", "death"});
    };
    auto result = check({"type=record.create", "type=record.notify&event=birth,death"});
    EXPECT_TRUE(result.missing.empty());
    EXPECT_TRUE(result.excess.empty());

    EXPECT_TRUE(check({"record.create", "record.notify"}).missing.empty());

    result = check({"type=record.create&event=birth", "type=record.notify&event=birth", "type=record.search",
                    "type=record.search&event=birth", "demo"});
    EXPECT_EQ(result.missing,
              (std::vector<std::string>{"type=record.create&event=death", "type=record.notify&event=death"}));
    EXPECT_EQ(result.excess, (std::vector<std::string>{"record.search", "demo"}));

    EXPECT_EQ(check({"notification-api"}).missing.size(), 4u) << "a 1.x client that was not migrated";
    EXPECT_EQ(Scope::parse("type=record.notify&event=birth%2Cdeath").events,
              (std::vector<std::string>{"birth", "death"}));
}
