// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace ocm::store {

/// Moves the write-ahead log into the database, on a thread and a connection of its own, so that no commit waits for
/// it. Commits keep the log growing while it works; only when it has become far too long is the writer held up.
class Checkpointer {
  public:
    /// `pages` is the length of the log at which it starts to work.
    Checkpointer(std::string path, std::string vfs, int busy_ms, std::int64_t pages);
    ~Checkpointer();
    Checkpointer(const Checkpointer&) = delete;
    Checkpointer& operator=(const Checkpointer&) = delete;

    /// Tells it how long the log is. Thread-safe.
    void log_has(std::int64_t pages);
    /// Empties the log even if it is short, so that what was erased is gone from it too. Thread-safe.
    void empty_soon();
    /// Empties the log and joins the thread.
    void stop();
    std::int64_t done() const { return done_; }
    std::int64_t failed() const { return failed_; }

  private:
    void loop();
    void work(std::int64_t pages, bool empty);

    const std::string path_;
    const std::string vfs_;
    const int busy_ms_;
    const std::int64_t pages_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::int64_t log_pages_ = 0;  // under mutex_
    bool empty_ = false;          // under mutex_
    bool stopping_ = false;       // under mutex_
    std::atomic<std::int64_t> done_{0};
    std::atomic<std::int64_t> failed_{0};
    std::thread thread_;
};

}  // namespace ocm::store
