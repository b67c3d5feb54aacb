// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/json.hpp"

#include <string>
#include <string_view>

/// `POST /graphql` of 1.3 to 1.8, as far as the records are looked up: searchEvents (contracts section 3).
namespace ocm::sandbox {

/// `records` as Legacy keeps them, `scopes` of the token. A search that the version does not take, or a caller without
/// the scope recordsearch, gets the version's own refusal.
HttpResponse search_records(std::string_view version, const Json& records, const Json& scopes, std::string_view body);

}  // namespace ocm::sandbox
