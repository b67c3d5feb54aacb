// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/status.hpp"

#include "channels/notification/format.hpp"
#include "channels/webhook/event_json.hpp"

#include <nlohmann/json.hpp>

namespace ocm::notification {
namespace {

Answer refused(const Error& error) {
    Answer answer;
    answer.response = plain_refusal(error);
    answer.error = error;
    return answer;
}

Task<Result<std::optional<std::string>>> last_told(Exchange& exchange, store_ops::RecordIds record) {
    if (record.record.empty() && record.tracking_id.empty()) co_return std::optional<std::string>();
    static const std::string topic = name(Topic{Change::notification_status, VitalKind::birth});
    auto found = co_await exchange.ports().store.last_published(topic, std::move(record));
    co_return found;
}

/// Where the record stands in OpenCRVS, as far as it told: nothing where it did not, or not of this client's.
Result<std::optional<Json>> standing(const std::optional<std::string>& published, const std::string& client) {
    if (!published) return std::optional<Json>();
    const auto event = webhook::read_event(*published);
    if (!event) return fail(event.error());
    if (!event->status || !event->notifier || event->notifier->client != client) return std::optional<Json>();
    Json out{{"status", name(*event->status)}};
    if (!event->occurred_at.empty()) out["at"] = event->occurred_at;
    const bool registered = *event->status == NotificationStatus::registered;
    if (registered && event->event.registration)
        out["registration_number"] = event->event.registration->registration_number;
    if (!event->reason.empty()) out["reason"] = event->reason;
    if (!event->confirmed) out["confirmed"] = false;
    return std::optional(std::move(out));
}

Task<Answer> tell(Exchange& exchange, const std::atomic<bool>& hold) {
    const auto id = exchange.path_values["id"];
    auto state = co_await exchange.ports().store.transaction_state(id);
    if (!state && state.error().code != ErrorCode::not_found) co_return refused(state.error());
    const auto& client = exchange.caller().client;
    const bool theirs = state && client && state->client == client->id && state->channel == exchange.channel() &&
                        state->method == "POST";
    if (!theirs) {
        // Others' notifications are no different from none.
        const Error error{ErrorCode::not_found, "there is no notification of yours with this id", "", std::nullopt};
        co_return refused(error);
    }
    store_ops::RecordIds ids{state->subjects.tracking_id, state->subjects.event_id};
    auto published = co_await last_told(exchange, std::move(ids));
    if (!published) co_return refused(published.error());
    auto record = standing(*published, client->id);
    if (!record) co_return refused(record.error());
    Answer answer;
    auto body = status_json(id, *state, hold);
    if (*record) body["record"] = std::move(**record);
    answer.response = json_response(200, dump_json(body));
    answer.properties["state"] = std::string(text_member(body, "state"));
    co_return answer;
}

/// Refusals are the sender's business; how OpenCRVS fails, and where it stands, is the administrator's.
std::string told(const Delivery& delivery) {
    const bool theirs = delivery.error_code.empty() || delivery.error_code == name(ErrorCode::bad_request) ||
                        delivery.error_code == name(ErrorCode::conflict) ||
                        delivery.error_code == name(ErrorCode::cancelled);
    if (theirs) return delivery.why;
    return delivery.state == DeliveryState::dead
               ? "it could not be delivered to OpenCRVS; the administrator can send it again"
               : "OpenCRVS cannot take it now";
}

std::string state_of_delivery(const Delivery& delivery, bool hold) {
    switch (delivery.state) {
        case DeliveryState::pending:
            return hold ? "held" : "queued";
        case DeliveryState::dead:
            return "failed";
        default:
            return std::string(name(delivery.state));
    }
}

}  // namespace

std::string state_name(const store_ops::TransactionState& state, bool hold) {
    if (state.delivery) return state_of_delivery(*state.delivery, hold);
    if (!state.answered) return state.claim == ClaimState::interrupted ? "interrupted" : "processing";
    return state.http_status >= 200 && state.http_status < 300 ? "delivered" : "failed";
}

Json status_json(const std::string& id, const store_ops::TransactionState& state, bool hold) {
    Json out{{"id", id}, {"state", state_name(state, hold)}, {"received", rfc3339(state.received)}};
    if (state.answered) out["answered"] = rfc3339(*state.answered);
    if (state.completed) out["completed"] = rfc3339(*state.completed);
    const auto put = [&](const char* name, const std::string& value) {
        if (!value.empty()) out[name] = value;
    };
    put("tracking_id", state.subjects.tracking_id);
    put("event_id", state.subjects.event_id);
    put("office", state.subjects.office);
    put("error", state.error_code);
    if (state.delivery) {
        const auto& delivery = *state.delivery;
        out["attempts"] = delivery.attempts;
        if (delivery.state == DeliveryState::pending && !hold) out["next_attempt"] = rfc3339(delivery.due);
        if (delivery.state != DeliveryState::delivered) put("why", told(delivery));
    }
    return out;
}

std::string status_path(const Exchange& exchange, const std::string& transaction) {
    auto prefix = exchange.request().path;
    const auto& route = exchange.route();
    if (prefix.ends_with(route)) {
        prefix.resize(prefix.size() - route.size());
    } else {
        prefix.clear();
    }
    return prefix + "/notifications/" + transaction;
}

Route status_route(const std::atomic<bool>& hold) {
    Route route;
    route.method = "GET";
    route.pattern = "/notifications/{id}";
    route.summary = "What became of a notification, for its sender only.";
    route.allowed = {store_ops::ClientKind::event_notification};
    route.handler = [&hold](Exchange& exchange) { return tell(exchange, hold); };
    route.render_error = plain_refusal;
    return route;
}

}  // namespace ocm::notification
