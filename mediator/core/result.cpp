// SPDX-License-Identifier: MPL-2.0
#include "core/result.hpp"

#include <array>

namespace ocm {
namespace {

struct Row {
    ErrorCode code;
    std::string_view name;
    int status;
    bool transient;
};

constexpr std::array<Row, 19> rows{{
    {ErrorCode::bad_request, "bad_request", 400, false},
    {ErrorCode::unauthenticated, "unauthenticated", 401, false},
    {ErrorCode::forbidden, "forbidden", 403, false},
    {ErrorCode::not_found, "not_found", 404, false},
    {ErrorCode::method_not_allowed, "method_not_allowed", 405, false},
    {ErrorCode::not_acceptable, "not_acceptable", 406, false},
    {ErrorCode::request_timeout, "request_timeout", 408, true},
    {ErrorCode::conflict, "conflict", 409, false},
    {ErrorCode::too_large, "too_large", 413, false},
    {ErrorCode::unsupported_media_type, "unsupported_media_type", 415, false},
    {ErrorCode::unprocessable, "unprocessable", 422, false},
    {ErrorCode::too_many_requests, "too_many_requests", 429, true},
    {ErrorCode::headers_too_large, "headers_too_large", 431, false},
    {ErrorCode::internal, "internal", 500, false},
    {ErrorCode::bad_gateway, "bad_gateway", 502, true},
    {ErrorCode::unavailable, "unavailable", 503, true},
    {ErrorCode::target_timeout, "target_timeout", 504, true},
    {ErrorCode::storage, "storage", 503, true},
    {ErrorCode::cancelled, "cancelled", 503, true},
}};

const Row& row(ErrorCode code) {
    for (const auto& candidate : rows) {
        if (candidate.code == code) return candidate;
    }
    return rows[13];
}

}  // namespace

std::string_view name(ErrorCode code) {
    return row(code).name;
}
int http_status(ErrorCode code) {
    return row(code).status;
}
bool is_transient(ErrorCode code) {
    return row(code).transient;
}

}  // namespace ocm
