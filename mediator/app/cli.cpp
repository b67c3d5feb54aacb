// SPDX-License-Identifier: MPL-2.0
#include "app/cli.hpp"

#include "app/cli_commands.hpp"
#include "app/cli_crosswalk.hpp"
#include "app/cli_hearing.hpp"
#include "core/time.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace ocm::app {
namespace {

constexpr const char* anywhere = "Options of every command: --config FILE, --json (see opencrvs-mediator --help)";

const CLI::Validator instant(
    [](const std::string& text) {
        return parse_rfc3339(text) ? std::string() : std::string("an instant looks like 2026-01-15T00:00:00Z");
    },
    "", "instant");

/// What was wrong with the command line, and which words of it nobody knows: a slip in a word otherwise reads as if
/// something were missing.
std::string usage_failure(const CLI::App* app, const CLI::Error& error) {
    auto out = CLI::FailureMessage::simple(app, error);
    const auto words = error.get_name() == "RequiredError" ? app->remaining(true) : std::vector<std::string>{};
    if (words.empty()) return out;
    std::string list;
    for (const auto& word : words) list += (list.empty() ? "" : ", ") + word;
    return "not known here: " + list + "\n" + out;
}

}  // namespace

int run_cli(int argc, char** argv) {
    CLI::App app{"Connects external systems to OpenCRVS through OpenHIM: notifications in, recorded, delivered once."};
    app.name("opencrvs-mediator");
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string(version()));
    app.fallthrough();
    app.failure_message(usage_failure);

    CommonOptions common;
    app.add_option("--config", common.config_file, "Configuration file (also MEDIATOR_CONFIG)")
        ->envname("MEDIATOR_CONFIG");
    app.add_flag("--json", common.json, "Print JSON for machines instead of tables for people");

    int exit_code = 0;
    // Every subcommand ends here: its body runs once the whole command line has been understood.
    const auto command = [&](CLI::App* parent, const char* name, const char* help, const auto& body) {
        auto* sub = parent->add_subcommand(name, help);
        sub->footer(anywhere);
        sub->callback([&exit_code, &common, body] { exit_code = body(common); });
        return sub;
    };
    const auto group = [&](const char* name, const char* help) {
        auto* sub = app.add_subcommand(name, help);
        sub->require_subcommand(1);
        sub->footer(anywhere);
        return sub;
    };

    command(&app, "serve", "Run the mediator until SIGTERM", serve);

    CheckOptions check;
    auto* check_config = command(&app, "check-config", "Check the configuration and print every error at once",
                                 [&](const CommonOptions& c) { return check_configuration(c, check); });
    check_config->add_flag("--online", check.online,
                           "Also ask the targets and OpenHIM whether the credentials are right");
    command(&app, "config-docs", "Print docs/configuration.md", config_docs);

    command(&app, "register", "Register with OpenHIM once and say how it went", register_once);
    auto* channels = group("channels", "The OpenHIM channels of this version");
    command(channels, "diff", "Show where the installed channels differ from what this version wants", channels_diff);
    ChannelsOptions install;
    auto* channels_install_command = command(channels, "install", "Install the channels that are missing",
                                             [&](const CommonOptions& c) { return channels_install(c, install); });
    channels_install_command->add_flag("--update", install.update, "Also bring installed channels up to date");

    TransformOptions transform;
    auto* transform_command =
        command(&app, "transform", "Show what would be sent for a message, and the account; sends nothing",
                [&](const CommonOptions& c) { return transform_file(c, transform); });
    transform_command
        ->add_option("--from", transform.from, "Format of the file: opencrvs-1, fhir-r4, vital-json or dhis2")
        ->required();
    transform_command->add_option("--to", transform.to, "Format to write: opencrvs-1.3 to opencrvs-2.0, or vital-json")
        ->required();
    transform_command->add_option("--map", transform.map_file, "Country map (default: as configured, or Farajaland)");
    transform_command->add_option("--forms", transform.forms_file,
                                  "Form configuration: reduced, or an OpenCRVS answer");
    transform_command->add_option("--locations", transform.locations_file,
                                  "Answer of GET /events/locations, or of the FHIR Location API");
    transform_command->add_option("--areas", transform.areas_file,
                                  "Answer of administrativeAreas.list, or of the FHIR Location API");
    transform_command->add_flag("--from-target", transform.from_target,
                                "Ask the active target for forms and locations");
    transform_command->add_option("--store", transform.store_file,
                                  "Store whose crosswalk codes are looked up in, and, with a configuration, the forms "
                                  "and places last read from the target");
    transform_command->add_option("FILE", transform.file, "The message; - for standard input")->required();

    CountryOptions country;
    auto* countries = group("country", "The country map: which field of the forms holds what");
    const auto forms = [&country](CLI::App* sub) {
        auto* file = sub->add_option("--forms", country.forms_file,
                                     "Form configuration: reduced, or an OpenCRVS answer (default: as configured)");
        sub->add_flag("--from-target", country.from_target, "Ask the active target for its forms")->excludes(file);
    };
    auto* init_command =
        command(countries, "init", "Draft a country map from a target's forms, each row marked with how sure it is",
                [&](const CommonOptions& c) { return country_init(c, country); });
    forms(init_command);
    init_command->add_option("--country", country.country, "What the forms call the country, such as FAR")->required();
    init_command->add_option("--dial", country.dial, "International prefix of its telephone numbers, such as +260")
        ->required();
    init_command->add_option("--trunk", country.trunk, "What stands in its place in the country");
    init_command->add_option("--out", country.out_file, "File to write (default: standard output)");
    init_command->add_flag("--force", country.force, "Overwrite the file");
    auto* country_check_command =
        command(countries, "check", "Compare the country map with the forms: what is covered, what is lost",
                [&](const CommonOptions& c) { return country_check(c, country); });
    forms(country_check_command);
    country_check_command->add_option("--map", country.map_file, "Country map (default: as configured, or Farajaland)");

    ListOptions list;
    ShowOptions show;
    auto* transactions = group("transactions", "What was recorded");
    const auto filters = [&list](CLI::App* sub) {
        sub->add_option("--from", list.from, "Not before this instant (RFC 3339)")->check(instant);
        sub->add_option("--to", list.to, "Before this instant (RFC 3339)")->check(instant);
        sub->add_option("--channel", list.channel, "Channel");
        sub->add_option("--client", list.client, "Client, by name or id");
        sub->add_option("--status", list.status, "OpenHIM status, such as Failed")
            ->check(CLI::IsMember(
                {"Processing", "Pending Async", "Successful", "Completed", "Completed with error(s)", "Failed"}));
        sub->add_option("--tracking-id", list.tracking_id, "OpenCRVS tracking id");
        sub->add_option("--openhim", list.openhim, "OpenHIM transaction id");
        auto* reveal = sub->add_flag("--reveal", list.reveal, "Show look-up values in clear; recorded as a disclosure");
        reveal->needs(sub->add_option("--reason", list.reason, "Why, with --reveal"));
    };
    auto* list_command = command(transactions, "list", "List transactions, newest first",
                                 [&](const CommonOptions& c) { return transactions_list(c, list); });
    filters(list_command);
    list_command->add_option("--limit", list.limit, "How many")->check(CLI::Range(1, 1000));
    auto* export_command = command(transactions, "export", "Write all matching transactions as JSON lines",
                                   [&](const CommonOptions& c) { return transactions_export(c, list); });
    filters(export_command);
    auto* show_command = command(transactions, "show", "Show one transaction with its steps",
                                 [&](const CommonOptions& c) { return transactions_show(c, show); });
    show_command->add_option("ID", show.id, "Transaction id, ours or OpenHIM's")->required();
    auto* reveal =
        show_command->add_flag("--reveal", show.reveal, "Show bodies and look-up values; recorded as a disclosure");
    reveal->needs(show_command->add_option("--reason", show.reason, "Why, with --reveal"));

    ClientOptions client;
    auto* clients = group("clients", "Systems that may call the mediator");
    auto* add_command = command(clients, "add", "Add a client; its key is shown once",
                                [&](const CommonOptions& c) { return clients_add(c, client); });
    add_command->add_option("--name", client.name, "Unique name")->required();
    add_command->add_option("--kind", client.kind, "event-notification, record-search, webhook or national-id")
        ->required()
        ->check(CLI::IsMember({"event-notification", "record-search", "webhook", "national-id"}));
    add_command->add_option("--openhim-client", client.openhim_client, "clientID that OpenHIM sends for it");
    add_command
        ->add_option("--on-outage", client.on_outage,
                     "What its notifications get while OpenCRVS is down: queue (202) or refuse (503)")
        ->check(CLI::IsMember({"queue", "refuse"}));
    add_command
        ->add_option("--contract-version", client.contract_version,
                     "The OpenCRVS 1.x it was written for, which decides what it is answered: 1.3 (to 1.5), "
                     "1.6 (and 1.7) or 1.8")
        ->check(CLI::IsMember({"1.3", "1.6", "1.8"}));
    add_command
        ->add_option("--fields", client.fields,
                     "What a webhook client may be told: fields such as child.name, or permission codes of "
                     "OpenCRVS 1.x such as child-details; as it is, nothing of the record")
        ->delimiter(',');
    command(clients, "list", "List clients", clients_list);
    for (const auto& [name, help] :
         {std::pair{"enable", "Let a client call again"}, std::pair{"disable", "Refuse a client from now on"},
          std::pair{
              "rotate",
              "Give a client a new key, and a new signing secret where it has one; the old ones count a while longer"},
          std::pair{"remove", "Remove a client for good"}}) {
        const std::string action = name;
        auto* sub = command(clients, name, help,
                            [&client, action](const CommonOptions& c) { return clients_change(c, action, client); });
        sub->add_option("CLIENT", client.name, "Name or id")->required();
        if (action == "rotate") {
            auto* overlap = sub->add_option("--overlap", client.overlap,
                                            "How long the old ones still count (such as 24h; 0s: not at all)");
            auto* only = sub->add_option("--only", client.only, "Rotate only the key, or only the signing-secret")
                             ->check(CLI::IsMember({"key", "signing-secret"}));
            sub->add_flag("--finish", client.finish, "End the overlap now: the old ones no longer count")
                ->excludes(overlap)
                ->excludes(only);
        }
    }

    auto* fields_command =
        command(clients, "fields", "Give a webhook client other fields, which its subscriptions tell from now on",
                [&client](const CommonOptions& c) { return clients_change(c, "fields", client); });
    fields_command->add_option("CLIENT", client.name, "Name or id")->required();
    auto* given = fields_command->add_option_group("given")->require_option(1);
    given->add_option("--fields", client.fields, "What it may be told, as for clients add; nothing else")
        ->delimiter(',');
    given->add_flag("--none", client.none, "Nothing of the record");

    SubscriptionOptions subscription;
    auto* subscriptions = group("subscriptions", "Who is told of what OpenCRVS registers");
    auto* subscriptions_add_command =
        command(subscriptions, "add", "Subscribe a callback for a client, once it has proved that it wants to be told",
                [&](const CommonOptions& c) { return subscriptions_add(c, subscription); });
    subscriptions_add_command->add_option("--client", subscription.client, "Client, by name or id")->required();
    subscriptions_add_command
        ->add_option("--contract", subscription.contract, "opencrvs-1, national-id, cloudevents or fhir-r4")
        ->required()
        ->check(CLI::IsMember({"opencrvs-1", "national-id", "cloudevents", "fhir-r4"}));
    subscriptions_add_command
        ->add_option("--topic", subscription.topics, "Topic, such as birth.registered; several are possible")
        ->required()
        ->delimiter(',');
    subscriptions_add_command->add_option("--callback", subscription.callback, "URL that is told")->required();
    subscriptions_add_command
        ->add_option("--fields", subscription.fields, "Of the client's fields only these; as it is, all of them")
        ->delimiter(',');
    subscriptions_add_command
        ->add_option("--area", subscription.areas,
                     "Only what lies in this administrative area, by id; several are possible")
        ->delimiter(',');
    subscriptions_add_command
        ->add_option("--office", subscription.offices, "Only of this registration office, by id; several are possible")
        ->delimiter(',');
    subscriptions_add_command->add_option("--replay-from", subscription.replay_from,
                                          "Also tell what was registered since this instant (RFC 3339)");
    command(subscriptions, "list", "List subscriptions, oldest first", [&](const CommonOptions& c) {
        return subscriptions_list(c, subscription);
    })->add_option("--client", subscription.client, "Client, by name or id");
    for (const auto& [name, help] :
         {std::pair{"pause", "Keep back what a subscription would be told"},
          std::pair{"resume", "Tell a paused subscription what was kept back"},
          std::pair{"remove", "Remove a subscription for good"},
          std::pair{"test", "Ask the callback of a subscription whether it still answers"}}) {
        const std::string action = name;
        auto* sub = command(subscriptions, name, help, [&subscription, action](const CommonOptions& c) {
            return subscriptions_change(c, action, subscription);
        });
        sub->add_option("ID", subscription.id, "Subscription id")->required();
        if (action == "pause") sub->add_option("--reason", subscription.reason, "Why; shown in lists");
    }

    HearingOptions hearing;
    add_hearing_commands(subscriptions, hearing, command);

    DeliveryOptions delivery;
    auto* deliveries = group("deliveries", "What is still to be delivered, and what could not be");
    auto* deliveries_list_command = command(deliveries, "list", "List deliveries, newest first",
                                            [&](const CommonOptions& c) { return deliveries_list(c, delivery); });
    const auto which = [&delivery](CLI::App* sub) {
        sub->add_option("--kind", delivery.kind, "Kind: notification, webhook, heard");
        sub->add_option("--destination", delivery.destination, "Where they go, as lists show it");
        sub->add_option("--client", delivery.client, "Client, by name or id");
        sub->add_option("--subscription", delivery.subscription, "Subscription id");
        sub->add_option("--error", delivery.error, "Error of the last attempt, such as bad_gateway");
        sub->add_option("--since", delivery.since, "Queued at or after this instant (RFC 3339)");
        sub->add_option("--until", delivery.until, "Queued before this instant (RFC 3339)");
    };
    deliveries_list_command->add_option("--state", delivery.state,
                                        "pending, sending, parked, delivered, dead, discarded or replaced");
    which(deliveries_list_command);
    deliveries_list_command->add_option("--limit", delivery.limit, "How many")->check(CLI::Range(1, 1000));
    auto* deliveries_show_command = command(deliveries, "show", "Show one delivery",
                                            [&](const CommonOptions& c) { return deliveries_show(c, delivery); });
    deliveries_show_command->add_option("ID", delivery.id, "Delivery id")->required();
    deliveries_show_command->add_flag("--reveal", delivery.reveal, "Show its content; recorded as a disclosure");
    deliveries_show_command->add_option("--reason", delivery.reason, "Why, with --reveal");
    for (const auto& [name, help] :
         {std::pair{"retry", "Send again now: a delivery, or all dead letters that the options name"},
          std::pair{"discard", "Decide that it will not be sent: a delivery, or all that the options name"}}) {
        const std::string action = name;
        auto* sub = command(deliveries, name, help, [&delivery, action](const CommonOptions& c) {
            return deliveries_step(c, action, delivery);
        });
        auto* id = sub->add_option("ID", delivery.id, "Delivery id");
        auto* dead = sub->add_flag("--dead", delivery.dead, "All dead letters");
        auto* state = sub->add_option("--state", delivery.state, "Those that are pending, parked or dead (default)");
        state->excludes(dead);
        which(sub);
        for (const auto* each : {"--dead", "--state", "--kind", "--destination", "--client", "--subscription",
                                 "--error", "--since", "--until"})
            id->excludes(sub->get_option(each));
        sub->add_flag("--dry-run", delivery.dry_run, "Only say how many they are");
        sub->add_flag("--yes", delivery.yes, "Do not ask; needed for more than one where nobody can be asked");
        if (action == "discard") {
            sub->add_option("--reason", delivery.reason, "Why; kept with the transactions, erased with them");
        }
    }
    auto* resolve_command =
        command(deliveries, "resolve", "Say that OpenCRVS has what may have been taken, because you found it there",
                [&](const CommonOptions& c) { return deliveries_change(c, "resolve", delivery); });
    resolve_command->add_option("ID", delivery.id, "Delivery id")->required();
    resolve_command->add_option("--tracking-id", delivery.tracking_id, "Tracking id of the record")->required();
    resolve_command->add_option("--reason", delivery.reason, "How you found it; kept with the transaction");
    auto* release_command =
        command(deliveries, "release", "Try parked deliveries again, because what they wait for is known now",
                [&](const CommonOptions& c) { return deliveries_change(c, "release", delivery); });
    release_command->add_option("--client", delivery.client, "Only those of this client, by id");

    auto* notifications = group("notifications", "Notifications that need somebody");
    auto* conflicts_command =
        command(notifications, "conflicts", "List corrections that OpenCRVS does not take from a notifier",
                [&](const CommonOptions& c) { return notifications_conflicts(c, list); });
    filters(conflicts_command);

    CrosswalkOptions crosswalk;
    add_crosswalk_commands(group("crosswalk", "Codes of other systems, and the OpenCRVS locations they stand for"),
                           crosswalk, command);

    auto* store = group("store", "The local record");
    command(store, "check", "Prove that the record is whole and the projections follow from it", store_check);

    HealthOptions health;
    auto* health_command = command(&app, "health", "Ask a running mediator whether it is ready (exit code 0: ready)",
                                   [&](const CommonOptions& c) { return ask_health(c, health); });
    health_command->add_option("--url", health.url, "Base URL of the admin port (default: as configured)");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Asking for help or the version is no failure; anything else is wrong usage.
        return app.exit(error) == 0 ? 0 : 2;
    }
    return exit_code;
}

}  // namespace ocm::app
