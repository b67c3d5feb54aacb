// SPDX-License-Identifier: MPL-2.0
#include "core/io_pool.hpp"
#include "unit/store/store_fixture.hpp"

#include <map>

using namespace ocm;
using namespace ocm::store;
using namespace ocm::store_ops;
using namespace ocm::test;

TEST_F(StoreTest, DecidesClaimsInTheWriter) {
    auto store = open();
    const auto first = new_id();
    auto made = claim_of(*store, first, claim("doc-1", "content-1"));
    EXPECT_EQ(made.verdict, ClaimVerdict::fresh);
    EXPECT_EQ(made.create_key, first);
    EXPECT_EQ(made.version, 1U);

    auto waiting = claim_of(*store, new_id(), claim("doc-1", "content-1"));
    EXPECT_EQ(waiting.verdict, ClaimVerdict::wait);
    EXPECT_EQ(waiting.held_transaction, first);

    auto refused = settle(first, ClaimState::refused, 400);
    refused.subjects.tracking_id = "T1";
    ASSERT_TRUE(commit(*store, unit_of(refused)));
    const auto second = new_id();
    made = claim_of(*store, second, claim("doc-1", "content-1"));
    EXPECT_EQ(made.verdict, ClaimVerdict::again);
    EXPECT_EQ(made.create_key, first);
    EXPECT_EQ(made.version, 1U);
    EXPECT_EQ(made.held_subjects.tracking_id, "T1");
    ASSERT_TRUE(commit(*store, unit_of(settle(second, ClaimState::refused, 400))));

    const auto third = new_id();
    made = claim_of(*store, third, claim("doc-1", "content-2"));
    EXPECT_EQ(made.verdict, ClaimVerdict::again);
    EXPECT_EQ(made.create_key, first);
    EXPECT_EQ(made.version, 2U);
    ASSERT_TRUE(commit(*store, unit_of(settle(third, ClaimState::queued, 202))));

    const auto fourth = new_id();
    made = claim_of(*store, fourth, claim("doc-1", "content-1"));
    EXPECT_EQ(made.verdict, ClaimVerdict::replaces_queued);
    EXPECT_EQ(made.version, 1U);
    ASSERT_TRUE(commit(*store, unit_of(settle(fourth, ClaimState::delivered))));

    const auto replayed = claim_of(*store, new_id(), claim("doc-1", "content-1"));
    EXPECT_EQ(replayed.verdict, ClaimVerdict::replay);
    EXPECT_EQ(replayed.held_transaction, fourth);
    EXPECT_EQ(claim_of(*store, new_id(), claim("doc-1", "content-3")).verdict, ClaimVerdict::correction);

    auto other = claim("doc-1", "content-4");
    other.subject = {"person-b", "2026-02-01", "parent-b", "male", false};
    const auto fifth = new_id();
    made = claim_of(*store, fifth, other);
    EXPECT_EQ(made.verdict, ClaimVerdict::another_subject);
    EXPECT_EQ(made.create_key, fifth);
    EXPECT_EQ(made.version, 1U);

    auto elsewhere = claim("doc-1", "content-1");
    elsewhere.client = "hospital";
    EXPECT_EQ(claim_of(*store, new_id(), elsewhere).verdict, ClaimVerdict::fresh);
    EXPECT_EQ(claim_of(*store, new_id(), claim("key", "a", KeyKind::explicit_key)).verdict, ClaimVerdict::fresh);
    EXPECT_EQ(claim_of(*store, new_id(), claim("key", "b", KeyKind::explicit_key)).verdict, ClaimVerdict::key_reused);
    store->close();
    expect_sound();
}

TEST_F(StoreTest, AClaimRunningWhenTheProcessEndedIsEvaluatedAfresh) {
    const auto id = new_id();
    {
        auto store = open();
        ASSERT_EQ(claim_of(*store, id, claim("doc-1", "content-1")).verdict, ClaimVerdict::fresh);
    }
    auto store = open();
    const auto again = claim_of(*store, new_id(), claim("doc-1", "content-1"));
    EXPECT_EQ(again.verdict, ClaimVerdict::again);
    EXPECT_EQ(again.held_transaction, id);
    EXPECT_EQ(again.create_key, id);
    EXPECT_EQ(again.version, 1U);
    store->close();
    expect_sound();
}

TEST_F(StoreTest, AnAnswerThatDoesNotSettleItsClaimLeavesNothingRunning) {
    auto store = open();
    const auto id = new_id();
    claim_of(*store, id, claim("doc-1", "content-1"));
    ASSERT_TRUE(commit(*store, unit_of(answer(id, 500))));
    EXPECT_EQ(claim_of(*store, new_id(), claim("doc-1", "content-1")).verdict, ClaimVerdict::again);
}

TEST_F(StoreTest, OneOfManyWithTheSameKeyIsFresh) {
    IoPool pool(2);  // outlives the store, whose threads resume on it
    auto store = open();
    std::vector<std::future<Result<UnitResult>>> results;
    for (std::size_t i = 0; i < 100; ++i) {
        auto unit = unit_of(receive_with(new_id(), claim("doc-1", "content-1")));
        results.push_back(
            boost::asio::co_spawn(pool.context(i % 2), store->commit(std::move(unit)), boost::asio::use_future));
    }
    pool.start();
    std::map<ClaimVerdict, int> verdicts;
    for (auto& result : results) ++verdicts[result.get()->claim->verdict];
    EXPECT_EQ(verdicts[ClaimVerdict::fresh], 1);
    EXPECT_EQ(verdicts[ClaimVerdict::wait], 99);
    pool.stop();
}
