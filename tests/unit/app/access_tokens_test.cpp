// SPDX-License-Identifier: MPL-2.0
#include "app/access_tokens.hpp"

#include "app/private_file.hpp"
#include "formats/opencrvs_v1/token.hpp"
#include "unit/store/fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sys/stat.h>

using namespace ocm;
using namespace ocm::app;
using std::chrono::seconds;

namespace {

const WallTime now = *parse_rfc3339("2026-01-15T09:30:00Z");
constexpr const char* id = "0198c1f2-7c1a-7000-8000-000000000001";

const SigningKey& signing_key() {
    static const auto key = SigningKey::generate();
    return key;
}

struct Tokens : testing::Test {
    std::string key = make_client_key(id);
    store_ops::Client client;
    AccessTokens tokens{signing_key()};

    Tokens() {
        client.id = id;
        client.name = "hospital";
        client.key_sha256 = hash_client_key(key);
    }
    std::string issued(WallTime at = now) const {
        const ClientDirectory clients({client});
        const auto shown = authenticate(clients, id, key, at);
        EXPECT_TRUE(shown);
        return tokens.issue(*shown, at);
    }
    /// Empty where it is good.
    std::string refusal(const std::string& token, WallTime at = now) const {
        const ClientDirectory clients({client});
        const auto checked = tokens.check(token, clients, at);
        if (checked) {
            EXPECT_EQ((*checked)->id, id);
            return {};
        }
        EXPECT_EQ(checked.error().code, ErrorCode::unauthenticated);
        return checked.error().message;
    }
    void rotate(WallTime old_until) {
        client.old_key_sha256 = client.key_sha256;
        client.old_key_until = old_until;
        client.key_sha256 = hash_client_key(make_client_key(id));
    }
    std::string signed_with(const char* claim, Json value) const {
        auto claims = *signing_key().verify(issued());
        if (value.is_null()) {
            claims.erase(claim);
        } else {
            claims[claim] = std::move(value);
        }
        return signing_key().sign(claims);
    }
};

}  // namespace

TEST_F(Tokens, AreGoodForTenMinutes) {
    const auto token = issued();
    EXPECT_EQ(refusal(token), "");
    EXPECT_EQ(refusal(token, now + seconds(600) - Milliseconds(1)), "");
    EXPECT_EQ(refusal(token, now + seconds(600)), AccessTokens::expired);
}

TEST_F(Tokens, HoldNothingOfTheKey) {
    const auto claims = signing_key().verify(issued())->dump();
    EXPECT_EQ(claims.find(key), std::string::npos);
    EXPECT_EQ(claims.find(client.key_sha256), std::string::npos);
    EXPECT_EQ(claims.find("hospital"), std::string::npos);
}

TEST_F(Tokens, DisablingAClientMeansNow) {
    const auto token = issued();
    client.enabled = false;
    EXPECT_EQ(refusal(token), "the client is disabled");
    client.id = "0198c1f2-7c1a-7000-8000-000000000002";
    EXPECT_EQ(refusal(token), "the client is not known");
}

TEST_F(Tokens, EndWithTheKeyTheyWereIssuedFor) {
    const auto token = issued();
    rotate(now + seconds(60));
    EXPECT_EQ(refusal(token, now + seconds(59)), "");
    EXPECT_EQ(refusal(token, now + seconds(60)), "the key the token was issued for is not valid");
    rotate(now + seconds(60));
    EXPECT_EQ(refusal(token), "the key the token was issued for is not valid");
}

TEST_F(Tokens, ATokenForTheOldKeyIsNoTokenForTheNewOne) {
    rotate(now + seconds(300));
    const auto with_old = issued(now + seconds(200));
    EXPECT_EQ(refusal(with_old, now + seconds(299)), "");
    EXPECT_NE(refusal(with_old, now + seconds(300)), "");
}

TEST_F(Tokens, MustBeMeantForUs) {
    EXPECT_EQ(refusal(signed_with("iss", "opencrvs:auth-service")), "");
    for (const auto& [claim, value] : std::vector<std::pair<const char*, Json>>{
             {"iss", "somebody"},
             {"iss", nullptr},
             {"aud", Json::array({"opencrvs:webhooks-user"})},
             {"aud", "opencrvs:gateway-user"},
             {"aud", nullptr},
             {"exp", nullptr},
             {"exp", "1768469400"},
             {"exp", 9e18},
             {"exp", 0},
             {"sub", nullptr},
             {"sub", Json::array({id})},
             {"key", nullptr},
             {"key", ""},
         }) {
        EXPECT_NE(refusal(signed_with(claim, value)), "") << claim << " " << value;
    }
    EXPECT_EQ(refusal("not.a.token"), "the token is not one of ours");
    EXPECT_EQ(refusal(SigningKey::generate().sign(*signing_key().verify(issued()))), "the token is not one of ours");
}

TEST(SigningKeyFile, IsMadeAtTheFirstStartForItsOwnerAlone) {
    const test::TemporaryFolder folder;
    const auto store = folder.file("mediator.db");
    const auto made = load_signing_key("", store);
    ASSERT_TRUE(made) << made.error().message;
    struct stat info{};
    ASSERT_EQ(::stat((store + ".token-key.pem").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777u, 0600u);
    const auto again = load_signing_key("", store);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->public_pem(), made->public_pem());
    // The same file may be configured.
    EXPECT_EQ(load_signing_key(store + ".token-key.pem", folder.file("other.db"))->public_pem(), made->public_pem());
    EXPECT_FALSE(std::filesystem::exists(folder.file("other.db.token-key.pem")));
}

TEST(SigningKeyFile, ThatCannotBeUsedStopsTheStart) {
    const test::TemporaryFolder folder;
    const auto absent = load_signing_key(folder.file("none.pem"), folder.file("a.db"));
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().path, folder.file("none.pem"));
    std::ofstream(folder.file("a.db.token-key.pem")) << "damaged";
    const auto damaged = load_signing_key("", folder.file("a.db"));
    ASSERT_FALSE(damaged) << "a new key must not take the place of one that is damaged";
    EXPECT_EQ(damaged.error().path, folder.file("a.db.token-key.pem"));
    EXPECT_FALSE(load_signing_key("", folder.file("no/such/folder/a.db")));
    EXPECT_FALSE(load_signing_key(folder.file("."), folder.file("a.db"))) << "a folder is no file";
}
