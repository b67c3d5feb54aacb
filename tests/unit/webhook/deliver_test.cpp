// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/deliver.hpp"

#include "channels/webhook/channel.hpp"
#include "channels/webhook/event_json.hpp"
#include "core/json.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "unit/webhook/fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::test;
using namespace ocm::webhook;

namespace {

using Kind = dispatch::Outcome::Kind;

class WebhookDelivery : public testing::Test {
  protected:
    WebhookDelivery() {
        policy.allowed_hosts = {"*.example.org"};
        delivery.id = "44444444-0000-4000-8000-000000000004";
        delivery.transaction = "55555555-0000-7000-8000-000000000005";
        delivery.subscription = subscription.id;
        delivery.client = subscription.client;
        client.id = subscription.client;
        client.kind = store_ops::ClientKind::webhook;
        client.fields = {"child-details", "mother-details"};
        upstream.answer = [this](const UpstreamCall&) { return answer; };
    }

    std::shared_ptr<const store_ops::Client> client_of(const std::string& id) const {
        return id == client.id ? std::make_shared<const store_ops::Client>(client) : nullptr;
    }
    Sending send() {
        DeliveryDeps deps;
        auto directory = std::make_shared<const SubscriptionDirectory>(known ? std::vector{subscription}
                                                                             : std::vector<Subscription>{});
        deps.subscriptions = [directory] { return directory; };
        deps.client = [this](const std::string& id) { return client_of(id); };
        deps.callbacks = [this] { return policy; };
        deps.contracts[SubscriptionContract::opencrvs_1] = [this](const RegistrationEvent& event,
                                                                  const Subscription& to, const Delivery&,
                                                                  WallTime) -> Result<Message> {
            if (no_words) return fail(ErrorCode::unprocessable, "the contract has no such topic");
            Message out;
            out.body = "number " + event.event.registration->registration_number;
            out.headers = {{"Content-Type", "application/json"}, {"X-Hub-Signature", "signed with " + to.key_id}};
            out.disclosed = {"registration.number"};
            return out;
        };
        return send_with(make_webhook_delivery(std::move(deps)));
    }
    /// With every contract as it is.
    Sending send_for_real(std::string fhir_base) {
        WebhookDeps deps;
        auto directory = std::make_shared<const SubscriptionDirectory>(std::vector{subscription});
        deps.subscriptions = [directory] { return directory; };
        deps.client = [this](const std::string& id) { return client_of(id); };
        deps.callbacks = [this] { return policy; };
        deps.fhir_base = std::move(fhir_base);
        return send_with(make_webhook_kind(deps));
    }
    Sending send_with(const DeliveryKind& kind) {
        Exchange exchange(delivery.transaction, kind.channel, clock.steady() + std::chrono::seconds(30),
                          {upstream, store, clock, ids});
        fakes::Runner runner;
        auto sending = runner.run(kind.send(exchange, delivery, payload));
        steps = exchange.steps().size();
        if (steps != 0) key_id = exchange.steps().back().key_id;
        return sending;
    }
    /// What is committed with the outcome.
    template <class Op>
    static std::vector<Op> also(const Sending& sending) {
        std::vector<Op> out;
        for (const auto& op : sending.also) {
            if (const auto* one = std::get_if<Op>(&op)) out.push_back(*one);
        }
        return out;
    }

    fakes::FakeClock clock;
    fakes::FakeIds ids;
    fakes::FakeUpstream upstream;
    fakes::FakeStore store{clock};
    CallbackPolicy policy;
    Subscription subscription = wants("birth.registered");
    store_ops::Client client;
    bool known = true;
    bool no_words = false;
    Delivery delivery;
    std::string payload = write_event(birth_registered());
    Result<UpstreamReply> answer = UpstreamReply{204, {}, ""};
    std::size_t steps = 0;
    std::string key_id;  // recorded with the last step
};

}  // namespace

TEST_F(WebhookDelivery, GoesOutOnceAndIsADisclosure) {
    subscription.headers = {"X-Own: value", "Mediator-Delivery-Id: forged"};
    const auto sent = send();
    EXPECT_EQ(sent.outcome.kind, Kind::done);
    ASSERT_EQ(upstream.calls.size(), 1u);
    const auto& call = upstream.calls[0];
    EXPECT_EQ(call.method, "POST");
    EXPECT_EQ(call.url, subscription.callback) << "its query is kept";
    EXPECT_EQ(call.body, "number 2026B0000001");
    EXPECT_EQ(call.headers.get("content-type"), "application/json");
    EXPECT_EQ(call.headers.get("x-hub-signature"), "signed with key-1");
    EXPECT_EQ(call.headers.get("mediator-delivery-id"), delivery.id);
    EXPECT_EQ(call.headers.get("mediator-key-id"), "key-1");
    EXPECT_EQ(call.headers.get("x-own"), "value");
    EXPECT_TRUE(call.public_only);
    EXPECT_TRUE(call.repeatable);
    const auto disclosed = also<store_ops::Disclose>(sent);
    ASSERT_EQ(disclosed.size(), 1u);
    EXPECT_EQ(disclosed[0].actor, ministry);
    EXPECT_EQ(disclosed[0].transaction, delivery.transaction);
    EXPECT_EQ(disclosed[0].fields, std::vector<std::string>{"registration.number"});
    EXPECT_EQ(sent.also.size(), 1u);
}

TEST_F(WebhookDelivery, IsSignedWithTheOldSecretUntilTheOverlapEndsWhereThereIsOneSignature) {
    subscription.old_secret = "old-secret";
    subscription.old_key_id = "key-0";
    subscription.old_until = clock.now() + std::chrono::hours(1);
    for (const auto contract : {SubscriptionContract::opencrvs_1, SubscriptionContract::national_id}) {
        subscription.contract = contract;
        client.kind = contract == SubscriptionContract::national_id ? store_ops::ClientKind::national_id
                                                                    : store_ops::ClientKind::webhook;
        EXPECT_EQ(send_for_real("").outcome.kind, Kind::done);
        const auto& call = upstream.calls.back();
        EXPECT_TRUE(opencrvs_v1::hub_signature_matches("old-secret", call.body, call.headers.get("x-hub-signature")));
        EXPECT_EQ(call.headers.get("mediator-key-id"), "key-0");
        EXPECT_EQ(call.headers.find("mediator-old-signature"), nullptr);
        EXPECT_EQ(key_id, "key-0") << "what signed is recorded";
    }
    clock.advance(std::chrono::hours(1));
    EXPECT_EQ(send_for_real("").outcome.kind, Kind::done);
    const auto& after = upstream.calls.back();
    EXPECT_TRUE(opencrvs_v1::hub_signature_matches("planted-secret", after.body, after.headers.get("x-hub-signature")));
    EXPECT_EQ(after.headers.get("mediator-key-id"), "key-1");
    EXPECT_EQ(key_id, "key-1");
}

TEST_F(WebhookDelivery, IsSignedWithBothSecretsWhereThereMayBeTwoSignatures) {
    subscription.old_secret = "old-secret";
    subscription.old_key_id = "key-0";
    subscription.old_until = clock.now() + std::chrono::hours(1);
    for (const auto contract : {SubscriptionContract::cloudevents, SubscriptionContract::fhir_r4}) {
        subscription.contract = contract;
        EXPECT_EQ(send_for_real("https://mediator.example.org/fhir").outcome.kind, Kind::done);
        const auto& call = upstream.calls.back();
        EXPECT_TRUE(
            opencrvs_v1::hub_signature_matches("planted-secret", call.body, call.headers.get("x-hub-signature")));
        EXPECT_EQ(call.headers.get("mediator-key-id"), "key-1");
        EXPECT_TRUE(
            opencrvs_v1::hub_signature_matches("old-secret", call.body, call.headers.get("mediator-old-signature")));
        EXPECT_EQ(call.headers.get("mediator-old-key-id"), "key-0");
        EXPECT_EQ(key_id, "key-1");
    }
    clock.advance(std::chrono::hours(1));
    EXPECT_EQ(send_for_real("https://mediator.example.org/fhir").outcome.kind, Kind::done);
    EXPECT_EQ(upstream.calls.back().headers.find("mediator-old-signature"), nullptr);
    EXPECT_EQ(upstream.calls.back().headers.find("mediator-old-key-id"), nullptr);
}

TEST_F(WebhookDelivery, GoesToAFhirSubscriberUnderItsOwnHeader) {
    subscription.contract = SubscriptionContract::fhir_r4;
    subscription.headers = {"Authorization: Bearer planted-token"};
    delivery.sequence = 3;
    const auto sent = send_for_real("https://mediator.example.org/fhir");
    EXPECT_EQ(sent.outcome.kind, Kind::done) << sent.outcome.error.message;
    ASSERT_EQ(upstream.calls.size(), 1u);
    const auto& call = upstream.calls[0];
    EXPECT_EQ(call.headers.get("authorization"), "Bearer planted-token");
    EXPECT_EQ(call.headers.get("content-type"), "application/fhir+json; charset=utf-8");
    EXPECT_TRUE(opencrvs_v1::hub_signature_matches("planted-secret", call.body, call.headers.get("x-hub-signature")));
    const auto body = parse_json(call.body).value();
    EXPECT_EQ(body["entry"][0]["resource"]["parameter"][4]["valueString"], "3");
    const auto disclosed = also<store_ops::Disclose>(sent);
    ASSERT_EQ(disclosed.size(), 1u);
    EXPECT_FALSE(disclosed[0].fields.empty());

    subscription.full = false;
    EXPECT_TRUE(also<store_ops::Disclose>(send_for_real("https://mediator.example.org/fhir")).at(0).fields.empty());
}

TEST_F(WebhookDelivery, EndsTheFhirSubscriptionThatIsGone) {
    subscription.contract = SubscriptionContract::fhir_r4;
    answer = UpstreamReply{410, {}, ""};
    const auto sent = send_for_real("https://mediator.example.org/fhir");
    EXPECT_EQ(sent.outcome.kind, Kind::dropped);
    const auto put = also<store_ops::PutSubscription>(sent);
    ASSERT_EQ(put.size(), 1u);
    EXPECT_EQ(put[0].subscription.state, SubscriptionState::ended);
}

TEST_F(WebhookDelivery, IsADeadLetterInFhirWhereTheMediatorKnowsNoAddressOfItsOwn) {
    subscription.contract = SubscriptionContract::fhir_r4;
    const auto sent = send_for_real("");
    EXPECT_EQ(sent.outcome.kind, Kind::refused);
    EXPECT_EQ(sent.outcome.error.message, "nothing writes the contract of its subscription");
    EXPECT_TRUE(upstream.calls.empty());
}

TEST_F(WebhookDelivery, IsDroppedWhereNobodyIsThereForIt) {
    const std::vector<std::pair<std::function<void()>, std::string>> rows{
        {[&] { known = false; }, "its subscription was removed"},
        {[&] {
             known = true;
             subscription.state = SubscriptionState::ended;
             subscription.why = "removed by its client";
         },
         "its subscription has ended: removed by its client"},
        {[&] {
             subscription.state = SubscriptionState::active;
             subscription.until = clock.now();
         },
         "its subscription has run out"},
    };
    for (const auto& [change, why] : rows) {
        change();
        const auto sent = send();
        EXPECT_EQ(sent.outcome.kind, Kind::dropped);
        EXPECT_EQ(sent.outcome.error.message, why);
        EXPECT_TRUE(sent.also.empty());
    }
    EXPECT_TRUE(upstream.calls.empty());
}

TEST_F(WebhookDelivery, WaitsWhileItsSubscriptionIsPaused) {
    subscription.state = SubscriptionState::paused;
    const auto sent = send();
    EXPECT_EQ(sent.outcome.kind, Kind::again);
    EXPECT_TRUE(sent.outcome.patient) << "it does not grow old";
    EXPECT_TRUE(sent.outcome.reached) << "that says nothing of the destination";
    EXPECT_EQ(sent.outcome.error.retry_after, std::chrono::seconds(300));
    EXPECT_TRUE(upstream.calls.empty());
}

TEST_F(WebhookDelivery, IsSentNowhereThatIsNotAllowed) {
    policy.allowed_hosts = {"elsewhere.org"};
    auto sent = send();
    EXPECT_EQ(sent.outcome.kind, Kind::again) << "it may be allowed again";
    EXPECT_FALSE(sent.outcome.patient);
    policy = {};
    policy.allowed_hosts = {"*"};
    subscription.callback = "https://127.0.0.1/";
    sent = send();
    EXPECT_EQ(sent.outcome.kind, Kind::again);
    EXPECT_TRUE(upstream.calls.empty());
    policy.allow_private = true;
    EXPECT_EQ(send().outcome.kind, Kind::done);
    EXPECT_FALSE(upstream.calls.at(0).public_only);
}

TEST_F(WebhookDelivery, WhatCannotBeWrittenIsADeadLetter) {
    no_words = true;
    auto sent = send();
    EXPECT_EQ(sent.outcome.kind, Kind::refused);
    EXPECT_EQ(sent.outcome.error.message, "the contract has no such topic");
    subscription.contract = SubscriptionContract::fhir_r4;
    EXPECT_EQ(send().outcome.kind, Kind::refused);
    payload = "{}";
    EXPECT_EQ(send().outcome.kind, Kind::refused);
    EXPECT_TRUE(upstream.calls.empty());
}

TEST_F(WebhookDelivery, GoneEndsTheSubscription) {
    answer = UpstreamReply{410, {}, ""};
    const auto sent = send();
    EXPECT_EQ(sent.outcome.kind, Kind::dropped);
    const auto put = also<store_ops::PutSubscription>(sent);
    ASSERT_EQ(put.size(), 1u);
    EXPECT_EQ(put[0].subscription.state, SubscriptionState::ended);
    EXPECT_EQ(put[0].subscription.why, "the subscriber answered 410 Gone");
    EXPECT_TRUE(put[0].existing) << "what was removed meanwhile does not come back";
    EXPECT_EQ(put[0].record.detail.find("planted"), std::string::npos);
    EXPECT_EQ(also<store_ops::Disclose>(sent).size(), 1u) << "it was told nevertheless";
}

TEST_F(WebhookDelivery, AnythingElseComesAgain) {
    struct Row {
        UpstreamReply reply;
        std::string why;
        std::optional<std::chrono::seconds> wait;
        bool reached = true;
    };
    const std::vector<Row> rows{
        {{400, {}, ""}, "the subscriber answered 400", std::nullopt},
        {{302, {{"location", "https://planted.org"}}, ""},
         "the subscriber answered 302: redirects are not followed",
         std::nullopt},
        {{429, {{"Retry-After", "17"}}, ""}, "the subscriber answered 429", std::chrono::seconds(17)},
        {{503, {{"Retry-After", "600"}}, ""}, "the subscriber answered 503", std::chrono::seconds(600), false},
        {{503, {}, ""}, "the subscriber answered 503", std::nullopt, false},
        {{500, {{"Retry-After", "17"}}, ""}, "the subscriber answered 500", std::nullopt},
    };
    for (const auto& row : rows) {
        answer = row.reply;
        const auto sent = send();
        EXPECT_EQ(sent.outcome.kind, Kind::again) << row.why;
        EXPECT_EQ(sent.outcome.error.message, row.why);
        EXPECT_EQ(sent.outcome.error.retry_after, row.wait) << row.why;
        EXPECT_EQ(sent.outcome.reached, row.reached) << row.why;
        EXPECT_FALSE(sent.outcome.patient) << row.why;
        EXPECT_EQ(also<store_ops::Disclose>(sent).size(), 1u) << row.why;
        EXPECT_EQ(steps, 1u) << "one try: the dispatcher repeats";
    }
}

TEST_F(WebhookDelivery, WhereNothingLeftNothingWasDisclosed) {
    answer = fail(ErrorCode::unavailable, "nobody is there");
    auto sent = send();
    EXPECT_EQ(sent.outcome.kind, Kind::again);
    EXPECT_FALSE(sent.outcome.reached);
    EXPECT_TRUE(sent.also.empty());
    answer = fail(ErrorCode::target_timeout, "no answer");
    sent = send();
    EXPECT_EQ(sent.outcome.kind, Kind::again);
    EXPECT_EQ(also<store_ops::Disclose>(sent).size(), 1u) << "it may have been told";
}

TEST_F(WebhookDelivery, TellsNoMoreThanTheClientHasNow) {
    subscription.contract = SubscriptionContract::cloudevents;
    subscription.fields = {"child-details", "mother-details"};
    for (const auto& [has, disclosed] : std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>>{
             {{"mother.name"}, {"mother.name"}},
             {{"child.name", "office"}, {"child.name"}},
             {{"registration.number"}, {"registration.number"}},
             {{}, {}},
         }) {
        client.fields = has;
        upstream.calls.clear();
        const auto sent = send_for_real("");
        EXPECT_EQ(sent.outcome.kind, Kind::done);
        ASSERT_EQ(upstream.calls.size(), 1u);
        const auto& body = upstream.calls[0].body;
        EXPECT_EQ(body.find("1234567890"), std::string::npos) << "the mother's number is nobody's any more";
        const auto records = also<store_ops::Disclose>(sent);
        ASSERT_EQ(records.size(), 1u);
        EXPECT_EQ(records[0].fields, disclosed);
    }
    EXPECT_EQ(subscription.fields.size(), 2u) << "it is not changed: what comes back is told again";
}

TEST_F(WebhookDelivery, GoneIsRecordedWithTheFieldsItWasMadeWith) {
    subscription.fields = {"child-details", "mother-details"};
    client.fields = {"child.name"};
    answer = UpstreamReply{410, {}, ""};
    const auto ends = also<store_ops::PutSubscription>(send());
    ASSERT_EQ(ends.size(), 1u);
    EXPECT_EQ(ends[0].subscription.fields, subscription.fields);
}

TEST_F(WebhookDelivery, ADisabledOrUnknownClientIsToldNothing) {
    client.enabled = false;
    auto sent = send();
    EXPECT_EQ(sent.outcome.kind, Kind::again);
    EXPECT_TRUE(sent.outcome.patient);
    EXPECT_EQ(sent.outcome.error.message, "its client is disabled");
    client.enabled = true;
    client.id = hospital;
    sent = send();
    EXPECT_EQ(sent.outcome.kind, Kind::again);
    EXPECT_EQ(sent.outcome.error.message, "the client of its subscription is not known");
    EXPECT_TRUE(upstream.calls.empty());
    EXPECT_TRUE(sent.also.empty()) << "nothing left";
}

TEST_F(WebhookDelivery, AClientOfAnotherKindIsToldNothing) {
    for (const auto kind : {store_ops::ClientKind::event_notification, store_ops::ClientKind::record_search,
                            store_ops::ClientKind::national_id}) {
        client.kind = kind;
        const auto sent = send();
        EXPECT_EQ(sent.outcome.kind, Kind::dropped);
        EXPECT_TRUE(sent.also.empty());
    }
    EXPECT_TRUE(upstream.calls.empty());
}
