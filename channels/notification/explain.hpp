// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/notification/format.hpp"
#include "core/claim.hpp"

namespace ocm::notification {

/// What the sender is told of the target's failure, and what becomes of the claim. `error.path` is in the event's
/// terms; the answer's is in the message's.
struct Failure {
    Error told;      // to the sender
    Error recorded;  // for OpenHIM and its administrator
    ClaimState claim = ClaimState::refused;
};
Failure explain(const Error& error, const Message& message);

/// Numbers of the account, for the sender: "carried=73, dropped=2, recoded=1, warnings=0".
std::string summary(const Account& account);

}  // namespace ocm::notification
