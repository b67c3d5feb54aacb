// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/store_port.hpp"
#include "store/sqlite.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ocm::store {

/// Plain text of a part of the entry at hand, absent where it has none or it was erased.
using PartText = std::function<std::optional<std::string>(std::string_view name)>;

/// An entry the projections cannot take: the unit it stands in fails, alone.
struct Refused {
    Error error;
};

/// Makes rows from entries, in the writer as they are committed and in `check` from what was kept: one code, so a row
/// is what its entries say. Belongs to one connection and its thread.
class Projector {
  public:
    /// `schema` is "main" or "temp".
    Projector(Database& database, const std::string& schema);

    /// `txn` is the key of the entry's transaction, 0 where it has none. Throws SqliteError and Refused.
    void apply(std::int64_t seq, std::int64_t txn, const Json& entry, const PartText& part);

    /// Ends a unit, or all entries: until then attempts may be counted and not written, for they are written with the
    /// answer that mostly follows.
    void finish();

    /// Key of a transaction; absent where it is not known.
    std::optional<std::int64_t> find(std::string_view transaction);

    /// What was applied since the transaction or savepoint began is undone.
    void rolled_back() {
        last_found_.clear();
        tried_ = {};
    }

  private:
    void received(std::int64_t seq, const Json& entry, const PartText& part);
    void answered(std::int64_t txn, const Json& entry, const PartText& part);
    void completed(std::int64_t txn, const Json& entry, const PartText& part);
    void subjects(std::int64_t txn, const store_ops::Subjects& values);
    static std::optional<store_ops::Subjects> subjects_in(const PartText& part);
    void queued(std::int64_t seq, std::int64_t txn, const Json& entry, const PartText& part);
    void stepped(std::int64_t txn, const Json& entry, const PartText& part);
    void recovered();
    void administered(const Json& entry, const PartText& part);
    void changed_crosswalk(const Json& entry, const PartText& part);
    void put_subscription(const Json& entry, const PartText& part);
    void published(std::int64_t seq, std::int64_t txn, const Json& entry, const PartText& part);
    void erased(std::int64_t seq, const Json& entry);

    Statement find_;
    Statement insert_txn_;
    Statement insert_claim_;
    Statement attempt_;
    Statement answer_;
    Statement answer_with_subjects_;
    Statement complete_;
    Statement subjects_;
    Statement settle_;
    Statement unsettled_;
    Statement interrupt_;
    Statement enqueue_;
    Statement find_delivery_;
    Statement newer_claim_;
    Statement step_;
    Statement reopen_;
    Statement unclear_claims_;
    Statement park_unclear_;
    Statement withdraw_;
    Statement requeue_claims_;
    Statement requeue_;
    Statement replace_claim_;
    Statement replace_;
    Statement forget_deliveries_;
    Statement put_client_;
    Statement remove_client_;
    Statement put_crosswalk_;
    Statement remove_crosswalk_;
    Statement put_subscription_;
    Statement change_subscription_;
    Statement remove_subscription_;
    Statement remove_subscriptions_;
    Statement count_up_;
    Statement insert_published_;
    Statement find_published_;
    Statement erase_published_;
    Statement erase_txn_;
    Statement erase_claim_;
    // Entries of a transaction come together: the one asked for last is kept. Rows are never removed.
    std::string last_found_;
    std::int64_t last_found_id_ = 0;
    struct Tried {
        std::int64_t txn = 0;
        std::int64_t attempts = 0;
    };
    Tried tried_;  // counted for the entries just before, not yet written
};

/// Action of the entry written at start where claims were still running: it makes them interrupted.
inline constexpr std::string_view recovered_action = "store.recovered";

}  // namespace ocm::store
