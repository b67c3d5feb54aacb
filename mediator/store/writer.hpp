// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "store/disk.hpp"
#include "store/entry.hpp"
#include "store/session.hpp"
#include "store/workers.hpp"

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace ocm::store {

/// How long commits took, from the queue to the disk.
struct LatencyHistogram {
    static constexpr std::array<double, 13> bounds_ms{0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 250, 500, 1000, 5000};
    std::array<std::uint64_t, bounds_ms.size() + 1> counts{};  // the last one: longer than every bound
    double sum_ms = 0;
    std::uint64_t count = 0;

    void add(double ms);
};

struct WriterMetrics {
    std::size_t queued_units = 0;
    std::size_t queued_bytes = 0;
    std::uint64_t committed = 0;  // units
    std::uint64_t failed = 0;     // units that were not kept, refused ones not counted
    std::uint64_t refused = 0;    // units turned away: queue full, disk low, shutting down
    std::uint64_t batches = 0;
    std::int64_t wal_pages = 0;
    LatencyHistogram latency;
};

struct EraseCounts {
    std::int64_t transactions = 0;
    std::int64_t parts = 0;
};

struct EraseChunk {
    std::vector<std::string> transactions;  // empty: by age
    WallTime before{};
    std::size_t limit = 64;
    std::string actor;
    WallTime now{};
};

/// The one thread that writes. It commits at once when idle; the next batch is what queued during the fsync.
class Writer {
  public:
    struct Limits {
        std::size_t max_units = 4096;         // waiting
        std::size_t max_bytes = 64u << 20;    // waiting
        std::size_t batch_units = 256;        // in one commit
        std::size_t batch_bytes = 16u << 20;  // in one commit
    };
    struct Hooks {
        std::function<void(const std::vector<std::string>&)> answered;  // after the commit, on the writer's thread
        std::function<void(std::int64_t)> wal_pages;                    // after the commit, on the writer's thread
    };
    using UnitWaiter = std::unique_ptr<Waiter<Result<store_ops::UnitResult>>>;
    using EraseWaiter = std::unique_ptr<Waiter<Result<EraseCounts>>>;

    Writer(std::unique_ptr<Session> session, Limits limits, Disk& disk, Hooks hooks);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Queues a unit; its waiter is completed once the unit is durable or has failed. Thread-safe.
    void push(PreparedUnit unit, UnitWaiter waiter);
    /// Erases when nothing else waits. Thread-safe.
    void push(EraseChunk chunk, EraseWaiter waiter);
    /// Commits what is queued, refuses what comes, joins the thread.
    void stop();
    WriterMetrics metrics() const;

  private:
    struct Pending {
        PreparedUnit unit;
        UnitWaiter waiter;
        std::chrono::steady_clock::time_point since;
        Result<store_ops::UnitResult> result;
    };
    struct PendingErase {
        EraseChunk chunk;
        EraseWaiter waiter;
    };

    void loop();
    void commit(std::vector<Pending>& batch);
    void erase(PendingErase& job);
    void resume();
    void failed(std::size_t units);
    void settle(std::vector<Pending>& batch);
    bool abandoned(const std::string& transaction);

    const Limits limits_;
    Disk& disk_;
    const Hooks hooks_;

    std::unique_ptr<Session> session_;  // the thread's
    bool failed_ = false;               // the thread's: the last commit failed
    std::uint64_t lost_units_ = 0;      // the thread's: told that they were not kept, since the last good commit

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Pending> queue_;         // under mutex_
    std::deque<PendingErase> erasing_;  // under mutex_
    std::set<std::string> abandoned_;   // under mutex_: their answer could not be recorded, so nobody may wait for it
    bool stopping_ = false;             // under mutex_
    WriterMetrics metrics_;             // under mutex_
    std::thread thread_;
};

}  // namespace ocm::store
