// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/vital_event.hpp"
#include "core/result.hpp"

namespace ocm::vital_json {

/// What a sender's event must keep to besides its types: ranges, lists of values, dates, and what contradicts itself.
/// Takes out of it, into the account, what a sender cannot say. Fails as `read_message` does.
Result<void> check(VitalEvent& event, Account& account);

}  // namespace ocm::vital_json
