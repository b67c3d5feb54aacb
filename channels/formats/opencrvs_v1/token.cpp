// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/token.hpp"

#include "formats/opencrvs_v1/answer.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <optional>

namespace ocm::opencrvs_v1 {
namespace {

using store_ops::Client;
using store_ops::ClientKind;
using store_ops::ContractVersion;

constexpr std::string_view documentation =
    "Refer to https://documentation.opencrvs.org/technology/interoperability/authenticate-a-client";
constexpr JsonLimits body_limits{.depth = 8, .nodes = 256, .string_bytes = 64u << 10};

HttpResponse answer(int status, const Json& body) {
    auto response = json_response(status, dump_json(body));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

/// A parameter as hapi sees it: a key that comes twice is a list, and no list is a grant type, an id or a secret.
struct Parameter {
    bool repeated = false;
    std::string value;  // empty is as good as absent
};

std::optional<Parameter> parameter_of(std::string_view query, std::string_view name) {
    std::optional<Parameter> out;
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        query = end == query.npos ? std::string_view{} : query.substr(end + 1);
        const auto equals = pair.find('=');
        const auto key = decode_query_value(pair.substr(0, equals));
        if (!key || *key != name) continue;
        if (out) return Parameter{true, {}};
        const auto value = equals == pair.npos ? std::string_view{} : pair.substr(equals + 1);
        // What is badly escaped is no secret of anybody's.
        out = Parameter{false, decode_query_value(value).value_or(std::string(value))};
    }
    return out;
}

/// Where parameters come from, the first that has one before the others.
struct Sources {
    Json json;  // null where the body is none
    std::string_view form;
    std::string_view query;

    Parameter operator()(std::string_view name) const {
        if (const auto* found = member(json, name); found != nullptr && !found->is_null()) {
            if (!found->is_string()) return {true, {}};
            return {false, std::string(text(*found))};
        }
        if (auto found = parameter_of(form, name)) return *std::move(found);
        return parameter_of(query, name).value_or(Parameter{});
    }
};

tl::expected<Sources, HttpResponse> sources_of(const HttpRequest& request) {
    Sources out;
    out.query = request.query;
    if (request.body.empty()) return out;
    const auto type = media_type(request.headers.get("content-type"));
    if (type == "application/x-www-form-urlencoded") {
        out.form = request.body;
        return out;
    }
    if (type.starts_with("text/")) return out;  // hapi takes it for one text, which has no parameters
    if (!type.empty() && type != "application/json" && !type.ends_with("+json")) {
        return tl::unexpected(refusal(Error{ErrorCode::unsupported_media_type,
                                            "send the parameters in the query string, as a form or as JSON",
                                            "Content-Type", std::nullopt}));
    }
    auto body = parse_json(request.body, body_limits);
    if (!body) {
        return tl::unexpected(
            refusal(Error{ErrorCode::bad_request, "Invalid request payload JSON format", "", std::nullopt}));
    }
    out.json = std::move(*body);
    return out;
}

Json scopes_of(const Client& client) {
    switch (client.kind) {
        case ClientKind::event_notification:
            if (client.contract_version == ContractVersion::v1_8) return Json::array({"notification-api"});
            return Json::array({"declare", "notification-api"});
        case ClientKind::record_search:
            return Json::array({"recordsearch"});
        case ClientKind::webhook:
            return Json::array({"webhook"});
        case ClientKind::national_id:
            return Json::array({"nationalId"});
    }
    return Json::array();
}

Json audience_of(const Client& client) {
    constexpr std::array everybody{"auth-user",          "user-mgnt-user", "hearth-user", "gateway-user",
                                   "notification-user",  "workflow-user",  "search-user", "metrics-user",
                                   "countryconfig-user", "webhooks-user",  "config-user", "documents-user"};
    Json out = Json::array();
    for (const auto* each : everybody) out.push_back("opencrvs:" + std::string(each));
    if (client.kind == ClientKind::event_notification) out.push_back("opencrvs:notification-api-user");
    if (client.kind == ClientKind::national_id && client.contract_version != ContractVersion::v1_8) {
        out.push_back("opencrvs:nationalId-api-user");
    }
    return out;
}

}  // namespace

HttpResponse token_refusal(TokenRefusal why) {
    switch (why) {
        case TokenRefusal::invalid_request:
            return answer(
                400, {{"error", "invalid_request"},
                      {"error_description", "Invalid request. Check that all required parameters have been provided."},
                      {"error_uri", documentation}});
        case TokenRefusal::unsupported_grant_type:
            return answer(400, {{"error", "unsupported_grant_type"},
                                {"error_description",
                                 "Invalid or undefined grant type. Only \"client_credentials\" is supported."},
                                {"error_uri", documentation}});
        case TokenRefusal::invalid_client:
            break;
    }
    return answer(401, {{"error", "invalid_client"},
                        {"error_description", "Invalid client id or secret"},
                        {"error_uri", documentation}});
}

HttpResponse token_granted(const std::string& token) {
    return answer(200, {{"access_token", token}, {"token_type", "Bearer"}});
}

tl::expected<TokenRequest, HttpResponse> read_token_request(const HttpRequest& request) {
    const auto sources = sources_of(request);
    if (!sources) return tl::unexpected(sources.error());
    const auto grant = (*sources)("grant_type");
    if (grant.value != "client_credentials") return tl::unexpected(token_refusal(TokenRefusal::unsupported_grant_type));
    const auto id = (*sources)("client_id");
    const auto secret = (*sources)("client_secret");
    const auto absent = [](const Parameter& each) { return !each.repeated && each.value.empty(); };
    if (absent(id) || absent(secret)) return tl::unexpected(token_refusal(TokenRefusal::invalid_request));
    if (id.repeated || secret.repeated) return tl::unexpected(token_refusal(TokenRefusal::invalid_client));
    return TokenRequest{id.value, secret.value};
}

Json token_claims(const Client& client, WallTime now) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    return {{"scope", scopes_of(client)},          {"sub", client.id},    {"iat", seconds},
            {"exp", seconds + token_life.count()}, {"iss", token_issuer}, {"aud", audience_of(client)}};
}

}  // namespace ocm::opencrvs_v1
