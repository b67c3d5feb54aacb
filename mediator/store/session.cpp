// SPDX-License-Identifier: MPL-2.0
#include "store/session.hpp"

#include "core/json.hpp"
#include "store/part.hpp"
#include "store/part_json.hpp"
#include "store/schema.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace ocm::store {
namespace {

using namespace store_ops;

/// A key that vendors copied from a sample may be held by thousands of subjects; the decision looks at the newest and
/// at whoever sent the same content. Older ones are taken for other subjects: at worst a second notification, never a
/// lost one.
constexpr std::size_t held_limit = 256;

const std::string held_columns =
    "SELECT c.txn, t.uuid, c.content, c.subject, c.state, c.version, c.create_key, c.at FROM claim c"
    " JOIN txn t ON t.id = c.txn WHERE c.key = ? AND c.client = ? AND c.format = ? AND c.kind = ?";

struct Held {
    std::int64_t txn = 0;
    std::string create_key;
};

bool goes_on(ClaimVerdict verdict) {
    return verdict == ClaimVerdict::fresh || verdict == ClaimVerdict::again ||
           verdict == ClaimVerdict::another_subject || verdict == ClaimVerdict::replaces_queued;
}

int count_wal_pages(void* pages, sqlite3*, const char*, int count) {
    *static_cast<std::int64_t*>(pages) = count;
    return SQLITE_OK;
}

}  // namespace

Session::Session(const SessionOptions& options)
    : database_(options.path, Database::Mode::read_write, options.vfs, options.busy_ms),
      begin_(database_, "BEGIN IMMEDIATE"),
      commit_(database_, "COMMIT"),
      savepoint_(database_, "SAVEPOINT unit"),
      release_(database_, "RELEASE unit"),
      rollback_to_(database_, "ROLLBACK TO unit"),
      insert_entry_(database_, "INSERT INTO entry (seq, at, kind, txn, canonical) VALUES (?,?,?,nullif(?,0),?)"),
      insert_part_(database_, "INSERT INTO part (id, entry, name, salt, bytes, size) VALUES (?,?,?,?,?,?)"),
      held_claims_(database_, held_columns + " ORDER BY c.txn DESC LIMIT " + std::to_string(held_limit)),
      same_content_(database_, held_columns + " AND c.content = ? ORDER BY c.txn DESC LIMIT 1"),
      subjects_(database_,
                "SELECT tracking_id, event_id, registration_number, source_id, office FROM txn WHERE id = ?"),
      published_(database_, "SELECT 1 FROM published WHERE once_key = ?"),
      delivery_(database_, "SELECT 1 FROM outbox WHERE delivery = ?"),
      sequence_(database_, "SELECT sequence FROM subscription WHERE id = ?"),
      put_cache_(database_, "INSERT OR REPLACE INTO cache (key, value, size, at) VALUES (?,?,?,?)"),
      erasable_(database_,
                "SELECT uuid FROM txn WHERE erased = 0 AND started < ? AND NOT EXISTS"
                " (SELECT 1 FROM outbox WHERE outbox.txn = txn.id AND outbox.state IN ('pending', 'sending', "
                "'parked')) ORDER BY started LIMIT ?"),
      delete_parts_(database_,
                    "DELETE FROM part WHERE id IN (SELECT part.id FROM entry JOIN part"
                    " ON part.id BETWEEN entry.seq * 64 AND entry.seq * 64 + 63"
                    " WHERE entry.txn = ? AND entry.kind <> 'disclosed')"),
      projector_(database_, "main") {
    database_.execute(options.synchronous ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF");
    // Off, as SQLite has it: a part's entry is written just before it and never removed, and looking it up again for
    // each part buys nothing; `store check` finds parts without an entry.
    database_.execute("PRAGMA foreign_keys = OFF");
    // What a savepoint would restore is a few pages: on disk they cost a file each time, and would lie outside the
    // store.
    database_.execute("PRAGMA temp_store = MEMORY");
    // What is erased is overwritten, not just unlinked.
    database_.execute("PRAGMA secure_delete = ON");
    // A hook of ours also takes the place of SQLite's automatic checkpoint, which would run on the commit path.
    sqlite3_wal_hook(database_.handle(), count_wal_pages, &wal_pages_);
    read_next_seq();
}

void Session::begin() {
    begin_.run();
}

void Session::commit() {
    commit_.run();
}

void Session::rollback() {
    if (!database_.autocommit()) database_.execute("ROLLBACK");
    read_next_seq();
}

void Session::read_next_seq() {
    projector_.rolled_back();
    next_seq_ = database_.integer("SELECT coalesce(max(seq), 0) + 1 FROM entry");
}

Result<UnitResult> Session::apply(PreparedUnit& unit, const std::function<bool(const std::string&)>& abandoned,
                                  Company company) {
    Error why;
    const bool alone = company == Company::alone;
    if (!alone) savepoint_.run();
    try {
        UnitResult result;
        for (auto& op : unit.ops) {
            if (auto* entry = std::get_if<PreparedEntry>(&op)) {
                apply_op(*entry, result, abandoned);
            } else if (auto* publication = std::get_if<PreparedPublication>(&op)) {
                apply_op(*publication);
            } else {
                apply_op(std::get<PreparedCache>(op));
            }
        }
        projector_.finish();
        if (!alone) release_.run();
        return result;
    } catch (const Refused& refused) {
        why = refused.error;
    } catch (const SqliteError& error) {
        const bool only_this = error.primary() == SQLITE_CONSTRAINT || error.primary() == SQLITE_TOOBIG;
        if (!only_this || database_.autocommit()) throw;
        why = {ErrorCode::storage, std::string("a unit cannot be recorded: ") + error.what(), {}, {}};
    }
    if (alone) {
        rollback();
    } else {
        rollback_to_.run();
        release_.run();
        read_next_seq();
    }
    return fail(std::move(why));
}

void Session::apply_op(PreparedEntry& entry, UnitResult& result,
                       const std::function<bool(const std::string&)>& abandoned) {
    if (entry.claim) result.claim = decide_claim(entry, abandoned);
    append(entry);
}

void Session::apply_op(PreparedCache& cache) {
    put_cache_.run(cache.key, Blob{cache.packed}, static_cast<std::int64_t>(cache.size), millis(cache.at));
}

void Session::apply_op(PreparedPublication& publication) {
    if (publication.published) {
        {
            auto known = published_.query(publication.once_key);
            if (known.next()) return;
        }
        append(*publication.published);
    }
    for (auto& delivery : publication.deliveries) {
        {
            auto there = delivery_.query(text_member(delivery.body, "delivery"));
            if (there.next()) continue;
        }
        {
            auto subscription = sequence_.query(text_member(delivery.body, "subscription"));
            if (!subscription.next()) continue;
            delivery.body["sequence"] = subscription.integer(0) + 1;
        }
        delivery.canonical = canonical_json(delivery.body);
        append(delivery);
    }
}

std::int64_t Session::append(PreparedEntry& entry) {
    const auto seq = next_seq_;
    std::int64_t txn = 0;
    if (entry.kind == kind::received) {
        txn = seq;
    } else if (!entry.transaction.empty()) {
        const auto found = projector_.find(entry.transaction);
        if (!found) {
            throw Refused{
                {ErrorCode::storage, "a unit cannot be recorded: its transaction was never received", {}, {}}};
        }
        txn = *found;
    }
    insert_entry_.run(seq, millis(entry.at), entry.kind, txn, entry.canonical);
    std::int64_t id = seq * parts_per_entry;
    for (const auto& part : entry.parts) {
        insert_part_.run(id++, seq, part.name, Blob{part.salt}, Blob{part.packed},
                         static_cast<std::int64_t>(part.size));
    }
    const PartText part = [&entry](std::string_view name) -> std::optional<std::string> {
        const auto* plain = entry.plain_part(name);
        return plain == nullptr ? std::nullopt : std::optional(*plain);
    };
    projector_.apply(seq, txn, entry.body, part);
    ++next_seq_;
    return seq;
}

ClaimResult Session::decide_claim(PreparedEntry& entry, const std::function<bool(const std::string&)>& abandoned) {
    const auto& claim = *entry.claim;
    std::vector<HeldClaim> held;
    std::vector<Held> rows;
    const auto add = [&](const Statement::Rows& row) {
        HeldClaim other{row.text(1),
                        claim.kind,
                        row.text(2),
                        read_subject(row.bytes(3)),
                        claim_state(row.bytes(4)).value_or(ClaimState::interrupted),
                        wall_time(row.integer(7)),
                        static_cast<unsigned>(row.integer(5))};
        if (other.state == ClaimState::running && abandoned(other.transaction))
            other.state = was_handed_over(row.integer(0)) ? ClaimState::unclear : ClaimState::interrupted;
        held.push_back(std::move(other));
        rows.push_back({row.integer(0), row.text(6)});
    };
    {
        auto found = held_claims_.query(claim.key, claim.client, claim.format, name(claim.kind));
        while (found.next()) add(found);
    }
    const auto same = [&](const HeldClaim& other) { return other.content_sha256 == claim.content_sha256; };
    if (held.size() == held_limit && std::none_of(held.begin(), held.end(), same)) {
        auto found = same_content_.query(claim.key, claim.client, claim.format, name(claim.kind), claim.content_sha256);
        if (found.next()) add(found);
    }

    const auto decision = decide(claim, held, entry.at);
    ClaimResult result;
    result.verdict = decision.verdict;
    if (decision.held) {
        const auto at = *decision.held;
        result.held_transaction = held[at].transaction;
        result.same_content = same(held[at]);
        result.held_subjects = subjects_of(rows[at].txn);
        result.create_key = rows[at].create_key;
        result.version = held[at].version;
        if (goes_on(decision.verdict) && !same(held[at])) {
            unsigned newest = 0;
            std::optional<unsigned> seen;
            for (std::size_t i = 0; i < held.size(); ++i) {
                if (rows[i].create_key != result.create_key) continue;
                newest = std::max(newest, held[i].version);
                if (same(held[i])) seen = held[i].version;
            }
            result.version = seen.value_or(newest + 1);
        }
    } else {
        result.create_key = entry.transaction;
    }

    auto& decided = entry.body["claim"];
    decided["verdict"] = name(result.verdict);
    decided["version"] = result.version;
    decided["create_key"] = result.create_key;
    if (decision.held) decided["held"] = result.held_transaction;
    if (goes_on(result.verdict)) decided["holds"] = true;
    entry.canonical = canonical_json(entry.body);
    return result;
}

Subjects Session::subjects_of(std::int64_t txn) {
    auto rows = subjects_.query(txn);
    if (!rows.next()) return {};
    return {rows.text(0), rows.text(1), rows.text(2), rows.text(3), rows.text(4)};
}

bool Session::was_handed_over(std::int64_t txn) {
    Statement statement(database_,
                        "SELECT 1 FROM outbox WHERE txn = ? AND state = 'sending' AND carries_claim = 1"
                        " AND error_code = 'target_timeout'");
    auto rows = statement.query(txn);
    return rows.next();
}

bool Session::has_running_work() {
    return database_.integer(
               "SELECT EXISTS (SELECT 1 FROM claim WHERE state = 'running') OR"
               " EXISTS (SELECT 1 FROM outbox WHERE state = 'sending')") != 0;
}

std::vector<std::string> Session::open_transactions() {
    Statement statement(database_,
                        "SELECT uuid FROM txn WHERE answered = 0 AND completed = 0 AND NOT EXISTS"
                        " (SELECT 1 FROM outbox WHERE outbox.txn = txn.id) ORDER BY id");
    std::vector<std::string> out;
    auto rows = statement.query();
    while (rows.next()) out.push_back(rows.text(0));
    return out;
}

}  // namespace ocm::store
