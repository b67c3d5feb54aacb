// SPDX-License-Identifier: MPL-2.0
#include "core/json.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "integration/webhook/deliveries_fixture.hpp"

using namespace ocm;
using namespace ocm::test;

TEST_F(WebhookDeliveries, EverySubscriberIsToldOnceSignedAndInOrder) {
    Subscriber first;
    Subscriber second;
    first.answer({500, 503});  // it takes the third try
    const auto to_first = subscribe(first, "33333333-0000-4000-8000-000000000001");
    subscribe(second, "33333333-0000-4000-8000-000000000002");
    start();
    publish(birth_registered());
    publish(birth_registered());  // heard again
    auto corrected = birth_registered();
    corrected.topic.change = Change::corrected;
    corrected.occurrence = "action-2";
    publish(corrected);

    const auto told = first.wait_for(4);
    settled(DeliveryState::delivered, 4);
    ASSERT_EQ(told.size(), 4u);
    std::vector<std::string> topics;
    for (const auto& request : told) {
        EXPECT_EQ(request.target, "/hear?to=me");
        EXPECT_TRUE(
            opencrvs_v1::hub_signature_matches(to_first.secret, request.body, request.headers.get("x-hub-signature")));
        const auto body = parse_json(request.body).value();
        EXPECT_EQ(body["id"], to_first.id);
        topics.push_back(body["event"]["hub"]["topic"]);
        EXPECT_EQ(request.body.find("1234567890"), std::string::npos) << "more than was granted";
    }
    EXPECT_EQ(topics, (std::vector<std::string>{"BIRTH_REGISTERED", "BIRTH_REGISTERED", "BIRTH_REGISTERED",
                                                "BIRTH_CORRECTED"}));
    EXPECT_EQ(told[0].headers.get("mediator-delivery-id"), told[2].headers.get("mediator-delivery-id"));
    EXPECT_NE(told[2].headers.get("mediator-delivery-id"), told[3].headers.get("mediator-delivery-id"));
    EXPECT_EQ(second.wait_for(2).size(), 2u);

    const auto record =
        run(store->show_transaction(settled(DeliveryState::delivered, 4).back().transaction, store::PartBytes::leave));
    ASSERT_TRUE(record);
    const auto disclosed = std::count_if(record->entries.begin(), record->entries.end(),
                                         [](const auto& entry) { return entry.kind == "disclosed"; });
    EXPECT_EQ(disclosed, 4) << "three tries of the one, one of the other";
    expect_sound();
}

TEST_F(WebhookDeliveries, GoneEndsTheSubscriptionAndWhatWaitsForIt) {
    Subscriber subscriber;
    subscriber.answer({410});
    subscribe(subscriber, "33333333-0000-4000-8000-000000000001");
    publish(birth_registered());
    auto other = birth_registered();
    other.occurrence = "2026B0000002";
    publish(other);
    start();
    const auto dropped = settled(DeliveryState::discarded, 2);
    ASSERT_EQ(dropped.size(), 2u);
    EXPECT_EQ(dropped[1].why, "the subscriber answered 410: it wants nothing more");
    EXPECT_EQ(dropped[0].why, "its subscription has ended: the subscriber answered 410 Gone");
    EXPECT_EQ(subscriber.wait_for(1).size(), 1u);
    EXPECT_EQ(run(store->subscriptions()).value()[0].state, SubscriptionState::ended);
    expect_sound();
}

TEST_F(WebhookDeliveries, ASubscriberInsideIsNotReachedUnlessAllowed) {
    Subscriber subscriber;
    const auto made = subscribe(subscriber, "33333333-0000-4000-8000-000000000001");
    policy.allow_private = false;
    policy.allowed_hosts = {"localhost"};
    auto named = made;
    named.callback.replace(named.callback.find("127.0.0.1"), 9, "localhost");
    ASSERT_TRUE(
        commit(*store, unit_of(store_ops::PutSubscription{named, {wall_now(), "t", "subscription.add", "{}"}})));
    publish(birth_registered());
    start();
    std::vector<Delivery> tried;
    for (int i = 0; i < 400 && (tried.empty() || tried[0].why.empty()); ++i) {
        std::this_thread::sleep_for(Milliseconds(20));
        tried = run(store->list_deliveries({})).value();
    }
    ASSERT_EQ(tried.size(), 1u);
    EXPECT_NE(tried[0].why.find("is not at a public address"), std::string::npos) << tried[0].why;
    EXPECT_TRUE(subscriber.wait_for(0).empty());
}

TEST_F(WebhookDeliveries, FieldsTakenFromAClientAreNotInWhatStillWaits) {
    Subscriber subscriber;
    auto made = subscribe(subscriber, "33333333-0000-4000-8000-000000000001");
    made.fields = {"child-details", "mother-details"};
    ASSERT_TRUE(commit(*store, unit_of(store_ops::PutSubscription{made, {wall_now(), "t", "subscription.add", "{}"}})));
    grant({"child-details", "mother-details"});
    publish(birth_registered());  // nothing is sent yet: the outbox has not begun
    grant({"mother.identifiers"});
    start();
    const auto told = subscriber.wait_for(1);
    const auto delivered = settled(DeliveryState::delivered, 1);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_NE(told[0].body.find("1234567890"), std::string::npos) << "what is left to it";
    for (const auto* taken : {"Planted", "Mother", "2026-02-20", "2026B0000001", "BABC123"})
        EXPECT_EQ(told[0].body.find(taken), std::string::npos) << taken;
    const auto record = run(store->show_transaction(delivered.at(0).transaction, store::PartBytes::read));
    ASSERT_TRUE(record);
    const auto disclosed =
        std::ranges::find_if(record->entries, [](const auto& entry) { return entry.kind == "disclosed"; });
    ASSERT_NE(disclosed, record->entries.end());
    EXPECT_EQ(parse_json(disclosed->canonical).value()["fields"], Json{"mother.identifiers"});

    grant({"child-details", "mother-details"});
    auto corrected = birth_registered();
    corrected.topic.change = Change::corrected;
    corrected.occurrence = "action-2";
    publish(corrected);
    EXPECT_NE(subscriber.wait_for(2).at(1).body.find("2026-02-20"), std::string::npos) << "what is given back is told";
    settled(DeliveryState::delivered, 2);
    expect_sound();
}
