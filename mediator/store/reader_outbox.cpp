// SPDX-License-Identifier: MPL-2.0
#include "core/hash.hpp"
#include "store/entry.hpp"
#include "store/part.hpp"
#include "store/part_json.hpp"
#include "store/query.hpp"
#include "store/reader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::store {
namespace {

constexpr std::string_view delivery_columns =
    "o.id, o.delivery, t.uuid, t.openhim_transaction, o.kind, o.destination, o.client, o.order_key, o.created, o.due,"
    " o.state, o.attempts, o.error_code, o.why, o.waits_for, o.subscription, o.sequence";

Delivery delivery_row(const Statement::Rows& rows) {
    Delivery row;
    row.seq = rows.integer(0);
    row.id = rows.text(1);
    row.transaction = rows.text(2);
    row.openhim_transaction = rows.text(3);
    row.kind = rows.text(4);
    row.destination = rows.text(5);
    row.client = rows.text(6);
    row.order_key = rows.text(7);
    row.created = wall_time(rows.integer(8));
    row.due = wall_time(rows.integer(9));
    row.state = delivery_state(rows.bytes(10)).value_or(DeliveryState::dead);
    row.attempts = static_cast<unsigned>(rows.integer(11));
    row.error_code = rows.text(12);
    row.why = rows.text(13);
    row.waits_for = read_place_codes(rows.bytes(14));
    row.subscription = rows.text(15);
    row.sequence = rows.integer(16);
    return row;
}

std::string select_deliveries(std::string_view rest) {
    return "SELECT " + std::string(delivery_columns) + " FROM outbox o JOIN txn t ON t.id = o.txn" + std::string(rest);
}

Conditions conditions_of(const DeliveryFilter& filter) {
    Conditions where;
    // In the text, not bound: only so does SQLite see that the partial index of these states will do.
    if (filter.state) where.holds("o.state = '" + std::string(name(*filter.state)) + "'");
    where.text("o.kind =", filter.kind);
    where.text("o.destination =", filter.destination);
    where.text("o.client =", filter.client);
    where.text("o.subscription =", filter.subscription);
    where.text("o.error_code =", filter.error_code);
    if (filter.since) where.integer("o.created >=", millis(*filter.since));
    if (filter.until) where.integer("o.created <", millis(*filter.until));
    if (filter.through) where.integer("o.id <=", *filter.through);
    if (!filter.unclear) {
        where.holds("NOT (o.state = 'parked' AND o.error_code = '" + std::string(name(ErrorCode::target_timeout)) +
                    "')");
    }
    return where;
}

/// What is told to many is told to them at about the same time.
constexpr std::size_t most_contents = 8;
constexpr std::size_t most_kept_of_a_content = 64u << 10;

/// Pending ones of a destination and client that no earlier live one of the same order key stands before. The terms
/// repeat the conditions of the partial indexes, or SQLite would not use them.
std::string heads_of_client(std::size_t kinds) {
    std::string in;
    for (std::size_t i = 0; i < kinds; ++i) in += i == 0 ? "?" : ",?";
    return select_deliveries(
        " WHERE o.state = 'pending' AND o.destination = ? AND o.client = ? AND o.kind IN (" + in +
        ") AND (o.order_key = '' OR NOT EXISTS (SELECT 1 FROM outbox e WHERE e.order_key = o.order_key"
        " AND e.order_key <> '' AND e.state IN ('pending', 'sending', 'parked') AND e.destination = o.destination"
        " AND e.id < o.id)) ORDER BY o.due, o.id LIMIT ?");
}

}  // namespace

Statement& Reader::kept(const std::string& sql) {
    auto& statement = kept_[sql];
    if (!statement) statement = std::make_unique<Statement>(database_, sql);
    return *statement;
}

Result<DuePage> Reader::due_deliveries(const DueQuery& query) {
    return guarded([&]() -> Result<DuePage> {
        DuePage page;
        if (query.kinds.empty()) return page;
        // One step in the index for each destination and client, however many deliveries they have. Not one comparison
        // of both at once: SQLite would walk through all of a pair to find the next.
        auto& next_client = kept(
            "SELECT client FROM outbox WHERE state = 'pending' AND destination = ? AND client > ? ORDER BY client LIMIT"
            " 1");
        auto& next_destination = kept(
            "SELECT destination, client FROM outbox WHERE state = 'pending' AND destination > ?"
            " ORDER BY destination, client LIMIT 1");
        auto& heads = kept(heads_of_client(query.kinds.size()));
        std::string destination;  // none is empty
        std::string client;
        for (;;) {
            if (auto same = next_client.query(destination, client); same.next()) {
                client = std::string(same.bytes(0));
            } else {
                auto next = next_destination.query(destination);
                if (!next.next()) break;
                auto found = next.text(0);
                client = next.text(1);
                destination = std::move(found);
            }
            const auto& held = query.held_clients;
            if (std::find(held.begin(), held.end(), client) != held.end()) continue;
            int index = 0;
            heads.bind(++index, destination);
            heads.bind(++index, client);
            for (const auto& kind : query.kinds) heads.bind(++index, kind);
            heads.bind(++index, static_cast<std::int64_t>(query.per_client));
            Statement::Rows rows(heads);
            std::size_t count = 0;
            for (; rows.next(); ++count) page.deliveries.push_back(delivery_row(rows));
            if (count == query.per_client) page.more = true;
        }
        return page;
    });
}

Result<std::vector<Delivery>> Reader::list_deliveries(const DeliveryFilter& filter) {
    return guarded([&]() -> Result<std::vector<Delivery>> {
        auto where = conditions_of(filter);
        if (filter.after) where.integer(filter.oldest_first ? "o.id >" : "o.id <", *filter.after);
        const auto order = filter.oldest_first ? " ORDER BY o.id LIMIT " : " ORDER BY o.id DESC LIMIT ";
        Statement statement(database_, select_deliveries(where.sql() + order + std::to_string(filter.limit)));
        where.bind(statement);
        Statement::Rows rows(statement);
        std::vector<Delivery> found;
        while (rows.next()) found.push_back(delivery_row(rows));
        return found;
    });
}

Result<DeliveryMatches> Reader::match_deliveries(const DeliveryFilter& filter) {
    return guarded([&]() -> Result<DeliveryMatches> {
        const auto where = conditions_of(filter);
        Statement statement(database_,
                            "SELECT o.state, count(*), max(o.id) FROM outbox o" + where.sql() + " GROUP BY o.state");
        where.bind(statement);
        Statement::Rows rows(statement);
        DeliveryMatches found;
        while (rows.next()) {
            const auto count = rows.integer(1);
            found.states[delivery_state(rows.bytes(0)).value_or(DeliveryState::dead)] += count;
            found.count += count;
            found.through = std::max(found.through, rows.integer(2));
        }
        return found;
    });
}

Result<Delivery> Reader::delivery(const std::string& id) {
    return guarded([&]() -> Result<Delivery> {
        Statement statement(database_, select_deliveries(" WHERE o.delivery = ?"));
        auto rows = statement.query(id);
        if (!rows.next()) return fail(ErrorCode::not_found, "there is no delivery " + id);
        return delivery_row(rows);
    });
}

Result<std::string> Reader::delivery_payload(const std::string& id) {
    return guarded([&]() -> Result<std::string> {
        auto& statement = kept(
            "SELECT p.id, p.bytes, p.size FROM outbox o JOIN part p ON p.id BETWEEN"
            " coalesce(nullif(o.published, 0), o.id) * 64 AND"
            " coalesce(nullif(o.published, 0), o.id) * 64 + 63 WHERE o.delivery = ? AND p.name = ?");
        auto rows = statement.query(id, payload_part);
        if (!rows.next()) return fail(ErrorCode::not_found, "the content of delivery " + id + " was erased");
        // The row is there, so it is not erased.
        const auto part = rows.integer(0);
        const auto known = std::find_if(contents_.begin(), contents_.end(),
                                        [part](const Content& content) { return content.part == part; });
        if (known != contents_.end()) return known->plain;
        auto plain = decompress(rows.bytes(1), static_cast<std::size_t>(rows.integer(2)));
        if (!plain) return fail(ErrorCode::storage, "the content of delivery " + id + " is damaged: run `store check`");
        if (plain->size() <= most_kept_of_a_content) {
            contents_.push_front({part, *plain});
            if (contents_.size() > most_contents) contents_.pop_back();
        }
        return std::move(*plain);
    });
}

Result<store_ops::QueuedEvents> Reader::queued_events(const store_ops::QueuedQuery& query) {
    return guarded([&]() -> Result<store_ops::QueuedEvents> {
        store_ops::QueuedEvents out;
        {
            Statement statement(database_, "SELECT sequence FROM subscription WHERE id = ?");
            auto rows = statement.query(query.subscription);
            if (rows.next()) out.last = rows.integer(0);
        }
        if (query.most == 0) return out;
        // From the newest back, which ends early where what is asked for is not old. Numbers that begin again belong to
        // one of the same id that was removed.
        std::vector<Delivery> found;
        {
            Statement statement(database_, select_deliveries(" WHERE o.subscription = ? ORDER BY o.id DESC"));
            auto rows = statement.query(query.subscription);
            std::int64_t last = 0;
            while (rows.next()) {
                auto row = delivery_row(rows);
                if (row.sequence < query.since || (last != 0 && row.sequence >= last)) break;
                last = row.sequence;
                if (row.sequence <= query.until) found.push_back(std::move(row));
            }
        }
        std::reverse(found.begin(), found.end());
        for (auto& each : found) {
            if (out.events.size() == query.most) break;
            auto payload = delivery_payload(each.id);
            if (payload) {
                out.events.push_back({std::move(each), std::move(*payload)});
            } else if (payload.error().code != ErrorCode::not_found) {
                return fail(std::move(payload.error()));
            }
        }
        return out;
    });
}

Result<std::vector<DeliveryCount>> Reader::count_deliveries() {
    return guarded([&]() -> Result<std::vector<DeliveryCount>> {
        Statement statement(database_,
                            "SELECT state, kind, destination, client, count(*), min(created) FROM outbox"
                            " GROUP BY state, kind, destination, client ORDER BY state, kind, destination, client");
        auto rows = statement.query();
        std::vector<DeliveryCount> found;
        while (rows.next()) {
            found.push_back({delivery_state(rows.bytes(0)).value_or(DeliveryState::dead), rows.text(1), rows.text(2),
                             rows.text(3), rows.integer(4), wall_time(rows.integer(5))});
        }
        return found;
    });
}

Result<std::set<std::string>> Reader::published(const std::vector<std::string>& once_keys) {
    return guarded([&]() -> Result<std::set<std::string>> {
        Statement statement(database_, "SELECT 1 FROM published WHERE once_key = ?");
        std::set<std::string> found;
        for (const auto& key : once_keys) {
            const auto hash = sha256_hex(key);
            auto rows = statement.query(hash);
            if (rows.next()) found.insert(key);
        }
        return found;
    });
}

Result<std::optional<store_ops::Notified>> Reader::notified(const std::string& channel,
                                                            const store_ops::RecordIds& record) {
    return guarded([&]() -> Result<std::optional<store_ops::Notified>> {
        const auto found = [&](const char* by, const std::string& id) -> std::optional<store_ops::Notified> {
            auto& statement = kept("SELECT uuid, client, source_id FROM txn WHERE " + std::string(by) +
                                   " = ? AND channel = ? AND client <> '' ORDER BY id DESC LIMIT 1");
            auto rows = statement.query(id, channel);
            if (!rows.next()) return std::nullopt;
            return store_ops::Notified{rows.text(0), rows.text(1), rows.text(2)};
        };
        auto out = found("tracking_id <> '' AND tracking_id", record.tracking_id);
        if (!out) out = found("tracking_id = '' AND event_id <> '' AND event_id", record.record);
        return out;
    });
}

Result<std::optional<std::string>> Reader::last_published(const std::string& topic,
                                                          const store_ops::RecordIds& record) {
    return guarded([&]() -> Result<std::optional<std::string>> {
        const auto found = [&](const char* which, const std::string& id) -> Result<std::optional<std::string>> {
            auto& statement = kept("SELECT p.bytes, p.size FROM (SELECT e.id AS id FROM " + std::string(which) +
                                   " = ? AND e.topic = ? ORDER BY e.id DESC LIMIT 1) AS last"
                                   " JOIN part p ON p.id BETWEEN last.id * 64 AND last.id * 64 + 63 WHERE p.name = ?");
            auto rows = statement.query(id, topic, payload_part);
            if (!rows.next()) return std::optional<std::string>();
            auto plain = decompress(rows.bytes(0), static_cast<std::size_t>(rows.integer(1)));
            if (!plain) return fail(ErrorCode::storage, "what was published is damaged: run `store check`");
            return plain;
        };
        auto out = found("published e WHERE e.record <> '' AND e.record", record.record);
        if (!out || *out) return out;
        // What a person found there is known by the tracking id alone.
        return found("txn t JOIN published e ON e.txn = t.id WHERE t.tracking_id <> '' AND t.tracking_id",
                     record.tracking_id);
    });
}

Result<std::set<std::string>> Reader::known_deliveries(const std::vector<std::string>& ids) {
    return guarded([&]() -> Result<std::set<std::string>> {
        Statement statement(database_, "SELECT 1 FROM outbox WHERE delivery = ?");
        std::set<std::string> found;
        for (const auto& id : ids) {
            auto rows = statement.query(id);
            if (rows.next()) found.insert(id);
        }
        return found;
    });
}

Result<store_ops::TransactionState> Reader::transaction_state(const std::string& transaction) {
    return guarded([&]() -> Result<store_ops::TransactionState> {
        auto record = row_of(transaction);
        if (!record) return fail(record.error());
        auto& row = *record;
        store_ops::TransactionState state;
        state.channel = std::move(row.channel);
        state.method = std::move(row.method);
        state.client = std::move(row.client);
        state.openhim_transaction = std::move(row.openhim_transaction);
        state.received = row.started;
        state.answered = row.answered;
        state.completed = row.completed;
        state.http_status = row.http_status;
        state.status = row.status;
        state.error_code = std::move(row.error_code);
        state.subjects = std::move(row.subjects);
        Statement claim(database_, "SELECT state FROM claim WHERE txn = ?");
        auto claims = claim.query(row.seq);
        if (claims.next()) state.claim = claim_state(claims.bytes(0));
        Statement statement(database_,
                            select_deliveries(" WHERE o.txn = ? AND o.carries_claim = 1 ORDER BY o.id DESC LIMIT 1"));
        auto rows = statement.query(row.seq);
        if (rows.next()) state.delivery = delivery_row(rows);
        return state;
    });
}

}  // namespace ocm::store
