// SPDX-License-Identifier: MPL-2.0
#include "store/writer.hpp"

#include "core/json.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace ocm::store {
namespace {

constexpr std::chrono::seconds soon{1};

Error storage_error(const std::exception& error) {
    std::string why = error.what();
    if (const auto* sqlite = dynamic_cast<const SqliteError*>(&error)) {
        if (sqlite->primary() == SQLITE_FULL) why = "the disk is full";
        if (sqlite->primary() == SQLITE_IOERR) why = "the disk reports an error";
        if (sqlite->primary() == SQLITE_BUSY) why = "another program holds the file";
    }
    return {ErrorCode::storage, "the store could not commit: " + why, {}, soon};
}

WallTime now() {
    return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

void LatencyHistogram::add(double ms) {
    const auto* const bound = std::lower_bound(bounds_ms.begin(), bounds_ms.end(), ms);
    ++counts[static_cast<std::size_t>(bound - bounds_ms.begin())];
    sum_ms += ms;
    ++count;
}

Writer::Writer(std::unique_ptr<Session> session, Limits limits, Disk& disk, Hooks hooks)
    : limits_(limits), disk_(disk), hooks_(std::move(hooks)), session_(std::move(session)), thread_([this] {
          loop();
      }) {}

Writer::~Writer() {
    stop();
}

void Writer::push(PreparedUnit unit, UnitWaiter waiter) {
    std::string why;
    if (!disk_.accepts(unit.begins)) why = "the disk is nearly full";
    {
        std::unique_lock lock(mutex_);
        const bool room = queue_.empty() || (queue_.size() < limits_.max_units &&
                                             metrics_.queued_bytes + unit.bytes <= limits_.max_bytes);
        if (why.empty() && !room) why = "the store is busy";
        if (stopping_) why = "the mediator is shutting down";
        if (why.empty()) {
            metrics_.queued_bytes += unit.bytes;
            queue_.push_back({std::move(unit), std::move(waiter), std::chrono::steady_clock::now(), {}});
            // A writer woken while the lock is held would run into it and sleep again.
            lock.unlock();
            wake_.notify_one();
            return;
        }
        ++metrics_.refused;
        abandoned_.insert(unit.settles.begin(), unit.settles.end());
    }
    waiter->complete(fail(Error{ErrorCode::unavailable, why + ": try again in a moment", {}, soon}));
}

void Writer::push(EraseChunk chunk, EraseWaiter waiter) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_) {
            erasing_.push_back({std::move(chunk), std::move(waiter)});
            wake_.notify_one();
            return;
        }
    }
    waiter->complete(fail(ErrorCode::unavailable, "the mediator is shutting down"));
}

void Writer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

WriterMetrics Writer::metrics() const {
    const std::lock_guard lock(mutex_);
    auto copy = metrics_;
    copy.queued_units = queue_.size();
    return copy;
}

bool Writer::abandoned(const std::string& transaction) {
    const std::lock_guard lock(mutex_);
    return abandoned_.contains(transaction);
}

void Writer::loop() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty() || !erasing_.empty(); });
        if (queue_.empty() && erasing_.empty()) break;
        if (queue_.empty()) {
            auto job = std::move(erasing_.front());
            erasing_.pop_front();
            lock.unlock();
            erase(job);
            lock.lock();
            continue;
        }
        std::vector<Pending> batch;
        std::size_t bytes = 0;
        while (!queue_.empty() && batch.size() < limits_.batch_units &&
               (batch.empty() || bytes < limits_.batch_bytes)) {
            bytes += queue_.front().unit.bytes;
            batch.push_back(std::move(queue_.front()));
            queue_.pop_front();
        }
        lock.unlock();
        commit(batch);
        settle(batch);
        lock.lock();
    }
    lock.unlock();
    try {
        resume();
    } catch (const std::exception&) {
        // Without room or power there is nothing left to say it with.
        failed_ = true;
    }
    session_.reset();
}

/// After a failure, before anything else: a commit that says how many units were told that they were not kept, and
/// that writes over whatever their failed commit left in the log. Until it succeeds nothing is accepted.
void Writer::resume() {
    if (!failed_) return;
    session_->rollback();
    auto entry =
        administered_entry(now(), "store", "store.resumed", canonical_json(Json{{"units_not_kept", lost_units_}}));
    session_->begin();
    session_->append(entry);
    session_->commit();
    failed_ = false;
    lost_units_ = 0;
}

void Writer::failed(std::size_t units) {
    failed_ = true;
    lost_units_ += units;
    try {
        session_->rollback();
    } catch (const SqliteError&) {
        // `resume` tries again before the next commit.
        return;
    }
}

void Writer::commit(std::vector<Pending>& batch) {
    const std::function<bool(const std::string&)> is_abandoned = [this](const std::string& t) { return abandoned(t); };
    try {
        resume();
        session_->begin();
        const auto company = batch.size() == 1 ? Session::Company::alone : Session::Company::shared;
        for (auto& pending : batch) pending.result = session_->apply(pending.unit, is_abandoned, company);
        // A lone unit that was refused has taken its transaction with it.
        if (company == Session::Company::shared || batch.front().result) session_->commit();
    } catch (const std::exception& error) {
        // Whether the failed commit reached the disk cannot be known: nothing of it counts.
        for (auto& pending : batch) pending.result = fail(storage_error(error));
        failed(batch.size());
    }
}

/// Tells everyone what became of their unit.
void Writer::settle(std::vector<Pending>& batch) {
    const auto done = std::chrono::steady_clock::now();
    const auto pages = session_->wal_pages();
    std::vector<std::string> answered;
    {
        const std::lock_guard lock(mutex_);
        ++metrics_.batches;
        metrics_.wal_pages = pages;
        for (auto& pending : batch) {
            metrics_.queued_bytes -= pending.unit.bytes;
            const auto& settles = pending.unit.settles;
            if (pending.result) {
                ++metrics_.committed;
                metrics_.latency.add(std::chrono::duration<double, std::milli>(done - pending.since).count());
                for (const auto& transaction : settles) abandoned_.erase(transaction);
                answered.insert(answered.end(), pending.unit.answered.begin(), pending.unit.answered.end());
            } else {
                ++metrics_.failed;
                abandoned_.insert(settles.begin(), settles.end());
            }
        }
    }
    if (!answered.empty()) hooks_.answered(answered);
    hooks_.wal_pages(pages);
    for (auto& pending : batch) pending.waiter->complete(std::move(pending.result));
}

void Writer::erase(PendingErase& job) {
    Result<EraseCounts> result;
    auto& chunk = job.chunk;
    try {
        resume();
        session_->begin();
        const auto erased = session_->erase(std::move(chunk.transactions), chunk.before, chunk.limit, chunk.actor,
                                            chunk.now, result->parts);
        session_->commit();
        result->transactions = static_cast<std::int64_t>(erased.size());
        hooks_.wal_pages(session_->wal_pages());
    } catch (const std::exception& error) {
        result = fail(storage_error(error));
        failed(0);
    }
    job.waiter->complete(std::move(result));
}

}  // namespace ocm::store
