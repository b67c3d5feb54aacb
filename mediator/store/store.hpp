// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/store_port.hpp"
#include "store/check.hpp"
#include "store/disk.hpp"
#include "store/reader.hpp"
#include "store/writer.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ocm::store {

struct StoreOptions {
    std::string path;                             // of the database; `PATH.lock` stands beside it
    std::uint64_t warn_free_bytes = 1ull << 30;   // below it the disk is low
    std::uint64_t min_free_bytes = 256ull << 20;  // below it new work is refused
    Writer::Limits limits{};
    std::int64_t checkpoint_pages = 1000;  // of 4 KiB: length of the log at which it is moved into the database
    std::size_t workers = 2;               // threads and read-only connections for queries and large messages
    std::size_t max_queries = 1024;        // waiting
    int busy_ms = 5000;                    // how long a commit waits for another program that holds the file
    std::string vfs{};                     // name of a registered SQLite VFS; empty: SQLite's own
    Disk::Measure free_bytes{};            // how room on the disk is measured; the file system is asked where empty
    bool synchronous = true;               // only the test that proves what fsync is for sets it to false
};

struct StoreMetrics {
    WriterMetrics writer;
    std::int64_t checkpoints = 0;
    std::int64_t failed_checkpoints = 0;
    std::uint64_t disk_free_bytes = 0;
    Pressure pressure = Pressure::ok;
};

/// What may be erased: everything about the named transactions, or about every transaction that started before
/// `older_than` and has nothing queued.
struct EraseRequest {
    std::optional<WallTime> older_than;
    std::vector<std::string> transactions;
    std::string actor;  // "retention", "cli:root"
};

/// The store in one SQLite file (design section 7). Entries are the truth and are only ever added to; rows are
/// projections of them; what is personal is a part beside its entry and can be erased.
///
/// Threads: every method may be called from any thread. One writer thread owns the connection that writes; each worker
/// thread owns a read-only one; a checkpoint thread opens its own. A coroutine is always resumed on its own executor,
/// whose context must live until `close` has returned.
class Store final : public StorePort {
  public:
    /// Opens or creates a store: takes the lock, brings the schema up to date, makes claims that were running when the
    /// last process ended *interrupted*, and ends the transactions it left unanswered. Fails with `storage` in a
    /// sentence that names the path.
    static Result<std::unique_ptr<Store>> open(StoreOptions options);
    ~Store() override;

    Task<Result<store_ops::UnitResult>> commit(store_ops::Unit unit) override;
    Task<Result<store_ops::RecordedAnswer>> recorded_answer(std::string transaction) override;
    Task<Result<void>> wait_answered(std::string transaction, SteadyTime deadline) override;
    Task<Result<store_ops::TransactionState>> transaction_state(std::string transaction) override;
    Task<Result<std::optional<std::string>>> cached(std::string key) override;
    Task<Result<store_ops::QueuedEvents>> queued_events(store_ops::QueuedQuery query) override;
    Task<Result<std::optional<store_ops::Notified>>> notified(std::string channel,
                                                              store_ops::RecordIds record) override;
    Task<Result<std::optional<std::string>>> last_published(std::string topic, store_ops::RecordIds record) override;

    /// Commits from a thread that may block: the command line, and start-up before there are io threads.
    Result<store_ops::UnitResult> commit_blocking(store_ops::Unit unit);

    Task<Result<std::vector<TransactionRow>>> list_transactions(TransactionFilter filter);
    Task<Result<TransactionRecord>> show_transaction(std::string id, PartBytes bytes);
    Task<Result<std::vector<store_ops::Client>>> clients();
    Task<Result<std::vector<Subscription>>> subscriptions();
    Task<Result<std::vector<CrosswalkEntry>>> crosswalk();
    Task<Result<DuePage>> due_deliveries(DueQuery query);
    Task<Result<std::vector<Delivery>>> list_deliveries(DeliveryFilter filter);
    Task<Result<DeliveryMatches>> match_deliveries(DeliveryFilter filter);
    Task<Result<Delivery>> delivery(std::string id);
    Task<Result<std::string>> delivery_payload(std::string id);
    Task<Result<std::vector<DeliveryCount>>> count_deliveries();
    Task<Result<std::set<std::string>>> published(std::vector<std::string> once_keys);
    Task<Result<std::set<std::string>>> known_deliveries(std::vector<std::string> ids);
    /// Takes one worker for as long as it runs. `progress` is called on that worker.
    Task<Result<CheckReport>> check(CheckProgress progress);

    /// Erases in small chunks, each when nothing waits to be written; parts and salts go, entries stay.
    Task<Result<EraseCounts>> erase_parts(EraseRequest request);

    /// A reader of one's own on the same file, for a thread that may block.
    Result<std::unique_ptr<Reader>> reader() const;

    Pressure pressure();
    StoreMetrics metrics();

    /// Refuses new work, commits what is queued, empties the log, gives up the lock. Blocks; may be called twice, from
    /// one thread.
    void close();

  private:
    struct Running;
    explicit Store(std::unique_ptr<Running> running);
    Task<Result<PreparedUnit>> prepare_on_worker(store_ops::Unit unit);
    Task<Result<store_ops::UnitResult>> push(PreparedUnit unit);
    Task<Result<EraseCounts>> push(EraseChunk chunk);

    std::unique_ptr<Running> running_;
};

}  // namespace ocm::store
