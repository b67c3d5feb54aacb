// SPDX-License-Identifier: MPL-2.0
#include "store/store.hpp"

#include "store/answer_waiters.hpp"
#include "store/checkpointer.hpp"
#include "store/files.hpp"
#include "store/schema.hpp"
#include "store/workers.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>

namespace ocm::store {
namespace {

using store_ops::Unit;
using store_ops::UnitResult;

/// Up to here hashing and compressing (about 1 ms) cost less than handing the work to another thread and back.
constexpr std::size_t prepare_inline_bytes = 256u << 10;
constexpr std::size_t erase_chunk = 64;

WallTime now() {
    return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

Result<void> bring_up_to_date(const SessionOptions& options) {
    Database database(options.path, Database::Mode::read_write, options.vfs, options.busy_ms);
    // EXTRA while there may be a rollback journal: were its removal not durable, a power cut much later could bring it
    // back and undo the whole file. The test option concerns entries only.
    database.execute("PRAGMA synchronous = EXTRA");
    if (database.text("PRAGMA journal_mode = WAL") != "wal") {
        return fail(ErrorCode::storage, "the store " + options.path + " cannot use a write-ahead log where it is: " +
                                            "put it on a local file system");
    }
    return migrate(database, options.path, migrations());
}

/// What ran when the last process ended is evaluated afresh when it comes again, with the same upstream ids; a delivery
/// that was under way is sent again, with the same ids too.
void interrupt_running_work(Session& session) {
    if (!session.has_running_work()) return;
    auto entry = administered_entry(now(), "store", recovered_action, {});
    session.begin();
    session.append(entry);
    session.commit();
}

/// What was received and not answered when the last process ended never will be: its caller is gone.
void end_open_transactions(Session& session) {
    const auto open = session.open_transactions();
    if (open.empty()) return;
    session.begin();
    for (const auto& transaction : open) {
        auto entry = interrupted_entry(now(), transaction);
        session.append(entry);
    }
    session.commit();
}

struct WaiterPlace {
    AnswerWaiters& waiters;
    const std::string& transaction;
    std::shared_ptr<AnswerWaiters::One> one;
    ~WaiterPlace() { waiters.remove(transaction, one); }
};

}  // namespace

struct Store::Running {
    Running(StoreOptions given, FileLock taken, std::unique_ptr<Session> session,
            std::vector<std::unique_ptr<Reader>> readers)
        : options(std::move(given)),
          lock(std::move(taken)),
          disk(options.path, options.warn_free_bytes, options.min_free_bytes, options.free_bytes),
          checkpointer(options.path, options.vfs, options.busy_ms, options.checkpoint_pages),
          workers(std::move(readers), options.max_queries),
          writer(std::move(session), options.limits, disk,
                 {[this](const std::vector<std::string>& transactions) { waiters.wake(transactions); },
                  [this](std::int64_t pages) { checkpointer.log_has(pages); }}) {}

    StoreOptions options;
    std::optional<FileLock> lock;  // until `close`
    Disk disk;
    AnswerWaiters waiters;
    Checkpointer checkpointer;
    Workers workers;
    Writer writer;
};

Store::Store(std::unique_ptr<Running> running) : running_(std::move(running)) {}

Store::~Store() {
    close();
}

Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
    const auto& path = options.path;
    if (auto made = make_store_file(path); !made) return fail(made.error());
    auto lock = FileLock::take(path);
    if (!lock) return fail(lock.error());
    try {
        const SessionOptions session_options{path, options.vfs, options.busy_ms, options.synchronous};
        if (auto ready = bring_up_to_date(session_options); !ready) return fail(ready.error());
        auto session = std::make_unique<Session>(session_options);
        interrupt_running_work(*session);
        end_open_transactions(*session);
        std::vector<std::unique_ptr<Reader>> readers;
        readers.reserve(options.workers);
        for (std::size_t i = 0; i < options.workers; ++i) {
            readers.push_back(std::make_unique<Reader>(path, options.vfs));
        }
        auto running =
            std::make_unique<Running>(std::move(options), std::move(*lock), std::move(session), std::move(readers));
        return std::unique_ptr<Store>(new Store(std::move(running)));
    } catch (const std::exception& error) {
        return fail(ErrorCode::storage, "the store " + path + " cannot be opened: " + error.what());
    }
}

void Store::close() {
    // The writer first: what was accepted is committed, and woken waiters may still ask the workers.
    running_->writer.stop();
    running_->waiters.close();
    running_->workers.stop();
    running_->checkpointer.stop();
    running_->lock.reset();
}

Task<Result<UnitResult>> Store::push(PreparedUnit unit) {
    auto start = [this, unit = std::move(unit)](Writer::UnitWaiter waiter) mutable {
        running_->writer.push(std::move(unit), std::move(waiter));
    };
    return suspend<Result<UnitResult>>(std::move(start));
}

Task<Result<EraseCounts>> Store::push(EraseChunk chunk) {
    auto start = [this, chunk = std::move(chunk)](Writer::EraseWaiter waiter) mutable {
        running_->writer.push(std::move(chunk), std::move(waiter));
    };
    return suspend<Result<EraseCounts>>(std::move(start));
}

Task<Result<PreparedUnit>> Store::prepare_on_worker(Unit unit) {
    auto work = [unit = std::move(unit)](Reader&) mutable { return prepare(std::move(unit), now()); };
    return on_worker<PreparedUnit>(running_->workers, std::move(work));
}

Task<Result<UnitResult>> Store::commit(Unit unit) {
    Result<PreparedUnit> prepared;
    if (raw_size(unit) <= prepare_inline_bytes) {
        prepared = prepare(std::move(unit), now());
    } else {
        prepared = co_await prepare_on_worker(std::move(unit));
    }
    if (!prepared) co_return fail(prepared.error());
    auto committed = co_await push(std::move(*prepared));
    co_return committed;
}

Result<UnitResult> Store::commit_blocking(Unit unit) {
    auto prepared = prepare(std::move(unit), now());
    if (!prepared) return fail(prepared.error());
    auto waiter = std::make_unique<BlockedWaiter<Result<UnitResult>>>();
    auto done = waiter->future();
    running_->writer.push(std::move(*prepared), std::move(waiter));
    return done.get();
}

Task<Result<store_ops::RecordedAnswer>> Store::recorded_answer(std::string transaction) {
    auto work = [transaction = std::move(transaction)](Reader& reader) { return reader.recorded_answer(transaction); };
    return on_worker<store_ops::RecordedAnswer>(running_->workers, std::move(work));
}

Task<Result<std::optional<std::string>>> Store::cached(std::string key) {
    auto work = [key = std::move(key)](Reader& reader) { return reader.cached(key); };
    return on_worker<std::optional<std::string>>(running_->workers, std::move(work));
}

static Task<Result<bool>> answered(Workers& workers, std::string transaction) {
    auto work = [transaction = std::move(transaction)](Reader& reader) { return reader.answered(transaction); };
    return on_worker<bool>(workers, std::move(work));
}

Task<Result<void>> Store::wait_answered(std::string transaction, SteadyTime deadline) {
    auto executor = co_await boost::asio::this_coro::executor;
    // Registered before asking, so that an answer committed in between is not missed.
    auto one = running_->waiters.add(transaction, executor);
    const WaiterPlace place{running_->waiters, transaction, one};
    auto already = co_await answered(running_->workers, transaction);
    if (!already) co_return fail(already.error());
    if (*already) co_return Result<void>();
    while (!one->answered) {
        if (one->closed) co_return fail(ErrorCode::cancelled, "the mediator is shutting down");
        if (std::chrono::steady_clock::now() >= deadline) {
            co_return fail(ErrorCode::target_timeout,
                           "the same message is still being worked on: ask again in a moment");
        }
        one->timer.expires_at(deadline);
        auto [error] = co_await one->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        if (error && !one->answered && !one->closed) {
            co_return fail(ErrorCode::cancelled, "the work was cancelled");
        }
    }
    co_return Result<void>();
}

Task<Result<std::vector<TransactionRow>>> Store::list_transactions(TransactionFilter filter) {
    auto work = [filter = std::move(filter)](Reader& reader) { return reader.list_transactions(filter); };
    return on_worker<std::vector<TransactionRow>>(running_->workers, std::move(work));
}

Task<Result<TransactionRecord>> Store::show_transaction(std::string id, PartBytes bytes) {
    auto work = [id = std::move(id), bytes](Reader& reader) { return reader.show_transaction(id, bytes); };
    return on_worker<TransactionRecord>(running_->workers, std::move(work));
}

Task<Result<std::vector<store_ops::Client>>> Store::clients() {
    auto work = [](Reader& reader) { return reader.clients(); };
    return on_worker<std::vector<store_ops::Client>>(running_->workers, std::move(work));
}

Task<Result<std::vector<CrosswalkEntry>>> Store::crosswalk() {
    auto work = [](Reader& reader) { return reader.crosswalk(); };
    return on_worker<std::vector<CrosswalkEntry>>(running_->workers, std::move(work));
}

Task<Result<std::vector<Subscription>>> Store::subscriptions() {
    auto work = [](Reader& reader) { return reader.subscriptions(); };
    return on_worker<std::vector<Subscription>>(running_->workers, std::move(work));
}

Task<Result<DuePage>> Store::due_deliveries(DueQuery query) {
    auto work = [query = std::move(query)](Reader& reader) { return reader.due_deliveries(query); };
    return on_worker<DuePage>(running_->workers, std::move(work));
}

Task<Result<std::vector<Delivery>>> Store::list_deliveries(DeliveryFilter filter) {
    auto work = [filter = std::move(filter)](Reader& reader) { return reader.list_deliveries(filter); };
    return on_worker<std::vector<Delivery>>(running_->workers, std::move(work));
}

Task<Result<DeliveryMatches>> Store::match_deliveries(DeliveryFilter filter) {
    auto work = [filter = std::move(filter)](Reader& reader) { return reader.match_deliveries(filter); };
    return on_worker<DeliveryMatches>(running_->workers, std::move(work));
}

Task<Result<Delivery>> Store::delivery(std::string id) {
    auto work = [id = std::move(id)](Reader& reader) { return reader.delivery(id); };
    return on_worker<Delivery>(running_->workers, std::move(work));
}

Task<Result<std::string>> Store::delivery_payload(std::string id) {
    auto work = [id = std::move(id)](Reader& reader) { return reader.delivery_payload(id); };
    return on_worker<std::string>(running_->workers, std::move(work));
}

Task<Result<std::vector<DeliveryCount>>> Store::count_deliveries() {
    auto work = [](Reader& reader) { return reader.count_deliveries(); };
    return on_worker<std::vector<DeliveryCount>>(running_->workers, std::move(work));
}

Task<Result<std::set<std::string>>> Store::published(std::vector<std::string> once_keys) {
    auto work = [keys = std::move(once_keys)](Reader& reader) { return reader.published(keys); };
    return on_worker<std::set<std::string>>(running_->workers, std::move(work));
}

Task<Result<std::set<std::string>>> Store::known_deliveries(std::vector<std::string> ids) {
    auto work = [ids = std::move(ids)](Reader& reader) { return reader.known_deliveries(ids); };
    return on_worker<std::set<std::string>>(running_->workers, std::move(work));
}

Task<Result<store_ops::QueuedEvents>> Store::queued_events(store_ops::QueuedQuery query) {
    auto work = [query = std::move(query)](Reader& reader) { return reader.queued_events(query); };
    return on_worker<store_ops::QueuedEvents>(running_->workers, std::move(work));
}

Task<Result<std::optional<store_ops::Notified>>> Store::notified(std::string channel, store_ops::RecordIds record) {
    auto work = [channel = std::move(channel), record = std::move(record)](Reader& reader) {
        return reader.notified(channel, record);
    };
    return on_worker<std::optional<store_ops::Notified>>(running_->workers, std::move(work));
}

Task<Result<std::optional<std::string>>> Store::last_published(std::string topic, store_ops::RecordIds record) {
    auto work = [topic = std::move(topic), record = std::move(record)](Reader& reader) {
        return reader.last_published(topic, record);
    };
    return on_worker<std::optional<std::string>>(running_->workers, std::move(work));
}

Task<Result<store_ops::TransactionState>> Store::transaction_state(std::string transaction) {
    auto work = [transaction = std::move(transaction)](Reader& reader) {
        return reader.transaction_state(transaction);
    };
    return on_worker<store_ops::TransactionState>(running_->workers, std::move(work));
}

Task<Result<CheckReport>> Store::check(CheckProgress progress) {
    const auto& options = running_->options;
    auto work = [path = options.path, vfs = options.vfs, progress = std::move(progress)](Reader&) {
        return store::check(path, vfs, progress);
    };
    return on_worker<CheckReport>(running_->workers, std::move(work));
}

Task<Result<EraseCounts>> Store::erase_parts(EraseRequest request) {
    EraseCounts total;
    if (!request.older_than && request.transactions.empty()) co_return total;
    std::size_t next = 0;
    while (true) {
        EraseChunk chunk;
        chunk.actor = request.actor;
        chunk.now = now();
        chunk.limit = erase_chunk;
        if (request.older_than) {
            chunk.before = *request.older_than;
        } else {
            const auto last = std::min(next + erase_chunk, request.transactions.size());
            const auto at = [&](std::size_t i) {
                return request.transactions.begin() + static_cast<std::ptrdiff_t>(i);
            };
            chunk.transactions.assign(at(next), at(last));
            next = last;
        }
        auto erased = co_await push(std::move(chunk));
        if (!erased) co_return fail(erased.error());
        total.transactions += erased->transactions;
        total.parts += erased->parts;
        const bool done = request.older_than ? erased->transactions == 0 : next == request.transactions.size();
        if (done) break;
    }
    running_->checkpointer.empty_soon();
    co_return total;
}

Result<std::unique_ptr<Reader>> Store::reader() const {
    return Reader::open(running_->options.path, running_->options.vfs);
}

Pressure Store::pressure() {
    return running_->disk.pressure();
}

StoreMetrics Store::metrics() {
    return {running_->writer.metrics(), running_->checkpointer.done(), running_->checkpointer.failed(),
            running_->disk.free_bytes(), running_->disk.pressure()};
}

}  // namespace ocm::store
