// SPDX-License-Identifier: MPL-2.0
#include "app/arguments.hpp"
#include "app/dispatcher.hpp"
#include "app/operations.hpp"
#include "channels/notification/outbox.hpp"
#include "channels/webhook/event_json.hpp"
#include "channels/webhook/publish.hpp"
#include "store/store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace ocm::app {
namespace {

constexpr std::size_t max_tracking_id = 64;
constexpr std::array notified_kinds{VitalKind::birth, VitalKind::death};

bool is_tracking_id(std::string_view text) {
    return !text.empty() && text.size() <= max_tracking_id &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
}

}  // namespace

Task<Result<Json>> Operations::resolve_delivery(Json args, std::string actor) {
    const auto tracking_id = arg(args, "tracking_id");
    if (!is_tracking_id(tracking_id)) {
        co_return wrong("tracking_id", "the tracking id OpenCRVS shows for the record: letters, digits and '-'");
    }
    auto row = co_await deps_.store.delivery(arg(args, "id"));
    if (!row) co_return fail(row.error());
    const bool unclear = row->state == DeliveryState::parked && row->error_code == name(ErrorCode::target_timeout);
    if (!unclear || row->kind != notification::delivery_kind_name) {
        co_return fail(ErrorCode::conflict,
                       "only a notification of which it is unclear whether OpenCRVS has taken it "
                       "can be resolved; this delivery is " +
                           std::string(name(row->state)));
    }
    const auto now = deps_.clock.now();
    Sending found;
    found.subjects.tracking_id = tracking_id;
    auto completed = notification::complete(*row, DeliveryStep::resolve, found, now);
    if (auto reason = arg(args, "reason"); !reason.empty()) {
        // Free text of a person, perhaps about a person: erased with the transaction.
        completed.complete.parts.push_back({"reason", std::move(reason)});
    }
    auto heard = co_await heard_before(*row, tracking_id);
    if (!heard) co_return fail(heard.error());
    store_ops::Unit unit;
    unit.emplace_back(administer(*row, DeliveryStep::resolve, now, actor));
    end_notification(unit, *row, std::move(completed));
    unit.emplace_back(store_ops::Administer{now, std::move(actor), "delivery.resolve",
                                            dump_json({{"delivery", row->id}, {"transaction", row->transaction}})});
    for (auto& op : *heard) unit.push_back(std::move(op));
    auto committed = co_await deps_.store.commit(std::move(unit));
    if (!committed) co_return fail(committed.error());
    if (deps_.outbox_changed) deps_.outbox_changed();
    co_return Json{{"resolved", 1}};
}

/// The registration may have been heard of before anybody knew whose notification it began with: then who sent that is
/// told now.
Task<Result<store_ops::Unit>> Operations::heard_before(Delivery delivery, std::string tracking_id) {
    store_ops::Unit out;
    if (!deps_.publish) co_return out;
    auto sent = co_await deps_.store.transaction_state(delivery.transaction);
    if (!sent) co_return fail(sent.error());
    for (const auto kind : notified_kinds) {
        store_ops::RecordIds ids{tracking_id, ""};
        auto found = co_await deps_.store.last_published(name(Topic{Change::registered, kind}), std::move(ids));
        if (!found) co_return fail(found.error());
        if (!*found) continue;
        const auto registered = webhook::read_event(**found);
        if (!registered) co_return fail(registered.error());
        auto status = webhook::status_of(*registered, {sent->client, delivery.transaction, sent->subjects.source_id});
        for (auto& op : deps_.publish(status, delivery.transaction, deps_.clock.now())) out.push_back(std::move(op));
    }
    co_return out;
}

}  // namespace ocm::app
