// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/outbox.hpp"
#include "unit/notification/fixture.hpp"

using namespace ocm;
using namespace ocm::fakes;
using namespace ocm::test;

namespace {

TEST_F(Notification, WhileOpenCrvsIsDownItIsAcceptedAndQueued) {
    on_outage = store_ops::OnOutage::queue;
    target.failures = {Error{ErrorCode::unavailable, "connect failed", "", std::nullopt}};
    const auto given = send(birth());
    EXPECT_EQ(given.answer.response.status, 202);
    EXPECT_EQ(given.answer.response.headers.get("location"), "/notifications/" + given.transaction);
    EXPECT_FALSE(given.answer.error) << "OpenHIM is not to repeat it";
    EXPECT_EQ(given.answer.status, TransactionStatus::processing);
    EXPECT_EQ(given.answer.claim, ClaimState::queued);
    EXPECT_EQ(text_member(given.body(), "state"), "queued");
    ASSERT_EQ(given.answer.also.size(), 1U);
    const auto& op = std::get<store_ops::Enqueue>(given.answer.also.front());
    EXPECT_EQ(op.transaction, given.transaction);
    EXPECT_EQ(op.destination, "opencrvs:main");
    EXPECT_EQ(op.client, "c0ffee00-0000-4000-8000-00000000000c");
    EXPECT_TRUE(op.carries_claim);
    EXPECT_FALSE(op.parked);
    const auto again = send(birth());
    EXPECT_EQ(again.answer.response.status, 202);
    EXPECT_EQ(again.answer.response.headers.get("location"), "/notifications/" + given.transaction);
    EXPECT_EQ(again.answer.status, TransactionStatus::successful);
    EXPECT_TRUE(again.answer.also.empty());
    EXPECT_EQ(target.calls, 1);
}

TEST_F(Notification, AQueuedOneIsDeliveredLaterWithTheSameIds) {
    on_outage = store_ops::OnOutage::queue;
    target.failures = {Error{ErrorCode::unavailable, "connect failed", "", std::nullopt}};
    const auto given = send(birth());
    const auto ids_before = target.last;
    const auto event_before = target.events.back();
    const auto op = std::get<store_ops::Enqueue>(given.answer.also.front());
    const auto kind = notification::make_notification_delivery(deps());
    Delivery delivery;
    delivery.transaction = given.transaction;
    Exchange exchange(given.transaction, "notification", clock.steady() + std::chrono::seconds(30),
                      Ports{upstream, store, clock, ids});
    Runner runner;
    const auto sending = runner.run(kind.send(exchange, delivery, op.payload));
    EXPECT_EQ(sending.outcome.kind, dispatch::Outcome::Kind::done);
    EXPECT_EQ(sending.subjects.tracking_id, "TRK1");
    EXPECT_EQ(target.last.create, ids_before.create);
    EXPECT_EQ(target.last.notify, ids_before.notify);
    EXPECT_EQ(target.events.back(), event_before);
    const auto completed = kind.completed(delivery, DeliveryStep::deliver, sending, clock.now());
    EXPECT_EQ(completed.complete.claim, ClaimState::delivered);
    EXPECT_EQ(completed.complete.status, TransactionStatus::successful);
    EXPECT_EQ(completed.response.status, 200);
}

TEST_F(Notification, HoldQueuesWhatIsSound) {
    on_outage = store_ops::OnOutage::queue;
    hold = true;
    EXPECT_EQ(send(birth()).answer.response.status, 202);
    EXPECT_EQ(target.calls, 0);
    target.failures = {Error{ErrorCode::bad_request, "no", "child.dob", std::nullopt}};
    auto other = birth();
    other["entry"][0]["resource"]["identifier"]["value"] = "d0c00000-0000-4000-8000-0000000000ff";
    EXPECT_EQ(send(other).answer.response.status, 400);
}

TEST_F(Notification, AnUnknownFacilityIsParkedOnlyWhereThatIsWanted) {
    const Error unknown{ErrorCode::bad_request, "the facility is not known", "place.location", std::nullopt};
    unknown_places = {{PlaceKind::facility, "dhis2", "DiszpKrYNg8"}};
    target.failures = {unknown};
    EXPECT_EQ(send(birth()).answer.response.status, 400);

    park = true;
    target.failures = {unknown};
    const auto given = send(birth());
    EXPECT_EQ(given.answer.response.status, 202) << given.answer.response.body;
    EXPECT_EQ(text_member(given.body(), "state"), "parked");
    EXPECT_EQ(given.answer.claim, ClaimState::parked);
    EXPECT_FALSE(given.answer.error);
    EXPECT_EQ(given.answer.properties.at("state"), "parked");
    EXPECT_EQ(given.answer.account.find("DiszpKrYNg8"), std::string::npos);
    ASSERT_EQ(given.answer.also.size(), 1U);
    const auto op = std::get<store_ops::Enqueue>(given.answer.also.front());
    EXPECT_TRUE(op.parked);
    EXPECT_EQ(op.waits_for, unknown_places);

    // Released: parked again while nobody knows it, delivered with the same ids once somebody does.
    const auto kind = notification::make_notification_delivery(deps());
    const auto attempt = [&] {
        Exchange exchange(given.transaction, "notification", clock.steady() + std::chrono::seconds(30),
                          Ports{upstream, store, clock, ids});
        Runner runner;
        return runner.run(kind.send(exchange, Delivery{}, op.payload));
    };
    const auto ids_before = target.last;
    target.failures = {unknown};
    auto sending = attempt();
    EXPECT_EQ(sending.outcome.kind, dispatch::Outcome::Kind::park);
    EXPECT_EQ(sending.waits_for, unknown_places);
    unknown_places.clear();
    sending = attempt();
    EXPECT_EQ(sending.outcome.kind, dispatch::Outcome::Kind::done);
    EXPECT_EQ(target.last.create, ids_before.create);
    EXPECT_EQ(target.last.notify, ids_before.notify);
}

TEST_F(Notification, AKnownPlaceThatIsNoFacilityIsRefusedAllTheSame) {
    park = true;
    target.failures = {Error{ErrorCode::bad_request, "it is closed", "place.location", std::nullopt}};
    EXPECT_EQ(send(birth()).answer.response.status, 400);
    // A code is unknown, but that is not why it was refused.
    unknown_places = {{PlaceKind::facility, "dhis2", "X"}};
    target.failures = {Error{ErrorCode::bad_request, "no", "child.dob", std::nullopt}};
    auto other = birth();
    other["entry"][0]["resource"]["identifier"]["value"] = "d0c00000-0000-4000-8000-0000000000fe";
    EXPECT_EQ(send(other).answer.response.status, 400);
}

TEST_F(Notification, ADryRunSaysThatItWouldBeParked) {
    park = true;
    unknown_places = {{PlaceKind::facility, "dhis2", "X"}};
    target.failures = {Error{ErrorCode::bad_request, "the facility is not known", "place.location", std::nullopt}};
    const auto given = dry_run(birth());
    EXPECT_EQ(given.answer.response.status, 200);
    EXPECT_NE(given.answer.response.body.find("it would be parked"), std::string::npos);
    EXPECT_TRUE(given.answer.also.empty());
}

/// A target without idempotency keys may have taken it: whoever sends it again might make a second record.
TEST_F(Notification, WhatMayHaveBeenTakenIsNotSentAgain) {
    const auto unclear = [] { return Error{ErrorCode::target_timeout, "no whole answer came", "", {}}; };
    target.failures = {unclear()};
    const auto given = send(birth());
    EXPECT_EQ(given.answer.response.status, 202) << "also for a client that would rather be refused";
    EXPECT_EQ(given.body()["state"], "parked");
    EXPECT_NE(given.message().find("not clear whether OpenCRVS has taken it"), std::string::npos) << given.message();
    EXPECT_EQ(given.answer.claim, ClaimState::unclear);
    EXPECT_EQ(given.answer.status, TransactionStatus::processing);
    EXPECT_FALSE(given.answer.error) << "a rerun does not help";
    EXPECT_EQ(given.answer.properties.at("state"), "unclear: to be looked up in OpenCRVS");
    ASSERT_EQ(given.answer.also.size(), 1u);
    const auto& queued = std::get<store_ops::Enqueue>(given.answer.also.front());
    EXPECT_TRUE(queued.parked);
    EXPECT_EQ(queued.why.code, ErrorCode::target_timeout);

    const auto again = send(birth());
    EXPECT_EQ(again.answer.response.status, 202);
    EXPECT_EQ(again.answer.properties.at("verdict"), "queued");
    auto corrected = birth();
    corrected["entry"][2]["resource"]["gender"] = "male";
    EXPECT_EQ(send(corrected).answer.response.status, 409);
    EXPECT_EQ(target.calls, 1);
}

TEST_F(Notification, AnUnclearAttemptOfTheOutboxWaitsForAPerson) {
    const auto outcome = notification::outcome_of({ErrorCode::target_timeout, "no whole answer came", "", {}}, false);
    EXPECT_EQ(outcome.kind, dispatch::Outcome::Kind::park);
    EXPECT_FALSE(outcome.reached);
}

}  // namespace
