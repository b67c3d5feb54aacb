// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/outbox.hpp"

#include "channels/notification/identify.hpp"
#include "channels/notification/status.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace ocm::notification {
namespace {

Task<Result<void>> hand_over(Exchange& exchange, std::string delivery) {
    store_ops::Unit unit;
    unit.emplace_back(hand_over_op(std::move(delivery), exchange.id(), exchange.ports().clock.now()));
    auto committed = co_await exchange.ports().store.commit(std::move(unit));
    if (!committed) co_return fail(committed.error());
    co_return Result<void>{};
}

Task<Sending> send_queued(Exchange& exchange, std::string delivery, std::string payload,
                          std::shared_ptr<const NotificationDeps> deps) {
    Sending out;
    auto queued = read_queued(payload);
    if (!queued) {
        out.outcome.kind = dispatch::Outcome::Kind::refused;
        out.outcome.error = queued.error();
        co_return out;
    }
    auto ids = upstream_ids({deps->target, queued->client, queued->create_key, queued->version});
    opencrvs::NotifyIds keys;
    keys.create = std::move(ids.create);
    keys.notify = std::move(ids.notify);
    if (deps->asks_when_unclear) {
        exchange.before_unrepeatable = [&exchange, delivery] { return hand_over(exchange, delivery); };
    }
    auto sent = co_await deps->send(exchange, queued->event, std::move(keys));
    if (!sent) {
        out.waits_for = waits_for(sent.error(), queued->event, *deps);
        out.outcome = outcome_of(sent.error(), !out.waits_for.empty());
        co_return out;
    }
    out.subjects.tracking_id = sent->tracking_id;
    out.subjects.event_id = sent->event_id;
    out.subjects.office = sent->office_id;
    out.account = sent->account.to_text();
    co_return out;
}

}  // namespace

std::string write_queued(const Queued& queued) {
    Json out = Json::object();
    out["event"] = vital_json::write(queued.event);
    out["client"] = queued.client;
    out["create_key"] = queued.create_key;
    out["version"] = queued.version;
    if (queued.event.document) out["document"] = *queued.event.document;
    return dump_json(out);
}

Result<Queued> read_queued(std::string_view text) {
    auto json = parse_json(text);
    if (!json) return fail(json.error());
    const auto* event = member(*json, "event");
    const auto* version = member(*json, "version");
    if (event == nullptr || version == nullptr || !version->is_number_unsigned()) {
        return fail(ErrorCode::storage, "the queued notification cannot be read");
    }
    auto read = vital_json::read(*event);
    if (!read) return fail(read.error());
    if (const auto* document = member(*json, "document")) read->document = std::string(ocm::text(*document));
    return Queued{std::move(*read), std::string(text_member(*json, "client")),
                  std::string(text_member(*json, "create_key")), version->get<unsigned>()};
}

std::string destination_of(const std::string& target) {
    return "opencrvs:" + target;
}

std::vector<PlaceCode> waits_for(const Error& refused, const VitalEvent& event, const NotificationDeps& deps) {
    const bool of_place = refused.path == opencrvs::refusal::location || refused.path == opencrvs::refusal::office;
    const bool wanted = deps.park != nullptr && *deps.park && deps.unknown_places;
    if (!wanted || !of_place || refused.code != ErrorCode::bad_request) return {};
    return deps.unknown_places(event);
}

dispatch::Outcome outcome_of(Error error, bool park) {
    using Kind = dispatch::Outcome::Kind;
    // That many seconds are what a caller is told where the target said nothing: our own backoff knows better.
    if (error.retry_after == opencrvs::default_retry_after) error.retry_after.reset();
    switch (error.code) {
        case ErrorCode::bad_request:
            return {park ? Kind::park : Kind::refused, error, true, false};
        case ErrorCode::conflict:
            return {Kind::refused, error, true, false};
        case ErrorCode::target_timeout:
            // It may have been taken: a person has to look before it is sent again.
            return {Kind::park, error, false, false};
        case ErrorCode::bad_gateway:
        case ErrorCode::internal:
            // It answered; what is wrong may be put right by an administrator.
            return {Kind::again, error, true, false};
        default:
            return {Kind::again, error, false, false};
    }
}

store_ops::StepDelivery hand_over_op(std::string delivery, std::string transaction, WallTime now) {
    store_ops::StepDelivery op;
    op.delivery = std::move(delivery);
    op.transaction = std::move(transaction);
    op.at = now;
    op.step = DeliveryStep::hand_over;
    op.why = Error{ErrorCode::target_timeout,
                   "sent, and no answer was recorded: OpenCRVS may have taken it; look it up in OpenCRVS: where it is "
                   "not there, retry the delivery, else resolve it with its tracking id",
                   "", std::nullopt};
    return op;
}

Completed complete(const Delivery& delivery, DeliveryStep step, const Sending& sending, WallTime now) {
    const bool delivered = step == DeliveryStep::deliver || step == DeliveryStep::resolve;
    const auto& error = sending.outcome.error;
    Completed out;
    auto& complete = out.complete;
    complete.transaction = delivery.transaction;
    complete.at = now;
    complete.status = delivered ? TransactionStatus::successful : TransactionStatus::failed;
    // Discarded because OpenCRVS has it, or may have it: the same message must still not be sent again.
    const bool unclear = delivery.error_code == name(ErrorCode::target_timeout);
    complete.claim = delivered ? ClaimState::delivered : unclear ? ClaimState::unclear : ClaimState::refused;
    complete.subjects = sending.subjects;
    if (!delivered) complete.error_code = name(error.code);
    if (!sending.account.empty()) complete.parts.push_back({"account", sending.account});

    store_ops::TransactionState state;
    state.received = delivery.created;
    state.completed = now;
    state.subjects = sending.subjects;
    state.error_code = complete.error_code;
    state.delivery = delivery;
    state.delivery->state = state_after(step);
    state.delivery->why = delivered ? std::string() : error.message;
    state.delivery->error_code = complete.error_code;
    out.response = json_response(delivered ? 200 : http_status(error.code),
                                 dump_json(status_json(delivery.transaction, state, false)));
    return out;
}

DeliveryKind make_notification_delivery(NotificationDeps deps) {
    auto shared = std::make_shared<const NotificationDeps>(std::move(deps));
    DeliveryKind kind;
    kind.kind = delivery_kind_name;
    kind.channel = channel_name;
    kind.send = [shared](Exchange& exchange, const Delivery& delivery, std::string payload) {
        return send_queued(exchange, delivery.id, std::move(payload), shared);
    };
    kind.completed = complete;
    return kind;
}

}  // namespace ocm::notification
