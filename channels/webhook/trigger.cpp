// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/trigger.hpp"

#include "channels/opencrvs/event_document.hpp"
#include "formats/opencrvs_v1/token.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace ocm::webhook {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view country_config_audience = "opencrvs:countryconfig-user";
constexpr std::chrono::seconds grace{60};

constexpr std::array of_one_connection{
    "connection"sv,         "keep-alive"sv, "proxy-connection"sv,   "te"sv,     "trailer"sv,
    "transfer-encoding"sv,  "upgrade"sv,    "proxy-authenticate"sv, "expect"sv, "content-length"sv,
    "proxy-authorization"sv};

/// Cuts the next segment of a path off.
std::string_view next_segment(std::string_view& path) {
    if (path.empty() || path.front() != '/') return {};
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    const auto out = path.substr(0, end);
    path.remove_prefix(end);
    return out;
}

bool names(const Json& audience, std::string_view wanted) {
    if (audience.is_string()) return text(audience) == wanted;
    return audience.is_array() &&
           std::any_of(audience.begin(), audience.end(), [wanted](const Json& one) { return text(one) == wanted; });
}

/// What the answer holds goes into the accepted action; what cannot be read adds nothing.
void accept(Json& action, std::string_view answer) {
    action["status"] = "Accepted";
    const auto read = parse_json(answer);
    if (!read) return;
    if (const auto number = text_member(*read, "registrationNumber"); !number.empty())
        action["registrationNumber"] = number;
    for (const auto* key : {"declaration", "annotation"}) {
        const auto* values = member(*read, key);
        if (values == nullptr || !values->is_object()) continue;
        auto& into = action[key];
        if (!into.is_object()) into = Json::object();
        into.merge_patch(*values);
    }
}

}  // namespace

std::optional<TriggerPath> trigger_path(const HttpRequest& request) {
    if (request.method != "POST") return std::nullopt;
    std::string_view rest = request.path;
    if (next_segment(rest) != "trigger" || next_segment(rest) != "events") return std::nullopt;
    const auto event = next_segment(rest);
    if (event.empty() || next_segment(rest) != "actions") return std::nullopt;
    const auto action = next_segment(rest);
    if (action.empty() || !rest.empty()) return std::nullopt;
    return TriggerPath{std::string(event), std::string(action)};
}

std::string_view shown_token(const HttpRequest& request) {
    constexpr auto scheme = "Bearer "sv;
    auto shown = request.headers.get("authorization");
    if (iequals(shown.substr(0, scheme.size()), scheme)) shown.remove_prefix(scheme.size());
    return shown;
}

Result<void> check_token(const Json& claims, WallTime now) {
    const auto refuse = [](const char* why) { return fail(ErrorCode::unauthenticated, why); };
    if (text_member(claims, "iss") != opencrvs_v1::token_issuer) return refuse("the token has another issuer");
    const auto* audience = member(claims, "aud");
    if (audience == nullptr || !names(*audience, country_config_audience))
        return refuse("the token is not for country configurations");
    const auto* until = member(claims, "exp");
    if (until == nullptr || !until->is_number_integer()) return refuse("the token does not say until when it is good");
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>((now - grace).time_since_epoch()).count();
    if (seconds >= until->get<std::int64_t>()) return refuse("the token has expired");
    return {};
}

Result<Trigger> check_trigger(const Json& claims, const TriggerPath& path, const Json& document) {
    const auto refuse = [](std::string at, const char* why) { return fail(ErrorCode::forbidden, why, std::move(at)); };
    Trigger out{std::string(text_member(claims, "eventId")), std::string(text_member(claims, "actionId")),
                path.action_type};
    if (out.record.empty() || out.action.empty()) return refuse("", "the token is not for one action of one record");
    if (text_member(document, "id") != out.record) return refuse("/id", "is not the record that the token is for");
    if (text_member(document, "type") != path.event_type)
        return refuse("/type", "is not the event that the path names");
    const auto* actions = member(document, "actions");
    if (actions == nullptr || !actions->is_array()) return refuse("/actions", "does not hold the token's action");
    for (std::size_t i = 0; i < actions->size(); ++i) {
        const auto& action = (*actions)[i];
        if (text_member(action, "id") != out.action) continue;
        if (text_member(action, "type") == path.action_type) return out;
        return refuse(pointer(pointer("/actions", i), "type"), "is not the action that the path names");
    }
    return refuse("/actions", "does not hold the token's action");
}

Decision decision(int status) {
    switch (status) {
        case 200:
            return Decision::accepted;
        case 202:
            return Decision::later;
        case 400:
            return Decision::rejected;
        default:
            return Decision::failed;
    }
}

std::optional<std::string> copy_of(Json document, const Trigger& trigger, int status, std::string_view answer) {
    const auto decided = decision(status);
    if (decided != Decision::accepted && decided != Decision::later) return std::nullopt;
    if (!opencrvs::may_tell(trigger.action_type)) return std::nullopt;
    auto& actions = document["actions"];
    const auto asked = std::find_if(actions.begin(), actions.end(), [&trigger](const Json& action) {
        return text_member(action, "id") == trigger.action;
    });
    if (asked == actions.end()) return std::nullopt;
    if (decided == Decision::accepted) accept(*asked, answer);
    // What a document is of is its last action; others may have been asked for since.
    std::rotate(asked, std::next(asked), actions.end());
    return dump_json(document);
}

HttpHeaders passed_on(const HttpHeaders& headers) {
    std::vector<std::string> named;
    for (const auto& [field, value] : headers) {
        if (!iequals(field, "connection")) continue;
        for (std::string_view rest = value; !rest.empty();) {
            const auto end = std::min(rest.find(','), rest.size());
            auto one = rest.substr(0, end);
            while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
            while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
            named.emplace_back(one);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    const auto stays = [&named](const std::string& field) {
        const auto same = [&field](std::string_view one) { return iequals(one, field); };
        return std::any_of(of_one_connection.begin(), of_one_connection.end(), same) ||
               std::any_of(named.begin(), named.end(), same);
    };
    HttpHeaders out;
    for (const auto& [field, value] : headers) {
        if (!stays(field)) out.add(field, value);
    }
    return out;
}

HttpResponse trigger_refusal(const Error& error) {
    auto status = http_status(error.code);
    if (status == 400) status = 422;
    auto message = error.message;
    if (!error.path.empty()) message = error.path + " " + message;
    return json_response(
        status, dump_json({{"statusCode", status}, {"error", reason_phrase(status)}, {"message", std::move(message)}}));
}

}  // namespace ocm::webhook
