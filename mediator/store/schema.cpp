// SPDX-License-Identifier: MPL-2.0
#include "store/schema.hpp"

#include <array>
#include <filesystem>
#include <sys/stat.h>

namespace ocm::store {
namespace {

// `txn.id` is the seq of the transaction's *received* entry and `part.id` is entry * 64 + ordinal, so every key is
// known from the entries, rows are appended in order, and neither needs an index of its own.
constexpr std::string_view step_1_entries = R"sql(
CREATE TABLE entry (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  txn INTEGER,
  canonical TEXT NOT NULL
) STRICT;
CREATE INDEX entry_txn ON entry(txn) WHERE txn IS NOT NULL;
CREATE TRIGGER entry_is_append_only_update BEFORE UPDATE ON entry BEGIN SELECT raise(ABORT, 'entries are append-only'); END;
CREATE TRIGGER entry_is_append_only_delete BEFORE DELETE ON entry BEGIN SELECT raise(ABORT, 'entries are append-only'); END;
CREATE TABLE part (
  id INTEGER PRIMARY KEY,
  entry INTEGER NOT NULL REFERENCES entry(seq),
  name TEXT NOT NULL,
  salt BLOB NOT NULL,
  bytes BLOB NOT NULL,
  size INTEGER NOT NULL
) STRICT;
CREATE TABLE cache (
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL,
  size INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
)sql";

constexpr std::string_view step_1_indexes = R"sql(
CREATE INDEX txn_started ON txn(started);
CREATE INDEX txn_openhim ON txn(openhim_transaction) WHERE openhim_transaction <> '';
CREATE INDEX txn_tracking ON txn(tracking_id) WHERE tracking_id <> '';
CREATE INDEX txn_registration ON txn(registration_number) WHERE registration_number <> '';
CREATE INDEX txn_kept ON txn(started) WHERE erased = 0;
CREATE INDEX txn_open ON txn(id) WHERE answered = 0 AND completed = 0;
CREATE INDEX claim_key ON claim(key);
CREATE INDEX claim_running ON claim(state) WHERE state = 'running';
CREATE INDEX outbox_due ON outbox(destination, client, due, id) WHERE state = 'pending';
CREATE INDEX outbox_order ON outbox(order_key, id) WHERE order_key <> '' AND state IN ('pending', 'sending', 'parked');
CREATE INDEX outbox_live ON outbox(state) WHERE state IN ('sending', 'parked', 'dead');
CREATE INDEX outbox_txn ON outbox(txn);
)sql";

bool has_data(Database& database) {
    return database.integer("SELECT count(*) FROM sqlite_schema") != 0;
}

Result<void> check_kind(Database& database, const std::string& path) {
    if (has_data(database) && database.integer("PRAGMA application_id") != application_id) {
        return fail(ErrorCode::storage, path + " is not a store of this program: name another file in store.path");
    }
    return {};
}

Result<void> check_not_newer(std::int64_t version, std::size_t known, const std::string& path) {
    if (version > static_cast<std::int64_t>(known)) {
        return fail(ErrorCode::storage, "the store " + path + " was written by a newer version (schema " +
                                            std::to_string(version) + ", this one knows " + std::to_string(known) +
                                            "): install that version, or restore the copy made before the upgrade");
    }
    return {};
}

}  // namespace

namespace {

/// As of schema 1: a step that has been taken never changes.
std::string projection_tables_1(std::string_view schema) {
    const std::string in = std::string(schema) + ".";
    return "CREATE TABLE " + in + R"sql(txn (
  id INTEGER PRIMARY KEY,
  uuid TEXT NOT NULL UNIQUE,
  channel TEXT NOT NULL,
  route TEXT NOT NULL,
  method TEXT NOT NULL,
  client TEXT NOT NULL,
  caller TEXT NOT NULL,
  openhim_transaction TEXT NOT NULL,
  openhim_parent TEXT NOT NULL,
  started INTEGER NOT NULL,
  answered INTEGER NOT NULL DEFAULT 0,
  completed INTEGER NOT NULL DEFAULT 0,
  http_status INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL,
  error_code TEXT NOT NULL DEFAULT '',
  tracking_id TEXT NOT NULL DEFAULT '',
  event_id TEXT NOT NULL DEFAULT '',
  registration_number TEXT NOT NULL DEFAULT '',
  source_id TEXT NOT NULL DEFAULT '',
  office TEXT NOT NULL DEFAULT '',
  replay_of TEXT NOT NULL DEFAULT '',
  attempts INTEGER NOT NULL DEFAULT 0,
  erased INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE )sql" +
           in + R"sql(claim (
  txn INTEGER PRIMARY KEY,
  client TEXT NOT NULL,
  format TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  content TEXT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  create_key TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE TABLE )sql" +
           in + R"sql(client (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  openhim_client TEXT NOT NULL,
  key_sha256 TEXT NOT NULL,
  old_key_sha256 TEXT NOT NULL,
  old_key_until INTEGER,
  created INTEGER NOT NULL,
  on_outage TEXT NOT NULL
) STRICT;
CREATE TABLE )sql" +
           in + R"sql(outbox (
  id INTEGER PRIMARY KEY,
  delivery TEXT NOT NULL UNIQUE,
  txn INTEGER NOT NULL,
  kind TEXT NOT NULL,
  destination TEXT NOT NULL,
  client TEXT NOT NULL,
  order_key TEXT NOT NULL,
  carries_claim INTEGER NOT NULL,
  state TEXT NOT NULL,
  created INTEGER NOT NULL,
  due INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  error_code TEXT NOT NULL DEFAULT '',
  why TEXT NOT NULL DEFAULT ''
) STRICT;
)sql";
}

/// What schema 2 adds: the crosswalk, and what parked deliveries wait for.
std::string projection_tables_2(std::string_view schema) {
    const std::string in = std::string(schema) + ".";
    return "ALTER TABLE " + in + "outbox ADD COLUMN waits_for TEXT NOT NULL DEFAULT '';\nCREATE TABLE " + in +
           R"sql(crosswalk (
  target TEXT NOT NULL,
  kind TEXT NOT NULL,
  system TEXT NOT NULL,
  code TEXT NOT NULL,
  location TEXT NOT NULL,
  name TEXT NOT NULL,
  origin TEXT NOT NULL,
  note TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (target, kind, system, code)
) STRICT, WITHOUT ROWID;
)sql";
}

/// What schema 3 adds: which 1.x a client was written for.
std::string projection_tables_3(std::string_view schema) {
    return "ALTER TABLE " + std::string(schema) + ".client ADD COLUMN contract_version TEXT NOT NULL DEFAULT '1.8';\n";
}

/// What schema 4 adds: subscriptions, what was made known to them, and what a client's are made of.
std::string projection_tables_4(std::string_view schema) {
    const std::string in = std::string(schema) + ".";
    return "ALTER TABLE " + in + "client ADD COLUMN signing_secret TEXT NOT NULL DEFAULT '';\nALTER TABLE " + in +
           "client ADD COLUMN fields TEXT NOT NULL DEFAULT '[]';\nALTER TABLE " + in +
           "outbox ADD COLUMN subscription TEXT NOT NULL DEFAULT '';\nALTER TABLE " + in +
           "outbox ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;\nALTER TABLE " + in +
           "outbox ADD COLUMN published INTEGER NOT NULL DEFAULT 0;\nCREATE TABLE " + in +
           R"sql(subscription (
  id TEXT PRIMARY KEY,
  client TEXT NOT NULL,
  state TEXT NOT NULL,
  created INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE TABLE )sql" +
           in + R"sql(published (
  id INTEGER PRIMARY KEY,
  once_key TEXT NOT NULL UNIQUE,
  event TEXT NOT NULL UNIQUE,
  topic TEXT NOT NULL,
  record TEXT NOT NULL,
  txn INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX )sql" +
           in + "published_txn ON published(txn);\n";
}

/// What schema 5 adds: the signing secret that a client had before.
std::string projection_tables_5(std::string_view schema) {
    const std::string in = std::string(schema) + ".";
    return "ALTER TABLE " + in + "client ADD COLUMN old_signing_secret TEXT NOT NULL DEFAULT '';\nALTER TABLE " + in +
           "client ADD COLUMN old_signing_until INTEGER;\n";
}

}  // namespace

std::string projection_tables(std::string_view schema) {
    return projection_tables_1(schema) + projection_tables_2(schema) + projection_tables_3(schema) +
           projection_tables_4(schema) + projection_tables_5(schema);
}

std::span<const std::string_view> migrations() {
    static const std::string step_1 =
        std::string(step_1_entries) + projection_tables_1("main") + std::string(step_1_indexes);
    static const std::string step_2 = projection_tables_2("main");
    static const std::string step_3 = projection_tables_3("main");
    static const std::string step_4 = projection_tables_4("main");
    // What became of a notification is found by the record: that of OpenCRVS 1.3 to 1.5, which give no tracking id, in
    // an index of its own, so that others cost no page more.
    static const std::string step_5 =
        projection_tables_5("main") +
        "CREATE INDEX txn_record ON txn(event_id) WHERE event_id <> '' AND tracking_id = '';\n"
        "CREATE INDEX published_record ON published(record) WHERE record <> '';\n";
    static const std::array<std::string_view, 5> steps{step_1, step_2, step_3, step_4, step_5};
    return steps;
}

Result<void> migrate(Database& database, const std::string& path, std::span<const std::string_view> steps) {
    if (auto kind = check_kind(database, path); !kind) return kind;
    const auto version = database.integer("PRAGMA user_version");
    if (auto newer = check_not_newer(version, steps.size(), path); !newer) return newer;
    if (version == static_cast<std::int64_t>(steps.size())) return {};

    if (has_data(database)) {
        const auto copy = path + ".before-v" + std::to_string(steps.size());
        std::error_code ignored;
        std::filesystem::remove(copy, ignored);
        Statement vacuum(database, "VACUUM INTO ?");
        vacuum.run(copy);
        if (::chmod(copy.c_str(), S_IRUSR | S_IWUSR) != 0) {
            return fail(ErrorCode::storage, "cannot restrict the permissions of " + copy);
        }
    }
    database.execute("BEGIN IMMEDIATE");
    try {
        for (auto step = static_cast<std::size_t>(version); step < steps.size(); ++step) {
            database.execute(std::string(steps[step]));
        }
        database.execute("PRAGMA application_id = " + std::to_string(application_id));
        database.execute("PRAGMA user_version = " + std::to_string(steps.size()));
        database.execute("COMMIT");
    } catch (const SqliteError&) {
        if (!database.autocommit()) database.execute("ROLLBACK");
        throw;
    }
    return {};
}

Result<void> check_version(Database& database, const std::string& path) {
    if (auto kind = check_kind(database, path); !kind) return kind;
    const auto version = database.integer("PRAGMA user_version");
    if (auto newer = check_not_newer(version, migrations().size(), path); !newer) return newer;
    if (version != static_cast<std::int64_t>(migrations().size())) {
        return fail(
            ErrorCode::storage,
            "the store " + path + " is from an older version: start the mediator once, it brings it up to date");
    }
    return {};
}

}  // namespace ocm::store
