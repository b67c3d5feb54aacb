// SPDX-License-Identifier: MPL-2.0
#include "fixtures.hpp"
#include "formats/opencrvs_v1/hub.hpp"

using namespace ocm;
using namespace ocm::opencrvs_v1;

namespace {

// Made with Node's crypto and encodeURIComponent (opencrvs.md 4.6).
constexpr const char* secret = "d04aec67-1ef4-467a-a5a8-fa5c89ad71ce";
constexpr const char* body =
    R"json({"timestamp":"2026-01-02T03:04:05.678Z","id":"6f1f2c1e-0000-4000-8000-000000000001","event":{"hub":{"topic":"BIRTH_REGISTERED"},"context":[{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Patient","id":"a1","name":[{"use":"en","given":["Zoë (Ana)"],"family":"O'Neil~!*"}]}}]}]}})json";
constexpr const char* signature = "sha256=e075f2815da01268c0aa7e2d9cfc865e046784202da24b6270cc1793c534a6c2";

TEST(HubSignature, IsTheOneOpencrvsMakes) {
    EXPECT_EQ(hub_signature(secret, body), signature);
    EXPECT_TRUE(hub_signature_matches(secret, body, signature));
}

TEST(HubSignature, IsOfExactlyTheseBytes) {
    for (std::size_t i = 0; i < std::string_view(body).size(); i += 7) {
        std::string changed = body;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(hub_signature_matches(secret, changed, signature)) << i;
    }
    const auto anew = dump_json(parse_json(body).value());
    ASSERT_NE(anew, body);
    EXPECT_FALSE(hub_signature_matches(secret, anew, signature));
    EXPECT_FALSE(hub_signature_matches(secret, std::string(body) + "\n", signature));
    EXPECT_FALSE(hub_signature_matches(secret, "", signature));
}

TEST(HubSignature, NeedsTheSecretAndTheHeaderWhole) {
    std::string header = signature;
    EXPECT_FALSE(hub_signature_matches("d04aec67-1ef4-467a-a5a8-fa5c89ad71cf", body, header));
    EXPECT_FALSE(hub_signature_matches(secret, body, ""));
    EXPECT_FALSE(hub_signature_matches(secret, body, "sha256="));
    EXPECT_FALSE(hub_signature_matches(secret, body, header.substr(7)));
    EXPECT_FALSE(hub_signature_matches(secret, body, "sha1=" + header.substr(7)));
    EXPECT_FALSE(hub_signature_matches(secret, body, header.substr(0, header.size() - 1)));
    EXPECT_FALSE(hub_signature_matches(secret, body, header + "0"));
    // Without a secret anybody could sign.
    EXPECT_FALSE(hub_signature_matches("", body, hub_signature("", body)));
}

TEST(HubTopics, AreTheSixOfEvery1xVersion) {
    EXPECT_EQ(hub_topics().size(), 6U);
    for (const auto name : hub_topics()) {
        const auto topic = hub_topic(name);
        ASSERT_TRUE(topic) << name;
        EXPECT_EQ(hub_topic_name(*topic), name);
    }
    EXPECT_EQ(hub_topic("DEATH_CORRECTED"), (Topic{Change::corrected, VitalKind::death}));
    // 1.8 lets the numbers of its enum pass; nothing is ever sent for them.
    for (const auto* name :
         {"", "0", "birth_registered", "BIRTH_REGISTERED ", "MARRIAGE_REGISTERED", "birth.registered"})
        EXPECT_EQ(hub_topic(name), std::nullopt) << name;
    EXPECT_EQ(hub_topic_name({Change::registered, VitalKind::marriage}), std::nullopt);
    EXPECT_EQ(hub_topic_name({Change::revoked, VitalKind::birth}), std::nullopt);
    EXPECT_EQ(hub_topic_name({Change::notification_status, VitalKind::birth}), std::nullopt);
}

}  // namespace
