// SPDX-License-Identifier: MPL-2.0
#include "store/entry.hpp"

#include "core/envelope.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/json_text.hpp"
#include "store/part.hpp"

#include <stdexcept>
#include <utility>

namespace ocm::store {
namespace {

using namespace store_ops;

/// Rows are made from the entry's values, so the text must be what the canonical form can hold.
void put(Json& body, const char* name, std::string_view value) {
    if (!value.empty()) body[name] = valid_utf8(value);
}

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

/// The same where a text of every transaction is written without a tree: the members then come in the order of their
/// names, which makes it canonical.
void put(JsonText& out, const char* name, std::string_view value) {
    if (!value.empty()) out.member(name, valid_utf8(value));
}

std::string subjects_json(const Subjects& subjects) {
    JsonText out;
    out.begin_object();
    put(out, "event_id", subjects.event_id);
    put(out, "office", subjects.office);
    put(out, "registration_number", subjects.registration_number);
    put(out, "source_id", subjects.source_id);
    put(out, "tracking_id", subjects.tracking_id);
    out.end_object();
    auto text = out.take();
    return text == "{}" ? std::string() : text;
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

void add_why(PreparedEntry& entry, const Error& why) {
    if (why.message.empty()) return;
    put(entry.body, "error_code", name(why.code));
    add_part(entry, std::string(part_name::why), why.message);
}

void add_waits_for(PreparedEntry& entry, const std::vector<PlaceCode>& codes) {
    if (!codes.empty()) add_part(entry, std::string(part_name::waits_for), place_codes_json(codes));
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

Json texts_of(const std::vector<std::string>& texts) {
    auto list = Json::array();
    for (const auto& text : texts) list.push_back(valid_utf8(text));
    return list;
}

std::string client_json(const Client& client) {
    Json json = Json::object();
    put(json, "id", client.id);
    put(json, "name", client.name);
    put(json, "kind", name(client.kind));
    json["enabled"] = client.enabled;
    put(json, "openhim_client", client.openhim_client);
    put(json, "key_sha256", client.key_sha256);
    put(json, "old_key_sha256", client.old_key_sha256);
    if (client.old_key_until) put(json, "old_key_until", rfc3339(*client.old_key_until));
    put(json, "created", rfc3339(client.created));
    put(json, "on_outage", name(client.on_outage));
    put(json, "contract_version", name(client.contract_version));
    put(json, "signing_secret", client.signing_secret);
    if (!client.fields.empty()) json["fields"] = texts_of(client.fields);
    put(json, "old_signing_secret", client.old_signing_secret);
    if (client.old_signing_until) put(json, "old_signing_until", rfc3339(*client.old_signing_until));
    return canonical_json(json);
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

Json key_json(const CrosswalkKey& key) {
    Json json = Json::object();
    put(json, "target", key.target);
    put(json, "kind", name(key.from.kind));
    put(json, "system", key.from.system);
    put(json, "code", key.from.code);
    return json;
}

std::string crosswalk_json(const ChangeCrosswalk& op) {
    auto puts = Json::array();
    for (const auto& entry : op.put) {
        auto json = key_json(entry.key);
        put(json, "location", entry.location);
        put(json, "name", entry.name);
        put(json, "origin", name(entry.origin));
        put(json, "note", entry.note);
        puts.push_back(std::move(json));
    }
    auto removes = Json::array();
    for (const auto& key : op.remove) removes.push_back(key_json(key));
    return canonical_json({{"put", std::move(puts)}, {"remove", std::move(removes)}});
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

struct Prepare {
    PreparedUnit& unit;
    WallTime now;

    void weigh(const PreparedEntry& entry) const {
        unit.bytes += 256 + entry.canonical.size();
        for (const auto& part : entry.parts) unit.bytes += part.packed.size() + part.plain.size() + 128;
    }
    void add(PreparedEntry entry) const {
        finish(entry);
        weigh(entry);
        unit.ops.emplace_back(std::move(entry));
    }
    void add(PreparedPublication publication) const {
        if (publication.published) {
            finish(*publication.published);
            weigh(*publication.published);
        }
        for (const auto& delivery : publication.deliveries) weigh(delivery);
        unit.ops.emplace_back(std::move(publication));
    }

    void operator()(Receive&& op) const {
        unit.begins = true;
        add(entry_of(std::move(op)));
    }
    void operator()(Attempt&& op) const { add(entry_of(std::move(op))); }
    void operator()(Answer&& op) const {
        unit.answered.push_back(op.transaction);
        unit.settles.push_back(op.transaction);
        add(entry_of(std::move(op)));
    }
    void operator()(Enqueue&& op) const { add(entry_of(std::move(op))); }
    void operator()(StepDelivery&& op) const { add(entry_of(op)); }
    void operator()(Complete&& op) const {
        unit.settles.push_back(op.transaction);
        add(entry_of(std::move(op)));
    }
    void operator()(Disclose&& op) const { add(entry_of(std::move(op))); }
    void operator()(Administer&& op) const { add(administered_entry(op.at, op.actor, op.action, op.detail)); }
    void operator()(PutClient&& op) const { add(entry_of(op)); }
    void operator()(RemoveClient&& op) const { add(entry_of(op)); }
    void operator()(ChangeCrosswalk&& op) const { add(entry_of(op)); }
    void operator()(PutSubscription&& op) const { add(entry_of(op)); }
    void operator()(RemoveSubscription&& op) const { add(entry_of(op)); }
    void operator()(Publish&& op) const { add(publication_of(std::move(op))); }
    void operator()(Tell&& op) const { add(publication_of(std::move(op))); }
    void operator()(PutCache&& op) const {
        auto packed = compress(op.value);
        unit.bytes += 256 + packed.size();
        unit.ops.emplace_back(PreparedCache{std::move(op.key), op.at, std::move(packed), op.value.size()});
    }
};

struct RawSize {
    static std::size_t of(const std::vector<Part>& parts) {
        std::size_t size = 0;
        for (const auto& part : parts) size += part.bytes.size();
        return size;
    }
    std::size_t operator()(const Receive& op) const { return of(op.parts); }
    std::size_t operator()(const Attempt& op) const {
        return of(op.parts) + op.step.body.size() + (op.step.response ? op.step.response->body.size() : 0);
    }
    std::size_t operator()(const Answer& op) const { return of(op.parts); }
    std::size_t operator()(const Complete& op) const { return of(op.parts); }
    std::size_t operator()(const Enqueue& op) const { return op.payload.size(); }
    std::size_t operator()(const Publish& op) const { return op.payload.size(); }
    std::size_t operator()(const Tell& op) const { return op.delivery.payload.size(); }
    std::size_t operator()(const PutCache& op) const { return op.value.size(); }
    std::size_t operator()(const ChangeCrosswalk& op) const {
        constexpr std::size_t of_entry = 256;
        return (op.put.size() + op.remove.size()) * of_entry;
    }
    template <class Small>
    std::size_t operator()(const Small&) const {
        return 0;
    }
};

std::optional<Json> object(std::string_view text) {
    auto json = parse_json(text);
    if (!json || !json->is_object()) return std::nullopt;
    return std::move(*json);
}

std::string member_text(const Json& json, std::string_view name) {
    return std::string(text_member(json, name));
}

std::vector<std::string> texts_in(const Json* list) {
    std::vector<std::string> out;
    if (list == nullptr || !list->is_array()) return out;
    for (const auto& each : *list) out.emplace_back(text(each));
    return out;
}

}  // namespace

const std::string* PreparedEntry::plain_part(std::string_view name) const {
    for (const auto& part : parts) {
        if (part.name == name) return &part.plain;
    }
    return nullptr;
}

Result<PreparedUnit> prepare(Unit unit, WallTime now) {
    PreparedUnit prepared;
    prepared.ops.reserve(unit.size());
    try {
        for (auto& op : unit) std::visit(Prepare{prepared, now}, std::move(op));
    } catch (const std::exception& error) {
        return fail(ErrorCode::storage, std::string("a unit cannot be recorded: ") + error.what());
    }
    return prepared;
}

std::size_t raw_size(const Unit& unit) {
    std::size_t size = 0;
    for (const auto& op : unit) size += std::visit(RawSize{}, op);
    return size;
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

std::string subject_json(const Subject& subject) {
    JsonText out;
    out.begin_object();
    put(out, "date", subject.date);
    if (subject.multiple) {
        out.key("multiple");
        out.boolean(true);
    }
    put(out, "parent", subject.parent);
    put(out, "person", subject.person);
    put(out, "sex", subject.sex);
    out.end_object();
    return out.take();
}

Subject read_subject(std::string_view text) {
    const auto json = object(text);
    if (!json) return {};
    const auto* multiple = member(*json, "multiple");
    return {member_text(*json, "person"), member_text(*json, "date"), member_text(*json, "parent"),
            member_text(*json, "sex"), multiple != nullptr && *multiple == true};
}

std::string claim_json(const Claim& claim) {
    JsonText out;
    out.begin_object();
    put(out, "client", claim.client);
    put(out, "content_sha256", claim.content_sha256);
    put(out, "format", claim.format);
    put(out, "key_sha256", claim.key);
    put(out, "kind", name(claim.kind));
    put(out, "subject", subject_json(claim.subject));
    out.end_object();
    return out.take();
}

std::optional<Claim> read_claim(std::string_view text) {
    const auto json = object(text);
    if (!json) return std::nullopt;
    const auto kind = key_kind(text_member(*json, "kind"));
    if (!kind) return std::nullopt;
    return Claim{member_text(*json, "client"),
                 member_text(*json, "format"),
                 *kind,
                 member_text(*json, "key_sha256"),
                 member_text(*json, "content_sha256"),
                 read_subject(text_member(*json, "subject"))};
}

Subjects read_subjects(std::string_view text) {
    const auto json = object(text);
    if (!json) return {};
    return {member_text(*json, "tracking_id"), member_text(*json, "event_id"),
            member_text(*json, "registration_number"), member_text(*json, "source_id"), member_text(*json, "office")};
}

std::optional<Client> read_client(std::string_view text) {
    const auto json = object(text);
    if (!json) return std::nullopt;
    const auto kind = client_kind(text_member(*json, "kind"));
    const auto created = parse_rfc3339(text_member(*json, "created"));
    if (!kind || !created) return std::nullopt;
    const auto* enabled = member(*json, "enabled");
    return Client{member_text(*json, "id"),
                  member_text(*json, "name"),
                  *kind,
                  enabled != nullptr && *enabled == true,
                  member_text(*json, "openhim_client"),
                  member_text(*json, "key_sha256"),
                  member_text(*json, "old_key_sha256"),
                  parse_rfc3339(text_member(*json, "old_key_until")),
                  *created,
                  on_outage(text_member(*json, "on_outage")).value_or(OnOutage::queue),
                  contract_version(text_member(*json, "contract_version")).value_or(ContractVersion::v1_8),
                  member_text(*json, "signing_secret"),
                  texts_in(member(*json, "fields")),
                  member_text(*json, "old_signing_secret"),
                  parse_rfc3339(text_member(*json, "old_signing_until"))};
}

std::string texts_json(const std::vector<std::string>& texts) {
    return canonical_json(texts_of(texts));
}

std::vector<std::string> read_texts(std::string_view text) {
    const auto json = parse_json(text);
    return json ? texts_in(&*json) : std::vector<std::string>{};
}

std::string subscription_json(const Subscription& subscription) {
    Json json = Json::object();
    put(json, "id", subscription.id);
    put(json, "client", subscription.client);
    put(json, "contract", name(subscription.contract));
    put(json, "state", name(subscription.state));
    put(json, "why", subscription.why);
    put(json, "callback", subscription.callback);
    put(json, "secret", subscription.secret);
    put(json, "key_id", subscription.key_id);
    put(json, "old_secret", subscription.old_secret);
    put(json, "old_key_id", subscription.old_key_id);
    if (subscription.old_until) put(json, "old_until", rfc3339(*subscription.old_until));
    json["full"] = subscription.full;
    if (subscription.family_list) json["family_list"] = true;
    put(json, "created", rfc3339(subscription.created));
    if (subscription.until) put(json, "until", rfc3339(*subscription.until));
    put(json, "reason", subscription.reason);
    const auto list = [&](const char* key, const std::vector<std::string>& texts) {
        if (!texts.empty()) json[key] = texts_of(texts);
    };
    list("topics", subscription.topics);
    list("fields", subscription.fields);
    list("areas", subscription.areas);
    list("offices", subscription.offices);
    list("statuses", subscription.statuses);
    list("headers", subscription.headers);
    return canonical_json(json);
}

std::optional<Subscription> read_subscription(std::string_view text) {
    const auto json = object(text);
    if (!json) return std::nullopt;
    const auto contract = subscription_contract(text_member(*json, "contract"));
    const auto state = subscription_state(text_member(*json, "state"));
    const auto created = parse_rfc3339(text_member(*json, "created"));
    if (!contract || !state || !created) return std::nullopt;
    const auto* full = member(*json, "full");
    const auto* family_list = member(*json, "family_list");
    Subscription out;
    out.id = member_text(*json, "id");
    out.client = member_text(*json, "client");
    out.contract = *contract;
    out.state = *state;
    out.why = member_text(*json, "why");
    out.topics = texts_in(member(*json, "topics"));
    out.callback = member_text(*json, "callback");
    out.secret = member_text(*json, "secret");
    out.key_id = member_text(*json, "key_id");
    out.old_secret = member_text(*json, "old_secret");
    out.old_key_id = member_text(*json, "old_key_id");
    out.old_until = parse_rfc3339(text_member(*json, "old_until"));
    out.fields = texts_in(member(*json, "fields"));
    out.areas = texts_in(member(*json, "areas"));
    out.offices = texts_in(member(*json, "offices"));
    out.statuses = texts_in(member(*json, "statuses"));
    out.headers = texts_in(member(*json, "headers"));
    out.full = full != nullptr && *full == true;
    out.family_list = family_list != nullptr && *family_list == true;
    out.created = *created;
    out.until = parse_rfc3339(text_member(*json, "until"));
    out.reason = member_text(*json, "reason");
    return out;
}

std::string place_codes_json(const std::vector<PlaceCode>& codes) {
    auto list = Json::array();
    for (const auto& code : codes) {
        auto json = Json::object();
        put(json, "kind", name(code.kind));
        put(json, "system", code.system);
        put(json, "code", code.code);
        list.push_back(std::move(json));
    }
    return canonical_json(list);
}

namespace {

std::optional<PlaceCode> read_place_code(const Json& json) {
    const auto kind = place_kind(text_member(json, "kind"));
    if (!kind) return std::nullopt;
    return PlaceCode{*kind, member_text(json, "system"), member_text(json, "code")};
}

}  // namespace

std::vector<PlaceCode> read_place_codes(std::string_view text) {
    std::vector<PlaceCode> out;
    const auto json = text.empty() ? Result<Json>(Json::array()) : parse_json(text);
    if (!json || !json->is_array()) return out;
    for (const auto& each : *json)
        if (auto code = read_place_code(each)) out.push_back(std::move(*code));
    return out;
}

std::optional<ChangeCrosswalk> read_crosswalk(std::string_view text) {
    // As many entries as a country has places.
    const auto json = parse_json(text, JsonLimits{.depth = 8, .nodes = 20'000'000});
    const auto* puts = json ? member(*json, "put") : nullptr;
    const auto* removes = json ? member(*json, "remove") : nullptr;
    if (puts == nullptr || removes == nullptr) return std::nullopt;
    ChangeCrosswalk out;
    for (const auto& each : *puts) {
        auto from = read_place_code(each);
        const auto origin = crosswalk_origin(text_member(each, "origin"));
        if (!from || !origin) return std::nullopt;
        CrosswalkEntry entry;
        entry.key = {member_text(each, "target"), std::move(*from)};
        entry.location = member_text(each, "location");
        entry.name = member_text(each, "name");
        entry.origin = *origin;
        entry.note = member_text(each, "note");
        out.put.push_back(std::move(entry));
    }
    for (const auto& each : *removes) {
        auto from = read_place_code(each);
        if (!from) return std::nullopt;
        out.remove.push_back({member_text(each, "target"), std::move(*from)});
    }
    return out;
}

std::int64_t millis(WallTime at) {
    return at.time_since_epoch().count();
}

WallTime wall_time(std::int64_t millis) {
    return WallTime(Milliseconds(millis));
}

}  // namespace ocm::store
