// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/notification/channel.hpp"
#include "channels/vital_event.hpp"
#include "core/exchange.hpp"
#include "core/json.hpp"
#include "formats/opencrvs_v1/read.hpp"

#include <string_view>

/// What the notification flow decides, pure.
namespace ocm::notification {

inline constexpr std::string_view format_name = "opencrvs-1";

/// A notification as it was understood.
struct Decoded {
    Json bundle;
    opencrvs_v1::Read read;
};

/// Content type, JSON within limits, document. `unsupported_media_type` or `bad_request`.
Result<Decoded> decode(const HttpRequest& request);

/// What the sender is told of the target's failure, and what becomes of the claim. `error.path` is in the event's
/// terms; the answer's is in the bundle's.
struct Failure {
    Error told;      // to the sender
    Error recorded;  // for OpenHIM and its administrator
    ClaimState claim = ClaimState::refused;
};
Failure explain(const Error& error, const Json& bundle);

/// Numbers of the account, for the sender: "carried=73, dropped=2, recoded=1, warnings=0".
std::string summary(const Account& account);

}  // namespace ocm::notification
