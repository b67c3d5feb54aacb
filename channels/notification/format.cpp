// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/format.hpp"

#include <nlohmann/json.hpp>

namespace ocm::notification {
namespace {

bool is_json_type(std::string_view type) {
    return type == "application/json" || (type.starts_with("application/") && type.ends_with("+json")) ||
           type == "application/json+fhir";
}

Result<void> check_content_type(const HttpHeaders& headers, std::string_view expected) {
    const auto encoding = headers.get("content-encoding");
    if (!encoding.empty() && !iequals(encoding, "identity")) {
        return fail(ErrorCode::unsupported_media_type, "send the body without Content-Encoding", "Content-Encoding");
    }
    const auto given = headers.get("content-type");
    if (given.empty()) return {};  // 1.8 takes a body without a type for JSON
    if (!is_json_type(media_type(given))) {
        return fail(ErrorCode::unsupported_media_type, "send " + std::string(expected), "Content-Type");
    }
    const auto parameters = to_lower(given);
    const auto charset = parameters.find("charset=");
    if (charset != std::string::npos && parameters.find("utf-8", charset) == std::string::npos) {
        return fail(ErrorCode::unsupported_media_type, "send JSON in UTF-8", "Content-Type");
    }
    return {};
}

}  // namespace

std::string_view later_message(const Outcome& outcome) {
    if (!outcome.reason.empty()) return outcome.reason;
    return outcome.state == Outcome::State::parked
               ? "Accepted. The facility is not known yet: an administrator has to say which one it is"
               : "Accepted. OpenCRVS cannot take it now; it is delivered later and need not be sent again";
}

std::string Message::words_for(std::string_view, const std::string& why) const {
    return why;
}

bool prefers_strict(const HttpHeaders& headers) {
    for (const auto& [name, value] : headers) {
        if (!iequals(name, "prefer")) continue;
        std::string preference;
        for (const char c : to_lower(value) + ",") {
            if (c == ' ' || c == '\t' || c == '"') continue;
            if (c != ',' && c != ';') {
                preference += c;
                continue;
            }
            if (preference == "handling=strict") return true;
            preference.clear();
        }
    }
    return false;
}

HttpResponse plain_refusal(const Error& error) {
    const bool bug = error.code == ErrorCode::internal;
    Json body{{"error", name(error.code)}, {"message", bug ? "an internal error occurred" : error.message}};
    if (!error.path.empty()) body["path"] = error.path;
    auto response = json_response(http_status(error.code), dump_json(body));
    if (error.retry_after) response.headers.set("Retry-After", std::to_string(error.retry_after->count()));
    return response;
}

Result<Json> json_body(const HttpRequest& request, std::string_view expected) {
    if (auto ok = check_content_type(request.headers, expected); !ok) return fail(std::move(ok.error()));
    return parse_json(request.body);
}

}  // namespace ocm::notification
