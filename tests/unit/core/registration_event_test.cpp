// SPDX-License-Identifier: MPL-2.0
#include "channels/registration_event.hpp"

#include "core/ids.hpp"
#include "core/subscription.hpp"

namespace ocm {
namespace {

TEST(RegistrationEvent, TopicsHaveNamesThatLeadBack) {
    for (const auto& one : topics()) EXPECT_EQ(topic(name(one)), one) << name(one);
    EXPECT_EQ(topics().size(), 13U);
    EXPECT_EQ(name(Topic{Change::registered, VitalKind::birth}), "birth.registered");
    EXPECT_EQ(name(Topic{Change::notification_status, VitalKind::death}), "notification.status");
    EXPECT_EQ(topic("fetal-death.registered"), std::nullopt);
    EXPECT_EQ(topic("BIRTH_REGISTERED"), std::nullopt);
    EXPECT_EQ(heard("catch-up"), Heard::catch_up);
    EXPECT_EQ(heard("guess"), std::nullopt);
    EXPECT_EQ(notification_status("rejected"), NotificationStatus::rejected);
    EXPECT_EQ(notification_status(""), std::nullopt);
}

TEST(RegistrationEvent, IsTheSameHoweverItWasHeard) {
    RegistrationEvent heard_first;
    heard_first.target = "national";
    heard_first.occurrence = "2026B7Q2K1";
    auto again = heard_first;
    again.heard = Heard::catch_up;
    again.partial = true;
    EXPECT_EQ(once_key(heard_first), "national birth.registered 2026B7Q2K1");
    EXPECT_TRUE(is_uuid(event_id(heard_first)));
    EXPECT_EQ(event_id(heard_first), event_id(again));
    again.topic.change = Change::corrected;
    EXPECT_NE(event_id(heard_first), event_id(again));
    again = heard_first;
    again.target = "other";
    EXPECT_NE(event_id(heard_first), event_id(again));
}

TEST(Subscription, ContractsAndStatesHaveNamesThatLeadBack) {
    using Contract = SubscriptionContract;
    for (const auto one : {Contract::opencrvs_1, Contract::national_id, Contract::fhir_r4, Contract::cloudevents}) {
        EXPECT_EQ(subscription_contract(name(one)), one);
    }
    using State = SubscriptionState;
    for (const auto one : {State::requested, State::active, State::paused, State::ended}) {
        EXPECT_EQ(subscription_state(name(one)), one);
    }
    EXPECT_EQ(subscription_contract("osia"), std::nullopt);
    EXPECT_EQ(subscription_state(""), std::nullopt);
}

}  // namespace
}  // namespace ocm
