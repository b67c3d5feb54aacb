// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What OpenCRVS 1.9 and 2.0 ask of the country configuration before an action takes effect (opencrvs.md 7.10), as
/// whoever stands in front of that sees it: pure.
namespace ocm::webhook {

inline constexpr std::string_view trigger_pattern = "/trigger/events/{event}/actions/{action}";

struct TriggerPath {
    std::string event_type;   // "birth"
    std::string action_type;  // "REGISTER"
    friend bool operator==(const TriggerPath&, const TriggerPath&) = default;
};
/// Absent where the request is no trigger.
std::optional<TriggerPath> trigger_path(const HttpRequest& request);

/// The token a request shows; country configurations take it with and without "Bearer".
std::string_view shown_token(const HttpRequest& request);

/// Whether a token that auth has signed is one for country configurations and still good. `unauthenticated` with what
/// is wrong: issuer, audience, expiry (with a minute's grace: clocks differ).
Result<void> check_token(const Json& claims, WallTime now);

/// What a trigger asks for.
struct Trigger {
    std::string record;       // id of the record
    std::string action;       // id of the action that is asked for
    std::string action_type;  // "REGISTER"
    friend bool operator==(const Trigger&, const Trigger&) = default;
};
/// `forbidden` with a JSON pointer where the document is of another record, another kind of event or another action
/// than the token and the path say.
Result<Trigger> check_trigger(const Json& claims, const TriggerPath& path, const Json& document);

/// What the answer of the country configuration makes of the action. Anything but these three is a failure to OpenCRVS,
/// which leaves the action as it was asked for.
enum class Decision { accepted, later, rejected, failed };
Decision decision(int status);

/// The document as it is after the answer: accepted with what the answer adds, or still asked for where the answer
/// comes later. Absent where the action does not come to be, and where it tells nobody anything.
std::optional<std::string> copy_of(Json document, const Trigger& trigger, int status, std::string_view answer);

/// Header fields for the next hop: without those that are of one connection only, and without those that the next hop
/// counts for itself.
HttpHeaders passed_on(const HttpHeaders& headers);

/// A refusal of our own, as a country configuration would write it. Never 400, which OpenCRVS takes for a decision: the
/// action would be rejected.
HttpResponse trigger_refusal(const Error& error);

}  // namespace ocm::webhook
