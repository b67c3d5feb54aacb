// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <string_view>

/// The shapes OpenCRVS 2.0 answers in (contracts sections 1.1, 7.0, 7.4).
namespace ocm::sandbox {

HttpResponse json_answer(const Json& body, int status = 200);
/// The gateway's own (hapi): `{"statusCode","error","message"}`.
HttpResponse gateway_error(int status, std::string_view message);
/// The events service's over REST: `{"message","code","issues"?}`.
HttpResponse rest_error(int status, std::string_view message, Json issues = nullptr);
/// The events service's over tRPC.
HttpResponse trpc_error(int status, std::string_view message, std::string_view procedure);
HttpResponse trpc_result(const Json& data);
/// The auth service's: `{"error","error_description","error_uri"}`, never cached.
HttpResponse auth_error(int status, std::string_view error, std::string_view description);

}  // namespace ocm::sandbox
