// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/flow.hpp"

#include <nlohmann/json.hpp>

#include <chrono>

namespace ocm::notification {
namespace {

constexpr std::chrono::seconds default_retry_after{30};

bool is_json_type(std::string_view type) {
    return type == "application/json" || (type.starts_with("application/") && type.ends_with("+json")) ||
           type == "application/json+fhir";
}

Result<void> check_content_type(const HttpHeaders& headers) {
    const auto encoding = headers.get("content-encoding");
    if (!encoding.empty() && !iequals(encoding, "identity")) {
        return fail(ErrorCode::unsupported_media_type, "send the body without Content-Encoding", "Content-Encoding");
    }
    const auto given = headers.get("content-type");
    if (given.empty()) return {};  // 1.8 takes a body without a type for JSON
    if (!is_json_type(media_type(given))) {
        return fail(ErrorCode::unsupported_media_type,
                    "send a FHIR document as application/json or application/fhir+json", "Content-Type");
    }
    const auto parameters = to_lower(given);
    const auto charset = parameters.find("charset=");
    if (charset != std::string::npos && parameters.find("utf-8", charset) == std::string::npos) {
        return fail(ErrorCode::unsupported_media_type, "send JSON in UTF-8", "Content-Type");
    }
    return {};
}

/// 1.8's words for what its gateway finds out by asking OpenCRVS, with the reason behind.
std::string in_its_words(std::string_view event_path, const std::string& why) {
    if (event_path == opencrvs::refusal::location) return "Encounter location not found! " + why;
    return "Could not process the Event Notification, as " + why;
}

}  // namespace

Result<Decoded> decode(const HttpRequest& request) {
    if (auto ok = check_content_type(request.headers); !ok) return fail(std::move(ok.error()));
    auto bundle = parse_json(request.body);
    if (!bundle) return fail(std::move(bundle.error()));
    auto read = opencrvs_v1::read(*bundle);
    if (!read) return fail(std::move(read.error()));
    return Decoded{std::move(*bundle), std::move(*read)};
}

Failure explain(const Error& error, const Json& bundle) {
    Failure failure{error, error, ClaimState::refused};
    auto& told = failure.told;
    switch (error.code) {
        case ErrorCode::bad_request:
            told.message = in_its_words(error.path, error.message);
            told.path = opencrvs_v1::place_of(bundle, error.path);
            return failure;
        case ErrorCode::conflict:
            told.path.clear();
            return failure;
        case ErrorCode::unavailable:
        case ErrorCode::target_timeout:
        case ErrorCode::storage:
        case ErrorCode::cancelled:
        case ErrorCode::too_many_requests:
            failure.claim = ClaimState::unavailable;
            told.code = ErrorCode::unavailable;
            told.message = "OpenCRVS cannot take the notification now; send it again later";
            told.path.clear();
            told.retry_after = error.retry_after.value_or(default_retry_after);
            failure.recorded.code = ErrorCode::unavailable;
            return failure;
        case ErrorCode::internal:
            failure.claim = ClaimState::interrupted;
            return failure;
        default:
            // The target or our set-up of it: nothing the sender could change.
            failure.claim = ClaimState::unavailable;
            told = Error{ErrorCode::bad_gateway,
                         "OpenCRVS gave an answer that cannot be used; the administrator has to look into it", "",
                         error.retry_after};
            failure.recorded.code = ErrorCode::bad_gateway;
            return failure;
    }
}

std::string summary(const Account& account) {
    return "carried=" + std::to_string(account.carried.size()) + ", dropped=" + std::to_string(account.dropped.size()) +
           ", recoded=" + std::to_string(account.recoded.size()) +
           ", warnings=" + std::to_string(account.warnings.size());
}

}  // namespace ocm::notification
