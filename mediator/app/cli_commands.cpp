// SPDX-License-Identifier: MPL-2.0
#include "app/cli_commands.hpp"

#include "app/application.hpp"
#include "app/clock.hpp"
#include "app/invoke.hpp"
#include "app/invoker.hpp"
#include "app/print.hpp"
#include "config/loader.hpp"
#include "config/report.hpp"
#include "core/io_pool.hpp"
#include "upstream/curl_upstream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

namespace ocm::app {

Json list_args(const ListOptions& options) {
    Json args{{"reveal", options.reveal}, {"limit", options.limit}};
    const auto put = [&](const char* key, const std::string& value) {
        if (!value.empty()) args[key] = value;
    };
    put("from", options.from);
    put("to", options.to);
    put("channel", options.channel);
    put("client", options.client);
    put("status", options.status);
    put("tracking_id", options.tracking_id);
    put("openhim", options.openhim);
    put("reason", options.reason);
    return args;
}

std::string_view version() {
    return OCM_VERSION;
}

int serve(const CommonOptions& common) {
    auto input = config::read_input(config_path(common.config_file));
    if (!input) return complain(input.error());
    auto application = Application::start(std::move(*input));
    if (!application) return complain(application.error());
    return (*application)->run();
}

int config_docs(const CommonOptions&) {
    say(config::configuration_markdown());
    return 0;
}

int transactions_list(const CommonOptions& common, const ListOptions& options) {
    return invoke(common, "transactions.list", list_args(options), [](const Json& result) {
        say(table_of(result["transactions"], {{"STARTED", "started"},
                                              {"TRANSACTION", "id"},
                                              {"CHANNEL", "channel"},
                                              {"CLIENT", "client"},
                                              {"STATUS", "status"},
                                              {"HTTP", "http_status"},
                                              {"MS", "took_ms"},
                                              {"TRACKING ID", "tracking_id"},
                                              {"OPENHIM", "openhim_transaction"}}));
        if (result.contains("next")) note("more rows follow: narrow with --from, --to, or use transactions export");
        return 0;
    });
}

int transactions_export(const CommonOptions& common, const ListOptions& options) {
    const auto config = load_or_complain(common.config_file);
    if (!config) return 1;
    Invoker invoker(config);
    auto args = list_args(options);
    args["limit"] = 1000;
    args["oldest_first"] = true;
    std::size_t written = 0;
    Progress progress("exported");
    for (;;) {
        const auto result = invoker.run("transactions.list", args);
        if (!result) return complain(result.error());
        for (const auto& row : (*result)["transactions"]) {
            say(dump_json(row) + "\n");
            ++written;
        }
        progress.at(written);
        const auto* next = member(*result, "next");
        if (next == nullptr) break;
        args["after"] = *next;
    }
    progress.done(written);
    return 0;
}

int transactions_show(const CommonOptions& common, const ShowOptions& options) {
    const Json args{{"id", options.id}, {"reveal", options.reveal}, {"reason", options.reason}};
    return invoke(common, "transactions.show", args, [](const Json& result) {
        say(fields_of(result));
        say("\nWhat happened\n");
        Table steps({"AT", "WHAT", "DETAIL"});
        for (const auto& entry : result["entries"]) {
            steps.add({std::string(text_member(entry, "at")), std::string(text_member(entry, "kind")),
                       entry_in_words(entry["entry"])});
        }
        say(steps.text());
        say("\nWhat was kept\n");
        say(table_of(result["parts"],
                     {{"PART", "name"}, {"BYTES", "bytes"}, {"KEPT", "present"}, {"SHA-256 (SALTED)", "sha256"}}));
        bool revealed = false;
        for (const auto& part : result["parts"]) {
            if (!part.contains("text")) continue;
            revealed = true;
            say("\n--- " + std::string(text_member(part, "name")) + "\n" + std::string(text_member(part, "text")) +
                "\n");
        }
        if (!revealed)
            note("personal values are hidden; --reveal --reason \"...\" shows them and records that you looked");
        return 0;
    });
}

namespace {

/// A client for people: what it may be told in one line.
Json in_lines(Json client) {
    const auto given = client.find("fields");
    if (given == client.end()) return client;
    std::string all;
    for (const auto& field : *given) all.append(all.empty() ? "" : ", ").append(text(field));
    *given = std::move(all);
    return client;
}

}  // namespace

int clients_add(const CommonOptions& common, const ClientOptions& options) {
    const Json args{{"name", options.name},
                    {"kind", options.kind},
                    {"openhim_client", options.openhim_client},
                    {"on_outage", options.on_outage},
                    {"contract_version", options.contract_version},
                    {"fields", options.fields}};
    return invoke(common, "clients.add", args, [](const Json& result) {
        say(fields_of(in_lines(result)));
        note("the key is shown this once: only its hash is kept");
        if (result.contains("signing_secret")) note("so is the secret that signs what it is sent");
        return 0;
    });
}

int clients_list(const CommonOptions& common) {
    return invoke(common, "clients.list", Json::object(), [](const Json& result) {
        auto rows = Json::array();
        for (const auto& client : result["clients"]) rows.push_back(in_lines(client));
        say(table_of(rows, {{"NAME", "name"},
                            {"KIND", "kind"},
                            {"ENABLED", "enabled"},
                            {"ON OUTAGE", "on_outage"},
                            {"CONTRACT", "contract_version"},
                            {"OPENHIM CLIENT", "openhim_client"},
                            {"ID", "id"},
                            {"CREATED", "created"},
                            {"FIELDS", "fields"}}));
        return 0;
    });
}

int clients_change(const CommonOptions& common, const std::string& action, const ClientOptions& options) {
    const Json args{{"client", options.name},
                    {"overlap", options.overlap},
                    {"only", options.only},
                    {"finish", options.finish},
                    {"fields", options.fields}};
    return invoke(common, "clients." + action, args, [&](const Json& result) {
        say(fields_of(in_lines(result)));
        if (result.contains("key")) note("the new key is shown this once; the old one works until old_key_until");
        if (result.contains("signing_secret"))
            note("so is the new signing secret; 1.x deliveries are signed with the old one until old_signing_until");
        return 0;
    });
}

int store_check(const CommonOptions& common) {
    const auto config = load_or_complain(common.config_file);
    if (!config) return 1;
    Invoker invoker(config);
    const auto result = invoker.run("store.check", Json::object());
    if (!result) return complain(result.error());
    const bool ok = (*result)["ok"].get<bool>();
    if (common.json) {
        say(pretty_json(*result) + "\n");
    } else {
        say(fields_of(*result));
        for (const auto& problem : (*result)["problems"]) say("problem: " + problem.get<std::string>() + "\n");
        say(ok ? "the record is whole, and every projection follows from it\n" : "the record is NOT whole\n");
    }
    return ok ? 0 : 1;
}

namespace {

/// Where the operators' port is: as the running mediator says, as configured, or as it is by default.
std::string operators_url(const std::string& config_file) {
    const auto input = config::read_input(config_path(config_file));
    const auto config = input ? config::load(*input).config : nullptr;
    if (config == nullptr) return "http://127.0.0.1:8481";
    const auto running = read_admin_file(admin_file_path(config->text("store.path")));
    if (running && *running) return (*running)->url;
    return admin_url(config->text("admin.host"), static_cast<std::uint16_t>(config->integer("admin.port")));
}

}  // namespace

int ask_health(const CommonOptions& common, const HealthOptions& options) {
    IoPool pool(1);
    pool.start();
    upstream::CurlUpstream upstream(pool, {});
    SystemClock clock;
    UpstreamCall call;
    call.name = "Health";
    call.method = "GET";
    call.url = (options.url.empty() ? operators_url(common.config_file) : options.url) + "/health/ready";
    call.timeout = Milliseconds(5'000);
    const auto reply =
        boost::asio::co_spawn(pool.context(0), upstream.send(std::move(call), clock.steady() + Milliseconds(5'000)),
                              boost::asio::use_future)
            .get();
    upstream.shutdown();
    if (!reply) return complain(reply.error());
    const auto parsed = parse_json(reply->body);
    if (!parsed)
        return complain(Error{ErrorCode::bad_gateway, "this is not the mediator's admin port", "", std::nullopt});
    if (common.json) {
        say(pretty_json(*parsed) + "\n");
    } else {
        say(std::string(text_member(*parsed, "status")) + "\n");
        say(table_of((*parsed)["checks"], {{"CHECK", "name"}, {"OK", "ok"}, {"DETAIL", "detail"}}));
    }
    return reply->status == 200 ? 0 : 1;
}

}  // namespace ocm::app
