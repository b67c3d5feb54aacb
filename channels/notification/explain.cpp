// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/explain.hpp"

#include <chrono>

namespace ocm::notification {
namespace {

constexpr std::chrono::seconds default_retry_after{30};

}  // namespace

Failure explain(const Error& error, const Message& message) {
    Failure failure{error, error, ClaimState::refused};
    auto& told = failure.told;
    switch (error.code) {
        case ErrorCode::bad_request:
            told.message = message.words_for(error.path, error.message);
            told.path = message.place_of(error.path);
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
