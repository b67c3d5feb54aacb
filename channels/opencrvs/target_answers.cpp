// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/target_answers.hpp"

#include "channels/opencrvs/scopes.hpp"
#include "channels/opencrvs/token.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace ocm::opencrvs {
namespace {

using namespace std::literals;

constexpr std::size_t max_named_fields = 10;

Error bad_gateway(std::string message) {
    return {ErrorCode::bad_gateway, std::move(message), {}, {}};
}

/// A field id of the form is worth naming; anything else in its place might be a value.
bool is_field_id(std::string_view text) {
    return !text.empty() && text.size() <= 80 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
    });
}

/// Fields and what is wrong with each, in our words: OpenCRVS's own may quote values.
struct FieldErrors {
    std::vector<std::pair<std::string, std::string>> fields;
    bool outside = false;  // something that is not a field of the form

    void add(std::string_view id, std::string why) {
        if (!is_field_id(id)) {
            outside = true;
            return;
        }
        const bool known =
            std::any_of(fields.begin(), fields.end(), [&](const auto& field) { return field.first == id; });
        if (!known) fields.emplace_back(id, std::move(why));
    }
};

/// `message` is a JSON array as text: [{"message":"Unexpected field","id":"foo.bar","value":...}].
void read_message(std::string_view message, FieldErrors& out) {
    const auto parsed = parse_json(message);
    if (!parsed || !parsed->is_array()) return;
    for (const auto& item : *parsed) {
        const bool unexpected = text_member(item, "message") == "Unexpected field";
        out.add(text_member(item, "id"),
                unexpected ? "is not a field of the form" : "is not in the form OpenCRVS wants");
    }
}

/// Zod: [{"path":["declaration","child.dob"],"code":"invalid_type",...}].
void read_issues(const Json& issues, FieldErrors& out) {
    for (const auto& issue : issues) {
        const auto* path = member(issue, "path");
        const auto* first = path == nullptr ? nullptr : element(*path, 0);
        const auto* second = path == nullptr ? nullptr : element(*path, 1);
        const auto section = first == nullptr ? ""sv : text(*first);
        if (second != nullptr && (section == "declaration" || section == "annotation")) {
            out.add(text(*second), "is not in the form OpenCRVS wants");
        } else {
            out.outside = true;
        }
    }
}

Error explain_bad_request(const UpstreamReply& reply, const CallContext& context) {
    const auto body = parse_json(reply.body);
    const auto message = body ? text_member(*body, "message") : ""sv;
    if (message.starts_with("No configuration found for event type")) {
        return bad_gateway("OpenCRVS (target " + context.target + ") has no form for the event type \"" +
                           context.event_type + "\"; check the country map");
    }
    if (message.starts_with("createdAtLocation")) {
        return {ErrorCode::bad_request,
                "OpenCRVS does not take the registration office the notification goes to",
                std::string(refusal::office),
                {}};
    }
    FieldErrors errors;
    read_message(message, errors);
    if (const auto* issues = body ? member(*body, "issues") : nullptr; issues != nullptr && issues->is_array()) {
        read_issues(*issues, errors);
    }
    if (errors.fields.empty()) {
        if (context.step == CallContext::Step::create || errors.outside) {
            return bad_gateway("OpenCRVS (target " + context.target +
                               ") does not understand the request; check that targets." + context.target +
                               ".version is its version");
        }
        return {ErrorCode::bad_request, "OpenCRVS refused the notification without naming a field", {}, {}};
    }
    std::string words = "OpenCRVS refused the notification: ";
    for (std::size_t i = 0; i < errors.fields.size(); ++i) {
        if (i == max_named_fields) {
            words += "; and " + std::to_string(errors.fields.size() - i) + " more fields";
            break;
        }
        if (i != 0) words += "; ";
        words += errors.fields[i].first + " " + errors.fields[i].second;
    }
    return {ErrorCode::bad_request, std::move(words), errors.fields.front().first, {}};
}

Error explain_forbidden(const CallContext& context) {
    const auto check = check_notification_scopes(*context.version, context.scopes, {context.event_type});
    std::string words =
        "OpenCRVS (target " + context.target + ") does not let this mediator's notification client do this: ";
    if (check.missing.empty()) {
        words += "its scopes are restricted to other places or events";
    } else {
        words += "it lacks the scope ";
        for (std::size_t i = 0; i < check.missing.size(); ++i) words += (i == 0 ? "" : " and ") + check.missing[i];
    }
    return bad_gateway(std::move(words));
}

Error explain_conflict(const UpstreamReply& reply) {
    // "Action 'NOTIFY' cannot be performed on an event in 'DECLARED' state with [...] flags."
    std::string state;
    if (const auto body = parse_json(reply.body)) {
        const auto message = text_member(*body, "message");
        constexpr auto before = "on an event in '"sv;
        if (const auto at = message.find(before); at != message.npos) {
            const auto rest = message.substr(at + before.size());
            const auto word = rest.substr(0, rest.find('\''));
            const bool plain = word.size() <= 32 && std::all_of(word.begin(), word.end(), [](char c) {
                                   return (c >= 'A' && c <= 'Z') || c == '_';
                               });
            if (plain) state = word;
        }
    }
    return {ErrorCode::conflict,
            state.empty() ? "OpenCRVS does not take the notification: a user is working on the record"
                          : "OpenCRVS does not take the notification: the record is already " + state,
            {},
            {}};
}

}  // namespace

Result<EventDocument> EventDocument::read(const UpstreamReply& reply) {
    const auto useless = [](std::string_view why) {
        return fail(
            bad_gateway("OpenCRVS answered " + std::string(why) + " where an event was expected; check gateway_url"));
    };
    if (reply.body.empty()) {
        return fail(ErrorCode::target_timeout, "OpenCRVS gave an empty answer: what was sent may have been done");
    }
    const auto body = parse_json(reply.body);
    if (!body) return useless("something that is not JSON");
    EventDocument out;
    out.id = text_member(*body, "id");
    out.tracking_id = text_member(*body, "trackingId");
    const auto* actions = member(*body, "actions");
    // The id becomes part of a URL.
    if (!is_uuid(out.id) || out.tracking_id.empty() || actions == nullptr || !actions->is_array()) {
        return useless("other JSON");
    }
    out.actions.reserve(actions->size());
    for (const auto& action : *actions) {
        out.actions.push_back({std::string(text_member(action, "id")), std::string(text_member(action, "type")),
                               std::string(text_member(action, "status")),
                               std::string(text_member(action, "transactionId")),
                               std::string(text_member(action, "originalActionId"))});
    }
    return out;
}

NotifyState notify_state(const EventDocument& event, std::string_view transaction) {
    const auto ours = [&](const EventDocument::Action& action) { return action.transaction == transaction; };
    // An answer to a request names the request, and may come under a transaction id of its own.
    const auto answers_ours = [&](const EventDocument::Action& action) {
        return !action.original.empty() &&
               std::any_of(event.actions.begin(), event.actions.end(), [&](const EventDocument::Action& request) {
                   return request.type == "NOTIFY" && request.id == action.original && ours(request);
               });
    };
    auto state = NotifyState::none;
    bool another = false;
    for (const auto& action : event.actions) {
        if (action.type != "NOTIFY") continue;
        if (!ours(action) && !answers_ours(action)) {
            another = another || action.status == "Accepted";
        } else if (action.status == "Accepted") {
            return NotifyState::accepted;
        } else if (action.status == "Rejected") {
            state = NotifyState::rejected;
        } else if (state == NotifyState::none) {
            state = NotifyState::pending;
        }
    }
    return state == NotifyState::none && another ? NotifyState::another : state;
}

Error explain_failure(const UpstreamReply& reply, const CallContext& context) {
    const auto status = "HTTP " + std::to_string(reply.status);
    if (reply.status == 429 || reply.status >= 500) {
        return {ErrorCode::unavailable,
                "OpenCRVS cannot take the notification now (" + status + ")",
                {},
                retry_after(reply)};
    }
    switch (reply.status) {
        case 400:
            return explain_bad_request(reply, context);
        case 403:
            return explain_forbidden(context);
        case 404:
            if (context.step == CallContext::Step::create) {
                return bad_gateway("OpenCRVS (target " + context.target +
                                   ") has no events service at that address; check targets." + context.target +
                                   ".gateway_url and version");
            }
            return bad_gateway(
                "OpenCRVS (target " + context.target +
                ") does not show this mediator's notification client the event it has just created; check "
                "the options of its scopes");
        case 409:
            return explain_conflict(reply);
        case 413:
            return {ErrorCode::too_large, "OpenCRVS does not take a notification this large", {}, {}};
        default:
            return bad_gateway("OpenCRVS (target " + context.target + ") answered " + status + "; check targets." +
                               context.target + ".gateway_url");
    }
}

}  // namespace ocm::opencrvs
