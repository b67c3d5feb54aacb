// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/publish.hpp"

#include "channels/webhook/event_json.hpp"
#include "core/ids.hpp"
#include "unit/webhook/fixture.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::test;
using namespace ocm::webhook;

namespace {

constexpr auto now = fakes::FakeClock::start;

std::vector<std::string> told(const RegistrationEvent& event, std::vector<Subscription> subscriptions,
                              const AreasOf& areas = {}) {
    std::vector<std::string> out;
    const SubscriptionDirectory directory(std::move(subscriptions));
    for (const auto& delivery : publish(event, directory, "transaction", now, areas).deliveries)
        out.push_back(delivery.subscription);
    return out;
}

bool asked(const Subscription& subscription, const RegistrationEvent& event = birth_registered(),
           const AreasOf& areas = {}) {
    return asks_for(subscription, event, now, areas);
}

}  // namespace

TEST(WebhookPublish, EachThatAsksForItGetsADelivery) {
    const auto event = birth_registered();
    const SubscriptionDirectory directory(
        {wants("birth.registered", "a"), wants("death.registered", "b"), wants("birth.registered", "c")});
    const auto op = publish(event, directory, "transaction", now);
    EXPECT_EQ(op.once_key, once_key(event));
    EXPECT_EQ(op.event, event_id(event));
    EXPECT_EQ(op.topic, "birth.registered");
    EXPECT_EQ(op.record, "record-1");
    EXPECT_EQ(op.transaction, "transaction");
    EXPECT_EQ(read_event(op.payload).value(), event);
    ASSERT_EQ(op.deliveries.size(), 2u);
    const auto& first = op.deliveries[0];
    EXPECT_TRUE(is_uuid(first.delivery));
    EXPECT_NE(first.delivery, op.deliveries[1].delivery);
    EXPECT_EQ(first.delivery, publish(event, directory, "another", now).deliveries[0].delivery);
    EXPECT_EQ(first.kind, "webhook");
    EXPECT_EQ(first.subscription, "a");
    EXPECT_EQ(first.client, ministry);
    EXPECT_EQ(first.destination, "https://ministry.example.org:8443");
    EXPECT_EQ(first.due, now);
    EXPECT_TRUE(first.payload.empty()) << "the event's serves all";
    // In order per record and subscription.
    EXPECT_NE(first.order_key, op.deliveries[1].order_key);
    auto corrected = event;
    corrected.topic.change = Change::corrected;
    auto both = wants("birth.registered", "a");
    both.topics.emplace_back("birth.corrected");
    const SubscriptionDirectory one({both});
    EXPECT_EQ(publish(corrected, one, "t", now).deliveries[0].order_key, first.order_key);
    auto other = event;
    other.record = "record-2";
    EXPECT_NE(publish(other, one, "t", now).deliveries[0].order_key, first.order_key);
}

TEST(WebhookPublish, OnlyLivingSubscriptionsAreTold) {
    auto subscription = wants("birth.registered");
    EXPECT_TRUE(asked(subscription));
    subscription.state = SubscriptionState::paused;
    EXPECT_TRUE(asked(subscription)) << "its delivery waits";
    for (const auto state : {SubscriptionState::requested, SubscriptionState::ended}) {
        subscription.state = state;
        EXPECT_FALSE(asked(subscription));
    }
    subscription.state = SubscriptionState::active;
    subscription.until = now;
    EXPECT_FALSE(asked(subscription));
    subscription.until = now + Milliseconds(1);
    EXPECT_TRUE(asked(subscription));
}

TEST(WebhookPublish, FiltersAreByOfficeAndArea) {
    auto subscription = wants("birth.registered");
    subscription.offices = {"office-9"};
    EXPECT_FALSE(asked(subscription));
    subscription.offices.emplace_back("office-1");
    EXPECT_TRUE(asked(subscription));
    subscription.areas = {"district-1"};
    EXPECT_FALSE(asked(subscription));
    const AreasOf areas = [](const std::string& place) {
        return place == "facility-7" ? std::vector<std::string>{"district-1", "state-1"} : std::vector<std::string>{};
    };
    EXPECT_TRUE(asked(subscription, birth_registered(), areas));
    subscription.areas = {"state-2"};
    EXPECT_FALSE(asked(subscription, birth_registered(), areas));
    auto at_home = birth_registered();
    at_home.event.place = Place{"PRIVATE_HOME", std::nullopt, Address{}};
    at_home.event.place->address->areas = {"state-2", "district-5"};
    EXPECT_TRUE(asked(subscription, at_home, areas));
    auto nowhere = birth_registered();
    nowhere.event.place.reset();
    nowhere.event.office.reset();
    EXPECT_FALSE(asked(subscription, nowhere, areas)) << "what is not known is not in the area";
}

TEST(WebhookPublish, WhatBecameOfANotificationIsForItsSender) {
    auto event = birth_registered();
    event.topic.change = Change::notification_status;
    event.status = NotificationStatus::rejected;
    event.reason = "planted reason";
    EXPECT_TRUE(told(event, {wants("notification.status")}).empty()) << "nobody is known to have sent it";
    event.notifier = Notifier{hospital, "t0", "source-1"};
    EXPECT_TRUE(told(event, {wants("notification.status")}).empty());
    auto own = wants("notification.status", "own");
    own.client = hospital;
    EXPECT_EQ(told(event, {wants("notification.status"), own}), std::vector<std::string>{"own"});
    own.statuses = {"registered"};
    EXPECT_TRUE(told(event, {own}).empty());
    own.statuses = {"registered", "rejected"};
    EXPECT_EQ(told(event, {own}).size(), 1u);
}

TEST(WebhookPublish, WhatARegistrationMeansToItsNotifierIsReadBackToo) {
    auto event = birth_registered();
    event.document = "{\"resourceType\":\"Bundle\"}";
    const auto status = status_of(event, {hospital, "t0", "source-1"});
    EXPECT_EQ(read_event(write_event(status)).value(), status);
    EXPECT_EQ(name(status.topic), "notification.status");
    EXPECT_EQ(status.event.office, event.event.office) << "filters look at it";
}

TEST(WebhookPublish, TheEventIsReadBackAsItWas) {
    auto event = birth_registered();
    EXPECT_EQ(read_event(write_event(event)).value(), event);
    event.topic.change = Change::notification_status;
    event.status = NotificationStatus::rejected;
    event.reason = "planted reason";
    event.notifier = Notifier{hospital, "t0", "source-1"};
    event.document = "{\"resourceType\":\"Bundle\"}";
    event.partial = true;
    event.confirmed = false;
    event.heard = Heard::catch_up;
    EXPECT_EQ(read_event(write_event(event)).value(), event);
}

TEST(WebhookPublish, WhatCannotBeReadSaysSoWithoutQuotingIt) {
    for (const std::string text :
         {"", "[]", "{}", R"({"topic":"planted"})", R"({"topic":"birth.registered","event":{}})"}) {
        const auto read = read_event(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, ErrorCode::storage);
        EXPECT_EQ(read.error().message, "the event of the delivery cannot be read");
    }
}

TEST(WebhookPublish, TheDestinationIsTheOrigin) {
    EXPECT_EQ(destination_of("https://A.example.org/x?y"), "https://a.example.org:443");
    EXPECT_EQ(destination_of("http://a.example.org"), "http://a.example.org:80");
    EXPECT_EQ(destination_of("nonsense"), "nonsense");
}
