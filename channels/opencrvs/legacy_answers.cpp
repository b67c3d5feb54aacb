// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/legacy_answers.hpp"

#include "channels/opencrvs/token.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace ocm::opencrvs {
namespace {

using namespace std::literals;

tl::unexpected<Error> unclear(std::string why) {
    return fail(ErrorCode::target_timeout, std::move(why) + ": what was sent may have been taken");
}

/// What 2.2's messages say, and our words for it. A row holds where the message contains its text; the first is taken.
struct Refusal {
    std::string_view contains;
    std::string_view path, words;
};
constexpr std::array<Refusal, 10> refusals{{
    {"office id was not provided", refusal::office, "OpenCRVS found no registration office in the notification"},
    {"office's location was not provided", refusal::office,
     "OpenCRVS asks for the area of the registration office; check that targets.NAME.version is its version"},
    {"office location with id", refusal::office, "OpenCRVS does not know the area of the registration office"},
    {"office with id", refusal::office, "OpenCRVS does not know the registration office"},
    {"isn't part of the provided office location", refusal::office,
     "the registration office does not stand under the area the notification names"},
    {"Encounter location with id", refusal::location, "OpenCRVS does not know the place of the event"},
    {"country code", "", "OpenCRVS does not know the country of an address"},
    {"location hierarchy was incorrect", "", "the areas of an address do not stand under each other in OpenCRVS"},
    {"the location with id", "", "OpenCRVS does not know an area of an address"},
    {"", "", "OpenCRVS refused the notification"},
}};

tl::unexpected<Error> refused(std::string_view message) {
    const auto* row = std::find_if(refusals.begin(), refusals.end(),
                                   [&](const Refusal& each) { return message.find(each.contains) != message.npos; });
    return fail(ErrorCode::bad_request, std::string(row->words), std::string(row->path));
}

/// A 500 that says what is wrong with the notification (2.2). A crash says "An internal server error occurred".
bool is_semantic(std::string_view message) {
    return message.starts_with("Could not process the Event Notification") || message.starts_with("Encounter ");
}

/// The place a Joi message names, where it looks like one: "entry[1].resource.resourceType".
std::string joi_place(std::string_view message) {
    if (!message.starts_with('"')) return {};
    const auto end = message.find('"', 1);
    if (end > 120) return {};  // also where there is none
    const auto label = message.substr(1, end - 1);
    const bool plain = std::all_of(label.begin(), label.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '[' || c == ']' || c == '_' || c == '-';
    });
    return plain ? std::string(label) : std::string();
}

tl::unexpected<Error> explain_400(std::string_view message, std::string_view target) {
    const auto place = joi_place(message);
    std::string words = "OpenCRVS refused the notification's form";
    if (!place.empty()) words += " at " + place;
    return fail(ErrorCode::bad_request,
                words + "; check that targets." + std::string(target) + ".version is its version");
}

/// {"statusCode": 500, ...} in a 200 (1.3, 1.4).
int hidden_status(const Json& body) {
    const auto* status = member(body, "statusCode");
    return status != nullptr && status->is_number_integer() ? status->get<int>() : 0;
}

std::string composition_in(std::string_view location) {
    // "/fhir/Composition/<id>/_history/<version>"
    constexpr auto mark = "/Composition/"sv;
    const auto at = location.find(mark);
    if (at == location.npos) return {};
    const auto rest = location.substr(at + mark.size());
    return std::string(rest.substr(0, rest.find('/')));
}

/// A transaction response or the saved record: both are bundles.
LegacyTaken read_bundle(const Json& entries) {
    LegacyTaken out;
    for (const auto& entry : entries) {
        if (const auto* response = member(entry, "response"); response != nullptr && out.record_id.empty()) {
            out.record_id = composition_in(text_member(*response, "location"));
        }
        const auto* resource = member(entry, "resource");
        if (resource == nullptr) continue;
        const auto type = text_member(*resource, "resourceType");
        if (type == "Composition" && out.record_id.empty()) out.record_id = text_member(*resource, "id");
        const auto* identifiers = type == "Task" ? member(*resource, "identifier") : nullptr;
        if (identifiers == nullptr || !identifiers->is_array()) continue;
        for (const auto& identifier : *identifiers) {
            if (text_member(identifier, "system").ends_with("-tracking-id")) {
                out.tracking_id = text_member(identifier, "value");
            }
        }
    }
    return out;
}

Result<LegacyTaken> read_success(const UpstreamReply& reply) {
    if (reply.body.empty()) return unclear("OpenCRVS gave an empty answer");
    const auto body = parse_json(reply.body);
    if (!body) return unclear("OpenCRVS answered something that is not JSON");
    if (const auto status = hidden_status(*body); status >= 400) {
        return unclear("OpenCRVS failed behind its answer (HTTP " + std::to_string(status) + " in a 200)");
    }
    LegacyTaken out;
    if (const auto* duplicate = member(*body, "isPotentiallyDuplicate")) {
        out.record_id = text_member(*body, "compositionId");
        out.tracking_id = text_member(*body, "trackingId");
        out.potential_duplicate = *duplicate == true;
    } else if (const auto* entries = member(*body, "entry"); entries != nullptr && entries->is_array()) {
        out = read_bundle(*entries);
    }
    if (out.record_id.empty() && out.tracking_id.empty()) return unclear("OpenCRVS answered 200 without a record's id");
    return out;
}

}  // namespace

Result<LegacyTaken> read_legacy_answer(const UpstreamReply& reply, const Version& version, std::string_view target) {
    if (reply.status == 200) return read_success(reply);
    const auto body = parse_json(reply.body);
    const auto message = body ? text_member(*body, "message") : ""sv;
    const auto status = "HTTP " + std::to_string(reply.status);
    const auto where = "OpenCRVS (target " + std::string(target) + ")";
    const auto setting = "targets." + std::string(target);
    switch (reply.status) {
        case 400:
            return explain_400(message, target);
        case 403:
            return fail(ErrorCode::bad_gateway, where +
                                                    " does not let this mediator's notification client do this: it "
                                                    "lacks the scope " +
                                                    std::string(version.notify_scope));
        case 404:
            return fail(ErrorCode::bad_gateway, where + " takes no notifications at that address; check " + setting +
                                                    ".gateway_url and version");
        case 413:
            return fail(ErrorCode::too_large, "OpenCRVS does not take a notification this large");
        case 402:  // its own word for too many requests
        case 429:
        case 503:
            return tl::unexpected(Error{ErrorCode::unavailable,
                                        "OpenCRVS cannot take the notification now (" + status + ")",
                                        {},
                                        retry_after(reply)});
        default:
            break;
    }
    if (reply.status >= 500) {
        if (is_semantic(message)) return refused(message);
        return unclear("OpenCRVS failed (" + status + ")");
    }
    return fail(ErrorCode::bad_gateway, where + " answered " + status + "; check " + setting + ".gateway_url");
}

}  // namespace ocm::opencrvs
