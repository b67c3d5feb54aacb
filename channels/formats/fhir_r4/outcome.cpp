// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/outcome.hpp"

#include "core/ids.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace ocm::fhir_r4 {
namespace {

constexpr std::chrono::seconds default_retry_after{30};
constexpr std::string_view tracking_system = "http://opencrvs.org/specs/id/tracking-id";
/// Name space of the ids of answers; it must never change.
constexpr std::string_view answer_space = "5d3c1b52-6f0e-5f60-9a0b-0d6f1b0c7e11";

bool is_index(std::string_view token) {
    return !token.empty() && std::all_of(token.begin(), token.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string unescaped(std::string_view token) {
    std::string out;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] == '~' && i + 1 < token.size()) {
            out += token[++i] == '1' ? '/' : '~';
        } else {
            out += token[i];
        }
    }
    return out;
}

std::string_view issue_code(const Error& error) {
    switch (error.code) {
        case ErrorCode::bad_request:
            if (error.message.starts_with("is required")) return "required";
            return error.path.empty() ? "structure" : "value";
        case ErrorCode::unauthenticated:
            return "login";
        case ErrorCode::forbidden:
            return "forbidden";
        case ErrorCode::not_found:
            return "not-found";
        case ErrorCode::method_not_allowed:
        case ErrorCode::unsupported_media_type:
        case ErrorCode::not_acceptable:
            return "not-supported";
        case ErrorCode::conflict:
            return "conflict";
        case ErrorCode::too_large:
        case ErrorCode::headers_too_large:
            return "too-long";
        case ErrorCode::unprocessable:
            return "business-rule";
        case ErrorCode::too_many_requests:
            return "throttled";
        case ErrorCode::request_timeout:
        case ErrorCode::target_timeout:
            return "timeout";
        case ErrorCode::unavailable:
        case ErrorCode::storage:
        case ErrorCode::cancelled:
            return "transient";
        case ErrorCode::internal:
        case ErrorCode::bad_gateway:
            break;
    }
    return "exception";
}

bool says_when_to_come_again(int status) {
    return status == 429 || status == 502 || status == 503 || status == 504;
}

std::string status_line(int status) {
    return std::to_string(status) + ' ' + std::string(reason_phrase(status));
}

std::string urn(const std::string& uuid) {
    return "urn:uuid:" + uuid;
}

const Json* header_of(const Json& message) {
    const auto* entries = member(message, "entry");
    const auto* first = entries == nullptr ? nullptr : element(*entries, 0);
    return first == nullptr ? nullptr : member(*first, "resource");
}

}  // namespace

std::string expression(std::string_view pointer, std::string_view root) {
    std::string out(root.empty() ? "Bundle" : root);
    while (!pointer.empty()) {
        pointer.remove_prefix(1);
        const auto slash = pointer.find('/');
        const auto token = pointer.substr(0, slash);
        if (is_index(token)) {
            out.append("[").append(token).append("]");
        } else {
            out.append(".").append(unescaped(token));
        }
        pointer = slash == std::string_view::npos ? std::string_view() : pointer.substr(slash);
    }
    return out;
}

Account with_expressions(Account account, std::string_view root) {
    for (auto& path : account.carried) path = expression(path, root);
    for (auto* notes : {&account.dropped, &account.recoded, &account.warnings}) {
        for (auto& note : *notes) note.path = expression(note.path, root);
    }
    return account;
}

std::vector<Issue> issues_of(const Account& account, std::size_t limit) {
    std::vector<Issue> out;
    const auto add = [&](const std::vector<Account::Note>& notes, const char* severity, const char* code,
                         std::string_view before) {
        for (const auto& note : notes) {
            if (out.size() < limit) out.push_back({severity, code, std::string(before) + note.why, note.path, {}});
        }
    };
    add(account.warnings, "warning", "business-rule", "");
    add(account.dropped, "warning", "not-supported", "not carried: ");
    add(account.recoded, "information", "informational", "");
    const auto all = account.warnings.size() + account.dropped.size() + account.recoded.size();
    if (all > out.size()) {
        out.push_back({"information", "informational", std::to_string(all - out.size()) + " more of the kind", {}, {}});
    }
    return out;
}

Issue issue_of(const Error& error) {
    Issue issue{"error", std::string(issue_code(error)), error.message, error.path, {}};
    if (error.code == ErrorCode::internal) issue.text = "the mediator failed; nothing is known to be done";
    if (issue.path.starts_with('/')) issue.path = expression(issue.path, "Bundle");
    return issue;
}

Json operation_outcome(const std::vector<Issue>& issues) {
    auto list = Json::array();
    for (const auto& issue : issues) {
        Json one{{"severity", issue.severity}, {"code", issue.code}, {"details", {{"text", issue.text}}}};
        if (!issue.tracking_id.empty()) {
            one["details"]["coding"] = Json::array({{{"system", tracking_system}, {"code", issue.tracking_id}}});
        }
        if (!issue.path.empty()) {
            const bool element = issue.path.front() >= 'A' && issue.path.front() <= 'Z';
            const bool header =
                element && issue.path.find('.') == std::string::npos &&
                (issue.path.find('-') != std::string::npos || issue.path == "Accept" || issue.path == "Prefer");
            if (header) {
                one["location"] = Json::array({"http." + issue.path});
            } else if (element) {
                one["expression"] = Json::array({issue.path});
            } else {
                one["diagnostics"] = "field of the OpenCRVS form: " + issue.path;
            }
        }
        list.push_back(std::move(one));
    }
    return {{"resourceType", "OperationOutcome"}, {"issue", std::move(list)}};
}

HttpResponse fhir_response(int status, const Json& body) {
    return json_response(status, dump_json(body), std::string(content_type));
}

HttpResponse refusal(const Error& error) {
    const int status = http_status(error.code);
    auto response = fhir_response(status, operation_outcome({issue_of(error)}));
    if (says_when_to_come_again(status)) {
        response.headers.set("Retry-After", std::to_string(error.retry_after.value_or(default_retry_after).count()));
    }
    return response;
}

Acknowledged acknowledged(int http_status) {
    if (http_status < 400) return Acknowledged::ok;
    const bool later = http_status == 408 || says_when_to_come_again(http_status);
    return later ? Acknowledged::transient_error : Acknowledged::fatal_error;
}

Json message_response(const Json& request, Acknowledged code, Json outcome, WallTime at) {
    const auto* asked = header_of(request);
    const std::string id(asked == nullptr ? std::string_view() : text_member(*asked, "id"));
    const auto header_id = uuid_v5(answer_space, "header/" + id);
    const auto outcome_id = uuid_v5(answer_space, "outcome/" + id);
    constexpr std::string_view words[] = {"ok", "transient-error", "fatal-error"};
    Json header{{"resourceType", "MessageHeader"}, {"id", header_id}, {"source", {{"name", "opencrvs-mediator"}}}};
    header["source"]["endpoint"] = "urn:opencrvs-mediator";
    bool named = false;
    for (const auto key : {"eventUri", "eventCoding"}) {
        const auto* event = asked == nullptr ? nullptr : member(*asked, key);
        if (event == nullptr || named) continue;
        header[key] = *event;
        named = true;
    }
    if (!named) header["eventUri"] = "urn:opencrvs-mediator:notification";
    const auto* source = asked == nullptr ? nullptr : member(*asked, "source");
    const auto endpoint = source == nullptr ? std::string_view() : text_member(*source, "endpoint");
    if (!endpoint.empty()) header["destination"] = Json::array({{{"endpoint", endpoint}}});
    header["response"] = {{"identifier", id.empty() ? "unknown" : id},
                          {"code", words[static_cast<std::size_t>(code)]},
                          {"details", {{"reference", urn(outcome_id)}}}};
    outcome["id"] = outcome_id;
    Json entries = Json::array();
    entries.push_back({{"fullUrl", urn(header_id)}, {"resource", std::move(header)}});
    entries.push_back({{"fullUrl", urn(outcome_id)}, {"resource", std::move(outcome)}});
    return {{"resourceType", "Bundle"},
            {"id", uuid_v5(answer_space, "bundle/" + id)},
            {"type", "message"},
            {"timestamp", rfc3339(at)},
            {"entry", std::move(entries)}};
}

Json bundle_response(std::string_view type, const std::vector<EntryResponse>& entries) {
    auto list = Json::array();
    for (const auto& entry : entries) {
        Json response{{"status", status_line(entry.status)}};
        if (!entry.location.empty()) response["location"] = entry.location;
        if (!entry.outcome.is_null()) response["outcome"] = entry.outcome;
        list.push_back({{"response", std::move(response)}});
    }
    return {{"resourceType", "Bundle"}, {"type", type}, {"entry", std::move(list)}};
}

}  // namespace ocm::fhir_r4
