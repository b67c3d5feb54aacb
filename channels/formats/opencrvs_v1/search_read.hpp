// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/registration_event.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

/// One result of `searchEvents` (opencrvs.md 3.1): all that OpenCRVS 1.3 to 1.8 lets a system see of a record that it
/// was not told of.
namespace ocm::opencrvs_v1 {

struct SearchResultRead {
    RegistrationEvent event;  // a registration, `partial`; its target is the caller's to say
    Account account;          // JSON pointers of the result
};

/// Fails with `bad_request` and a JSON pointer: no event of a known type, no id, no registration number, a date that
/// does not exist.
Result<SearchResultRead> read_search_result(const Json& result);

}  // namespace ocm::opencrvs_v1
