// SPDX-License-Identifier: MPL-2.0
#include "store/checkpointer.hpp"

#include "store/sqlite.hpp"

#include <sqlite3.h>

#include <chrono>
#include <utility>

namespace ocm::store {
namespace {

// Beyond this many times the ordinary length the log must be reset, at the price of a pause in commits.
constexpr std::int64_t far_too_long = 16;
// The same few pages are written again and again: the rarer, the fewer are copied.
constexpr std::chrono::milliseconds pause{300};

}  // namespace

Checkpointer::Checkpointer(std::string path, std::string vfs, int busy_ms, std::int64_t pages)
    : path_(std::move(path)), vfs_(std::move(vfs)), busy_ms_(busy_ms), pages_(pages), thread_([this] { loop(); }) {}

Checkpointer::~Checkpointer() {
    stop();
}

void Checkpointer::log_has(std::int64_t pages) {
    if (pages < pages_) return;
    const std::lock_guard lock(mutex_);
    // Every commit says so until the next checkpoint; once is enough to wake it.
    if (std::exchange(log_pages_, pages) == 0) wake_.notify_one();
}

void Checkpointer::empty_soon() {
    const std::lock_guard lock(mutex_);
    empty_ = true;
    wake_.notify_one();
}

void Checkpointer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void Checkpointer::loop() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || empty_ || log_pages_ != 0; });
        const auto pages = std::exchange(log_pages_, 0);
        const bool last = stopping_;
        const bool empty = std::exchange(empty_, false) || last;
        lock.unlock();
        work(pages, empty);
        lock.lock();
        if (last) return;
        wake_.wait_for(lock, pause, [this] { return stopping_; });
    }
}

void Checkpointer::work(std::int64_t pages, bool empty) {
    try {
        Database database(path_, Database::Mode::read_write, vfs_, busy_ms_);
        database.execute("PRAGMA synchronous = FULL");
        // A passive one first: it moves nearly everything without holding anyone up.
        int code = sqlite3_wal_checkpoint_v2(database.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
        if (code == SQLITE_OK && empty) {
            code = sqlite3_wal_checkpoint_v2(database.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
        } else if (code == SQLITE_OK && pages > far_too_long * pages_) {
            code = sqlite3_wal_checkpoint_v2(database.handle(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
        }
        ++(code == SQLITE_OK ? done_ : failed_);
    } catch (const SqliteError&) {
        // Nothing is lost: the log keeps what it has, and the next commit asks again.
        ++failed_;
    }
}

}  // namespace ocm::store
