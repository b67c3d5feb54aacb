// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/contracts.hpp"

#include "core/json.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "unit/webhook/fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::test;
using namespace ocm::webhook;

namespace {

Result<Message> written(const Subscription& subscription, const RegistrationEvent& event = birth_registered()) {
    Delivery delivery;
    delivery.sequence = 7;
    return contracts("https://mediator.example.org/fhir")
        .at(subscription.contract)(event, subscription, delivery, fakes::FakeClock::start);
}

bool holds(const Message& message, std::string_view text) {
    return message.body.find(text) != std::string::npos;
}

}  // namespace

TEST(WebhookContracts, A1xSubscriberIsToldIts1xMessageSigned) {
    const auto subscription = wants("birth.registered");
    const auto message = written(subscription);
    ASSERT_TRUE(message) << message.error().message;
    const auto body = parse_json(message->body).value();
    EXPECT_EQ(body["id"], subscription.id);
    EXPECT_EQ(body["event"]["hub"]["topic"], "BIRTH_REGISTERED");
    EXPECT_EQ(body["event"]["context"][0]["resourceType"], "Bundle");
    EXPECT_EQ(message->headers.get("content-type"), "application/json");
    EXPECT_TRUE(
        opencrvs_v1::hub_signature_matches("planted-secret", message->body, message->headers.get("x-hub-signature")));
}

TEST(WebhookContracts, NothingIsToldButWhatWasGranted) {
    auto subscription = wants("birth.registered");
    auto message = written(subscription).value();
    EXPECT_TRUE(holds(message, "Planted"));
    EXPECT_FALSE(holds(message, "1234567890")) << "the mother was not granted";
    for (const auto& field : message.disclosed) EXPECT_FALSE(field.starts_with("mother")) << field;
    EXPECT_FALSE(message.disclosed.empty());

    subscription.fields = {"mother.identifiers"};
    message = written(subscription).value();
    EXPECT_TRUE(holds(message, "1234567890"));
    EXPECT_FALSE(holds(message, "Planted"));
    EXPECT_EQ(message.disclosed, std::vector<std::string>{"mother.identifiers"});

    subscription.fields.clear();
    message = written(subscription).value();
    EXPECT_FALSE(holds(message, "1234567890") || holds(message, "Planted") || holds(message, "2026B0000001"));
    EXPECT_TRUE(message.disclosed.empty());
}

TEST(WebhookContracts, TheNationalIdClientHasItsOwnSections) {
    auto subscription = wants("birth.registered");
    subscription.contract = SubscriptionContract::national_id;
    subscription.fields.clear();
    const auto message = written(subscription).value();
    EXPECT_TRUE(holds(message, "1234567890"));
    EXPECT_TRUE(holds(message, "2026B0000001"));
}

TEST(WebhookContracts, WhatOpenCrvsSentIsNotToldAsItIs) {
    auto event = birth_registered();
    event.event.document = R"({"planted":"whole-document"})";
    auto subscription = wants("birth.registered");
    for (const auto contract :
         {SubscriptionContract::opencrvs_1, SubscriptionContract::cloudevents, SubscriptionContract::fhir_r4}) {
        subscription.contract = contract;
        const auto message = written(subscription, event);
        ASSERT_TRUE(message);
        EXPECT_FALSE(holds(*message, "planted") || holds(*message, "whole-document"));
    }
}

TEST(WebhookContracts, ACloudEventHasItsNumberAndIsSigned) {
    auto subscription = wants("birth.registered");
    subscription.contract = SubscriptionContract::cloudevents;
    auto message = written(subscription).value();
    const auto body = parse_json(message.body).value();
    EXPECT_EQ(body["specversion"], "1.0");
    EXPECT_EQ(body["id"], event_id(birth_registered()));
    EXPECT_FALSE(holds(message, "1234567890"));
    EXPECT_TRUE(
        opencrvs_v1::hub_signature_matches("planted-secret", message.body, message.headers.get("x-hub-signature")));
    subscription.secret.clear();
    EXPECT_EQ(written(subscription)->headers.find("x-hub-signature"), nullptr);
}

TEST(WebhookContracts, AFhirSubscriberIsToldANumberedNotificationSigned) {
    auto subscription = wants("birth.registered");
    subscription.contract = SubscriptionContract::fhir_r4;
    const auto message = written(subscription).value();
    const auto body = parse_json(message.body).value();
    EXPECT_EQ(body["type"], "history");
    const auto& status = body["entry"][0]["resource"];
    EXPECT_EQ(status["resourceType"], "Parameters");
    EXPECT_EQ(status["parameter"][0]["valueReference"]["reference"],
              "https://mediator.example.org/fhir/Subscription/" + subscription.id);
    EXPECT_EQ(status["parameter"][1]["valueCanonical"],
              "https://mediator.example.org/fhir/SubscriptionTopic/birth-registered");
    EXPECT_EQ(status["parameter"][4]["valueString"], "7");
    EXPECT_EQ(message.headers.get("content-type"), "application/fhir+json; charset=utf-8");
    EXPECT_TRUE(
        opencrvs_v1::hub_signature_matches("planted-secret", message.body, message.headers.get("x-hub-signature")));
    EXPECT_TRUE(holds(message, "Planted"));
    EXPECT_FALSE(holds(message, "1234567890")) << "the mother was not granted";
    for (const auto& field : message.disclosed) EXPECT_FALSE(field.starts_with("mother")) << field;
    EXPECT_FALSE(message.disclosed.empty());
    subscription.secret.clear();
    EXPECT_EQ(written(subscription)->headers.find("x-hub-signature"), nullptr);
}

TEST(WebhookContracts, AFhirSubscriberOfIdsIsToldNothingElse) {
    auto subscription = wants("birth.registered");
    subscription.contract = SubscriptionContract::fhir_r4;
    subscription.fields = {"child", "mother", "registration.number"};
    subscription.full = false;
    const auto message = written(subscription).value();
    for (const auto* value : {"Planted", "1234567890", "2026B0000001", "2026-02-20"})
        EXPECT_FALSE(holds(message, value)) << value;
    EXPECT_TRUE(message.disclosed.empty());
    subscription.full = true;
    EXPECT_TRUE(holds(written(subscription).value(), "1234567890"));
}

TEST(WebhookContracts, WithoutAnAddressNothingIsWrittenInFhir) {
    EXPECT_FALSE(contracts("").contains(SubscriptionContract::fhir_r4));
    EXPECT_TRUE(contracts("").contains(SubscriptionContract::cloudevents));
}

TEST(WebhookContracts, ATopicThat1xHasNotIsADeadLetter) {
    auto event = birth_registered();
    event.topic.change = Change::revoked;
    const auto message = written(wants("birth.revoked"), event);
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().code, ErrorCode::bad_request);
}
