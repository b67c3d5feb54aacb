// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/fhir_request.hpp"

#include "channels/notification/format.hpp"
#include "formats/fhir_r4/outcome.hpp"
#include "formats/fhir_r4/read.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace ocm::notification {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// The pieces of every header of a name, cut at commas and semicolons.
std::vector<std::string> pieces_of(const HttpHeaders& headers, std::string_view name) {
    std::vector<std::string> out;
    for (const auto& [key, value] : headers) {
        if (!iequals(key, name)) continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            const auto cut = rest.find_first_of(",;");
            if (const auto piece = trimmed(rest.substr(0, cut)); !piece.empty()) out.push_back(to_lower(piece));
            rest = cut == std::string_view::npos ? std::string_view() : rest.substr(cut + 1);
        }
    }
    return out;
}

bool is_json(std::string_view type) {
    return type == "json" || type == "application/json" || type == "application/fhir+json" || type == "text/json" ||
           type == "application/json+fhir";
}

void read_preferences(const HttpHeaders& headers, FhirRequest& out) {
    out.wants = preferred_return(headers, FhirRequest::Return::outcome);
    for (const auto& piece : pieces_of(headers, "prefer")) {
        if (piece == "handling=strict") out.strict = true;
        if (piece == "respond-async") out.async = true;
    }
}

/// Of all searches only the one for the document's own identifier can be answered.
Result<std::string> existing_identifier(const HttpHeaders& headers) {
    const auto* given = headers.find("if-none-exist");
    if (given == nullptr) return std::string();
    auto query = std::string_view(*given);
    if (const auto mark = query.find('?'); mark != std::string_view::npos) query.remove_prefix(mark + 1);
    const auto value = query_value(query, "identifier");
    if (!value || value->empty() || query.find('&') != std::string_view::npos) {
        return fail(ErrorCode::bad_request, "must be identifier=<system>|<value>; no other search can be made here",
                    "If-None-Exist");
    }
    const auto bar = value->rfind('|');
    return bar == std::string::npos ? *value : value->substr(bar + 1);
}

Error in_expressions(Error error, std::string_view root) {
    if (error.path.empty() || error.path.front() == '/') error.path = fhir_r4::expression(error.path, root);
    return error;
}

}  // namespace

FhirRequest::Return preferred_return(const HttpHeaders& headers, FhirRequest::Return otherwise) {
    auto out = otherwise;
    for (const auto& piece : pieces_of(headers, "prefer")) {
        if (piece == "return=minimal") out = FhirRequest::Return::minimal;
        if (piece == "return=representation") out = FhirRequest::Return::representation;
        if (piece == "return=operationoutcome") out = FhirRequest::Return::outcome;
    }
    return out;
}

bool accepts_fhir_json(const HttpRequest& request) {
    if (const auto format = query_value(request.query, "_format")) {
        // A '+' that was not escaped came out as a space.
        auto type = media_type(*format);
        for (auto& c : type) c = c == ' ' ? '+' : c;
        return is_json(type);
    }
    bool any = false;
    for (const auto& piece : pieces_of(request.headers, "accept")) {
        if (piece.find('/') == std::string::npos) continue;  // a parameter of the type before
        any = true;
        if (piece == "*/*" || piece == "application/*" || is_json(piece)) return true;
    }
    return !any;
}

Result<FhirRequest> open_fhir(const HttpRequest& request) {
    if (!accepts_fhir_json(request)) {
        return fail(ErrorCode::not_acceptable, "answers are application/fhir+json", "Accept");
    }
    FhirRequest out;
    read_preferences(request.headers, out);
    auto identifier = existing_identifier(request.headers);
    if (!identifier) return fail(std::move(identifier.error()));
    out.if_none_exist = std::move(*identifier);
    auto body = json_body(request, "FHIR R4 as application/fhir+json; XML is not taken");
    if (!body) return fail(std::move(body.error()));
    out.message = std::move(*body);
    out.root = text_member(out.message, "resourceType");
    out.type = text_member(out.message, "type");
    const bool batch = out.root == "Bundle" && out.type == "batch";
    auto fine = batch ? fhir_r4::check_envelope(out.message) : fhir_r4::check_bundle(out.message);
    if (!fine) {
        return fail(in_expressions(std::move(fine.error()), out.root.empty() ? "Bundle" : out.root));
    }
    if (batch) out.unsound = fhir_r4::unsound_entries(out.message);
    return out;
}

}  // namespace ocm::notification
