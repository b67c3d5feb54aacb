// SPDX-License-Identifier: MPL-2.0
#include "support/power_vfs/power_vfs.hpp"
#include "unit/store/fixture.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <thread>

using namespace ocm;
using namespace ocm::store;
using namespace ocm::test;

namespace {

class PowerTest : public testing::Test {
  protected:
    void SetUp() override { vfs.reset(); }
    void TearDown() override { vfs.reset(); }

    StoreOptions options(bool synchronous = true) {
        StoreOptions made;
        made.path = folder.file("store.db");
        made.vfs = PowerVfs::name();
        made.busy_ms = 1000;
        // So that cuts fall into checkpoints too; but one would sync what commits that do not sync have written.
        made.checkpoint_pages = synchronous ? 40 : 1'000'000;
        made.synchronous = synchronous;
        return made;
    }

    std::unique_ptr<Store> open(bool synchronous = true) {
        auto opened = Store::open(options(synchronous));
        EXPECT_TRUE(opened) << opened.error().message;
        return opened ? std::move(*opened) : nullptr;
    }

    /// Commits from two threads until the store fails; returns what was acknowledged.
    std::set<std::string> work_until_failure(Store& store) {
        std::set<std::string> acknowledged;
        std::mutex mutex;
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < 2000; ++n) {
                    const auto id = new_id();
                    if (!store.commit_blocking(whole_transaction(id))) return;
                    const std::lock_guard lock(mutex);
                    acknowledged.insert(id);
                }
            });
        }
        for (auto& thread : threads) thread.join();
        return acknowledged;
    }

    std::set<std::string> kept() {
        std::set<std::string> found;
        auto reader = Reader::open(options().path);
        EXPECT_TRUE(reader) << reader.error().message;
        if (!reader) return found;
        TransactionFilter all;
        all.limit = 1'000'000;
        const auto rows = (*reader)->list_transactions(all);
        EXPECT_TRUE(rows);
        for (const auto& row : *rows) {
            found.insert(row.id);
            // Nothing half: what is there is there with its attempt and its answer.
            EXPECT_EQ(row.attempts, 1);
            EXPECT_EQ(row.http_status, 201);
        }
        return found;
    }

    static std::size_t missing(const std::set<std::string>& acknowledged, const std::set<std::string>& found) {
        std::size_t count = 0;
        for (const auto& id : acknowledged) count += found.contains(id) ? 0U : 1U;
        return count;
    }

    PowerVfs& vfs = PowerVfs::instance();
    TemporaryFolder folder;
};

}  // namespace

TEST_F(PowerTest, NothingAcknowledgedIsLostWhereverThePowerGoes) {
    std::mt19937_64 random(20260115);
    std::set<std::string> acknowledged;
    for (std::uint64_t round = 0; round < 24; ++round) {
        auto store = open();
        ASSERT_TRUE(store);
        vfs.cut_after(static_cast<std::int64_t>(1 + random() % 400));
        const auto now = work_until_failure(*store);
        acknowledged.insert(now.begin(), now.end());
        ASSERT_TRUE(vfs.is_off());
        store.reset();
        // Even rounds lose every unsynced write, odd ones a random part of them.
        vfs.restore(round % 2 == 0 ? 0 : round);

        store = open();
        ASSERT_TRUE(store) << "round " << round;
        store.reset();
        ASSERT_EQ(missing(acknowledged, kept()), 0U) << "round " << round;
        const auto report = check(options().path);
        ASSERT_TRUE(report) << report.error().message;
        ASSERT_TRUE(report->sound()) << "round " << round << ": " << testing::PrintToString(report->words);
    }
    EXPECT_GT(acknowledged.size(), 24U);
}

TEST_F(PowerTest, WithoutFsyncTheSameTestSeesLoss) {
    open().reset();
    auto store = open(false);
    ASSERT_TRUE(store);
    vfs.cut_after(300);
    const auto acknowledged = work_until_failure(*store);
    store.reset();
    EXPECT_GT(vfs.restore(0), 0);
    store = open();
    ASSERT_TRUE(store);
    store.reset();
    EXPECT_GT(acknowledged.size(), 5U);
    EXPECT_GT(missing(acknowledged, kept()), 0U);
}

TEST_F(PowerTest, AFullDiskIsSaidAndForgottenWhenThereIsRoomAgain) {
    struct Row {
        PowerVfs::Fault fault;
        const char* words;
    };
    for (const auto& [fault, words] : {Row{PowerVfs::Fault::write_no_room, "the disk is full"},
                                       Row{PowerVfs::Fault::short_write, "the disk is full"},
                                       Row{PowerVfs::Fault::write_error, "the disk reports an error"},
                                       Row{PowerVfs::Fault::sync_error, "the disk reports an error"}}) {
        auto store = open();
        ASSERT_TRUE(store);
        const auto before = new_id();
        ASSERT_TRUE(store->commit_blocking(whole_transaction(before)));
        vfs.fail(fault);
        const auto lost = new_id();
        for (int i = 0; i < 3; ++i) {
            const auto refused = store->commit_blocking(whole_transaction(lost));
            ASSERT_FALSE(refused);
            EXPECT_EQ(refused.error().code, ErrorCode::storage);
            EXPECT_NE(refused.error().message.find(words), std::string::npos) << refused.error().message;
        }
        vfs.fail(PowerVfs::Fault::none);
        const auto after = new_id();
        const auto recovered = store->commit_blocking(whole_transaction(after));
        ASSERT_TRUE(recovered) << recovered.error().message;
        // What was told to have failed is not there, and can be sent again.
        EXPECT_TRUE(store->commit_blocking(whole_transaction(lost)));
        store.reset();
        const auto found = kept();
        EXPECT_TRUE(found.contains(before) && found.contains(after) && found.contains(lost));
        const auto report = check(options().path);
        ASSERT_TRUE(report);
        EXPECT_TRUE(report->sound()) << testing::PrintToString(report->words);
    }
}

TEST_F(PowerTest, AFailedFsyncFollowedByAPowerCutKeepsTheWord) {
    auto store = open();
    ASSERT_TRUE(store);
    vfs.fail(PowerVfs::Fault::sync_error);
    const auto lost = new_id();
    ASSERT_FALSE(store->commit_blocking(whole_transaction(lost)));
    vfs.fail(PowerVfs::Fault::none);
    const auto after = new_id();
    ASSERT_TRUE(store->commit_blocking(whole_transaction(after)));
    vfs.cut_now();
    store.reset();
    vfs.restore(0);
    open().reset();
    const auto found = kept();
    EXPECT_FALSE(found.contains(lost));
    EXPECT_TRUE(found.contains(after));
}

TEST_F(PowerTest, AFailedCommitAbandonsItsClaim) {
    auto store = open();
    ASSERT_TRUE(store);
    const auto id = new_id();
    ASSERT_TRUE(store->commit_blocking(unit_of(receive_with(id, claim("doc-1", "content-1")))));
    vfs.fail(PowerVfs::Fault::write_no_room);
    ASSERT_FALSE(store->commit_blocking(unit_of(settle(id, ClaimState::delivered))));
    vfs.fail(PowerVfs::Fault::none);
    const auto again = store->commit_blocking(unit_of(receive_with(new_id(), claim("doc-1", "content-1"))));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->claim->verdict, ClaimVerdict::again);
    EXPECT_EQ(again->claim->create_key, id);
}
