// SPDX-License-Identifier: MPL-2.0
#include "store/writer.hpp"

#include "core/io_pool.hpp"
#include "unit/store/store_fixture.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <vector>

using namespace ocm;
using namespace ocm::store;
using namespace ocm::store_ops;
using namespace ocm::test;

namespace {

bool eventually(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!holds() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(Milliseconds(1));
    return holds();
}

}  // namespace

TEST_F(StoreTest, ABadUnitFailsAloneInItsBatch) {
    IoPool pool(1);
    auto store = open();
    std::vector<std::future<Result<UnitResult>>> results;
    const auto known = new_id();
    ASSERT_TRUE(commit(*store, unit_of(receive(known))));
    const auto push = [&](Unit unit) {
        results.push_back(
            boost::asio::co_spawn(pool.context(0), store->commit(std::move(unit)), boost::asio::use_future));
    };
    const auto writer = [&] { return store->metrics().writer; };
    pool.start();
    auto held = std::make_unique<HeldUp>(path());
    // The writer waits with this one, and all the others behind it are the next batch.
    push(whole_transaction(new_id()));
    ASSERT_TRUE(eventually([&] { return writer().queued_bytes > 0 && writer().queued_units == 0; }));
    for (int i = 1; i < 40; ++i) {
        Unit unit;
        if (i == 20) {
            unit.emplace_back(receive(new_id()));
            unit.emplace_back(answer(new_id()));  // never received
        } else if (i == 21) {
            unit.emplace_back(receive(known));  // an id that exists
        } else {
            unit = whole_transaction(new_id());
        }
        push(std::move(unit));
    }
    ASSERT_TRUE(eventually([&] { return writer().queued_units == 39; }));
    held.reset();
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto result = results[i].get();
        if (i == 20 || i == 21) {
            ASSERT_FALSE(result);
            EXPECT_EQ(result.error().code, ErrorCode::storage);
        } else {
            EXPECT_TRUE(result);
        }
    }
    EXPECT_EQ(writer().batches, 3U);
    EXPECT_EQ(writer().failed, 2U);
    EXPECT_EQ(run(store->list_transactions({}))->size(), 39U);
    pool.stop();
    store->close();
    expect_sound();
}

TEST_F(StoreTest, ManyUnitsFromTwoIoThreads) {
    IoPool pool(2);  // outlives the store, whose threads resume on it
    auto store = open();
    std::vector<std::future<Result<UnitResult>>> results;
    for (std::size_t i = 0; i < 3000; ++i) {
        results.push_back(boost::asio::co_spawn(pool.context(i % 2), store->commit(whole_transaction(new_id())),
                                                boost::asio::use_future));
    }
    pool.start();
    for (auto& result : results) ASSERT_TRUE(result.get());
    pool.stop();
    EXPECT_EQ(store->metrics().writer.committed, 3000U);
    EXPECT_EQ(store->metrics().writer.latency.count, 3000U);
    store->close();
    const auto report = checked();
    EXPECT_TRUE(report.sound());
    EXPECT_EQ(report.transactions, 3000);
    EXPECT_EQ(report.entries, 9000);
}

TEST_F(StoreTest, ALargeMessageIsPreparedOffTheIoThread) {
    auto store = open();
    const auto id = new_id();
    std::string body(4u << 20, 'x');
    for (std::size_t i = 0; i < body.size(); i += 7) body[i] = static_cast<char>('a' + i % 23);
    ASSERT_TRUE(commit(*store, unit_of(receive(id, body))));
    const auto record = run(store->show_transaction(id, PartBytes::read));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->parts[0].bytes, body);
}

TEST_F(StoreTest, ShedsWhenTheQueueIsFull) {
    StoreOptions options;
    options.limits.max_units = 4;
    IoPool pool(1);  // outlives the store, whose threads resume on it
    auto store = open(std::move(options));
    std::vector<std::future<Result<UnitResult>>> results;
    auto held = std::make_unique<HeldUp>(path());
    for (int i = 0; i < 300; ++i) {
        results.push_back(boost::asio::co_spawn(pool.context(0), store->commit(whole_transaction(new_id())),
                                                boost::asio::use_future));
    }
    pool.start();
    ASSERT_TRUE(eventually([&] { return store->metrics().writer.refused > 0; }));
    held.reset();
    std::uint64_t kept = 0;
    for (auto& result : results) {
        const auto got = result.get();
        if (got) {
            ++kept;
        } else {
            EXPECT_EQ(got.error().code, ErrorCode::unavailable);
            EXPECT_EQ(got.error().retry_after, std::chrono::seconds(1));
        }
    }
    EXPECT_GT(kept, 0U);
    EXPECT_GT(store->metrics().writer.refused, 0U);
    EXPECT_EQ(store->metrics().writer.committed, kept);
    EXPECT_EQ(store->metrics().writer.queued_bytes, 0U);
}

TEST_F(StoreTest, ShedsNewWorkBeforeTheDiskIsFullAndFinishesWhatHasBegun) {
    auto free = std::make_shared<std::atomic<std::uint64_t>>(2u << 30);
    StoreOptions options;
    options.free_bytes = [free] { return free->load(); };
    auto store = open(std::move(options));
    const auto id = new_id();
    EXPECT_EQ(store->pressure(), Pressure::ok);
    claim_of(*store, id, claim("doc-1", "content-1"));
    *free = 500u << 20;
    EXPECT_EQ(store->pressure(), Pressure::low);
    EXPECT_TRUE(commit(*store, unit_of(receive(new_id()))));
    *free = 100u << 20;
    EXPECT_EQ(store->pressure(), Pressure::full);
    EXPECT_EQ(commit(*store, unit_of(receive(new_id()))).error().code, ErrorCode::unavailable);
    *free = 1u << 20;
    EXPECT_EQ(commit(*store, unit_of(settle(id, ClaimState::delivered))).error().code, ErrorCode::unavailable);
    *free = 2u << 30;
    // The answer could not be recorded, so nobody may wait for it.
    EXPECT_EQ(claim_of(*store, new_id(), claim("doc-1", "content-1")).verdict, ClaimVerdict::again);
}

TEST_F(StoreTest, TheLogIsMovedIntoTheDatabaseWhileCommitsGoOn) {
    StoreOptions options;
    options.checkpoint_pages = 50;
    auto store = open(std::move(options));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (store->metrics().checkpoints < 3 && std::chrono::steady_clock::now() < deadline) {
        ASSERT_TRUE(store->commit_blocking(whole_transaction(new_id())));
    }
    EXPECT_GE(store->metrics().checkpoints, 3);
    EXPECT_EQ(store->metrics().failed_checkpoints, 0);
    store->close();
    EXPECT_TRUE(!std::filesystem::exists(path() + "-wal") || std::filesystem::file_size(path() + "-wal") == 0);
    expect_sound();
}
