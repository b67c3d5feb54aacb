// SPDX-License-Identifier: MPL-2.0
#include "core/redact.hpp"

#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace ocm {
namespace {

bool names_a_credential(std::string_view name) {
    constexpr std::array<std::string_view, 9> parts{"authorization", "cookie",  "token",  "secret", "password",
                                                    "api-key",       "api_key", "apikey", "passwd"};
    for (std::size_t i = 0; i < name.size(); ++i) {
        // Asked of every header field of every message: where none of the parts can begin, none is compared.
        constexpr std::string_view first_letters = "acpstACPST";
        if (first_letters.find(name[i]) == std::string_view::npos) continue;
        for (const auto part : parts) {
            if (iequals(name.substr(i, part.size()), part)) return true;
        }
    }
    return iequals(name.substr(0, 5), "auth-");
}

/// `token_type` and the like name a credential but hold none.
bool is_harmless(std::string_view name) {
    constexpr std::array<std::string_view, 5> harmless{"token_type", "subject_token_type", "requested_token_type",
                                                       "x-openhim-transactionid", "x-csrf-token-name"};
    return std::any_of(harmless.begin(), harmless.end(), [&](auto known) { return iequals(name, known); });
}

void redact_members(Json& value) {
    if (value.is_object()) {
        for (auto it = value.begin(); it != value.end(); ++it) {
            if (holds_a_credential(it.key())) {
                it.value() = redacted;
            } else {
                redact_members(it.value());
            }
        }
    } else if (value.is_array()) {
        for (auto& item : value) redact_members(item);
    }
}

}  // namespace

bool holds_a_credential(std::string_view name) {
    return names_a_credential(name) && !is_harmless(name);
}

HttpHeaders redact_headers(const HttpHeaders& headers) {
    if (std::none_of(headers.begin(), headers.end(), [](const auto& field) { return holds_a_credential(field.first); }))
        return headers;
    HttpHeaders out;
    for (const auto& [name, value] : headers) {
        out.add(name, holds_a_credential(name) ? std::string(redacted) : value);
    }
    return out;
}

std::string redact_query(std::string_view query) {
    std::string out;
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
        const auto equals = pair.find('=');
        const auto raw_key = pair.substr(0, equals);
        const auto key = decode_query_value(raw_key).value_or(std::string(raw_key));
        if (!out.empty()) out += '&';
        if (equals != std::string_view::npos && holds_a_credential(key)) {
            out += raw_key;
            out += "=[redacted]";
        } else {
            out += pair;
        }
    }
    return out;
}

std::string redact_target(std::string_view target) {
    const auto question = target.find('?');
    const auto path = target.substr(0, question);
    // However it is written: with escapes, in another case, on a path that leads nowhere.
    constexpr std::string_view announces = "forwarded-actions/";
    auto decoded = decode_path(path).value_or(std::string(path));
    const auto at = to_lower(decoded).find(announces);
    std::string out(path);
    if (at != std::string::npos) {
        decoded.resize(at + announces.size());
        out = decoded.append(redacted);
    }
    if (question == std::string_view::npos) return out;
    return out.append("?").append(redact_query(target.substr(question + 1)));
}

std::string redact_credentials_body(std::string_view content_type, std::string_view body) {
    const auto type = media_type(content_type);
    if (type == "application/x-www-form-urlencoded") return redact_query(body);
    auto parsed = parse_json(body);
    if (!parsed) return std::string(redacted);
    redact_members(*parsed);
    return dump_json(*parsed);
}

}  // namespace ocm
