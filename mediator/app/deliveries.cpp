// SPDX-License-Identifier: MPL-2.0
#include "app/arguments.hpp"
#include "app/dispatcher.hpp"
#include "app/late_update.hpp"
#include "app/operations.hpp"
#include "channels/notification/outbox.hpp"
#include "store/store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::app {
namespace {

constexpr std::size_t page_size = 256;
/// Of one command on many: the writer commits them together, and others wait no longer than for so many.
constexpr std::size_t batch_size = 100;

Json delivery_json(const Delivery& delivery, const std::map<std::string, std::string>& client_names) {
    const auto client = client_names.find(delivery.client);
    Json out{{"id", delivery.id},
             {"transaction", delivery.transaction},
             {"kind", delivery.kind},
             {"destination", delivery.destination},
             {"client", client == client_names.end() ? delivery.client : client->second},
             {"state", name(delivery.state)},
             {"queued", rfc3339(delivery.created)},
             {"attempts", delivery.attempts}};
    if (delivery.state == DeliveryState::pending) out["due"] = rfc3339(delivery.due);
    if (!delivery.error_code.empty()) out["error"] = delivery.error_code;
    if (!delivery.why.empty()) out["why"] = delivery.why;
    for (const auto& code : delivery.waits_for)
        out["waits_for"].push_back({{"kind", name(code.kind)}, {"system", code.system}, {"code", code.code}});
    if (!delivery.openhim_transaction.empty()) out["openhim_transaction"] = delivery.openhim_transaction;
    if (!delivery.subscription.empty()) out["subscription"] = delivery.subscription;
    if (delivery.sequence != 0) out["sequence"] = delivery.sequence;
    return out;
}

Result<store::DeliveryFilter> filter_of(const Json& args) {
    store::DeliveryFilter filter;
    if (const auto state = arg(args, "state"); !state.empty()) {
        filter.state = delivery_state(state);
        if (!filter.state) {
            return wrong("state", "one of pending, sending, parked, delivered, dead, discarded, replaced");
        }
    }
    filter.kind = arg(args, "kind");
    filter.destination = arg(args, "destination");
    filter.client = arg(args, "client");
    filter.subscription = arg(args, "subscription");
    filter.error_code = arg(args, "error");
    auto since = instant(args, "since");
    if (!since) return fail(since.error());
    filter.since = *since;
    auto until = instant(args, "until");
    if (!until) return fail(until.error());
    filter.until = *until;
    if (const auto* limit = member(args, "limit"); limit != nullptr && limit->is_number_integer()) {
        filter.limit = static_cast<std::size_t>(std::clamp<std::int64_t>(limit->get<std::int64_t>(), 1, 1000));
    }
    if (const auto* after = member(args, "after"); after != nullptr && after->is_number_integer()) {
        filter.after = after->get<std::int64_t>();
    }
    return filter;
}

constexpr std::size_t max_reason = 500;

/// Which deliveries an administrator means who names none: dead letters, unless a state is said. Those of which nobody
/// knows whether OpenCRVS took them are looked at one by one, unless they are asked for by their error.
Result<store::DeliveryFilter> filter_for_step(const Json& args) {
    auto filter = filter_of(args);
    if (!filter) return filter;
    if (flag(args, "dead")) filter->state = DeliveryState::dead;
    const bool narrowed = filter->state || filter->since || filter->until || !filter->kind.empty() ||
                          !filter->destination.empty() || !filter->client.empty() || !filter->subscription.empty() ||
                          !filter->error_code.empty();
    if (!narrowed) return wrong("id", "name a delivery, or what the deliveries have in common");
    if (!filter->state) filter->state = DeliveryState::dead;
    // The same states for both steps.
    if (!allowed(DeliveryStep::retry, *filter->state)) {
        return wrong("state", "only deliveries that are pending, parked or dead are retried or discarded");
    }
    filter->unclear = filter->error_code == name(ErrorCode::target_timeout);
    filter->oldest_first = true;  // in order of acceptance
    filter->limit = batch_size;
    if (const auto* through = member(args, "through"); through != nullptr && through->is_number_integer()) {
        filter->through = through->get<std::int64_t>();
    }
    return filter;
}

Result<void> know_client(store::DeliveryFilter& filter, const std::vector<store_ops::Client>& clients) {
    auto client = filtered_client(clients, filter.client);
    if (!client) return fail(client.error());
    filter.client = std::move(*client);
    return {};
}

Json matches_json(const store::DeliveryMatches& matches) {
    Json out{{"matching", matches.count}, {"through", matches.through}, {"states", Json::object()}};
    for (const auto& [state, count] : matches.states) out["states"][std::string(name(state))] = count;
    return out;
}

const char* done_word(DeliveryStep step) {
    return step == DeliveryStep::retry ? "retried" : "discarded";
}

/// What only one of many can be refused for; all else is the store's own trouble.
bool is_refusal(const Error& error) {
    return error.code == ErrorCode::conflict || error.code == ErrorCode::not_found;
}

}  // namespace

void Operations::end_notification(store_ops::Unit& unit, const Delivery& delivery, Completed completed) const {
    auto late = late_update({deps_.ids.next(),
                             delivery.transaction,
                             delivery.openhim_transaction,
                             completed.complete,
                             std::move(completed.response),
                             {},
                             deps_.envelope});
    unit.emplace_back(std::move(completed.complete));
    if (late) unit.emplace_back(std::move(*late));
}

store_ops::Unit Operations::unit_for(const Delivery& delivery, DeliveryStep step, const std::string& actor,
                                     const std::string& reason) const {
    const auto now = deps_.clock.now();
    store_ops::Unit unit;
    auto op = administer(delivery, step, now, actor);
    op.reason = reason;
    const bool discarded = step == DeliveryStep::discard;
    if (discarded) op.why = {ErrorCode::cancelled, "discarded by an administrator", "", {}};
    Sending sending;
    sending.outcome.error = op.why;
    unit.emplace_back(std::move(op));
    if (discarded && delivery.kind == notification::delivery_kind_name) {
        end_notification(unit, delivery, notification::complete(delivery, step, sending, now));
    } else if (discarded && deps_.show) {
        auto report = deps_.show({deps_.ids.next(), delivery, step, sending.outcome.error, {}, now});
        if (report) unit.emplace_back(std::move(*report));
    }
    return unit;
}

Task<Result<Json>> Operations::list_deliveries(Json args) {
    auto filter = filter_of(args);
    if (!filter) co_return fail(filter.error());
    auto clients = co_await deps_.store.clients();
    if (!clients) co_return fail(clients.error());
    if (auto known = know_client(*filter, *clients); !known) co_return fail(known.error());
    auto rows = co_await deps_.store.list_deliveries(*filter);
    if (!rows) co_return fail(rows.error());
    const auto names = names_of(*clients);
    Json out{{"deliveries", Json::array()}};
    for (const auto& row : *rows) out["deliveries"].push_back(delivery_json(row, names));
    if (rows->size() == filter->limit) out["next"] = rows->back().seq;
    co_return out;
}

Task<Result<Json>> Operations::show_delivery(Json args, std::string actor) {
    auto revealed = reveal(args);
    if (!revealed) co_return fail(revealed.error());
    auto row = co_await deps_.store.delivery(arg(args, "id"));
    if (!row) co_return fail(row.error());
    auto clients = co_await deps_.store.clients();
    if (!clients) co_return fail(clients.error());
    auto out = delivery_json(*row, names_of(*clients));
    if (!*revealed) {
        out["payload"] = hidden;
        co_return out;
    }
    auto payload = co_await deps_.store.delivery_payload(row->id);
    if (!payload) co_return fail(payload.error());
    store_ops::Unit unit;
    unit.emplace_back(disclosure(deps_.clock.now(), std::move(actor), args, row->transaction, {"payload"}));
    auto committed = co_await deps_.store.commit(std::move(unit));
    if (!committed) co_return fail(committed.error());
    auto parsed = parse_json(*payload);
    out["payload"] = parsed ? std::move(*parsed) : Json(*payload);
    co_return out;
}

Task<Result<Json>> Operations::step_delivery(std::string command, Json args, std::string actor) {
    const auto step = command.ends_with("retry") ? DeliveryStep::retry : DeliveryStep::discard;
    const auto reason = arg(args, "reason");
    if (reason.size() > max_reason) co_return wrong("reason", "at most 500 bytes");
    const auto id = arg(args, "id");
    if (id.empty()) {
        auto done = co_await step_deliveries(step, std::move(args), std::move(actor));
        co_return done;
    }
    auto row = co_await deps_.store.delivery(id);
    if (!row) co_return fail(row.error());
    if (flag(args, "dry_run")) {
        if (!allowed(step, row->state))
            co_return fail(ErrorCode::conflict, "the delivery is " + std::string(name(row->state)));
        store::DeliveryMatches one;
        one.states[row->state] = one.count = 1;
        one.through = row->seq;
        co_return matches_json(one);
    }
    auto unit = unit_for(*row, step, actor, reason);
    auto committed = co_await deps_.store.commit(std::move(unit));
    if (!committed) co_return fail(committed.error());
    if (deps_.outbox_changed) deps_.outbox_changed();
    co_return Json{{done_word(step), 1}};
}

Task<Result<Json>> Operations::step_deliveries(DeliveryStep step, Json args, std::string actor) {
    auto filter = filter_for_step(args);
    if (!filter) co_return fail(filter.error());
    if (!filter->client.empty()) {
        auto clients = co_await deps_.store.clients();
        if (!clients) co_return fail(clients.error());
        if (auto known = know_client(*filter, *clients); !known) co_return fail(known.error());
    }
    if (flag(args, "dry_run")) {
        auto matches = co_await deps_.store.match_deliveries(*filter);
        if (!matches) co_return fail(matches.error());
        co_return matches_json(*matches);
    }
    auto rows = co_await deps_.store.list_deliveries(*filter);
    if (!rows) co_return fail(rows.error());
    const auto reason = arg(args, "reason");
    store_ops::Unit together;
    for (const auto& row : *rows) {
        for (auto& op : unit_for(row, step, actor, reason)) together.push_back(std::move(op));
    }
    std::size_t done = rows->size();
    Json refused = Json::array();
    auto committed = co_await deps_.store.commit(std::move(together));
    if (!committed) {
        if (!is_refusal(committed.error())) co_return fail(committed.error());
        // One of them went its own way meanwhile, and took the others along.
        done = 0;
        for (const auto& row : *rows) {
            auto unit = unit_for(row, step, actor, reason);
            auto alone = co_await deps_.store.commit(std::move(unit));
            if (!alone && !is_refusal(alone.error())) co_return fail(alone.error());
            if (!alone) refused.push_back({{"id", row.id}, {"why", alone.error().message}});
            if (alone) ++done;
        }
    }
    if (done != 0 && deps_.outbox_changed) deps_.outbox_changed();
    Json out{{done_word(step), done}, {"refused", std::move(refused)}};
    if (rows->size() == filter->limit) out["next"] = rows->back().seq;
    co_return out;
}

Task<Result<Json>> Operations::release_deliveries(Json args, std::string actor) {
    store::DeliveryFilter filter;
    filter.state = DeliveryState::parked;
    filter.client = arg(args, "client");
    filter.limit = page_size;
    std::size_t done = 0;
    for (;;) {
        auto rows = co_await deps_.store.list_deliveries(filter);
        if (!rows) co_return fail(rows.error());
        for (const auto& row : *rows) {
            // It does not wait for a place that is known now, but for a person who looks into OpenCRVS.
            if (row.error_code == name(ErrorCode::target_timeout)) continue;
            auto unit = unit_for(row, DeliveryStep::release, actor, "");
            auto committed = co_await deps_.store.commit(std::move(unit));
            if (committed) ++done;
            if (!committed && committed.error().code != ErrorCode::conflict) co_return fail(committed.error());
        }
        if (rows->size() < page_size) break;
        filter.after = rows->back().seq;
    }
    if (done != 0 && deps_.outbox_changed) deps_.outbox_changed();
    co_return Json{{"released", done}};
}

}  // namespace ocm::app
