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

Json filter_args(const DeliveryOptions& options) {
    Json args = Json::object();
    const auto put = [&](const char* key, const std::string& value) {
        if (!value.empty()) args[key] = value;
    };
    put("state", options.state);
    put("kind", options.kind);
    put("destination", options.destination);
    put("client", options.client);
    put("subscription", options.subscription);
    put("error", options.error);
    put("since", options.since);
    put("until", options.until);
    if (options.dead) args["dead"] = true;
    return args;
}

constexpr int usage = 2;

/// "312 deliveries match: 300 dead, 12 parked".
std::string matches_in_words(const Json& matches) {
    const auto count = matches["matching"].get<std::size_t>();
    auto out = std::to_string(count) + (count == 1 ? " delivery matches" : " deliveries match");
    const char* between = ": ";
    for (const auto& [state, of_state] : matches["states"].items()) {
        out += between + std::to_string(of_state.get<std::size_t>()) + " " + state;
        between = ", ";
    }
    return out;
}

/// Takes the step with what was counted, a batch at a time.
Result<Json> step_all(Invoker& invoker, const std::string& action, Json args, const Json& matches) {
    const auto* word = action == "retry" ? "retried" : "discarded";
    const auto of = matches["matching"].get<std::size_t>();
    args["through"] = matches["through"];
    Json total{{"matching", of}, {word, 0}, {"refused", Json::array()}};
    Progress progress(word);
    std::size_t done = 0;
    for (;;) {
        auto result = invoker.run("deliveries." + action, args);
        if (!result) {
            progress.done(done);
            return result;
        }
        done += (*result)[word].get<std::size_t>();
        for (auto& each : (*result)["refused"]) total["refused"].push_back(std::move(each));
        progress.at(done, of);
        const auto* next = member(*result, "next");
        if (next == nullptr) break;
        args["after"] = *next;
    }
    progress.done(done);
    total[word] = done;
    return total;
}

}  // namespace

int deliveries_list(const CommonOptions& common, const DeliveryOptions& options) {
    auto args = filter_args(options);
    args["limit"] = options.limit;
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
        if (result.contains("next")) note("more rows follow: narrow with --state, --client, --subscription, --since");
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

int deliveries_step(const CommonOptions& common, const std::string& action, const DeliveryOptions& options) {
    auto args = filter_args(options);
    if (!options.id.empty()) args["id"] = options.id;
    if (!options.reason.empty()) args["reason"] = options.reason;
    const auto config = load_or_complain(common.config_file);
    if (!config) return 1;
    Invoker invoker(config);

    auto count_args = args;
    count_args["dry_run"] = true;
    const auto matches = invoker.run("deliveries." + action, count_args);
    if (!matches) {
        complain(matches.error());
        return matches.error().code == ErrorCode::bad_request ? usage : 1;
    }
    const auto words = matches_in_words(*matches);
    const auto count = (*matches)["matching"].get<std::size_t>();
    if (options.dry_run) {
        say(common.json ? pretty_json(*matches) + "\n" : words + "\n");
        return 0;
    }
    if (count > 1 && !options.yes) {
        const auto answer = confirmed(words + ". " + (action == "retry" ? "Send them again?" : "Discard them?"));
        if (!answer) {
            complain({ErrorCode::bad_request, words + ": nothing was done; --yes says that all are meant", "", {}});
            return usage;
        }
        if (!*answer) return 1;
    } else if (options.id.empty()) {
        note(words);
    }
    const auto total = step_all(invoker, action, std::move(args), *matches);
    if (!total) return complain(total.error());
    const auto& refused = (*total)["refused"];
    if (common.json) {
        say(pretty_json(*total) + "\n");
    } else {
        say(fields_of(*total));
        if (!refused.empty()) say(table_of(refused, {{"DELIVERY", "id"}, {"NOT DONE, FOR", "why"}}));
    }
    return refused.empty() ? 0 : 1;
}

int deliveries_change(const CommonOptions& common, const std::string& action, const DeliveryOptions& options) {
    Json args{{"id", options.id}};
    if (!options.client.empty()) args["client"] = options.client;
    if (!options.tracking_id.empty()) args["tracking_id"] = options.tracking_id;
    if (!options.reason.empty()) args["reason"] = options.reason;
    return invoke(common, "deliveries." + action, args, [](const Json& result) {
        say(fields_of(result));
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
