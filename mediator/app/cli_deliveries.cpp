// SPDX-License-Identifier: MPL-2.0
#include "app/cli_commands.hpp"
#include "app/invoke.hpp"

namespace ocm::app {
namespace {

/// The codes a parked delivery waits for: "facility HF-7 of dhis2".
Json codes_in_words(const Json& delivery) {
    const auto* codes = member(delivery, "waits_for");
    if (codes == nullptr) return nullptr;
    std::string out;
    for (const auto& code : *codes) {
        const auto system = text_member(code, "system");
        if (!out.empty()) out += ", ";
        out.append(text_member(code, "kind")).append(" ").append(text_member(code, "code"));
        if (!system.empty()) out.append(" of ").append(system);
    }
    return out;
}

}  // namespace

int deliveries_list(const CommonOptions& common, const DeliveryOptions& options) {
    Json args{{"limit", options.limit}};
    const auto put = [&](const char* key, const std::string& value) {
        if (!value.empty()) args[key] = value;
    };
    put("state", options.state);
    put("kind", options.kind);
    put("client", options.client);
    return invoke(common, "deliveries.list", args, [](const Json& result) {
        auto rows = result["deliveries"];
        for (auto& row : rows) row["waits_for"] = codes_in_words(row);
        say(table_of(rows, {{"QUEUED", "queued"},
                            {"DELIVERY", "id"},
                            {"KIND", "kind"},
                            {"DESTINATION", "destination"},
                            {"CLIENT", "client"},
                            {"STATE", "state"},
                            {"TRIED", "attempts"},
                            {"DUE", "due"},
                            {"WAITS FOR", "waits_for"},
                            {"WHY", "why"}}));
        if (result.contains("next")) note("more rows follow: narrow with --state, --kind, --client");
        return 0;
    });
}

int deliveries_show(const CommonOptions& common, const DeliveryOptions& options) {
    const Json args{{"id", options.id}, {"reveal", options.reveal}, {"reason", options.reason}};
    return invoke(common, "deliveries.show", args, [](const Json& result) {
        auto fields = result;
        if (result.contains("waits_for")) fields["waits_for"] = codes_in_words(result);
        say(fields_of(fields));
        if (const auto* payload = member(result, "payload"); payload != nullptr && payload->is_structured()) {
            say("\n--- payload\n" + pretty_json(*payload) + "\n");
        } else {
            note("its content is hidden; --reveal --reason \"...\" shows it and records that you looked");
        }
        return 0;
    });
}

int deliveries_change(const CommonOptions& common, const std::string& action, const DeliveryOptions& options) {
    Json args{{"dead", options.dead}, {"id", options.id}};
    if (!options.client.empty()) args["client"] = options.client;
    if (!options.tracking_id.empty()) args["tracking_id"] = options.tracking_id;
    if (!options.reason.empty()) args["reason"] = options.reason;
    return invoke(common, "deliveries." + action, args, [](const Json& result) {
        say(fields_of(result));
        if (const auto* refused = member(result, "refused")) {
            say(table_of(*refused, {{"DELIVERY", "id"}, {"NOT DONE, FOR", "why"}}));
            return 1;
        }
        return 0;
    });
}

int notifications_conflicts(const CommonOptions& common, const ListOptions& options) {
    return invoke(common, "notifications.conflicts", list_args(options), [](const Json& result) {
        say(table_of(result["transactions"], {{"STARTED", "started"},
                                              {"TRANSACTION", "id"},
                                              {"CLIENT", "client"},
                                              {"TRACKING ID", "tracking_id"},
                                              {"OFFICE", "office"},
                                              {"SOURCE ID", "source_id"},
                                              {"OPENHIM", "openhim_transaction"}}));
        return 0;
    });
}

}  // namespace ocm::app
