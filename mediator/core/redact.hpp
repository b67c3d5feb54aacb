// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"

#include <string>
#include <string_view>

namespace ocm {

/// What stands in place of a credential.
inline constexpr std::string_view redacted = "[redacted]";

/// Whether a header field, parameter or member of that name carries a credential.
bool holds_a_credential(std::string_view name);

/// Replaces the values of header fields that carry credentials (Authorization, Cookie, Set-Cookie, API keys, auth-*,
/// anything named like a token, secret or password). Everything recorded or emitted goes through this.
HttpHeaders redact_headers(const HttpHeaders& headers);

/// Replaces the values of query or form parameters that carry credentials (client_secret, token, password...).
std::string redact_query(std::string_view query);

/// A request target (path and query) as it may be recorded: credentials in the query are replaced, and what follows the
/// path segment `forwarded-actions`, whose callers can show their secret nowhere else (opencrvs.md 7.11).
std::string redact_target(std::string_view target);

/// Body of a token request or answer with its credentials replaced; other bodies are returned as they are.
/// Understands JSON objects and forms; a body of those types that cannot be read is replaced whole.
std::string redact_credentials_body(std::string_view content_type, std::string_view body);

}  // namespace ocm
