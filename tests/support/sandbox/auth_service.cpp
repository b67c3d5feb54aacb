// SPDX-License-Identifier: MPL-2.0
#include "core/hash.hpp"
#include "support/sandbox/service.hpp"

namespace ocm::sandbox {
namespace {

/// A parameter of a token request: the parsed body first, then the query; before 2.0 the query only. Given twice it is
/// an array to hapi, and so no string: absent.
std::string parameter(const HttpRequest& request, std::string_view name, bool query_only) {
    const auto once = [&](std::string_view form) -> std::string {
        std::size_t count = 0;
        for (auto rest = form; !rest.empty();) {
            const auto end = std::min(rest.find('&'), rest.size());
            if (rest.substr(0, std::min(rest.find('='), end)) == name) ++count;
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        return count == 1 ? query_value(form, name).value_or("") : std::string();
    };
    if (query_only) return once(request.query);
    const auto type = media_type(request.headers.get("content-type"));
    std::string value;
    if (type == "application/json") {
        if (const auto body = parse_json(request.body)) value = std::string(text_member(*body, name));
    } else if (type == "application/x-www-form-urlencoded") {
        value = once(request.body);
    }
    return value.empty() ? once(request.query) : value;
}

}  // namespace

HttpResponse Service::token(const HttpRequest& request, WallTime now) const {
    const bool query_only = options_.version < "2.0";
    if (parameter(request, "grant_type", query_only) != "client_credentials") {
        return auth_error(400, "unsupported_grant_type", "The grant type is not supported");
    }
    const auto id = parameter(request, "client_id", query_only);
    const auto secret = parameter(request, "client_secret", query_only);
    if (id.empty() || secret.empty()) return auth_error(400, "invalid_request", "A client id or secret is missing");
    for (const auto& client : options_.clients) {
        if (client.id != id || !client.active || !constant_time_equal(client.secret, secret)) continue;
        auto answer =
            json_answer({{"access_token",
                          signer_->sign(system_claims(client, now, options_.token_lifetime, options_.version < "2.0"))},
                         {"token_type", "Bearer"}});
        answer.headers.set("cache-control", "no-store");
        return answer;
    }
    return auth_error(401, "invalid_client", "The client id or secret is not right, or the client is not active");
}

HttpResponse Service::verify_token(const HttpRequest& request, WallTime now) const {
    const auto body = parse_json(request.body);
    const auto claims = body ? signer_->verify(text_member(*body, "token")) : std::nullopt;
    const auto* expiry = claims ? member(*claims, "exp") : nullptr;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    return json_answer({{"valid", expiry != nullptr && expiry->is_number() && expiry->get<long>() > seconds}});
}

}  // namespace ocm::sandbox
