// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"
#include "core/store_port.hpp"
#include "store/sqlite.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ocm::store {

/// A transaction as people query it.
struct TransactionRow {
    std::int64_t seq = 0;  // of its *received* entry; the cursor of lists
    std::string id;
    std::string channel, route, method;
    std::string client;  // id of a client of ours
    std::string caller;
    std::string openhim_transaction, openhim_parent;
    WallTime started{};
    std::optional<WallTime> answered;
    std::optional<WallTime> completed;
    int http_status = 0;
    TransactionStatus status = TransactionStatus::processing;
    std::string error_code;
    store_ops::Subjects subjects;  // personal; blank once erased
    std::string replay_of;
    int attempts = 0;
    bool erased = false;
};

/// Conditions are joined by *and*; empty ones ask nothing.
struct TransactionFilter {
    std::optional<WallTime> from;  // started at or after
    std::optional<WallTime> to;    // started before
    std::string channel;
    std::string client;
    std::optional<TransactionStatus> status;
    std::string tracking_id;
    std::string registration_number;
    std::string openhim_transaction;
    std::string error_code;
    std::size_t limit = 50;
    bool oldest_first = false;
    std::optional<std::int64_t> after;  // seq of the last row of the page before
};

struct EntryRow {
    std::int64_t seq = 0;
    WallTime at{};
    std::string kind;
    std::string canonical;  // JSON
};

struct PartRow {
    std::int64_t entry = 0;  // seq of the entry it belongs to
    std::string name;
    std::string sha256;  // hex of SHA-256(salt ‖ bytes), as the entry holds it
    std::size_t size = 0;
    bool present = false;  // false once erased
    std::string bytes;     // personal; only when asked for
};

struct TransactionRecord {
    TransactionRow row;
    std::vector<EntryRow> entries;
    std::vector<PartRow> parts;
};

/// Conditions are joined by *and*; empty ones ask nothing.
struct DeliveryFilter {
    std::optional<DeliveryState> state;
    std::string kind, destination, client, subscription;
    std::string error_code;         // of the last failure
    std::optional<WallTime> since;  // queued at or after
    std::optional<WallTime> until;  // queued before
    std::size_t limit = 50;
    bool oldest_first = false;
    std::optional<std::int64_t> after;    // seq of the last row of the page before
    std::optional<std::int64_t> through;  // seq: none that was queued later
    bool unclear = true;                  // parked ones too of which nobody knows whether the target took them
};

/// How many deliveries a filter finds; its page is not asked.
struct DeliveryMatches {
    std::map<DeliveryState, std::int64_t> states;
    std::int64_t count = 0;
    std::int64_t through = 0;  // seq of the last of them
};

/// How many deliveries there are of a kind, by state; the dispatcher's metrics and `deliveries list` show it.
struct DeliveryCount {
    DeliveryState state = DeliveryState::pending;
    std::string kind, destination, client;
    std::int64_t count = 0;
    WallTime oldest{};  // when the oldest was queued
};

/// What the dispatcher looks at: of each destination and client the pending deliveries due soonest, only those that no
/// earlier live one of the same order key stands before.
struct DueQuery {
    std::vector<std::string> kinds;         // only these
    std::vector<std::string> held_clients;  // not of these
    std::size_t per_client = 16;            // of each destination
};
struct DuePage {
    std::vector<Delivery> deliveries;
    bool more = false;  // some client has more pending than the page holds
};

enum class PartBytes { leave, read };

/// Reads a store through a read-only connection. Used by one thread at a time; other processes may read while the
/// mediator runs. Every call fails with `storage` where the file cannot be read, in words without values.
class Reader {
  public:
    static Result<std::unique_ptr<Reader>> open(const std::string& path, const std::string& vfs = {});

    /// A page of transactions.
    Result<std::vector<TransactionRow>> list_transactions(const TransactionFilter& filter);
    /// One transaction with its entries in order, and its parts; `not_found` where there is none.
    Result<TransactionRecord> show_transaction(const std::string& id, PartBytes bytes);
    /// Clients by name.
    Result<std::vector<store_ops::Client>> clients();
    /// Subscriptions, oldest first.
    Result<std::vector<Subscription>> subscriptions();
    /// The whole crosswalk, by key.
    Result<std::vector<CrosswalkEntry>> crosswalk();
    /// Up to `per_client` deliveries of each destination and client, of these kinds, not of these clients.
    Result<DuePage> due_deliveries(const DueQuery& query);
    /// Of keys as in `Publish::once_key`: those under which something was made known.
    Result<std::set<std::string>> published(const std::vector<std::string>& once_keys);
    /// Of ids of deliveries: those that there are.
    Result<std::set<std::string>> known_deliveries(const std::vector<std::string>& ids);
    /// What was queued for a subscription (core/store_port.hpp).
    Result<store_ops::QueuedEvents> queued_events(const store_ops::QueuedQuery& query);
    Result<std::optional<store_ops::Notified>> notified(const std::string& channel, const store_ops::RecordIds& record);
    Result<std::optional<std::string>> last_published(const std::string& topic, const store_ops::RecordIds& record);
    /// A page of deliveries, newest first unless asked otherwise.
    Result<std::vector<Delivery>> list_deliveries(const DeliveryFilter& filter);
    Result<DeliveryMatches> match_deliveries(const DeliveryFilter& filter);
    /// One delivery; `not_found` where there is none.
    Result<Delivery> delivery(const std::string& id);
    /// What it carries; `not_found` where it was erased.
    Result<std::string> delivery_payload(const std::string& id);
    /// All of them, by state, kind, destination and client.
    Result<std::vector<DeliveryCount>> count_deliveries();
    Result<store_ops::TransactionState> transaction_state(const std::string& transaction);

    Result<store_ops::RecordedAnswer> recorded_answer(const std::string& transaction);
    /// Whether the transaction has been answered; `not_found` where there is none.
    Result<bool> answered(const std::string& transaction);
    Result<std::optional<std::string>> cached(const std::string& key);

    /// For `check`, which works on a connection of its own.
    Database& database() { return database_; }

    Reader(const std::string& path, const std::string& vfs);

  private:
    /// What a delivery carries, once read: one event goes to many subscribers.
    struct Content {
        std::int64_t part = 0;
        std::string plain;
    };

    Result<TransactionRow> row_of(const std::string& transaction);
    /// A statement that is asked all the time: prepared once. Not to be used by two queries at a time.
    Statement& kept(const std::string& sql);

    Database database_;
    std::map<std::string, std::unique_ptr<Statement>> kept_;
    std::deque<Content> contents_;
};

}  // namespace ocm::store
