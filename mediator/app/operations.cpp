// SPDX-License-Identifier: MPL-2.0
#include "app/operations.hpp"

#include "app/arguments.hpp"
#include "app/callers.hpp"
#include "channels/field_policy.hpp"
#include "channels/webhook/subscribing.hpp"
#include "store/store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::app {

using store_ops::Client;

Json client_json(const Client& client) {
    Json out{{"id", client.id},
             {"name", client.name},
             {"kind", store_ops::name(client.kind)},
             {"enabled", client.enabled},
             {"created", rfc3339(client.created)},
             {"on_outage", store_ops::name(client.on_outage)},
             {"contract_version", store_ops::name(client.contract_version)}};
    if (!client.fields.empty()) out["fields"] = client.fields;
    if (!client.openhim_client.empty()) out["openhim_client"] = client.openhim_client;
    if (client.old_key_until) out["old_key_until"] = rfc3339(*client.old_key_until);
    if (!client.signing_secret.empty()) out["signing_key_id"] = webhook::key_id_of(client.signing_secret);
    if (client.old_signing_until) {
        out["old_signing_key_id"] = webhook::key_id_of(client.old_signing_secret);
        out["old_signing_until"] = rfc3339(*client.old_signing_until);
    }
    return out;
}

namespace {

Json row_json(const store::TransactionRow& row, bool revealed, const std::map<std::string, std::string>& client_names) {
    const auto client = client_names.find(row.client);
    Json out{{"id", row.id},
             {"channel", row.channel},
             {"route", row.route},
             {"method", row.method},
             {"client", client == client_names.end() ? row.client : client->second},
             {"caller", row.caller},
             {"started", rfc3339(row.started)},
             {"status", name(row.status)},
             {"http_status", row.http_status},
             {"attempts", row.attempts}};
    if (row.answered) out["answered"] = rfc3339(*row.answered);
    if (row.answered) out["took_ms"] = (*row.answered - row.started).count();
    if (row.completed) out["completed"] = rfc3339(*row.completed);
    const auto put = [&](const char* key, const std::string& value) {
        if (!value.empty()) out[key] = value;
    };
    put("error", row.error_code);
    put("openhim_transaction", row.openhim_transaction);
    put("openhim_parent", row.openhim_parent);
    put("replay_of", row.replay_of);
    put("tracking_id", shown(row.subjects.tracking_id, revealed));
    put("registration_number", shown(row.subjects.registration_number, revealed));
    put("event_id", shown(row.subjects.event_id, revealed));
    put("source_id", shown(row.subjects.source_id, revealed));
    put("office", row.subjects.office);
    if (row.erased) out["erased"] = true;
    return out;
}

constexpr const char* plain_names =
    "a name has 1 to 128 characters, none of which is a control character, and no space at either end";

/// Names are shown in tables and logs, and compared as they are.
bool is_plain_name(std::string_view name) {
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    return !name.empty() && name.size() <= 128 && name.front() != ' ' && name.back() != ' ' &&
           std::none_of(name.begin(), name.end(), is_control);
}

/// What a client may be told: names of the field policy and 1.x permission codes.
Result<std::vector<std::string>> fields_of(const Json& list) {
    std::vector<std::string> out;
    if (!list.is_array()) return wrong("fields", "a list of names");
    for (const auto& each : list) {
        const std::string field(text(each));
        if (!is_field(field) && !fields_of_permission(field))
            return wrong("fields",
                         "names of fields such as child.name, or OpenCRVS 1.x permission codes such as "
                         "child-details");
        out.push_back(field);
    }
    return out;
}

}  // namespace

const std::vector<std::string>& Operations::commands() {
    static const std::vector<std::string> all{"clients.add",          "clients.list",
                                              "clients.enable",       "clients.disable",
                                              "clients.rotate",       "clients.remove",
                                              "clients.fields",       "transactions.list",
                                              "transactions.show",    "notifications.conflicts",
                                              "deliveries.list",      "deliveries.show",
                                              "deliveries.retry",     "deliveries.discard",
                                              "deliveries.release",   "deliveries.resolve",
                                              "subscriptions.add",    "subscriptions.list",
                                              "subscriptions.pause",  "subscriptions.resume",
                                              "subscriptions.remove", "subscriptions.test",
                                              "store.check"};
    return all;
}

Task<Result<Json>> Operations::run(std::string command, Json args, std::string actor) {
    if (command == "clients.add") co_return co_await add_client(std::move(args), std::move(actor));
    if (command == "clients.rotate") co_return co_await rotate_client(std::move(args), std::move(actor));
    if (command == "clients.list") co_return co_await list_clients();
    if (command.starts_with("clients.") && std::count(commands().begin(), commands().end(), command) != 0) {
        co_return co_await change_client(std::move(command), std::move(args), std::move(actor));
    }
    if (command == "transactions.list") co_return co_await list_transactions(std::move(args), std::move(actor));
    if (command == "transactions.show") co_return co_await show_transaction(std::move(args), std::move(actor));
    if (command == "notifications.conflicts") {
        args["error"] = name(ErrorCode::conflict);
        args["channel"] = "notification";
        co_return co_await list_transactions(std::move(args), std::move(actor));
    }
    if (command == "deliveries.list") co_return co_await list_deliveries(std::move(args));
    if (command == "deliveries.show") co_return co_await show_delivery(std::move(args), std::move(actor));
    if (command == "deliveries.release") co_return co_await release_deliveries(std::move(args), std::move(actor));
    if (command == "deliveries.resolve") co_return co_await resolve_delivery(std::move(args), std::move(actor));
    if (command == "deliveries.retry" || command == "deliveries.discard") {
        co_return co_await step_delivery(std::move(command), std::move(args), std::move(actor));
    }
    if (HearingOperations::knows(command)) {
        HearingOperations nothing(deps_.store, deps_.clock);
        auto& hearing = deps_.hearing == nullptr ? nothing : *deps_.hearing;
        auto done = co_await hearing.run(std::move(command), std::move(args), std::move(actor));
        co_return done;
    }
    if (command == "subscriptions.add") co_return co_await add_subscription(std::move(args), std::move(actor));
    if (command == "subscriptions.list") co_return co_await list_subscriptions(std::move(args));
    if (command.starts_with("subscriptions.") && std::count(commands().begin(), commands().end(), command) != 0) {
        co_return co_await change_subscription(std::move(command), std::move(args), std::move(actor));
    }
    if (command == "store.check") co_return co_await check_store();
    if (command.starts_with("crosswalk."))
        co_return co_await crosswalk_.run(std::move(command), std::move(args), std::move(actor));
    co_return fail(ErrorCode::not_found, "there is no such command");
}

Task<Result<Json>> Operations::add_client(Json args, std::string actor) {
    const auto name = arg(args, "name");
    const auto kind = store_ops::client_kind(arg(args, "kind"));
    const auto openhim = arg(args, "openhim_client");
    if (!is_plain_name(name)) co_return wrong("name", plain_names);
    if (!openhim.empty() && !is_plain_name(openhim)) co_return wrong("openhim_client", plain_names);
    const auto wish = arg(args, "on_outage").empty() ? std::optional(store_ops::OnOutage::queue)
                                                     : store_ops::on_outage(arg(args, "on_outage"));
    if (!wish) co_return wrong("on_outage", "queue or refuse");
    const auto contract = arg(args, "contract_version").empty()
                              ? std::optional(store_ops::ContractVersion::v1_8)
                              : store_ops::contract_version(arg(args, "contract_version"));
    if (!contract) co_return wrong("contract_version", "1.3, 1.6 or 1.8");
    if (!kind) co_return wrong("kind", "one of event-notification, record-search, webhook, national-id");
    auto clients = co_await deps_.store.clients();
    if (!clients) co_return fail(clients.error());
    for (const auto& other : *clients) {
        if (other.name == name) co_return fail(ErrorCode::conflict, "a client of this name exists", "name");
        if (!openhim.empty() && other.openhim_client == openhim) {
            co_return fail(ErrorCode::conflict, "another client is linked to this OpenHIM client", "openhim_client");
        }
    }
    Client client;
    client.id = deps_.ids.next();
    client.name = name;
    client.kind = *kind;
    client.openhim_client = openhim;
    client.created = deps_.clock.now();
    client.on_outage = *wish;
    client.contract_version = *contract;
    const auto key = make_client_key(client.id);
    client.key_sha256 = hash_client_key(key);
    // A notifier may ask to be told what became of what it sent.
    const bool is_told = *kind != store_ops::ClientKind::record_search;
    if (is_told) client.signing_secret = make_signing_secret();
    if (const auto* fields = member(args, "fields"); fields != nullptr) {
        auto granted = fields_of(*fields);
        if (!granted) co_return fail(granted.error());
        if (!granted->empty() && *kind != store_ops::ClientKind::webhook)
            co_return wrong("fields",
                            "only a client of kind webhook is given fields; one of kind national-id has its own");
        client.fields = std::move(*granted);
    }
    const Json detail{{"client", client.id},
                      {"kind", store_ops::name(*kind)},
                      {"openhim", !openhim.empty()},
                      {"contract_version", store_ops::name(*contract)},
                      {"fields", client.fields}};
    store_ops::Unit unit;
    unit.emplace_back(
        store_ops::PutClient{client, {client.created, std::move(actor), "client.add", canonical_json(detail)}});
    auto committed = co_await deps_.store.commit(std::move(unit));
    if (!committed) co_return fail(committed.error());
    if (deps_.clients_changed) deps_.clients_changed();
    auto out = client_json(client);
    out["key"] = key;
    if (!client.signing_secret.empty()) out["signing_secret"] = client.signing_secret;
    co_return out;
}

Task<Result<Json>> Operations::change_client(std::string command, Json args, std::string actor) {
    auto clients = co_await deps_.store.clients();
    if (!clients) co_return fail(clients.error());
    const auto* found = find_client(*clients, arg(args, "client"));
    if (found == nullptr) co_return fail(ErrorCode::not_found, "there is no such client", "client");
    auto client = *found;
    const auto now = deps_.clock.now();
    const auto action = command.substr(std::string_view("clients.").size());
    Json detail{{"client", client.id}};
    if (action == "fields") {
        const auto* fields = member(args, "fields");
        auto granted = fields == nullptr ? wrong("fields", "a list of names") : fields_of(*fields);
        if (!granted) co_return fail(granted.error());
        if (client.kind != store_ops::ClientKind::webhook)
            co_return wrong("client",
                            "only a client of kind webhook is given fields; one of kind national-id has its own");
        client.fields = std::move(*granted);
        detail["fields"] = client.fields;
    }
    store_ops::Administer record{now, std::move(actor), "client." + action, canonical_json(detail)};

    store_ops::Unit unit;
    if (action == "remove") {
        unit.emplace_back(store_ops::RemoveClient{client.id, std::move(record)});
    } else {
        if (action == "enable") client.enabled = true;
        if (action == "disable") client.enabled = false;
        unit.emplace_back(store_ops::PutClient{client, std::move(record)});
    }
    auto committed = co_await deps_.store.commit(std::move(unit));
    if (!committed) co_return fail(committed.error());
    if (deps_.clients_changed) deps_.clients_changed();
    auto out = client_json(client);
    if (action == "remove") out["removed"] = true;
    co_return out;
}

Task<Result<Json>> Operations::list_clients() {
    auto clients = co_await deps_.store.clients();
    if (!clients) co_return fail(clients.error());
    auto list = Json::array();
    for (const auto& client : *clients) list.push_back(client_json(client));
    co_return Json{{"clients", std::move(list)}};
}

Task<Result<Json>> Operations::list_transactions(Json args, std::string actor) {
    auto revealed = reveal(args);
    if (!revealed) co_return fail(revealed.error());
    store::TransactionFilter filter;
    auto from = instant(args, "from");
    if (!from) co_return fail(from.error());
    filter.from = *from;
    auto to = instant(args, "to");
    if (!to) co_return fail(to.error());
    filter.to = *to;
    if (filter.from && filter.to && *filter.to <= *filter.from) co_return wrong("to", "is not later than from");
    filter.channel = arg(args, "channel");
    filter.tracking_id = arg(args, "tracking_id");
    filter.openhim_transaction = arg(args, "openhim");
    filter.error_code = arg(args, "error");
    if (const auto status = arg(args, "status"); !status.empty()) {
        filter.status = transaction_status(status);
        if (!filter.status) {
            co_return wrong("status",
                            "one of Processing, Pending Async, Successful, Completed, Completed with error(s), Failed");
        }
    }
    if (const auto* limit = member(args, "limit"); limit != nullptr && limit->is_number_integer()) {
        filter.limit = static_cast<std::size_t>(std::clamp<std::int64_t>(limit->get<std::int64_t>(), 1, 1000));
    }
    if (const auto* after = member(args, "after"); after != nullptr && after->is_number_integer()) {
        filter.after = after->get<std::int64_t>();
    }
    filter.oldest_first = flag(args, "oldest_first");
    auto clients = co_await deps_.store.clients();
    if (!clients) co_return fail(clients.error());
    auto client = filtered_client(*clients, arg(args, "client"));
    if (!client) co_return fail(client.error());
    filter.client = std::move(*client);
    auto rows = co_await deps_.store.list_transactions(filter);
    if (!rows) co_return fail(rows.error());

    if (*revealed && !rows->empty()) {
        store_ops::Unit unit;
        for (const auto& row : *rows) {
            unit.emplace_back(disclosure(deps_.clock.now(), actor, args, row.id,
                                         {"tracking_id", "registration_number", "event_id", "source_id"}));
        }
        auto committed = co_await deps_.store.commit(std::move(unit));
        if (!committed) co_return fail(committed.error());
    }
    const auto names = names_of(*clients);
    Json out{{"transactions", Json::array()}};
    for (const auto& row : *rows) out["transactions"].push_back(row_json(row, *revealed, names));
    if (rows->size() == filter.limit) out["next"] = rows->back().seq;
    co_return out;
}

Task<Result<Json>> Operations::show_transaction(Json args, std::string actor) {
    auto revealed = reveal(args);
    if (!revealed) co_return fail(revealed.error());
    auto id = arg(args, "id");
    store::TransactionFilter by_openhim;
    by_openhim.openhim_transaction = id;
    by_openhim.limit = 1;
    const auto bytes = *revealed ? store::PartBytes::read : store::PartBytes::leave;
    auto record = co_await deps_.store.show_transaction(id, bytes);
    if (!record && record.error().code == ErrorCode::not_found && !id.empty()) {
        auto rows = co_await deps_.store.list_transactions(by_openhim);
        if (!rows) co_return fail(rows.error());
        if (!rows->empty()) record = co_await deps_.store.show_transaction(rows->front().id, bytes);
    }
    if (!record) co_return fail(record.error());
    id = record->row.id;

    if (*revealed) {
        std::vector<std::string> fields{"tracking_id", "registration_number", "event_id", "source_id"};
        for (const auto& part : record->parts) {
            if (part.present) fields.push_back(part.name);
        }
        store_ops::Unit unit;
        unit.emplace_back(disclosure(deps_.clock.now(), actor, args, id, std::move(fields)));
        auto committed = co_await deps_.store.commit(std::move(unit));
        if (!committed) co_return fail(committed.error());
    }
    auto clients = co_await deps_.store.clients();
    if (!clients) co_return fail(clients.error());
    auto out = row_json(record->row, *revealed, names_of(*clients));
    auto& entries = out["entries"] = Json::array();
    for (const auto& entry : record->entries) {
        auto canonical = parse_json(entry.canonical);
        entries.push_back({{"seq", entry.seq},
                           {"at", rfc3339(entry.at)},
                           {"kind", entry.kind},
                           {"entry", canonical ? std::move(*canonical) : Json(nullptr)}});
    }
    auto& parts = out["parts"] = Json::array();
    for (const auto& part : record->parts) {
        Json shown_part{{"entry", part.entry}, {"name", part.name}, {"bytes", part.size}, {"sha256", part.sha256}};
        shown_part["present"] = part.present;
        if (*revealed && part.present) shown_part["text"] = part.bytes;
        parts.push_back(std::move(shown_part));
    }
    co_return out;
}

Task<Result<Json>> Operations::check_store() {
    auto report = co_await deps_.store.check({});
    if (!report) co_return fail(report.error());
    Json out{{"ok", report->sound()},
             {"entries", report->entries},
             {"parts", report->parts},
             {"erased_parts", report->erased_parts},
             {"transactions", report->transactions},
             {"discrepancies", report->discrepancies}};
    out["problems"] = report->words;
    co_return out;
}

}  // namespace ocm::app
