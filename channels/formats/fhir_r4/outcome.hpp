// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "core/http_message.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

/// What a FHIR client reads (external-systems.md 4.3).
namespace ocm::fhir_r4 {

inline constexpr std::string_view content_type = "application/fhir+json; charset=utf-8";

/// "Bundle.entry[2].resource.birthDate" of "/entry/2/resource/birthDate" in a message whose root is `root`.
std::string expression(std::string_view pointer, std::string_view root);

/// Every JSON pointer of a reader's account as an expression.
Account with_expressions(Account account, std::string_view root);

struct Issue {
    std::string severity;  // error, warning, information
    std::string code;      // of FHIR's IssueType
    std::string text;      // plain words, no values
    std::string path;      // an expression, a header's name or a field of the target's form; empty where there is none
    std::string tracking_id;
};
/// Issues of an account: dropped and warned of are warnings, recoded are information. At most `limit`; the last one
/// says how many more there are.
std::vector<Issue> issues_of(const Account& account, std::size_t limit);
Issue issue_of(const Error& error);

Json operation_outcome(const std::vector<Issue>& issues);

HttpResponse fhir_response(int status, const Json& body);
/// An error as OperationOutcome: 429 and 5xx that are worth another try carry Retry-After. A bug of ours says nothing
/// of itself.
HttpResponse refusal(const Error& error);

/// How the messaging answer to a message says what became of it.
enum class Acknowledged { ok, transient_error, fatal_error };
Acknowledged acknowledged(int http_status);

/// A message Bundle that answers `request` (a message Bundle): its header's id in `response.identifier`, the outcome
/// as second entry. Ids follow from the header's, so a message sent again is answered the same.
Json message_response(const Json& request, Acknowledged code, Json outcome, WallTime at);

/// One entry of a transaction-response or batch-response.
struct EntryResponse {
    int status = 200;
    std::string location;
    Json outcome;  // null where there is nothing to say
};
Json bundle_response(std::string_view type, const std::vector<EntryResponse>& entries);

}  // namespace ocm::fhir_r4
