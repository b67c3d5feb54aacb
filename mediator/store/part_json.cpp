// SPDX-License-Identifier: MPL-2.0
#include "store/part_json.hpp"

#include "core/envelope.hpp"
#include "core/json_text.hpp"
#include "core/time.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace ocm::store {
namespace {

using namespace store_ops;

/// As `put`, where a text of every transaction is written without a tree: the members then come in the order of their
/// names, which makes it canonical.
void add(JsonText& out, const char* name, std::string_view value) {
    if (!value.empty()) out.member(name, valid_utf8(value));
}

Json texts_of(const std::vector<std::string>& texts) {
    auto list = Json::array();
    for (const auto& text : texts) list.push_back(valid_utf8(text));
    return list;
}

Json key_json(const CrosswalkKey& key) {
    Json json = Json::object();
    put(json, "target", key.target);
    put(json, "kind", name(key.from.kind));
    put(json, "system", key.from.system);
    put(json, "code", key.from.code);
    return json;
}

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

std::optional<PlaceCode> read_place_code(const Json& json) {
    const auto kind = place_kind(text_member(json, "kind"));
    if (!kind) return std::nullopt;
    return PlaceCode{*kind, member_text(json, "system"), member_text(json, "code")};
}

}  // namespace

void put(Json& body, const char* name, std::string_view value) {
    if (!value.empty()) body[name] = valid_utf8(value);
}

std::string subject_json(const Subject& subject) {
    JsonText out;
    out.begin_object();
    add(out, "date", subject.date);
    if (subject.multiple) {
        out.key("multiple");
        out.boolean(true);
    }
    add(out, "parent", subject.parent);
    add(out, "person", subject.person);
    add(out, "sex", subject.sex);
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
    add(out, "client", claim.client);
    add(out, "content_sha256", claim.content_sha256);
    add(out, "format", claim.format);
    add(out, "key_sha256", claim.key);
    add(out, "kind", name(claim.kind));
    add(out, "subject", subject_json(claim.subject));
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

std::string subjects_json(const Subjects& subjects) {
    JsonText out;
    out.begin_object();
    add(out, "event_id", subjects.event_id);
    add(out, "office", subjects.office);
    add(out, "registration_number", subjects.registration_number);
    add(out, "source_id", subjects.source_id);
    add(out, "tracking_id", subjects.tracking_id);
    out.end_object();
    auto text = out.take();
    return text == "{}" ? std::string() : text;
}

Subjects read_subjects(std::string_view text) {
    const auto json = object(text);
    if (!json) return {};
    return {member_text(*json, "tracking_id"), member_text(*json, "event_id"),
            member_text(*json, "registration_number"), member_text(*json, "source_id"), member_text(*json, "office")};
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

std::string texts_json(const std::vector<std::string>& texts) {
    return canonical_json(texts_of(texts));
}

std::vector<std::string> read_texts(std::string_view text) {
    const auto json = parse_json(text);
    return json ? texts_in(&*json) : std::vector<std::string>{};
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

std::vector<PlaceCode> read_place_codes(std::string_view text) {
    std::vector<PlaceCode> out;
    const auto json = text.empty() ? Result<Json>(Json::array()) : parse_json(text);
    if (!json || !json->is_array()) return out;
    for (const auto& each : *json)
        if (auto code = read_place_code(each)) out.push_back(std::move(*code));
    return out;
}

std::string crosswalk_json(const ChangeCrosswalk& change) {
    auto puts = Json::array();
    for (const auto& entry : change.put) {
        auto json = key_json(entry.key);
        put(json, "location", entry.location);
        put(json, "name", entry.name);
        put(json, "origin", name(entry.origin));
        put(json, "note", entry.note);
        puts.push_back(std::move(json));
    }
    auto removes = Json::array();
    for (const auto& key : change.remove) removes.push_back(key_json(key));
    return canonical_json({{"put", std::move(puts)}, {"remove", std::move(removes)}});
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

}  // namespace ocm::store
