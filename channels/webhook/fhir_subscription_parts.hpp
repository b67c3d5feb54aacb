// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/webhook/subscribing.hpp"
#include "core/exchange.hpp"
#include "core/json.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

/// What the requests about FHIR subscriptions have in common.
namespace ocm::webhook::fhir {

inline constexpr std::string_view root = "Subscription";

/// As OperationOutcome; a JSON pointer of the resource becomes its expression.
Answer refused(Error error);
Answer refused(ErrorCode code, std::string why, std::string path = {});
Answer not_there();
Answer told(const Json& body);

/// Where the caller takes no FHIR JSON.
std::optional<Error> wrong_accept(const HttpRequest& request);

/// The caller's own subscription of that id in this contract, or nullptr. Of the directory.
const Subscription* own(const SubscriptionDirectory& directory, const std::string& id, const store_ops::Client& client);

/// Fails where the query holds a parameter that is none of these; what says how the answer is to look is no matter.
Result<void> only(std::string_view query, std::initializer_list<std::string_view> allowed);

/// The value is one of those that the parameter names, or there is no such parameter.
bool fits(std::string_view query, std::string_view name, const std::string& value);

}  // namespace ocm::webhook::fhir
