// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "core/store_port.hpp"
#include "core/time.hpp"

#include <chrono>
#include <string>
#include <variant>

/// `POST /token` as 1.x's auth service takes and answers it (opencrvs.md 1.1, 1.2, 1.4).
namespace ocm::opencrvs_v1 {

inline constexpr std::string_view token_issuer = "opencrvs:auth-service";
inline constexpr std::string_view gateway_audience = "opencrvs:gateway-user";
inline constexpr std::chrono::seconds token_life{600};

enum class TokenRefusal {
    invalid_request,         // 400: no client id or secret
    unsupported_grant_type,  // 400: anything but client_credentials, and what came more than once
    invalid_client,          // 401: unknown client, wrong secret, not active
};
HttpResponse token_refusal(TokenRefusal why);
HttpResponse token_granted(const std::string& token);

struct TokenRequest {
    std::string client_id, client_secret;
};

/// The three parameters of a request for a token. Each is looked for in the body (a form or JSON) and then in the query
/// string, so that both 1.3 to 1.9's clients (query) and 2.0's are understood. The error is the answer: of 1.x's own
/// for the parameters, and the HTTP layer's for a body that cannot be read (400) or is neither form nor JSON (415).
tl::expected<TokenRequest, HttpResponse> read_token_request(const HttpRequest& request);

/// Claims of a client's token: scopes by its kind, and scopes and audience of the version it was written for.
Json token_claims(const store_ops::Client& client, WallTime now);

}  // namespace ocm::opencrvs_v1
