// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/store_port.hpp"
#include "store/entry.hpp"
#include "store/projection.hpp"
#include "store/sqlite.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ocm::store {

struct SessionOptions {
    std::string path;
    std::string vfs;
    int busy_ms = 5000;
    bool synchronous = true;
};

/// The one connection that writes entries, with its statements. Belongs to the writer's thread once that runs.
/// It is kept after a failure: this connection knows which frames of the log do not count and writes over them, where a
/// new one would recover a commit that was told to have failed.
class Session {
  public:
    /// Throws SqliteError.
    explicit Session(const SessionOptions& options);

    void begin();
    void commit();
    /// Ends the transaction if one is still open, and forgets what it had numbered. Throws SqliteError.
    void rollback();

    /// Whether a unit has the open transaction to itself.
    enum class Company { alone, shared };

    /// Writes a unit: under a savepoint of its own where others share the transaction, so that a unit that cannot be
    /// kept fails alone. One that is alone needs none (which would copy every page it changes): when it cannot be kept
    /// its transaction is rolled back, and there is nothing to commit. What concerns the whole batch (disk, I/O) is
    /// thrown as SqliteError. `abandoned` says that a running claim's transaction will not be answered.
    Result<store_ops::UnitResult> apply(PreparedUnit& unit, const std::function<bool(const std::string&)>& abandoned,
                                        Company company);

    /// Writes one entry within the open transaction; returns its seq. Throws SqliteError and Refused.
    std::int64_t append(PreparedEntry& entry);

    /// True where a call of the transaction left that must not be repeated, and nothing more was recorded (ADR 11).
    bool was_handed_over(std::int64_t txn);
    /// Claims that run and deliveries under way: after a start, what the last process left.
    bool has_running_work();
    /// Ids of transactions that were received and came to no end, with nothing queued for them.
    std::vector<std::string> open_transactions();
    /// Erases what is named or, where that is empty, up to `limit` unerased transactions that started before
    /// `before` and have nothing queued. Returns the ids erased and adds to `parts`.
    std::vector<std::string> erase(std::vector<std::string> transactions, WallTime before, std::size_t limit,
                                   const std::string& actor, WallTime now, std::int64_t& parts);

    /// Pages in the write-ahead log after the last commit.
    std::int64_t wal_pages() const { return wal_pages_; }

  private:
    store_ops::ClaimResult decide_claim(PreparedEntry& entry, const std::function<bool(const std::string&)>& abandoned);
    void apply_op(PreparedEntry& entry, store_ops::UnitResult& result,
                  const std::function<bool(const std::string&)>& abandoned);
    void apply_op(PreparedPublication& publication);
    void apply_op(PreparedCache& cache);
    store_ops::Subjects subjects_of(std::int64_t txn);
    void read_next_seq();

    Database database_;
    std::int64_t wal_pages_ = 0;
    std::int64_t next_seq_ = 1;
    Statement begin_;
    Statement commit_;
    Statement savepoint_;
    Statement release_;
    Statement rollback_to_;
    Statement insert_entry_;
    Statement insert_part_;
    Statement held_claims_;
    Statement same_content_;
    Statement subjects_;
    Statement published_;
    Statement delivery_;
    Statement sequence_;
    Statement put_cache_;
    Statement erasable_;
    Statement delete_parts_;
    Projector projector_;
};

}  // namespace ocm::store
