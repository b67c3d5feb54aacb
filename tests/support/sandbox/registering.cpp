// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/service.hpp"

#include <algorithm>

namespace ocm::sandbox {
namespace {

const Actor registrar{"eeeeeeee-0000-4000-8000-000000000001", "user", "LOCAL_REGISTRAR"};

Json* last_requested(Json& event, std::string_view type) {
    auto& actions = event["actions"];
    for (auto i = actions.size(); i > 0; --i) {
        auto& action = actions[i - 1];
        if (text_member(action, "type") == type && text_member(action, "status") == "Requested") return &action;
    }
    return nullptr;
}

}  // namespace

std::variant<HttpResponse, HubVerification> Service::webhooks(const HttpRequest& request, WallTime now) {
    const auto claims = claims_of(request, now);
    if (!claims) return claims.error();
    const auto audience = claims->value("aud", Json::array());
    if (std::find(audience.begin(), audience.end(), "opencrvs:webhooks-user") == audience.end()) {
        return gateway_error(401, "Bad token audience");
    }
    const auto scopes = claims->value("scope", Json::array());
    const bool demo = std::find(scopes.begin(), scopes.end(), "demo") != scopes.end();
    const std::string_view path = request.path;
    if (request.method == "POST" && path == "/webhooks") {
        return webhooks_.subscribe(request, client_of(*claims), demo, now);
    }
    if (request.method == "GET" && path == "/webhooks") return webhooks_.list(client_of(*claims));
    if (request.method == "DELETE" && path.starts_with("/webhooks/")) return webhooks_.remove(path.substr(10));
    return gateway_error(404, "Not Found");
}

const SystemClient* Service::client_of(const Json& claims) const {
    const auto id = text_member(claims, "sub");
    const auto found = std::find_if(options_.clients.begin(), options_.clients.end(),
                                    [&](const SystemClient& client) { return client.id == id; });
    return found == options_.clients.end() ? nullptr : &*found;
}

std::optional<Service::Registered> Service::register_legacy(std::string_view key, WallTime now) {
    const auto before = legacy_->find(key);
    const bool again = before != nullptr && before->contains("registrationNumber");
    const auto* record = legacy_->register_record(key, now);
    if (record == nullptr) return std::nullopt;
    Registered out{
        {{"trackingId", record->at("trackingId")}, {"registrationNumber", record->at("registrationNumber")}}};
    if (!again) {
        out.deliveries = webhooks_.dispatch(record->at("bundle"), text_member(*record, "type"), options_.clients, now);
    }
    return out;
}

Json* Service::event_by(std::string_view key) const {
    for (const auto& event : records_->all()) {
        if (text_member(*event, "id") == key || text_member(*event, "trackingId") == key) return event.get();
    }
    return nullptr;
}

void Service::forward(const Json& event) {
    if (options_.forward_actions_to.empty()) return;
    auto copy = event;
    copy["actions"].back()["status"] = "Accepted";
    forwards_.push_back(dump_json(copy));
}

std::optional<ActionTrigger> Service::ask_action_of(std::string_view key, std::string_view type, WallTime now) {
    const auto* event = event_by(key);
    if (event == nullptr || status_of(*event) == "REGISTERED") return std::nullopt;
    return ask_action(text_member(*event, "id"), type, now);
}

bool Service::request_action(std::string_view key, std::string_view type, WallTime now) {
    auto* event = event_by(key);
    if (event == nullptr || status_of(*event) == "REGISTERED") return false;
    records_->act(*event, type, "Requested", registrar, now, {{"declaration", Json::object()}});
    forward(*event);
    return true;
}

void Service::accept_action(std::string_view key, std::string_view type, WallTime now) {
    auto* event = event_by(key);
    auto* requested = event == nullptr ? nullptr : last_requested(*event, type);
    if (requested == nullptr) return;
    auto extra =
        Json{{"declaration", Json::object()}, {"originalActionId", std::string(text_member(*requested, "id"))}};
    if (type == "REGISTER") {
        const auto letter = text_member(*event, "type") == "death" ? "D" : "B";
        extra["registrationNumber"] =
            rfc3339(now).substr(0, 4) + letter + std::string(text_member(*event, "trackingId"));
    }
    records_->act(*event, type, "Accepted", registrar, now, extra);
}

std::optional<Json> Service::number_of(std::string_view key) const {
    const auto* event = event_by(key);
    if (event == nullptr) return std::nullopt;
    return Json{{"trackingId", event->at("trackingId")}, {"registrationNumber", registration_number(*event)}};
}

}  // namespace ocm::sandbox
