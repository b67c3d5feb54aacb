// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/grant.hpp"

#include "unit/webhook/fixture.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::test;
using namespace ocm::webhook;
using store_ops::ClientKind;

TEST(Grant, IsWhatSubscriptionAndClientBothHave) {
    using Names = std::vector<std::string>;
    struct Row {
        Names of_subscription, of_client, both;
    };
    const std::vector<Row> rows{
        {{"child-details"}, {"child-details"}, {"child-details"}},
        {{"child-details", "mother-details"}, {"mother-details"}, {"mother-details"}},
        {{"child.name"}, {"child-details"}, {"child.name"}},
        {{"child.name"}, {"child"}, {"child.name"}},
        {{"child"}, {"child.name", "mother.name"}, {"child.name"}},
        {{"child"}, {"child"}, {"child"}},
        {{"child.name", "child.gender"}, {"child.gender"}, {"child.gender"}},
        {{"mother.name"}, {"child-details"}, {}},
        {{"child.name"}, {}, {}},
        {{}, {"child-details"}, {}},
        // A section holds more than its fields: granted by those, it is told by those.
        {{"child-details"}, {"child.name", "registration.number"}, {"child.name", "registration.number"}},
        // Every section lets the numbers out; that is not said twice.
        {{"mother-details", "child-details"}, {"child-details"}, {"child-details"}},
        {{"supporting-documents"}, {"child-details"}, {"registration.number", "registration.tracking_id"}},
        {{"child.name", "child.name"}, {"child.name"}, {"child.name"}},
        {{"child.shoe"}, {"child.name"}, {}},
    };
    for (const auto& row : rows) {
        auto subscription = wants("birth.registered");
        subscription.fields = row.of_subscription;
        store_ops::Client client;
        client.fields = row.of_client;
        EXPECT_EQ(as_granted(subscription, client).fields, row.both)
            << testing::PrintToString(row.of_subscription) << " of " << testing::PrintToString(row.of_client);
        // A copy is made only where something is cut.
        const auto cut = cut_to_grant(subscription, client);
        EXPECT_EQ(cut.has_value(), row.both != row.of_subscription) << testing::PrintToString(row.of_subscription);
        EXPECT_EQ(cut.value_or(subscription).fields, row.both);
    }
}

TEST(Grant, IsOfTheKindOfItsClient) {
    const Topic registered{Change::registered, VitalKind::birth};
    const Topic status{Change::notification_status, VitalKind::birth};
    struct Row {
        SubscriptionContract contract;
        ClientKind kind;
        Topic topic;
        bool told;
    };
    const std::vector<Row> rows{
        {SubscriptionContract::opencrvs_1, ClientKind::webhook, registered, true},
        {SubscriptionContract::opencrvs_1, ClientKind::national_id, registered, false},
        {SubscriptionContract::national_id, ClientKind::national_id, registered, true},
        {SubscriptionContract::national_id, ClientKind::webhook, registered, false},
        {SubscriptionContract::cloudevents, ClientKind::webhook, registered, true},
        {SubscriptionContract::cloudevents, ClientKind::webhook, status, false},
        {SubscriptionContract::cloudevents, ClientKind::event_notification, status, true},
        {SubscriptionContract::cloudevents, ClientKind::event_notification, registered, false},
        {SubscriptionContract::fhir_r4, ClientKind::webhook, registered, true},
        {SubscriptionContract::fhir_r4, ClientKind::event_notification, status, true},
        {SubscriptionContract::fhir_r4, ClientKind::record_search, registered, false},
    };
    for (const auto& row : rows) {
        auto subscription = wants("birth.registered");
        subscription.contract = row.contract;
        store_ops::Client client;
        client.kind = row.kind;
        EXPECT_EQ(!withheld(subscription, row.topic, client), row.told)
            << name(row.contract) << ' ' << store_ops::name(row.kind) << ' ' << name(row.topic);
    }
}
