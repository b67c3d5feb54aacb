// SPDX-License-Identifier: MPL-2.0
#include "store/projection.hpp"

#include "core/time.hpp"
#include "store/entry.hpp"
#include "store/part_json.hpp"

#include <nlohmann/json.hpp>

#include <tuple>
#include <utility>

namespace ocm::store {
namespace {

std::int64_t integer_member(const Json& entry, std::string_view key) {
    const auto* value = member(entry, key);
    return value != nullptr && value->is_number_integer() ? value->get<std::int64_t>() : 0;
}

bool flag_member(const Json& entry, std::string_view key) {
    const auto* value = member(entry, key);
    return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::int64_t time_member(const Json& entry, std::string_view key) {
    const auto at = parse_rfc3339(text_member(entry, key));
    return at ? millis(*at) : 0;
}

constexpr std::string_view set_answer =
    " answered = ?, http_status = ?, status = ?, error_code = ?, replay_of = ?, attempts = attempts + ?";
constexpr std::string_view set_subjects =
    " tracking_id = coalesce(nullif(?, ''), tracking_id), event_id = coalesce(nullif(?, ''), event_id),"
    " registration_number = coalesce(nullif(?, ''), registration_number),"
    " source_id = coalesce(nullif(?, ''), source_id), office = coalesce(nullif(?, ''), office)";

std::string update_txn(const std::string& schema, std::string_view first, std::string_view second = {}) {
    auto sql = "UPDATE " + schema + ".txn SET";
    sql += first;
    if (!second.empty()) sql.append(",").append(second);
    return sql + " WHERE id = ?";
}

}  // namespace

Projector::Projector(Database& database, const std::string& schema)
    : find_(database, "SELECT id FROM " + schema + ".txn WHERE uuid = ?"),
      insert_txn_(database, "INSERT INTO " + schema +
                                ".txn (id, uuid, channel, route, method, client, caller, openhim_transaction,"
                                " openhim_parent, started, status) VALUES (?,?,?,?,?,?,?,?,?,?,?)"),
      insert_claim_(database, "INSERT INTO " + schema +
                                  ".claim (txn, client, format, kind, key, content, subject, state, version,"
                                  " create_key, at) VALUES (?,?,?,?,?,?,?,?,?,?,?)"),
      attempt_(database, "UPDATE " + schema + ".txn SET attempts = attempts + ? WHERE id = ?"),
      answer_(database, update_txn(schema, set_answer)),
      answer_with_subjects_(database, update_txn(schema, set_answer, set_subjects)),
      complete_(database, "UPDATE " + schema + ".txn SET completed = ?, status = ?, error_code = ? WHERE id = ?"),
      subjects_(database, update_txn(schema, set_subjects)),
      settle_(database, "UPDATE " + schema + ".claim SET state = ? WHERE txn = ?"),
      unsettled_(database, "UPDATE " + schema + ".claim SET state = 'interrupted' WHERE txn = ? AND state = 'running'"),
      interrupt_(database, "UPDATE " + schema + ".claim SET state = 'interrupted' WHERE state = 'running'"),
      enqueue_(database, "INSERT INTO " + schema +
                             ".outbox (id, delivery, txn, kind, destination, client, order_key, carries_claim, state,"
                             " created, due, changed, error_code, why, waits_for, subscription, sequence, published)"
                             " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
      find_delivery_(database,
                     "SELECT id, state, carries_claim FROM " + schema + ".outbox WHERE delivery = ? AND txn = ?"),
      newer_claim_(database, "SELECT 1 FROM " + schema + ".claim a JOIN " + schema +
                                 ".claim b ON b.key = a.key AND b.client = a.client AND b.create_key = a.create_key"
                                 " AND b.txn > a.txn WHERE a.txn = ? LIMIT 1"),
      step_(database, "UPDATE " + schema +
                          ".outbox SET state = ?, changed = ?, attempts = attempts + ?,"
                          " due = coalesce(nullif(?, -1), due), error_code = ?, why = ?, waits_for = ? WHERE id = ?"),
      reopen_(database, "UPDATE " + schema +
                            ".txn SET completed = 0, status = ?, error_code = '' WHERE id = ? AND completed <> 0"),
      unclear_claims_(database, "UPDATE " + schema +
                                    ".claim SET state = 'unclear' WHERE state = 'running' AND txn IN"
                                    " (SELECT txn FROM " +
                                    schema + ".outbox WHERE state = 'sending' AND carries_claim = 1" +
                                    " AND error_code = 'target_timeout')"),
      park_unclear_(database, "UPDATE " + schema +
                                  ".outbox SET state = 'parked' WHERE state = 'sending'"
                                  " AND error_code = 'target_timeout'"),
      withdraw_(database, "DELETE FROM " + schema + ".outbox WHERE id = ?"),
      requeue_claims_(database, "UPDATE " + schema +
                                    ".claim SET state = 'queued' WHERE state = 'running' AND txn IN"
                                    " (SELECT txn FROM " +
                                    schema + ".outbox WHERE state = 'sending' AND carries_claim = 1)"),
      requeue_(database, "UPDATE " + schema + ".outbox SET state = 'pending' WHERE state = 'sending'"),
      replace_claim_(database, "UPDATE " + schema +
                                   ".claim SET state = 'refused' WHERE txn = ? AND state IN ('queued', 'parked')"),
      replace_(database, "UPDATE " + schema +
                             ".outbox SET state = 'replaced', changed = ? WHERE txn = ? AND carries_claim = 1"
                             " AND state IN ('pending', 'parked')"),
      forget_deliveries_(database, "DELETE FROM " + schema + ".outbox WHERE txn = ?"),
      put_client_(database, "INSERT INTO " + schema +
                                ".client (id, name, kind, enabled, openhim_client, key_sha256, old_key_sha256,"
                                " old_key_until, created, on_outage, contract_version, signing_secret, fields,"
                                " old_signing_secret, old_signing_until)"
                                " VALUES (?,?,?,?,?,?,?,nullif(?, -1),?,?,?,?,?,?,nullif(?, -1))"
                                " ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind,"
                                " enabled = excluded.enabled, openhim_client = excluded.openhim_client,"
                                " key_sha256 = excluded.key_sha256, old_key_sha256 = excluded.old_key_sha256,"
                                " old_key_until = excluded.old_key_until, created = excluded.created,"
                                " on_outage = excluded.on_outage, contract_version = excluded.contract_version,"
                                " signing_secret = excluded.signing_secret, fields = excluded.fields,"
                                " old_signing_secret = excluded.old_signing_secret,"
                                " old_signing_until = excluded.old_signing_until"),
      remove_client_(database, "DELETE FROM " + schema + ".client WHERE id = ?"),
      put_crosswalk_(database, "INSERT OR REPLACE INTO " + schema +
                                   ".crosswalk (target, kind, system, code, location, name, origin, note, actor, at)"
                                   " VALUES (?,?,?,?,?,?,?,?,?,?)"),
      remove_crosswalk_(
          database, "DELETE FROM " + schema + ".crosswalk WHERE target = ? AND kind = ? AND system = ? AND code = ?"),
      put_subscription_(database, "INSERT INTO " + schema +
                                      ".subscription (id, client, state, created, sequence, detail)"
                                      " VALUES (?,?,?,?,0,?) ON CONFLICT (id) DO UPDATE SET client = excluded.client,"
                                      " state = excluded.state, created = excluded.created, detail = excluded.detail"),
      change_subscription_(
          database,
          "UPDATE " + schema + ".subscription SET client = ?, state = ?, created = ?, detail = ? WHERE id = ?"),
      remove_subscription_(database, "DELETE FROM " + schema + ".subscription WHERE id = ?"),
      remove_subscriptions_(database, "DELETE FROM " + schema + ".subscription WHERE client = ?"),
      count_up_(database, "UPDATE " + schema + ".subscription SET sequence = ? WHERE id = ?"),
      insert_published_(
          database,
          "INSERT INTO " + schema + ".published (id, once_key, event, topic, record, txn, at) VALUES (?,?,?,?,?,?,?)"),
      find_published_(database, "SELECT id FROM " + schema + ".published WHERE event = ?"),
      erase_published_(database, "UPDATE " + schema + ".published SET record = '' WHERE txn = ?"),
      erase_txn_(database, "UPDATE " + schema +
                               ".txn SET erased = ?, tracking_id = '', event_id = '', registration_number = '',"
                               " source_id = '', office = '' WHERE id = ?"),
      erase_claim_(database, "DELETE FROM " + schema + ".claim WHERE txn = ?") {}

std::optional<std::int64_t> Projector::find(std::string_view transaction) {
    if (!last_found_.empty() && transaction == last_found_) return last_found_id_;
    auto rows = find_.query(transaction);
    if (!rows.next()) return std::nullopt;
    last_found_id_ = rows.integer(0);
    last_found_ = transaction;
    return last_found_id_;
}

void Projector::apply(std::int64_t seq, std::int64_t txn, const Json& entry, const PartText& part) {
    const auto what = text_member(entry, "kind");
    if (tried_.txn != txn || (what != kind::attempt && what != kind::answered)) finish();
    if (what == kind::received) return received(seq, entry, part);
    if (what == kind::answered) return answered(txn, entry, part);
    if (what == kind::completed) return completed(txn, entry, part);
    if (what == kind::queued) return queued(seq, txn, entry, part);
    if (what == kind::delivery) return stepped(txn, entry, part);
    if (what == kind::administered) return administered(entry, part);
    if (what == kind::published) return published(seq, txn, entry, part);
    if (what == kind::erased) return erased(seq, entry);
    if (what == kind::attempt) tried_ = {txn, tried_.attempts + 1};
}

void Projector::finish() {
    const auto tried = std::exchange(tried_, {});
    if (tried.attempts != 0) attempt_.run(tried.attempts, tried.txn);
}

void Projector::received(std::int64_t seq, const Json& entry, const PartText& part) {
    const auto at = time_member(entry, "at");
    insert_txn_.run(seq, text_member(entry, "transaction"), text_member(entry, "channel"), text_member(entry, "route"),
                    text_member(entry, "method"), text_member(entry, "client"), text_member(entry, "caller"),
                    text_member(entry, "openhim_transaction"), text_member(entry, "openhim_parent"), at,
                    name(TransactionStatus::processing));
    const auto* decided = member(entry, "claim");
    if (decided == nullptr || member(*decided, "holds") == nullptr) return;
    const auto text = part(part_name::claim);
    const auto claim = text ? read_claim(*text) : std::nullopt;
    if (!claim) return;
    const auto subject = subject_json(claim->subject);
    insert_claim_.run(seq, claim->client, claim->format, name(claim->kind), claim->key, claim->content_sha256, subject,
                      name(ClaimState::running), integer_member(*decided, "version"),
                      text_member(*decided, "create_key"), at);
    // What still waits under the claim it takes over is not sent any more.
    const auto held = find(text_member(*decided, "held"));
    if (held && replace_.run(at, *held) != 0) replace_claim_.run(*held);
}

void Projector::answered(std::int64_t txn, const Json& entry, const PartText& part) {
    const auto at = time_member(entry, "at");
    const auto http_status = integer_member(entry, "http_status");
    const auto status = text_member(entry, "status");
    const auto error_code = text_member(entry, "error_code");
    const auto replay_of = text_member(entry, "replay_of");
    const auto tried = std::exchange(tried_, {}).attempts;
    if (const auto values = subjects_in(part)) {
        answer_with_subjects_.run(at, http_status, status, error_code, replay_of, tried, values->tracking_id,
                                  values->event_id, values->registration_number, values->source_id, values->office,
                                  txn);
    } else {
        answer_.run(at, http_status, status, error_code, replay_of, tried, txn);
    }
    const auto state = text_member(entry, "claim_state");
    // An answer that does not say what became of its claim must not leave it running for ever.
    if (state.empty()) {
        unsettled_.run(txn);
    } else {
        settle_.run(state, txn);
    }
}

void Projector::completed(std::int64_t txn, const Json& entry, const PartText& part) {
    complete_.run(time_member(entry, "at"), text_member(entry, "status"), text_member(entry, "error_code"), txn);
    if (const auto values = subjects_in(part)) subjects(txn, *values);
    const auto state = text_member(entry, "claim_state");
    if (!state.empty()) settle_.run(state, txn);
}

std::optional<store_ops::Subjects> Projector::subjects_in(const PartText& part) {
    const auto text = part(part_name::subjects);
    if (!text) return std::nullopt;
    return read_subjects(*text);
}

void Projector::subjects(std::int64_t txn, const store_ops::Subjects& values) {
    subjects_.run(values.tracking_id, values.event_id, values.registration_number, values.source_id, values.office,
                  txn);
}

void Projector::queued(std::int64_t seq, std::int64_t txn, const Json& entry, const PartText& part) {
    const auto at = time_member(entry, "at");
    const auto state = flag_member(entry, "parked") ? DeliveryState::parked : DeliveryState::pending;
    const auto why = part(part_name::why).value_or("");
    std::int64_t content = 0;
    if (const auto event = text_member(entry, "event"); !event.empty()) {
        auto rows = find_published_.query(event);
        if (rows.next()) content = rows.integer(0);
    }
    if (const auto subscription = text_member(entry, "subscription"); !subscription.empty())
        count_up_.run(integer_member(entry, "sequence"), subscription);
    enqueue_.run(seq, text_member(entry, "delivery"), txn, text_member(entry, "delivery_kind"),
                 text_member(entry, "destination"), text_member(entry, "client"), text_member(entry, "order_key"),
                 flag_member(entry, "carries_claim") ? 1 : 0, name(state), at, time_member(entry, "due"), at,
                 text_member(entry, "error_code"), why, part(part_name::waits_for).value_or(""),
                 text_member(entry, "subscription"), integer_member(entry, "sequence"), content);
}

void Projector::stepped(std::int64_t txn, const Json& entry, const PartText& part) {
    std::int64_t id = 0;
    bool carries_claim = false;
    std::optional<DeliveryState> from;
    {
        auto rows = find_delivery_.query(text_member(entry, "delivery"), txn);
        if (rows.next()) {
            id = rows.integer(0);
            from = delivery_state(rows.bytes(1));
            carries_claim = rows.integer(2) != 0;
        }
    }
    const auto step = delivery_step(text_member(entry, "step"));
    if (!from || !step) throw Refused{{ErrorCode::not_found, "there is no such delivery", {}, {}}};
    if (!allowed(*step, *from)) {
        throw Refused{{ErrorCode::conflict,
                       "a delivery that is " + std::string(name(*from)) + " allows no " + std::string(name(*step)),
                       {},
                       {}}};
    }
    if (*step == DeliveryStep::retry && *from == DeliveryState::dead && carries_claim) {
        auto newer = newer_claim_.query(txn);
        if (newer.next()) {
            throw Refused{{ErrorCode::conflict,
                           "the same record was sent again since: that message counts, not this one",
                           {},
                           {}}};
        }
    }
    if (*step == DeliveryStep::withdraw) {
        withdraw_.run(id);
        return;
    }
    const auto to = state_after(*step);
    const auto why = part(part_name::why).value_or("");
    step_.run(name(to), time_member(entry, "at"), *step == DeliveryStep::start ? 1 : 0,
              to == DeliveryState::pending ? time_member(entry, "due") : std::int64_t{-1},
              text_member(entry, "error_code"), why, part(part_name::waits_for).value_or(""), id);
    if (!carries_claim) return;
    if (to == DeliveryState::sending) settle_.run(name(ClaimState::running), txn);
    if (to == DeliveryState::parked) {
        // Whatever was sent and may have been taken must not be sent again because it comes again.
        const bool unclear = text_member(entry, "error_code") == name(ErrorCode::target_timeout);
        settle_.run(name(unclear ? ClaimState::unclear : ClaimState::parked), txn);
    }
    if (to == DeliveryState::pending) {
        settle_.run(name(ClaimState::queued), txn);
        reopen_.run(name(TransactionStatus::processing), txn);
    }
}

/// After a crash: what was handed over and must not be repeated waits for a person, what else was under way is done
/// again, what nobody waits for any more is evaluated afresh.
void Projector::recovered() {
    unclear_claims_.run();
    park_unclear_.run();
    requeue_claims_.run();
    requeue_.run();
    interrupt_.run();
}

void Projector::administered(const Json& entry, const PartText& part) {
    if (text_member(entry, "action") == recovered_action) recovered();
    if (const auto id = text_member(entry, "remove_client"); !id.empty()) {
        if (remove_client_.run(id) == 0) throw Refused{{ErrorCode::not_found, "there is no such client", {}, {}}};
        remove_subscriptions_.run(id);
    }
    if (const auto id = text_member(entry, "remove_subscription"); !id.empty()) {
        if (remove_subscription_.run(id) == 0)
            throw Refused{{ErrorCode::not_found, "there is no such subscription", {}, {}}};
    }
    if (!text_member(entry, "put_subscription").empty()) put_subscription(entry, part);
    if (flag_member(entry, "crosswalk")) changed_crosswalk(entry, part);
    if (text_member(entry, "put_client").empty()) return;
    const auto text = part(part_name::client);
    const auto client = text ? read_client(*text) : std::nullopt;
    if (!client) throw Refused{{ErrorCode::storage, "a client cannot be recorded", {}, {}}};
    try {
        put_client_.run(client->id, client->name, name(client->kind), client->enabled ? 1 : 0, client->openhim_client,
                        client->key_sha256, client->old_key_sha256,
                        client->old_key_until ? millis(*client->old_key_until) : std::int64_t{-1},
                        millis(client->created), name(client->on_outage), name(client->contract_version),
                        client->signing_secret, texts_json(client->fields), client->old_signing_secret,
                        client->old_signing_until ? millis(*client->old_signing_until) : std::int64_t{-1});
    } catch (const SqliteError& error) {
        constexpr int constraint_unique = 2067;  // SQLITE_CONSTRAINT_UNIQUE
        if (error.extended() != constraint_unique) throw;
        throw Refused{{ErrorCode::conflict, "another client has that name: choose another one", {}, {}}};
    }
}

void Projector::changed_crosswalk(const Json& entry, const PartText& part) {
    const auto text = part(part_name::crosswalk);
    const auto change = text ? read_crosswalk(*text) : std::nullopt;
    if (!change) throw Refused{{ErrorCode::storage, "a change of the crosswalk cannot be recorded", {}, {}}};
    const auto actor = text_member(entry, "actor");
    const auto at = time_member(entry, "at");
    for (const auto& [target, from] : change->remove) {
        if (remove_crosswalk_.run(target, name(from.kind), from.system, from.code) == 0)
            throw Refused{{ErrorCode::not_found, "the crosswalk has no such entry", {}, {}}};
    }
    for (const auto& put : change->put) {
        const auto& from = put.key.from;
        put_crosswalk_.run(put.key.target, name(from.kind), from.system, from.code, put.location, put.name,
                           name(put.origin), put.note, actor, at);
    }
}

void Projector::put_subscription(const Json& entry, const PartText& part) {
    const auto text = part(part_name::subscription);
    const auto subscription = text ? read_subscription(*text) : std::nullopt;
    if (!subscription) throw Refused{{ErrorCode::storage, "a subscription cannot be recorded", {}, {}}};
    const auto& [id, client] = std::tie(subscription->id, subscription->client);
    if (flag_member(entry, "existing")) {
        change_subscription_.run(client, name(subscription->state), millis(subscription->created), *text, id);
    } else {
        put_subscription_.run(id, client, name(subscription->state), millis(subscription->created), *text);
    }
}

void Projector::published(std::int64_t seq, std::int64_t txn, const Json& entry, const PartText& part) {
    insert_published_.run(seq, text_member(entry, "once_key"), text_member(entry, "event"), text_member(entry, "topic"),
                          part(part_name::record).value_or(""), txn, time_member(entry, "at"));
}

void Projector::erased(std::int64_t seq, const Json& entry) {
    const auto* transactions = member(entry, "transactions");
    if (transactions == nullptr) return;
    for (const auto& transaction : *transactions) {
        const auto txn = find(text(transaction));
        if (!txn) continue;
        erase_txn_.run(seq, *txn);
        erase_claim_.run(*txn);
        erase_published_.run(*txn);
        forget_deliveries_.run(*txn);
    }
}

}  // namespace ocm::store
