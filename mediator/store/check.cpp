// SPDX-License-Identifier: MPL-2.0
#include "store/check.hpp"

#include "core/json.hpp"
#include "store/entry.hpp"
#include "store/part.hpp"
#include "store/projection.hpp"
#include "store/reader.hpp"
#include "store/schema.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <unordered_map>

namespace ocm::store {
namespace {

constexpr std::size_t words_limit = 1000;
constexpr std::int64_t progress_step = 1000;

class Check {
  public:
    Check(Database& database, const CheckProgress& progress) : database_(database), progress_(progress) {}

    CheckReport run() {
        database_.execute("BEGIN");
        check_file();
        database_.execute(projection_tables("temp"));
        read_erasures();
        read_entries();
        check_stray_parts();
        compare("txn", "id", "uuid");
        compare("claim", "txn", "txn");
        compare("client", "id", "name");
        compare("outbox", "id", "delivery");
        compare("subscription", "id", "id");
        compare("published", "id", "event");
        compare("crosswalk", "target, kind, system, code", "kind || ' ' || code");
        database_.execute("ROLLBACK");
        return std::move(report_);
    }

  private:
    void say(std::string sentence) {
        ++report_.discrepancies;
        if (report_.words.size() < words_limit) report_.words.push_back(std::move(sentence));
    }

    void check_file() {
        Statement statement(database_, "PRAGMA main.integrity_check(100)");
        auto rows = statement.query();
        while (rows.next()) {
            if (rows.bytes(0) != "ok") say("the database file is damaged: " + rows.text(0));
        }
    }

    /// Which transactions were erased, and when: a part may be missing only if it is older than that.
    void read_erasures() {
        Statement statement(database_, "SELECT seq, canonical FROM entry WHERE kind = 'erased' ORDER BY seq");
        auto rows = statement.query();
        while (rows.next()) {
            const auto entry = parse_json(rows.bytes(1));
            const auto* transactions = entry ? member(*entry, "transactions") : nullptr;
            if (transactions == nullptr) continue;
            for (const auto& transaction : *transactions) {
                erased_[std::string(text(transaction))] = rows.integer(0);
            }
        }
    }

    void read_entries() {
        Projector projector(database_, "temp");
        const auto total = database_.integer("SELECT count(*) FROM main.entry");
        Statement statement(database_,
                            "SELECT seq, at, kind, coalesce(txn, 0), canonical FROM main.entry ORDER BY seq");
        auto rows = statement.query();
        std::int64_t expected = 1;
        while (rows.next()) {
            const auto seq = rows.integer(0);
            const auto where = "entry " + std::to_string(seq);
            if (seq != expected) say("the entries before " + where + " are missing");
            expected = seq + 1;
            ++report_.entries;
            if (progress_ && report_.entries % progress_step == 0) progress_(report_.entries, total);

            const auto canonical = rows.bytes(4);
            const auto entry = parse_json(canonical);
            if (!entry) {
                say(where + " is not JSON: " + entry.error().message);
                continue;
            }
            if (!is_canonical(*entry, canonical)) say(where + " is not in canonical form");
            const auto* version = member(*entry, "v");
            if (version == nullptr || *version != 1) say(where + " is of an unknown form version");
            if (text_member(*entry, "kind") != rows.bytes(2)) say(where + " is filed under another kind");
            const auto at = parse_rfc3339(text_member(*entry, "at"));
            if (!at || millis(*at) != rows.integer(1)) say(where + " is filed under another time");
            const auto parts = read_parts(seq, *entry, where);
            rebuild(projector, seq, rows.integer(3), *entry, parts, where);
        }
        projector.finish();
        if (progress_) progress_(report_.entries, total);
    }

    static bool is_canonical(const Json& entry, std::string_view text) {
        try {
            return canonical_json(entry) == text;
        } catch (const std::logic_error&) {
            return false;
        }
    }

    void rebuild(Projector& projector, std::int64_t seq, std::int64_t filed, const Json& entry,
                 const std::map<std::string, std::string>& parts, const std::string& where) {
        std::int64_t txn = 0;
        if (text_member(entry, "kind") == kind::received) {
            txn = seq;
            ++report_.transactions;
        } else if (const auto transaction = text_member(entry, "transaction"); !transaction.empty()) {
            txn = projector.find(transaction).value_or(0);
            if (txn == 0) return say(where + " is about a transaction that was never received");
        }
        if (txn != filed) say(where + " is filed under another transaction");
        try {
            projector.apply(seq, txn, entry, [&parts](std::string_view name) -> std::optional<std::string> {
                const auto it = parts.find(std::string(name));
                return it == parts.end() ? std::nullopt : std::optional(it->second);
            });
        } catch (const Refused& refused) {
            say(where + " cannot be applied: " + refused.error.message);
        } catch (const SqliteError& error) {
            say(where + " cannot be applied: " + error.what());
        }
    }

    static std::string the_part(const std::string& part, const std::string& where) {
        return "the part " + part + " of " + where;
    }

    /// Verifies the parts of an entry; returns the text of those that the projections read.
    std::map<std::string, std::string> read_parts(std::int64_t seq, const Json& entry, const std::string& where) {
        std::map<std::string, std::string> texts;
        std::set<std::string> present;
        const auto* hashes = member(entry, "parts");
        auto rows = parts_.query(seq * parts_per_entry, seq * parts_per_entry + parts_per_entry - 1);
        while (rows.next()) {
            const auto part_name = rows.text(0);
            ++seen_parts_;
            const auto in = the_part(part_name, where);
            const auto* hash = hashes == nullptr ? nullptr : member(*hashes, part_name);
            present.insert(part_name);
            if (hash == nullptr) {
                say(in + " is not named by its entry");
                continue;
            }
            auto plain = decompress(rows.bytes(2), static_cast<std::size_t>(rows.integer(3)));
            if (!plain) {
                say(in + " cannot be decompressed");
                continue;
            }
            if (part_hash(rows.bytes(1), *plain) != text(*hash)) {
                say(in + " is not what was recorded: its hash differs");
                continue;
            }
            ++report_.parts;
            texts.emplace(part_name, std::move(*plain));
        }
        if (hashes == nullptr) return texts;
        const auto erasure = erased_.find(std::string(text_member(entry, "transaction")));
        const bool erased =
            erasure != erased_.end() && seq < erasure->second && text_member(entry, "kind") != "disclosed";
        for (const auto& [part_name, hash] : hashes->items()) {
            if (!present.contains(part_name) && !erased) say(the_part(part_name, where) + " is missing");
            if (present.contains(part_name) && erased) say(the_part(part_name, where) + " was to be erased");
            if (!present.contains(part_name) && erased) ++report_.erased_parts;
        }
        return texts;
    }

    void check_stray_parts() {
        const auto all = database_.integer("SELECT count(*) FROM main.part");
        if (all != seen_parts_) say(std::to_string(all - seen_parts_) + " parts belong to no entry");
    }

    /// Rows that are in one of the two and not in the other.
    void compare(const std::string& table, const std::string& key, const std::string& label) {
        const auto differing = [&](const std::string& from, const std::string& other, const std::string& what) {
            Statement statement(database_, "SELECT " + label + " FROM (SELECT * FROM " + from + "." + table +
                                               " EXCEPT SELECT * FROM " + other + "." + table + ") ORDER BY " + key);
            auto rows = statement.query();
            const auto where = " of table " + table + what;
            while (rows.next()) say(std::string("row ").append(rows.bytes(0)).append(where));
        };
        differing("main", "temp", " is not what the entries say");
        differing("temp", "main", " as the entries say it is not there");
    }

    Database& database_;
    const CheckProgress& progress_;
    Statement parts_{database_, "SELECT name, salt, bytes, size FROM main.part WHERE id BETWEEN ? AND ? ORDER BY id"};
    CheckReport report_;
    std::int64_t seen_parts_ = 0;
    std::unordered_map<std::string, std::int64_t> erased_;
};

}  // namespace

Result<CheckReport> check(const std::string& path, const std::string& vfs, const CheckProgress& progress) {
    auto reader = Reader::open(path, vfs);
    if (!reader) return fail(reader.error());
    try {
        return Check((*reader)->database(), progress).run();
    } catch (const std::exception& error) {
        return fail(ErrorCode::storage, std::string("the store cannot be checked: ") + error.what());
    }
}

}  // namespace ocm::store
