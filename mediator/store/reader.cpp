// SPDX-License-Identifier: MPL-2.0
#include "store/reader.hpp"

#include "core/json.hpp"
#include "store/entry.hpp"
#include "store/part.hpp"
#include "store/part_json.hpp"
#include "store/query.hpp"
#include "store/schema.hpp"

#include <nlohmann/json.hpp>

#include <map>

namespace ocm::store {
namespace {

constexpr int busy_ms = 2000;
constexpr std::string_view txn_columns =
    "id, uuid, channel, route, method, client, caller, openhim_transaction, openhim_parent, started, answered,"
    " completed, http_status, status, error_code, tracking_id, event_id, registration_number, source_id, office,"
    " replay_of, attempts, erased";

std::optional<WallTime> some_time(std::int64_t at) {
    return at == 0 ? std::nullopt : std::optional(wall_time(at));
}

TransactionRow transaction_row(const Statement::Rows& rows) {
    TransactionRow row;
    row.seq = rows.integer(0);
    row.id = rows.text(1);
    row.channel = rows.text(2);
    row.route = rows.text(3);
    row.method = rows.text(4);
    row.client = rows.text(5);
    row.caller = rows.text(6);
    row.openhim_transaction = rows.text(7);
    row.openhim_parent = rows.text(8);
    row.started = wall_time(rows.integer(9));
    row.answered = some_time(rows.integer(10));
    row.completed = some_time(rows.integer(11));
    row.http_status = static_cast<int>(rows.integer(12));
    row.status = transaction_status(rows.bytes(13)).value_or(TransactionStatus::processing);
    row.error_code = rows.text(14);
    row.subjects = {rows.text(15), rows.text(16), rows.text(17), rows.text(18), rows.text(19)};
    row.replay_of = rows.text(20);
    row.attempts = static_cast<int>(rows.integer(21));
    row.erased = rows.integer(22) != 0;
    return row;
}

struct StoredPart {
    std::size_t size = 0;
    std::string packed;
};

std::map<std::string, StoredPart> parts_of(Database& database, std::int64_t entry, PartBytes bytes) {
    Statement statement(database, bytes == PartBytes::read
                                      ? "SELECT name, size, bytes FROM part WHERE id BETWEEN ? AND ? ORDER BY id"
                                      : "SELECT name, size FROM part WHERE id BETWEEN ? AND ? ORDER BY id");
    auto rows = statement.query(entry * parts_per_entry, entry * parts_per_entry + parts_per_entry - 1);
    std::map<std::string, StoredPart> parts;
    while (rows.next()) {
        parts[rows.text(0)] = {static_cast<std::size_t>(rows.integer(1)),
                               bytes == PartBytes::read ? rows.text(2) : std::string()};
    }
    return parts;
}

tl::unexpected<Error> damaged(const std::string& transaction) {
    return fail(ErrorCode::storage, "a recorded part of transaction " + transaction + " is damaged: run `store check`");
}

}  // namespace

Reader::Reader(const std::string& path, const std::string& vfs)
    : database_(path, Database::Mode::read_only, vfs, busy_ms) {}

Result<std::unique_ptr<Reader>> Reader::open(const std::string& path, const std::string& vfs) {
    return guarded([&]() -> Result<std::unique_ptr<Reader>> {
        auto reader = std::make_unique<Reader>(path, vfs);
        if (auto version = check_version(reader->database_, path); !version) return fail(version.error());
        return reader;
    });
}

Result<std::vector<TransactionRow>> Reader::list_transactions(const TransactionFilter& filter) {
    return guarded([&]() -> Result<std::vector<TransactionRow>> {
        Conditions where;
        if (filter.from) where.integer("started >=", millis(*filter.from));
        if (filter.to) where.integer("started <", millis(*filter.to));
        where.text("channel =", filter.channel);
        where.text("client =", filter.client);
        where.text("error_code =", filter.error_code);
        if (filter.status) where.text("status =", std::string(name(*filter.status)));
        // The empty value is excluded so that the partial index can be used.
        where.text("tracking_id <> '' AND tracking_id =", filter.tracking_id);
        where.text("registration_number <> '' AND registration_number =", filter.registration_number);
        where.text("openhim_transaction <> '' AND openhim_transaction =", filter.openhim_transaction);
        if (filter.after) where.integer(filter.oldest_first ? "id >" : "id <", *filter.after);
        Statement statement(database_, "SELECT " + std::string(txn_columns) + " FROM txn" + where.sql() +
                                           " ORDER BY id " + (filter.oldest_first ? "ASC" : "DESC") + " LIMIT " +
                                           std::to_string(filter.limit));
        where.bind(statement);
        Statement::Rows rows(statement);
        std::vector<TransactionRow> found;
        while (rows.next()) found.push_back(transaction_row(rows));
        return found;
    });
}

Result<TransactionRecord> Reader::show_transaction(const std::string& id, PartBytes bytes) {
    return guarded([&]() -> Result<TransactionRecord> {
        TransactionRecord record;
        auto row = row_of(id);
        if (!row) return fail(row.error());
        record.row = std::move(*row);
        Statement statement(database_, "SELECT seq, at, kind, canonical FROM entry WHERE txn = ? ORDER BY seq");
        auto rows = statement.query(record.row.seq);
        while (rows.next()) {
            record.entries.push_back({rows.integer(0), wall_time(rows.integer(1)), rows.text(2), rows.text(3)});
        }
        for (const auto& entry : record.entries) {
            const auto json = parse_json(entry.canonical);
            const auto* hashes = json ? member(*json, "parts") : nullptr;
            if (hashes == nullptr) continue;
            const auto stored = parts_of(database_, entry.seq, bytes);
            for (const auto& [part_name, hash] : hashes->items()) {
                PartRow part{entry.seq, part_name, std::string(text(hash)), 0, false, {}};
                if (const auto it = stored.find(part_name); it != stored.end()) {
                    part.present = true;
                    part.size = it->second.size;
                    if (bytes == PartBytes::read) {
                        auto plain = decompress(it->second.packed, part.size);
                        if (!plain) return damaged(id);
                        part.bytes = std::move(*plain);
                    }
                }
                record.parts.push_back(std::move(part));
            }
        }
        return record;
    });
}

Result<std::vector<store_ops::Client>> Reader::clients() {
    return guarded([&]() -> Result<std::vector<store_ops::Client>> {
        Statement statement(database_,
                            "SELECT id, name, kind, enabled, openhim_client, key_sha256, old_key_sha256,"
                            " old_key_until, created, on_outage, contract_version, signing_secret, fields,"
                            " old_signing_secret, old_signing_until"
                            " FROM client ORDER BY name");
        auto rows = statement.query();
        std::vector<store_ops::Client> found;
        while (rows.next()) {
            const auto kind = store_ops::client_kind(rows.bytes(2));
            if (!kind) return fail(ErrorCode::storage, "the kind of a client cannot be read: run `store check`");
            store_ops::Client client{rows.text(0), rows.text(1), *kind, rows.integer(3) != 0,      rows.text(4),
                                     rows.text(5), rows.text(6), {},    wall_time(rows.integer(8))};
            if (!rows.is_null(7)) client.old_key_until = wall_time(rows.integer(7));
            client.on_outage = store_ops::on_outage(rows.bytes(9)).value_or(store_ops::OnOutage::queue);
            client.contract_version =
                store_ops::contract_version(rows.bytes(10)).value_or(store_ops::ContractVersion::v1_8);
            client.signing_secret = rows.text(11);
            client.fields = read_texts(rows.bytes(12));
            client.old_signing_secret = rows.text(13);
            if (!rows.is_null(14)) client.old_signing_until = wall_time(rows.integer(14));
            found.push_back(std::move(client));
        }
        return found;
    });
}

Result<std::vector<Subscription>> Reader::subscriptions() {
    return guarded([&]() -> Result<std::vector<Subscription>> {
        Statement statement(database_, "SELECT detail, sequence FROM subscription ORDER BY created, id");
        auto rows = statement.query();
        std::vector<Subscription> found;
        while (rows.next()) {
            auto subscription = read_subscription(rows.bytes(0));
            if (!subscription) return fail(ErrorCode::storage, "a subscription cannot be read: run `store check`");
            subscription->sequence = rows.integer(1);
            found.push_back(std::move(*subscription));
        }
        return found;
    });
}

Result<std::vector<CrosswalkEntry>> Reader::crosswalk() {
    return guarded([&]() -> Result<std::vector<CrosswalkEntry>> {
        Statement statement(database_,
                            "SELECT target, kind, system, code, location, name, origin, note, actor, at"
                            " FROM crosswalk ORDER BY target, kind, system, code");
        auto rows = statement.query();
        std::vector<CrosswalkEntry> found;
        while (rows.next()) {
            const auto kind = place_kind(rows.bytes(1));
            const auto origin = crosswalk_origin(rows.bytes(6));
            if (!kind || !origin)
                return fail(ErrorCode::storage, "an entry of the crosswalk cannot be read: run `store check`");
            found.push_back({{rows.text(0), {*kind, rows.text(2), rows.text(3)}},
                             rows.text(4),
                             rows.text(5),
                             *origin,
                             rows.text(7),
                             rows.text(8),
                             wall_time(rows.integer(9))});
        }
        return found;
    });
}

Result<store_ops::RecordedAnswer> Reader::recorded_answer(const std::string& transaction) {
    return guarded([&]() -> Result<store_ops::RecordedAnswer> {
        auto found = row_of(transaction);
        if (!found) return fail(found.error());
        const auto& row = *found;
        if (!row.answered) return fail(ErrorCode::not_found, "transaction " + transaction + " has no answer yet");
        if (row.erased) return fail(ErrorCode::not_found, "the answer to transaction " + transaction + " was erased");

        Statement last(database_,
                       "SELECT seq FROM entry WHERE txn = ? AND kind = 'answered' ORDER BY seq DESC LIMIT 1");
        auto entry = last.query(row.seq);
        if (!entry.next()) return damaged(transaction);
        store_ops::RecordedAnswer answer{row.http_status, row.status, "application/json", {}, row.subjects};
        const auto parts = parts_of(database_, entry.integer(0), PartBytes::read);
        for (const auto& [part_name, target] :
             {std::pair{"response.body", &answer.body}, std::pair{"response.content_type", &answer.content_type}}) {
            const auto it = parts.find(part_name);
            if (it == parts.end()) continue;
            auto plain = decompress(it->second.packed, it->second.size);
            if (!plain) return damaged(transaction);
            *target = std::move(*plain);
        }
        return answer;
    });
}

Result<TransactionRow> Reader::row_of(const std::string& transaction) {
    Statement statement(database_, "SELECT " + std::string(txn_columns) + " FROM txn WHERE uuid = ?");
    auto rows = statement.query(transaction);
    if (!rows.next()) return fail(ErrorCode::not_found, "there is no transaction " + transaction);
    return transaction_row(rows);
}

Result<bool> Reader::answered(const std::string& transaction) {
    return guarded([&]() -> Result<bool> {
        Statement statement(database_, "SELECT answered FROM txn WHERE uuid = ?");
        auto rows = statement.query(transaction);
        if (!rows.next()) return fail(ErrorCode::not_found, "there is no transaction " + transaction);
        return rows.integer(0) != 0;
    });
}

Result<std::optional<std::string>> Reader::cached(const std::string& key) {
    return guarded([&]() -> Result<std::optional<std::string>> {
        Statement statement(database_, "SELECT value, size FROM cache WHERE key = ?");
        auto rows = statement.query(key);
        if (!rows.next()) return std::optional<std::string>();
        auto plain = decompress(rows.bytes(0), static_cast<std::size_t>(rows.integer(1)));
        if (!plain) return fail(ErrorCode::storage, "the cached document " + key + " is damaged");
        return plain;
    });
}

}  // namespace ocm::store
