// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/event_json.hpp"

#include "core/json.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <nlohmann/json.hpp>

namespace ocm::webhook {
namespace {

std::string text_of(const Json& json, std::string_view key) {
    return std::string(text_member(json, key));
}

bool flag_of(const Json& json, std::string_view key) {
    const auto* value = member(json, key);
    return value != nullptr && *value == true;
}

}  // namespace

std::string write_event(const RegistrationEvent& event) {
    Json out{
        {"topic", name(event.topic)},     {"target", event.target},           {"record", event.record},
        {"occurrence", event.occurrence}, {"occurred_at", event.occurred_at}, {"event", vital_json::write(event.event)},
        {"partial", event.partial},       {"confirmed", event.confirmed},     {"heard", name(event.heard)}};
    if (event.status) out["status"] = name(*event.status);
    if (!event.reason.empty()) out["reason"] = event.reason;
    if (event.notifier) {
        out["notifier"] = {{"client", event.notifier->client},
                           {"transaction", event.notifier->transaction},
                           {"source_id", event.notifier->source_id}};
    }
    if (event.document) out["document"] = *event.document;
    if (event.event.document) out["sent_document"] = *event.event.document;
    return dump_json(out);
}

Result<RegistrationEvent> read_event(std::string_view text) {
    const auto unreadable = fail(ErrorCode::storage, "the event of the delivery cannot be read");
    const auto json = parse_json(text);
    if (!json) return unreadable;
    const auto* content = member(*json, "event");
    const auto about = topic(text_member(*json, "topic"));
    const auto by = heard(text_member(*json, "heard"));
    if (content == nullptr || !about || !by) return unreadable;
    auto event = vital_json::read(*content);
    if (!event) return unreadable;
    RegistrationEvent out;
    out.topic = *about;
    out.target = text_of(*json, "target");
    out.record = text_of(*json, "record");
    out.occurrence = text_of(*json, "occurrence");
    out.occurred_at = text_of(*json, "occurred_at");
    out.event = std::move(*event);
    out.partial = flag_of(*json, "partial");
    out.confirmed = flag_of(*json, "confirmed");
    out.heard = *by;
    out.reason = text_of(*json, "reason");
    if (const auto status = text_member(*json, "status"); !status.empty()) {
        out.status = notification_status(status);
        if (!out.status) return unreadable;
    }
    if (const auto* notifier = member(*json, "notifier")) {
        out.notifier =
            Notifier{text_of(*notifier, "client"), text_of(*notifier, "transaction"), text_of(*notifier, "source_id")};
    }
    if (member(*json, "document") != nullptr) out.document = text_of(*json, "document");
    if (member(*json, "sent_document") != nullptr) out.event.document = text_of(*json, "sent_document");
    return out;
}

}  // namespace ocm::webhook
