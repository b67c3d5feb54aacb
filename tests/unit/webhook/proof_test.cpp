// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/proof.hpp"

#include "core/json.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "unit/webhook/fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::test;
using namespace ocm::webhook;

namespace {

constexpr auto now = fakes::FakeClock::start;

ProofOptions options() {
    ProofOptions out;
    out.fhir_base = "https://mediator.example.org/fhir";
    out.origin = "mediator.example.org";
    out.policy.allowed_hosts = {"*.example.org"};
    return out;
}

Subscription of(SubscriptionContract contract, const char* topic = "birth.registered") {
    auto out = wants(topic);
    out.contract = contract;
    out.headers = {"X-Tenant: 7"};
    return out;
}

std::string refusal(const Proof& proof, int status, HttpHeaders headers = {}, std::string body = {}) {
    const auto fine = check_proof(proof, {status, std::move(headers), std::move(body)});
    return fine ? "" : fine.error().message;
}

}  // namespace

TEST(Proof, Of1xIsTheChallenge) {
    for (const auto contract : {SubscriptionContract::opencrvs_1, SubscriptionContract::national_id}) {
        const auto proof = question_of(of(contract), options(), now);
        ASSERT_TRUE(proof);
        EXPECT_EQ(proof->call.method, "GET");
        EXPECT_EQ(proof->call.name, "Verify callback");
        EXPECT_NE(proof->call.url.find("&topic=BIRTH_REGISTERED"), std::string::npos);
        EXPECT_EQ(refusal(*proof, 500, {}, dump_json({{"challenge", proof->expected}})), "") << "whatever the status";
        EXPECT_EQ(refusal(*proof, 200, {}, R"({"challenge":"another"})"),
                  "the callback did not answer with a JSON object that holds the challenge");
    }
    const auto none = question_of(of(SubscriptionContract::opencrvs_1, "marriage.registered"), options(), now);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().message, "the contract of the subscription has no word for its topic");
}

TEST(Proof, OfFhirIsTheHandshake) {
    const auto proof = question_of(of(SubscriptionContract::fhir_r4), options(), now);
    ASSERT_TRUE(proof);
    EXPECT_EQ(proof->call.method, "POST");
    EXPECT_EQ(proof->call.url, "https://ministry.example.org:8443/hear?to=births");
    EXPECT_EQ(proof->call.headers.get("x-tenant"), "7");
    EXPECT_EQ(proof->call.headers.get("mediator-key-id"), "key-1");
    EXPECT_TRUE(proof->call.public_only);
    EXPECT_TRUE(opencrvs_v1::hub_signature_matches("planted-secret", proof->call.body,
                                                   proof->call.headers.get("x-hub-signature")));
    const auto bundle = parse_json(proof->call.body).value();
    EXPECT_EQ(bundle["entry"][0]["resource"]["parameter"][3]["valueCode"], "handshake");
    EXPECT_EQ(refusal(*proof, 200), "");
    EXPECT_EQ(refusal(*proof, 204), "");
    EXPECT_EQ(refusal(*proof, 302), "the callback answered 302 to the handshake");
    auto without = options();
    without.fhir_base.clear();
    EXPECT_EQ(question_of(of(SubscriptionContract::fhir_r4), without, now).error().code, ErrorCode::unavailable);
}

TEST(Proof, OfCloudEventsIsThePermission) {
    const auto proof = question_of(of(SubscriptionContract::cloudevents), options(), now);
    ASSERT_TRUE(proof);
    EXPECT_EQ(proof->call.method, "OPTIONS");
    EXPECT_EQ(proof->call.headers.get("webhook-request-origin"), "mediator.example.org");
    EXPECT_EQ(proof->call.body, "");
    EXPECT_EQ(refusal(*proof, 200, {{"WebHook-Allowed-Origin", "Mediator.example.org"}}), "");
    EXPECT_EQ(refusal(*proof, 204, {{"WebHook-Allowed-Origin", "*"}}), "");
    EXPECT_EQ(refusal(*proof, 200, {{"WebHook-Allowed-Origin", "example.org"}}),
              "the callback does not allow us in WebHook-Allowed-Origin");
    EXPECT_EQ(refusal(*proof, 404, {{"WebHook-Allowed-Origin", "*"}}), "the callback answered 404 to the handshake");
}

TEST(Proof, NobodyIsAskedWhereNobodyMayBeCalled) {
    auto strict = options();
    strict.policy.allowed_hosts = {"elsewhere.org"};
    for (const auto contract :
         {SubscriptionContract::opencrvs_1, SubscriptionContract::fhir_r4, SubscriptionContract::cloudevents}) {
        EXPECT_FALSE(question_of(of(contract), strict, now));
        auto without = of(contract);
        without.topics.clear();
        EXPECT_EQ(question_of(without, options(), now).error().message, "the subscription has no topic");
    }
}
