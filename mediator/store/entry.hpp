// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"
#include "core/store_port.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Turns operations into what is written. Canonical form v1 (design section 7): RFC 8785 JSON of strings, integers,
/// booleans and null, times in RFC 3339 UTC milliseconds. RFC 8785 sorts members, so `"v":1` is always present rather
/// than first. An entry never holds a personal value: those are parts, and the entry has their salted hashes.
namespace ocm::store {

namespace kind {
inline constexpr std::string_view received = "received";
inline constexpr std::string_view attempt = "attempt";
inline constexpr std::string_view answered = "answered";
inline constexpr std::string_view queued = "queued";
inline constexpr std::string_view delivery = "delivery";
inline constexpr std::string_view completed = "completed";
inline constexpr std::string_view disclosed = "disclosed";
inline constexpr std::string_view administered = "administered";
inline constexpr std::string_view erased = "erased";
inline constexpr std::string_view published = "published";
}  // namespace kind

struct PreparedPart {
    std::string name;
    std::string salt;
    std::string packed;
    std::size_t size = 0;
    std::string plain;  // kept only where the projections read it
};

/// An entry ready to be written. Where it carries a claim the writer decides it, adds `claim` to `body` and only then
/// makes the canonical text.
struct PreparedEntry {
    std::string_view kind;
    std::string transaction;  // ours; empty where it is about none
    WallTime at{};
    nlohmann::json body;
    std::string canonical;
    std::vector<PreparedPart> parts;
    std::optional<Claim> claim;  // its key is already hashed

    const std::string* plain_part(std::string_view name) const;
};

struct PreparedCache {
    std::string key;
    WallTime at{};
    std::string packed;
    std::size_t size = 0;
};

/// Written only where nothing was published under its key. A delivery gets its number from the writer, which only then
/// makes the canonical text.
struct PreparedPublication {
    std::string once_key;                    // hashed
    std::optional<PreparedEntry> published;  // absent: the deliveries alone
    std::vector<PreparedEntry> deliveries;
};

using PreparedOp = std::variant<PreparedEntry, PreparedCache, PreparedPublication>;

struct PreparedUnit {
    std::vector<PreparedOp> ops;
    std::size_t bytes = 0;              // what it takes while it waits
    bool begins = false;                // starts new work: refused first when the disk is low
    std::vector<std::string> answered;  // transactions whose waiters are to be woken
    std::vector<std::string> settles;   // transactions whose running claim is settled by it
};

/// `error_code` of a transaction that was received and never answered because the process ended; its status is Failed.
inline constexpr std::string_view interrupted_error = "interrupted";

/// The parts the projections read; their plain text stays in memory until the commit.
namespace part_name {
inline constexpr std::string_view claim = "claim";
inline constexpr std::string_view subjects = "subjects";
inline constexpr std::string_view client = "client";
inline constexpr std::string_view why = "why";
inline constexpr std::string_view waits_for = "waits_for";
inline constexpr std::string_view crosswalk = "crosswalk";
inline constexpr std::string_view subscription = "subscription";
inline constexpr std::string_view record = "record";
}  // namespace part_name

/// Of a queued delivery: read when it is sent, not by the projections.
inline constexpr std::string_view payload_part = "payload";

/// Hashes and compresses; takes time in proportion to the bytes. `now` dates what carries no time of its own.
/// Fails with `storage` where a unit cannot be written (two parts of one name, a transaction without an id).
Result<PreparedUnit> prepare(store_ops::Unit unit, WallTime now);

/// Bytes of a unit before it is prepared, to decide where that is done.
std::size_t raw_size(const store_ops::Unit& unit);

/// An entry about the store itself or about several transactions.
PreparedEntry administered_entry(WallTime at, std::string_view actor, std::string_view action, std::string_view detail);
/// *completed*: the process that had received the transaction ended before it answered.
PreparedEntry interrupted_entry(WallTime at, std::string_view transaction);
PreparedEntry erased_entry(WallTime at, std::string_view actor, const std::vector<std::string>& transactions);

std::int64_t millis(WallTime at);
WallTime wall_time(std::int64_t millis);

}  // namespace ocm::store
