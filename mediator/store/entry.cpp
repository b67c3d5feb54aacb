// SPDX-License-Identifier: MPL-2.0
#include "store/entry.hpp"

#include "core/envelope.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "store/entry_of.hpp"
#include "store/part.hpp"
#include "store/part_json.hpp"

#include <stdexcept>
#include <utility>

namespace ocm::store {

using namespace store_ops;

namespace {

Json begin(std::string_view kind, WallTime at, std::string_view transaction) {
    Json body = Json::object();
    body["v"] = 1;
    body["kind"] = kind;
    body["at"] = rfc3339(at);
    put(body, "transaction", transaction);
    return body;
}

bool projected(std::string_view name) {
    return name == part_name::claim || name == part_name::subjects || name == part_name::client ||
           name == part_name::why || name == part_name::waits_for || name == part_name::crosswalk ||
           name == part_name::subscription || name == part_name::record;
}

void add_part(PreparedEntry& entry, std::string name, std::string bytes) {
    PreparedPart part;
    part.salt = random_bytes(salt_bytes);
    part.size = bytes.size();
    part.packed = compress(bytes);
    auto& slot = entry.body["parts"][name];
    if (!slot.is_null()) throw std::invalid_argument("two parts of an entry have the same name");
    slot = part_hash(part.salt, bytes);
    if (projected(name)) part.plain = std::move(bytes);
    part.name = std::move(name);
    entry.parts.push_back(std::move(part));
    if (entry.parts.size() > static_cast<std::size_t>(parts_per_entry)) {
        throw std::invalid_argument("an entry has too many parts");
    }
}

void add_parts(PreparedEntry& entry, std::vector<Part> parts) {
    for (auto& part : parts) add_part(entry, valid_utf8(part.name), std::move(part.bytes));
}

void add_subjects(PreparedEntry& entry, const Subjects& subjects) {
    auto text = subjects_json(subjects);
    if (!text.empty()) add_part(entry, std::string(part_name::subjects), std::move(text));
}

PreparedEntry start(std::string_view kind, WallTime at, const std::string& transaction) {
    PreparedEntry entry;
    entry.kind = kind;
    entry.at = at;
    entry.transaction = valid_utf8(transaction);
    entry.body = begin(kind, at, transaction);
    return entry;
}

PreparedEntry start_of_transaction(std::string_view kind, WallTime at, const std::string& transaction) {
    if (transaction.empty()) throw std::invalid_argument("an entry names no transaction");
    return start(kind, at, transaction);
}

void add_headers(std::string& out, const HttpHeaders& headers) {
    for (const auto& [name, value] : headers) out.append(name).append(": ").append(value).append("\r\n");
}

/// Of a usual message: the text is made without growing.
constexpr std::size_t room_for_head = 1024;

/// Request and answer of a step, laid out as HTTP is: one part each.
std::string request_text(const Orchestration& step) {
    std::string out;
    out.reserve(step.body.size() + room_for_head);
    out.append(step.method).append(" ").append(step.scheme).append("://").append(step.host);
    if (!step.port.empty()) out.append(":").append(step.port);
    out.append(step.path);
    if (!step.query.empty()) out.append("?").append(step.query);
    out.append("\r\n");
    add_headers(out, step.headers);
    return std::move(out.append("\r\n").append(step.body));
}

std::string response_text(const Orchestration::Response& response) {
    std::string out;
    out.reserve(response.body.size() + room_for_head);
    out.append(std::to_string(response.status)).append("\r\n");
    add_headers(out, response.headers);
    return std::move(out.append("\r\n").append(response.body));
}

void add_why(PreparedEntry& entry, const Error& why) {
    if (why.message.empty()) return;
    put(entry.body, "error_code", name(why.code));
    add_part(entry, std::string(part_name::why), why.message);
}

void add_waits_for(PreparedEntry& entry, const std::vector<PlaceCode>& codes) {
    if (!codes.empty()) add_part(entry, std::string(part_name::waits_for), place_codes_json(codes));
}

}  // namespace

void finish(PreparedEntry& entry) {
    if (!entry.claim) entry.canonical = canonical_json(entry.body);
}

PreparedEntry entry_of(Receive op) {
    auto entry = start_of_transaction(kind::received, op.at, op.transaction);
    put(entry.body, "channel", op.channel);
    put(entry.body, "route", op.route);
    put(entry.body, "method", op.method);
    put(entry.body, "client", op.client);
    put(entry.body, "caller", op.caller);
    put(entry.body, "openhim_transaction", op.openhim_transaction);
    put(entry.body, "openhim_parent", op.openhim_parent);
    add_parts(entry, std::move(op.parts));
    if (op.claim) {
        entry.claim = std::move(op.claim);
        entry.claim->key = sha256_hex(entry.claim->key);
        entry.claim->client = valid_utf8(entry.claim->client);
        entry.claim->format = valid_utf8(entry.claim->format);
        add_part(entry, std::string(part_name::claim), claim_json(*entry.claim));
    }
    return entry;
}

PreparedEntry entry_of(Attempt op) {
    const auto& step = op.step;
    auto entry = start_of_transaction(kind::attempt, step.at, op.transaction);
    put(entry.body, "name", step.name);
    put(entry.body, "method", step.method);
    put(entry.body, "host", step.host);
    entry.body["attempt"] = step.attempt;
    entry.body["took_ms"] = step.took.count();
    if (step.response) entry.body["http_status"] = step.response->status;
    if (step.error) put(entry.body, "error_code", name(step.error->code));
    put(entry.body, "key_id", step.key_id);
    if (!step.method.empty() || !step.body.empty()) add_part(entry, "request", request_text(step));
    if (step.response) add_part(entry, "response", response_text(*step.response));
    if (step.error && !step.error->message.empty()) add_part(entry, "error", step.error->message);
    add_parts(entry, std::move(op.parts));
    return entry;
}

PreparedEntry entry_of(Answer op) {
    auto entry = start_of_transaction(kind::answered, op.at, op.transaction);
    entry.body["http_status"] = op.http_status;
    put(entry.body, "status", name(op.status));
    put(entry.body, "error_code", op.error_code);
    put(entry.body, "replay_of", op.replay_of);
    if (op.claim) put(entry.body, "claim_state", name(*op.claim));
    add_subjects(entry, op.subjects);
    add_parts(entry, std::move(op.parts));
    return entry;
}

PreparedEntry entry_of(Enqueue op) {
    auto entry = start_of_transaction(kind::queued, op.at, op.transaction);
    put(entry.body, "delivery", op.delivery);
    put(entry.body, "delivery_kind", op.kind);
    put(entry.body, "destination", op.destination);
    // Only compared, and it may name a record: its hash does.
    if (!op.order_key.empty()) put(entry.body, "order_key", sha256_hex(op.order_key));
    put(entry.body, "due", rfc3339(op.due));
    put(entry.body, "client", op.client);
    if (op.carries_claim) entry.body["carries_claim"] = true;
    if (op.parked) entry.body["parked"] = true;
    put(entry.body, "subscription", op.subscription);
    if (op.subscription.empty()) add_part(entry, std::string(payload_part), std::move(op.payload));
    add_why(entry, op.why);
    add_waits_for(entry, op.waits_for);
    return entry;
}

PreparedEntry entry_of(const StepDelivery& op) {
    auto entry = start_of_transaction(kind::delivery, op.at, op.transaction);
    put(entry.body, "delivery", op.delivery);
    put(entry.body, "step", name(op.step));
    put(entry.body, "actor", op.actor);
    if (state_after(op.step) == DeliveryState::pending) put(entry.body, "due", rfc3339(op.due));
    add_why(entry, op.why);
    add_waits_for(entry, op.waits_for);
    if (!op.reason.empty()) add_part(entry, "reason", op.reason);
    return entry;
}

PreparedEntry entry_of(Complete op) {
    auto entry = start_of_transaction(kind::completed, op.at, op.transaction);
    put(entry.body, "status", name(op.status));
    put(entry.body, "error_code", op.error_code);
    if (op.claim) put(entry.body, "claim_state", name(*op.claim));
    add_subjects(entry, op.subjects);
    add_parts(entry, std::move(op.parts));
    return entry;
}

PreparedEntry entry_of(Disclose op) {
    auto entry = start(kind::disclosed, op.at, op.transaction);
    put(entry.body, "actor", op.actor);
    auto& fields = entry.body["fields"] = Json::array();
    for (const auto& field : op.fields) fields.push_back(valid_utf8(field));
    // Free text of a person about a person.
    add_part(entry, "reason", std::move(op.reason));
    return entry;
}

PreparedEntry entry_of(const PutClient& op) {
    auto entry = administered_entry(op.record.at, op.record.actor, op.record.action, op.record.detail);
    put(entry.body, "put_client", op.client.id);
    add_part(entry, std::string(part_name::client), client_json(op.client));
    return entry;
}

PreparedEntry entry_of(const RemoveClient& op) {
    auto entry = administered_entry(op.record.at, op.record.actor, op.record.action, op.record.detail);
    put(entry.body, "remove_client", op.id);
    return entry;
}

PreparedEntry entry_of(const ChangeCrosswalk& op) {
    auto entry = administered_entry(op.record.at, op.record.actor, op.record.action, op.record.detail);
    entry.body["crosswalk"] = true;
    add_part(entry, std::string(part_name::crosswalk), crosswalk_json(op));
    return entry;
}

PreparedEntry entry_of(const PutSubscription& op) {
    auto entry = administered_entry(op.record.at, op.record.actor, op.record.action, op.record.detail);
    put(entry.body, "put_subscription", op.subscription.id);
    if (op.existing) entry.body["existing"] = true;
    add_part(entry, std::string(part_name::subscription), subscription_json(op.subscription));
    return entry;
}

PreparedEntry entry_of(const RemoveSubscription& op) {
    auto entry = administered_entry(op.record.at, op.record.actor, op.record.action, op.record.detail);
    put(entry.body, "remove_subscription", op.id);
    return entry;
}

PreparedPublication publication_of(Publish op) {
    PreparedPublication out;
    // It may hold a registration number: its hash is compared.
    out.once_key = sha256_hex(op.once_key);
    auto& entry = out.published.emplace(start_of_transaction(kind::published, op.at, op.transaction));
    put(entry.body, "once_key", out.once_key);
    put(entry.body, "event", op.event);
    put(entry.body, "topic", op.topic);
    if (!op.record.empty()) add_part(entry, std::string(part_name::record), std::move(op.record));
    add_part(entry, std::string(payload_part), std::move(op.payload));
    for (auto& delivery : op.deliveries) {
        if (delivery.subscription.empty() || delivery.transaction != op.transaction)
            throw std::invalid_argument("a delivery of an event is for no subscription, or of another transaction");
        auto queued = entry_of(std::move(delivery));
        put(queued.body, "event", op.event);
        out.deliveries.push_back(std::move(queued));
    }
    return out;
}

PreparedPublication publication_of(Tell op) {
    if (op.delivery.subscription.empty())
        throw std::invalid_argument("a delivery that tells of an event is for no subscription");
    auto payload = std::move(op.delivery.payload);
    PreparedPublication out;
    auto& queued = out.deliveries.emplace_back(entry_of(std::move(op.delivery)));
    add_part(queued, std::string(payload_part), std::move(payload));
    return out;
}

const std::string* PreparedEntry::plain_part(std::string_view name) const {
    for (const auto& part : parts) {
        if (part.name == name) return &part.plain;
    }
    return nullptr;
}

PreparedEntry administered_entry(WallTime at, std::string_view actor, std::string_view action,
                                 std::string_view detail) {
    auto entry = start(kind::administered, at, {});
    put(entry.body, "actor", actor);
    put(entry.body, "action", action);
    put(entry.body, "detail", detail);
    finish(entry);
    return entry;
}

PreparedEntry interrupted_entry(WallTime at, std::string_view transaction) {
    auto entry = start_of_transaction(kind::completed, at, std::string(transaction));
    put(entry.body, "status", name(TransactionStatus::failed));
    put(entry.body, "error_code", interrupted_error);
    finish(entry);
    return entry;
}

PreparedEntry erased_entry(WallTime at, std::string_view actor, const std::vector<std::string>& transactions) {
    auto entry = start(kind::erased, at, {});
    put(entry.body, "actor", actor);
    entry.body["transactions"] = transactions;
    finish(entry);
    return entry;
}

std::int64_t millis(WallTime at) {
    return at.time_since_epoch().count();
}

WallTime wall_time(std::int64_t millis) {
    return WallTime(Milliseconds(millis));
}

}  // namespace ocm::store
