// SPDX-License-Identifier: MPL-2.0
#include "unit/store/fixture.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::store;
using namespace ocm::store_ops;
using namespace ocm::test;

namespace {

class OutboxTest : public testing::Test {
  protected:
    void SetUp() override { open(); }
    void TearDown() override {
        store->close();
        const auto report = store::check(path());
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_TRUE(report->sound()) << testing::PrintToString(report->words);
    }
    void open() {
        store.reset();
        StoreOptions options;
        options.path = path();
        auto opened = Store::open(std::move(options));
        ASSERT_TRUE(opened) << opened.error().message;
        store = std::move(*opened);
    }
    std::string path() const { return folder.file("store.db"); }
    Result<UnitResult> commit(Unit unit) { return run(store->commit(std::move(unit))); }

    /// Accepts a message and queues it; gives the delivery.
    Enqueue queued(const std::string& client, const std::string& key = "", std::optional<Claim> made = std::nullopt,
                   const std::string& destination = "") {
        const auto id = new_id();
        auto received = receive(id);
        received.claim = made;
        EXPECT_TRUE(commit(unit_of(received)));
        auto op = enqueue(id, client);
        op.order_key = key;
        if (!destination.empty()) op.destination = destination;
        op.carries_claim = made.has_value();
        auto answered = answer(id, 202);
        answered.status = TransactionStatus::processing;
        if (made) answered.claim = ClaimState::queued;
        Unit unit;
        unit.emplace_back(answered);
        unit.emplace_back(op);
        EXPECT_TRUE(commit(std::move(unit)));
        return op;
    }
    Result<UnitResult> step(const Enqueue& of, DeliveryStep what, std::string why = "", Milliseconds in = {}) {
        StepDelivery op;
        op.delivery = of.delivery;
        op.transaction = of.transaction;
        op.at = wall_now();
        op.step = what;
        op.due = op.at + in;
        op.why = {ErrorCode::unavailable, std::move(why), {}, {}};
        return commit(unit_of(op));
    }
    std::vector<std::string> due(std::size_t per_client = 10, std::vector<std::string> held = {}) {
        auto page = run(store->due_deliveries({{"notification"}, std::move(held), per_client}));
        EXPECT_TRUE(page);
        std::vector<std::string> ids;
        if (page) {
            for (const auto& delivery : page->deliveries) ids.push_back(delivery.id);
        }
        return ids;
    }
    Delivery row(const Enqueue& of) { return run(store->delivery(of.delivery)).value_or(Delivery{}); }
    ClaimVerdict verdict_of(Claim made) {
        auto committed = commit(unit_of(receive_with(new_id(), std::move(made))));
        EXPECT_TRUE(committed);
        return committed->claim->verdict;
    }

    TemporaryFolder folder;
    std::unique_ptr<Store> store;
};

}  // namespace

TEST_F(OutboxTest, ADeliveryGoesThroughItsLife) {
    const auto one = queued("a", "", claim("doc", "content"));
    auto state = row(one);
    EXPECT_EQ(state.state, DeliveryState::pending);
    EXPECT_EQ(state.transaction, one.transaction);
    EXPECT_EQ(state.client, "a");
    EXPECT_EQ(state.attempts, 0U);
    EXPECT_EQ(run(store->delivery_payload(one.delivery)).value(), "{\"event\":1}");

    ASSERT_TRUE(step(one, DeliveryStep::start));
    EXPECT_EQ(row(one).state, DeliveryState::sending);
    EXPECT_TRUE(due().empty());
    EXPECT_EQ(step(one, DeliveryStep::start).error().code, ErrorCode::conflict) << "nothing runs twice at once";

    ASSERT_TRUE(step(one, DeliveryStep::postpone, "OpenCRVS is down", Milliseconds(60'000)));
    state = row(one);
    EXPECT_EQ(state.state, DeliveryState::pending);
    EXPECT_EQ(state.attempts, 1U);
    EXPECT_EQ(state.why, "OpenCRVS is down");
    EXPECT_EQ(state.error_code, "unavailable");
    EXPECT_GT(state.due, wall_now() + Milliseconds(50'000));

    ASSERT_TRUE(step(one, DeliveryStep::start));
    Unit unit;
    StepDelivery delivered;
    delivered.delivery = one.delivery;
    delivered.transaction = one.transaction;
    delivered.at = wall_now();
    delivered.step = DeliveryStep::deliver;
    unit.emplace_back(delivered);
    Complete completed;
    completed.transaction = one.transaction;
    completed.at = wall_now();
    completed.claim = ClaimState::delivered;
    completed.subjects.tracking_id = "T9";
    unit.emplace_back(completed);
    ASSERT_TRUE(commit(std::move(unit)));
    const auto known = run(store->transaction_state(one.transaction)).value();
    EXPECT_EQ(known.delivery->state, DeliveryState::delivered);
    EXPECT_EQ(known.status, TransactionStatus::successful);
    EXPECT_EQ(known.subjects.tracking_id, "T9");
    EXPECT_TRUE(known.completed);
    EXPECT_EQ(known.http_status, 202);
    for (const auto what : {DeliveryStep::start, DeliveryStep::retry, DeliveryStep::discard, DeliveryStep::release}) {
        EXPECT_EQ(step(one, what).error().code, ErrorCode::conflict) << name(what);
    }
    EXPECT_EQ(verdict_of(claim("doc", "content")), ClaimVerdict::replay);
}

TEST_F(OutboxTest, TheClaimMovesWithTheDelivery) {
    const auto one = queued("a", "", claim("doc", "content"));
    EXPECT_EQ(verdict_of(claim("doc", "content")), ClaimVerdict::queued);
    ASSERT_TRUE(step(one, DeliveryStep::start));
    EXPECT_EQ(verdict_of(claim("doc", "content")), ClaimVerdict::wait);
    EXPECT_EQ(verdict_of(claim("doc", "other")), ClaimVerdict::wait) << "being sent: too late to replace";
    ASSERT_TRUE(step(one, DeliveryStep::postpone, "down"));
    EXPECT_EQ(verdict_of(claim("doc", "content")), ClaimVerdict::queued);
    EXPECT_EQ(verdict_of(claim("doc", "other")), ClaimVerdict::replaces_queued);
    EXPECT_EQ(row(one).state, DeliveryState::replaced);
    EXPECT_EQ(step(one, DeliveryStep::start).error().code, ErrorCode::conflict) << "what was replaced is not sent";
}

TEST_F(OutboxTest, AParkedOneIsEvaluatedAfreshAndTakesNoPartAnyMore) {
    const auto one = queued("a", "", claim("doc", "content"));
    ASSERT_TRUE(step(one, DeliveryStep::start));
    ASSERT_TRUE(step(one, DeliveryStep::park, "the facility is not known"));
    EXPECT_EQ(row(one).why, "the facility is not known");
    EXPECT_TRUE(due().empty());
    ASSERT_TRUE(step(one, DeliveryStep::release));
    EXPECT_EQ(due(), std::vector{one.delivery});
    ASSERT_TRUE(step(one, DeliveryStep::start));
    ASSERT_TRUE(step(one, DeliveryStep::park, "the facility is not known"));
    EXPECT_EQ(verdict_of(claim("doc", "content")), ClaimVerdict::again);
    EXPECT_EQ(row(one).state, DeliveryState::replaced);
}

TEST_F(OutboxTest, WhatMayHaveBeenTakenIsNotEvaluatedAfresh) {
    const auto one = queued("a", "", claim("doc", "content"));
    ASSERT_TRUE(step(one, DeliveryStep::start));
    StepDelivery op;
    op.delivery = one.delivery;
    op.transaction = one.transaction;
    op.at = wall_now();
    op.step = DeliveryStep::park;
    op.why = {ErrorCode::target_timeout, "no whole answer came", {}, {}};
    ASSERT_TRUE(commit(unit_of(op)));
    EXPECT_EQ(row(one).error_code, name(ErrorCode::target_timeout));
    EXPECT_EQ(verdict_of(claim("doc", "content")), ClaimVerdict::queued);
    EXPECT_EQ(verdict_of(claim("doc", "other")), ClaimVerdict::correction);
    EXPECT_EQ(row(one).state, DeliveryState::parked) << "nothing has taken its place";
    ASSERT_TRUE(step(one, DeliveryStep::retry));
    EXPECT_EQ(due(), std::vector{one.delivery});
}

TEST_F(OutboxTest, ADeadLetterIsRetriedUnlessTheRecordWasSentAgain) {
    const auto bury = [&](const Enqueue& of) {
        EXPECT_TRUE(step(of, DeliveryStep::start));
        Unit unit;
        StepDelivery dead;
        dead.delivery = of.delivery;
        dead.transaction = of.transaction;
        dead.at = wall_now();
        dead.step = DeliveryStep::bury;
        dead.why = {ErrorCode::bad_request, "refused", {}, {}};
        unit.emplace_back(dead);
        Complete completed;
        completed.transaction = of.transaction;
        completed.at = wall_now();
        completed.status = TransactionStatus::failed;
        completed.error_code = "bad_request";
        completed.claim = ClaimState::refused;
        unit.emplace_back(completed);
        EXPECT_TRUE(commit(std::move(unit)));
    };
    const auto one = queued("a", "", claim("doc", "content"));
    bury(one);
    EXPECT_EQ(run(store->transaction_state(one.transaction))->status, TransactionStatus::failed);
    ASSERT_TRUE(step(one, DeliveryStep::retry));
    auto known = run(store->transaction_state(one.transaction)).value();
    EXPECT_EQ(known.status, TransactionStatus::processing);
    EXPECT_EQ(known.error_code, "");
    EXPECT_FALSE(known.completed);
    EXPECT_EQ(due(), std::vector{one.delivery});
    bury(one);
    EXPECT_EQ(verdict_of(claim("doc", "content")), ClaimVerdict::again);
    EXPECT_EQ(step(one, DeliveryStep::retry).error().code, ErrorCode::conflict);
    EXPECT_TRUE(step(one, DeliveryStep::discard));
}

TEST_F(OutboxTest, WhatWasUnderWayAtACrashIsDueAgain) {
    const auto one = queued("a", "", claim("doc", "content"));
    const auto parked = queued("a");
    ASSERT_TRUE(step(one, DeliveryStep::start));
    ASSERT_TRUE(step(parked, DeliveryStep::start));
    ASSERT_TRUE(step(parked, DeliveryStep::park, "unknown"));
    store->close();
    open();
    EXPECT_EQ(row(one).state, DeliveryState::pending);
    EXPECT_EQ(row(one).attempts, 1U);
    EXPECT_EQ(row(parked).state, DeliveryState::parked);
    EXPECT_EQ(due(), std::vector{one.delivery});
    EXPECT_EQ(verdict_of(claim("doc", "content")), ClaimVerdict::queued);
}

TEST_F(OutboxTest, APageHoldsSomeOfEveryClientOfEveryDestination) {
    std::vector<std::string> firsts;
    for (const std::string destination : {"http://a", "http://b", "http://c"}) {
        for (const std::string client : {"", "one", "two"}) {
            firsts.push_back(queued(client, "", std::nullopt, destination).delivery);
            queued(client, "", std::nullopt, destination);
        }
    }
    EXPECT_EQ(due(1), firsts);
    EXPECT_EQ(due(2).size(), 18u);
    EXPECT_EQ(due(1, {"", "one"}), (std::vector{firsts[2], firsts[5], firsts[8]}));
}

TEST_F(OutboxTest, APageHoldsSomeOfEveryClientAndTheFirstOfEachOrderKey) {
    std::vector<Enqueue> big;
    for (int i = 0; i < 5; ++i) big.push_back(queued("big"));
    const auto first = queued("small", "record");
    const auto second = queued("small", "record");
    const auto page = run(store->due_deliveries({{"notification"}, {}, 2})).value();
    EXPECT_TRUE(page.more);
    EXPECT_EQ(due(2), (std::vector{big[0].delivery, big[1].delivery, first.delivery}));
    EXPECT_EQ(due(10, {"big"}), std::vector{first.delivery});
    EXPECT_TRUE(run(store->due_deliveries({{"webhook"}, {}, 2})).value().deliveries.empty());
    ASSERT_TRUE(step(first, DeliveryStep::start));
    EXPECT_EQ(due(10, {"big"}), std::vector<std::string>{}) << "the second waits for the first";
    ASSERT_TRUE(step(first, DeliveryStep::deliver));
    EXPECT_EQ(due(10, {"big"}), std::vector{second.delivery});
}

TEST_F(OutboxTest, ListsAndCounts) {
    const auto one = queued("a");
    const auto two = queued("b");
    ASSERT_TRUE(step(two, DeliveryStep::start));
    ASSERT_TRUE(step(two, DeliveryStep::bury, "refused"));
    DeliveryFilter filter;
    auto all = run(store->list_deliveries(filter)).value();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].id, two.delivery);
    filter.state = DeliveryState::dead;
    EXPECT_EQ(run(store->list_deliveries(filter))->size(), 1U);
    filter = {};
    filter.limit = 1;
    filter.after = all[0].seq;
    EXPECT_EQ(run(store->list_deliveries(filter))->front().id, one.delivery);
    const auto counts = run(store->count_deliveries()).value();
    ASSERT_EQ(counts.size(), 2U);
    EXPECT_EQ(counts[0].state, DeliveryState::dead);
    EXPECT_EQ(counts[0].client, "b");
    EXPECT_EQ(counts[1].state, DeliveryState::pending);
    EXPECT_EQ(counts[1].count, 1);
    EXPECT_EQ(run(store->delivery("nobody")).error().code, ErrorCode::not_found);
}

TEST_F(OutboxTest, ErasureTakesTheDeliveryAlong) {
    const auto one = queued("a");
    EraseRequest request;
    request.transactions = {one.transaction};
    ASSERT_TRUE(run(store->erase_parts(request)));
    EXPECT_EQ(run(store->delivery(one.delivery)).error().code, ErrorCode::not_found);
    EXPECT_EQ(step(one, DeliveryStep::start).error().code, ErrorCode::not_found);
}

TEST_F(OutboxTest, AStepOfAnUnknownDeliveryFailsAlone) {
    const auto one = queued("a");
    auto other = one;
    other.delivery = new_id();
    EXPECT_EQ(step(other, DeliveryStep::start).error().code, ErrorCode::not_found);
    EXPECT_TRUE(step(one, DeliveryStep::start));
}

/// What must not be repeated was handed over when the process ended: nobody knows whether it was taken.
TEST_F(OutboxTest, WhatWasHandedOverAtACrashWaitsForAPerson) {
    const auto one = queued("a", "", claim("doc", "content"));
    ASSERT_TRUE(step(one, DeliveryStep::start));
    StepDelivery handed{one.delivery, one.transaction, wall_now(), DeliveryStep::hand_over, {}, {}, "", {}};
    handed.why = {ErrorCode::target_timeout, "sent, and no answer was recorded", "", {}};
    ASSERT_TRUE(commit(unit_of(handed)));
    EXPECT_EQ(row(one).state, DeliveryState::sending);
    EXPECT_EQ(row(one).attempts, 1U);
    open();
    EXPECT_EQ(row(one).state, DeliveryState::parked);
    EXPECT_EQ(row(one).error_code, "target_timeout");
    EXPECT_EQ(row(one).why, "sent, and no answer was recorded");
    EXPECT_TRUE(due().empty());
    EXPECT_EQ(verdict_of(claim("doc", "content")), ClaimVerdict::queued) << "and is not sent because it comes again";
    EXPECT_EQ(verdict_of(claim("doc", "other content")), ClaimVerdict::correction);

    ASSERT_TRUE(step(one, DeliveryStep::resolve));
    EXPECT_EQ(row(one).state, DeliveryState::delivered);
    EXPECT_FALSE(step(one, DeliveryStep::resolve));
}

/// The same while its caller waits: it stands in the outbox only until the caller is answered.
TEST_F(OutboxTest, ALiveCallStandsInTheOutboxUntilItIsAnswered) {
    const auto hand_over = [&](const Claim& made) {
        auto received = receive_with(new_id(), made);
        EXPECT_TRUE(commit(unit_of(received)));
        auto op = enqueue(received.transaction, "a");
        op.carries_claim = true;
        Unit unit;
        unit.emplace_back(op);
        unit.emplace_back(StepDelivery{op.delivery, op.transaction, wall_now(), DeliveryStep::start, {}, {}, "", {}});
        StepDelivery handed{op.delivery, op.transaction, wall_now(), DeliveryStep::hand_over, {}, {}, "", {}};
        handed.why = {ErrorCode::target_timeout, "sent, and no answer was recorded", "", {}};
        unit.emplace_back(handed);
        EXPECT_TRUE(commit(std::move(unit)));
        return op;
    };
    const auto answered = hand_over(claim("one", "content"));
    EXPECT_EQ(verdict_of(claim("one", "content")), ClaimVerdict::wait);
    Unit unit;
    auto told = answer(answered.transaction, 200);
    told.claim = ClaimState::delivered;
    unit.emplace_back(told);
    unit.emplace_back(
        StepDelivery{answered.delivery, answered.transaction, wall_now(), DeliveryStep::withdraw, {}, {}, "", {}});
    ASSERT_TRUE(commit(std::move(unit)));
    EXPECT_EQ(run(store->delivery(answered.delivery)).error().code, ErrorCode::not_found);
    const auto cut = hand_over(claim("two", "content"));
    open();
    EXPECT_EQ(verdict_of(claim("one", "content")), ClaimVerdict::replay);
    EXPECT_EQ(row(cut).state, DeliveryState::parked);
    EXPECT_EQ(verdict_of(claim("two", "content")), ClaimVerdict::queued);
    const auto state = run(store->transaction_state(cut.transaction));
    ASSERT_TRUE(state);
    EXPECT_EQ(state->claim, ClaimState::unclear);
    EXPECT_FALSE(state->completed) << "it is not over";
}
