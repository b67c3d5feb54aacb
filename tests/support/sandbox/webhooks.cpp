// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/webhooks.hpp"

#include "core/hash.hpp"
#include "core/ids.hpp"
#include "support/sandbox/http_answers.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace ocm::sandbox {
namespace {

constexpr std::array<std::string_view, 6> topics{"BIRTH_REGISTERED", "DEATH_REGISTERED", "BIRTH_CERTIFIED",
                                                 "DEATH_CERTIFIED",  "BIRTH_CORRECTED",  "DEATH_CORRECTED"};
constexpr std::array<std::string_view, 6> topic_numbers{"0", "1", "2", "3", "4", "5"};
constexpr const char* not_active = "Active system details cannot be found.  This system is no longer authorized";

template <class List>
bool among(const List& list, std::string_view value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

HttpResponse denied(std::string_view topic, const std::string& reason) {
    return json_answer({{"hub", {{"mode", "denied"}, {"topic", topic}, {"reason", reason}}}}, 400);
}

HttpResponse accepted() {
    HttpResponse out;
    out.status = 202;
    return out;
}

/// Joi: strings, nothing but these keys, all of them optional.
std::optional<HttpResponse> misshapen(const Json& body) {
    if (!body.is_object()) return gateway_error(400, "\"value\" must be of type object");
    for (const auto& [key, value] : body.items()) {
        if (key != "hub") return gateway_error(400, "\"" + key + "\" is not allowed");
    }
    const auto* hub = member(body, "hub");
    if (hub == nullptr) return std::nullopt;
    if (!hub->is_object()) return gateway_error(400, "\"hub\" must be of type object");
    constexpr std::array<std::string_view, 4> known{"callback", "mode", "topic", "secret"};
    for (const auto& [key, value] : hub->items()) {
        if (!among(known, key)) return gateway_error(400, "\"hub." + key + "\" is not allowed");
        if (!value.is_string()) return gateway_error(400, "\"hub." + key + "\" must be a string");
    }
    return std::nullopt;
}

std::string reference_of(const Json& entry) {
    const auto* resource = member(entry, "resource");
    if (resource == nullptr) return {};
    return std::string(text_member(*resource, "resourceType")) + "/" + std::string(text_member(*resource, "id"));
}

const Json* resource_of(const Json& record, std::string_view reference) {
    for (const auto& entry : record.at("entry")) {
        if (reference_of(entry) == reference) return &entry.at("resource");
    }
    return nullptr;
}

const Json* first_of(const Json& record, std::string_view type) {
    for (const auto& entry : record.at("entry")) {
        if (text_member(entry.at("resource"), "resourceType") == type) return &entry.at("resource");
    }
    return nullptr;
}

std::vector<std::string> fixed_sections(std::string_view kind) {
    if (kind == "birth")
        return {"child-details", "mother-details", "father-details", "supporting-documents", "informant-details"};
    return {"deceased-details", "supporting-documents", "informant-details", "death-encounter"};
}

Json bundle_of(Json entries) {
    return {{"resourceType", "Bundle"}, {"type", "document"}, {"entry", std::move(entries)}};
}

}  // namespace

std::string hub_client_type(const SystemClient& client) {
    if (among(client.scopes, "webhook")) return "webhook";
    if (among(client.scopes, "nationalId")) return "nationalId";
    return "health";
}

std::string encode_uri_component(std::string_view text) {
    constexpr std::string_view literal = "-_.!~*'()";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (letter || literal.find(c) != literal.npos) {
            out += c;
        } else {
            out += {'%', digits[byte >> 4u], digits[byte & 15u]};
        }
    }
    return out;
}

std::string hub_signature_of(std::string_view secret, std::string_view body) {
    return "sha256=" + hex(hmac_sha256(secret, "sha256:" + encode_uri_component(body)));
}

std::string verification_url(std::string_view callback, std::string_view query) {
    auto base = std::string(callback.substr(0, callback.find_first_of("?#")));
    const auto host = base.find("://");
    if (host != base.npos && base.find('/', host + 3) == base.npos) base += '/';
    return base + "?" + std::string(query);
}

std::string wrong_created_at(WallTime created) {
    const auto ms = created.time_since_epoch().count() * 1000;
    const auto seconds = ms / 1000;
    const auto days = seconds / 86'400;
    const auto rest = seconds % 86'400;
    // The year is beyond what std::chrono::year holds: 400 years at a time, which are 146,097 days.
    const auto eras = days / 146'097;
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days % 146'097}}};
    std::array<char, 40> text{};
    const auto size = std::snprintf(text.data(), text.size(), "+%06ld-%02u-%02uT%02ld:%02ld:%02ld.%03ldZ",
                                    static_cast<long>(static_cast<int>(date.year()) + eras * 400),
                                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                    static_cast<long>(rest / 3600), static_cast<long>(rest / 60 % 60),
                                    static_cast<long>(rest % 60), static_cast<long>(ms % 1000));
    return {text.data(), static_cast<std::size_t>(size)};
}

std::variant<HttpResponse, HubVerification> Webhooks::subscribe(const HttpRequest& request, const SystemClient* caller,
                                                                bool demo, WallTime now) {
    const auto body = parse_json(request.body);
    if (!body) return gateway_error(400, "Invalid request payload JSON format");
    if (auto refusal = misshapen(*body)) return *std::move(refusal);
    const auto* hub = member(*body, "hub");
    if (hub == nullptr) {  // it reads hub.topic of nothing
        HttpResponse thrown;
        thrown.status = 400;
        return thrown;
    }
    const std::string topic(text_member(*hub, "topic"));
    const bool by_number = version_ >= "1.8" && among(topic_numbers, topic);
    if (!among(topics, topic) && !by_number) {
        return denied(topic, "Unsupported topic: " + (topic.empty() ? "undefined" : topic));
    }
    if (caller == nullptr || !caller->active) return denied(topic, not_active);
    if (text_member(*hub, "secret") != caller->sha_secret) {
        return denied(topic, version_ == "1.3" ? "hub.secret is incorrrect" : "hub.secret is incorrect");
    }
    if (text_member(*hub, "mode") != "subscribe") return denied(topic, "hub.mode must be set to subscribe");
    const std::string callback(text_member(*hub, "callback"));
    if (demo) {
        add(callback, topic, caller->id, now);
        return accepted();
    }
    HubVerification out;
    out.challenge = base64(random_bytes(16));
    out.url = verification_url(callback, "mode=subscribe&challenge=" + encode_uri_component(out.challenge) +
                                             "&topic=" + encode_uri_component(topic));
    out.callback = callback;
    out.topic = topic;
    out.client = caller->id;
    return out;
}

HttpResponse Webhooks::verified(const HubVerification& verification, const std::optional<std::string>& answer,
                                WallTime now) {
    const auto json = answer ? parse_json(*answer) : Result<Json>(fail(ErrorCode::unavailable, ""));
    if (!json || text_member(*json, "challenge") != verification.challenge) {
        return text_response(400, "Subscription callback check failed");
    }
    add(verification.callback, verification.topic, verification.client, now);
    return accepted();
}

void Webhooks::add(const std::string& callback, const std::string& topic, const std::string& client, WallTime now) {
    subscriptions_.push_back({uuid_v7(now), callback, topic, client, now});
}

HttpResponse Webhooks::list(const SystemClient* caller) const {
    if (caller == nullptr || !caller->active) return text_response(400, not_active);
    Json entries = Json::array();
    for (const auto& each : subscriptions_) {
        if (each.client != caller->id) continue;
        entries.push_back({{"id", each.id},
                           {"callback", each.callback},
                           {"createdAt", wrong_created_at(each.created)},
                           {"createdBy",
                            {{"client_id", caller->id},
                             {"name", caller->name},
                             {"type", hub_client_type(*caller)},
                             {"username", caller->name}}},
                           {"topic", each.topic}});
    }
    return json_answer({{"entries", std::move(entries)}});
}

HttpResponse Webhooks::remove(std::string_view id) {
    std::erase_if(subscriptions_, [&](const Subscription& each) { return each.id == id; });
    HttpResponse out;
    out.status = 204;
    return out;
}

Json Webhooks::resources_of(const Json& record, const SystemClient& client, std::string_view kind) const {
    const auto type = hub_client_type(client);
    const auto sections = type == "webhook"      ? client.permissions
                          : type == "nationalId" ? fixed_sections(kind)
                                                 : std::vector<std::string>{};
    Json entries = Json::array();
    if (version_ < "1.5") {  // one fetched resource a section, behind what every subscriber is sent
        for (const auto& section : sections) {
            const auto references = section_references(record, section);
            const auto* resource = references.empty() ? nullptr : resource_of(record, references.front());
            if (resource != nullptr) entries.push_back({{"resource", *resource}});
        }
        return entries;
    }
    const bool whole = type == "health" || (type == "nationalId" && version_ >= "1.7");
    if (whole) return record.at("entry");
    std::vector<std::string> wanted;
    for (const auto& section : sections) {
        for (auto& reference : section_references(record, section)) wanted.push_back(std::move(reference));
    }
    for (const auto& entry : record.at("entry")) {
        const bool task = text_member(entry.at("resource"), "resourceType") == "Task";
        if (task || among(wanted, reference_of(entry))) entries.push_back(entry);
    }
    return entries;
}

std::vector<HubDelivery> Webhooks::dispatch(const Json& record, std::string_view kind,
                                            const std::vector<SystemClient>& clients, WallTime now) const {
    const std::string topic = kind == "birth" ? "BIRTH_REGISTERED" : "DEATH_REGISTERED";
    Json shared = Json::array();  // up to 1.4 one bundle for all: who comes later is sent what those before were
    if (version_ < "1.5") {
        const auto subject = section_references(record, kind == "birth" ? "child-details" : "deceased-details");
        shared.push_back({{"resource", *first_of(record, "Task")}});
        const auto* person = subject.empty() ? first_of(record, "Patient") : resource_of(record, subject.front());
        if (person != nullptr) shared.push_back({{"resource", *person}});
    }
    std::vector<HubDelivery> out;
    for (const auto& each : subscriptions_) {
        const auto client = std::find_if(clients.begin(), clients.end(),
                                         [&](const SystemClient& one) { return one.id == each.client && one.active; });
        if (each.topic != topic || client == clients.end()) continue;
        auto resources = resources_of(record, *client, kind);
        if (version_ < "1.5") {
            for (auto& resource : resources) shared.push_back(std::move(resource));
            resources = shared;
        }
        // In the order JSON.stringify writes its members.
        auto body = R"({"timestamp":")" + rfc3339(now) + R"(","id":")" + each.id + R"(","event":{"hub":{"topic":")" +
                    topic + R"("},"context":[)" + dump_json(bundle_of(std::move(resources))) + "]}}";
        auto signature = hub_signature_of(client->sha_secret, body);
        out.push_back({each.callback, std::move(body), std::move(signature)});
    }
    return out;
}

}  // namespace ocm::sandbox
