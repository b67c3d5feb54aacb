// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/auth_key.hpp"

#include "support/fakes/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::fakes;
using namespace ocm::opencrvs;
using namespace std::chrono_literals;

namespace {

const SigningKey& first_key() {
    static const auto key = SigningKey::generate();
    return key;
}
const SigningKey& second_key() {
    static const auto key = SigningKey::generate();
    return key;
}
const Json claims{{"eventId", "e-1"}};

class AuthKeyTest : public testing::Test {
  protected:
    void auth_shows(int status, const std::string& body) {
        upstream.answer = [status, body](const UpstreamCall&) { return UpstreamReply{status, {}, body}; };
    }
    Result<Json> check(const std::string& token) {
        Runner runner;
        return runner.run(key.claims(token));
    }

    FakeClock clock;
    FakeUpstream upstream;
    AuthKey key{{"https://auth.example.org"}, upstream, clock};
};

TEST_F(AuthKeyTest, IsReadOnce) {
    auth_shows(200, first_key().public_pem());
    EXPECT_FALSE(key.known());
    EXPECT_EQ(check(first_key().sign(claims)).value(), claims);
    EXPECT_EQ(check(first_key().sign(claims)).value(), claims);
    ASSERT_EQ(upstream.calls.size(), 1U);
    EXPECT_EQ(upstream.calls[0].method + " " + upstream.calls[0].url, "GET https://auth.example.org/.well-known");
    EXPECT_TRUE(key.known());
}

TEST_F(AuthKeyTest, IsReadAgainWhereItDidNotSign) {
    auth_shows(200, first_key().public_pem());
    EXPECT_TRUE(check(first_key().sign(claims)));
    clock.advance(1h);
    auth_shows(200, second_key().public_pem());
    EXPECT_EQ(check(second_key().sign(claims)).value(), claims);
    EXPECT_EQ(check(first_key().sign(claims)).error().code, ErrorCode::unauthenticated);
}

TEST_F(AuthKeyTest, IsNotReadForEachForgery) {
    auth_shows(200, first_key().public_pem());
    EXPECT_TRUE(check(first_key().sign(claims)));
    clock.advance(6s);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(check(second_key().sign(claims)).error().code, ErrorCode::unauthenticated);
    EXPECT_EQ(upstream.calls.size(), 2U);
    clock.advance(6s);
    EXPECT_EQ(check("no.to.ken").error().code, ErrorCode::unauthenticated);
    EXPECT_EQ(upstream.calls.size(), 3U);
}

TEST_F(AuthKeyTest, StaysWhereAuthIsDown) {
    auth_shows(200, first_key().public_pem());
    EXPECT_TRUE(check(first_key().sign(claims)));
    clock.advance(1h);
    auth_shows(503, "");
    EXPECT_EQ(check(second_key().sign(claims)).error().code, ErrorCode::unauthenticated);
    EXPECT_TRUE(check(first_key().sign(claims)));
}

TEST_F(AuthKeyTest, IsNotKnownWhereItWasNeverRead) {
    EXPECT_EQ(check(first_key().sign(claims)).error().message,
              "the key of OpenCRVS could not be read: nobody is there");
    EXPECT_EQ(check(first_key().sign(claims)).error().code, ErrorCode::unavailable) << "not asked again so soon";
    EXPECT_EQ(upstream.calls.size(), 1U);
    clock.advance(6s);
    auth_shows(200, "<html>");
    EXPECT_EQ(check(first_key().sign(claims)).error().message, "what auth shows as its key is no public key in PEM");
    clock.advance(6s);
    auth_shows(404, first_key().public_pem());
    EXPECT_EQ(check(first_key().sign(claims)).error().message,
              "the key of OpenCRVS could not be read: auth answered 404");
    clock.advance(6s);
    auth_shows(200, first_key().public_pem());
    EXPECT_TRUE(check(first_key().sign(claims)));
}

}  // namespace
