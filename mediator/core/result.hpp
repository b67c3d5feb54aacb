// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <tl/expected.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ocm {

/// What went wrong, in terms a caller can act on. `http_status` is the only place that turns it into a status.
enum class ErrorCode {
    bad_request,             // 400: the message is malformed or refused; the sender must change it
    unauthenticated,         // 401
    forbidden,               // 403
    not_found,               // 404
    method_not_allowed,      // 405
    not_acceptable,          // 406: the caller takes no form we can answer in
    request_timeout,         // 408: the caller was too slow
    conflict,                // 409
    too_large,               // 413
    unsupported_media_type,  // 415
    unprocessable,           // 422
    too_many_requests,       // 429
    headers_too_large,       // 431
    internal,                // 500: a bug of ours
    bad_gateway,             // 502: the target answered something we cannot use
    unavailable,             // 503: we or the target cannot take it now; try again
    target_timeout,          // 504: no whole answer of the target came in time; it may have been done
    storage,                 // 503: the store could not commit
    cancelled,               // the work was abandoned (shutdown, caller gone)
};

/// Stable lower-case name of a code ("bad_request"), used in logs, metrics and the ledger.
std::string_view name(ErrorCode code);

/// The one mapping from an error to an HTTP status (design section 10).
int http_status(ErrorCode code);

/// True where the same request may succeed later without being changed (a rerun helps).
bool is_transient(ErrorCode code);

/// A failure. `message` is plain words for the caller and never holds a value from the message, a secret or a stack;
/// `path` names the place in the sender's own terms (a JSON pointer, a setting's key), empty where there is none.
struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;
    std::string path;
    std::optional<std::chrono::seconds> retry_after;

    friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = tl::expected<T, Error>;

/// Makes the failed side of a Result.
inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string path = {}) {
    return tl::unexpected<Error>(Error{code, std::move(message), std::move(path), std::nullopt});
}
inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

}  // namespace ocm
