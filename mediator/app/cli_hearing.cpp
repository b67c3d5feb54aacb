// SPDX-License-Identifier: MPL-2.0
#include "app/cli_hearing.hpp"

#include "app/invoke.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <thread>

namespace ocm::app {
namespace {

constexpr std::chrono::milliseconds between_looks{500};

int hub_list(const CommonOptions& common) {
    return invoke(common, "opencrvs.list", Json::object(), [](const Json& result) {
        say(table_of(result["subscriptions"],
                     {{"SUBSCRIPTION", "id"}, {"TOPIC", "topic"}, {"CALLBACK", "callback"}, {"OURS", "ours"}}));
        return 0;
    });
}

int hub_sync(const CommonOptions& common) {
    return invoke(common, "opencrvs.sync", Json::object(), [](const Json& result) {
        say(fields_of(result));
        return result["failed"].empty() ? 0 : 1;
    });
}

int hub_remove(const CommonOptions& common, const HearingOptions& options) {
    return invoke(common, "opencrvs.remove", {{"id", options.id}}, [](const Json& result) {
        say(fields_of(result));
        return 0;
    });
}

/// Starts a job in the running mediator and follows it to its end.
int follow(const CommonOptions& common, const std::string& command, const Json& args) {
    const auto config = load_or_complain(common.config_file);
    if (!config) return 1;
    Invoker invoker(config);
    auto state = invoker.run(command, args);
    if (!state) return complain(state.error());
    const Json which{{"job", (*state)["job"]}};
    Progress progress("registrations found");
    std::string trouble;
    while ((*state)["ended"] != true) {
        progress.at((*state)["found"].get<std::size_t>());
        const auto now = std::string(text_member(*state, "trouble"));
        if (now != trouble && !now.empty()) note(now);
        trouble = now;
        std::this_thread::sleep_for(between_looks);
        state = invoker.run("opencrvs.progress", which);
        if (!state) return complain(state.error());
    }
    progress.done((*state)["found"].get<std::size_t>());
    say(common.json ? pretty_json(*state) + "\n" : fields_of(*state));
    return (*state)["unseen"] == 0 ? 0 : 1;
}

int replay(const CommonOptions& common, const HearingOptions& options) {
    return follow(common, "subscriptions.replay", {{"id", options.id}, {"since", options.since}});
}

}  // namespace

void add_hearing_commands(CLI::App* subscriptions, HearingOptions& options, const AddCommand& command) {
    auto* hub = subscriptions->add_subcommand("opencrvs", "What this mediator itself hears from OpenCRVS");
    hub->require_subcommand(1);
    command(hub, "list", "List what the webhook client is subscribed to at OpenCRVS 1.x", hub_list);
    command(hub, "sync", "Subscribe to what is missing there and remove what is too much", hub_sync);
    command(hub, "remove", "Remove one subscription there",
            [&options](const CommonOptions& common) { return hub_remove(common, options); })
        ->add_option("ID", options.id, "Subscription id at OpenCRVS")
        ->required();
    command(hub, "catchup", "Look for what was registered and not heard of",
            [&options](const CommonOptions& common) {
                return follow(common, "opencrvs.catchup", {{"since", options.since}});
            })
        ->add_option("--since", options.since, "Registered since this instant (RFC 3339)")
        ->required();
    auto* past = command(subscriptions, "replay", "Tell one subscription what was registered before it was made",
                         [&options](const CommonOptions& common) { return replay(common, options); });
    past->add_option("ID", options.id, "Subscription id")->required();
    past->add_option("--from", options.since, "Registered since this instant (RFC 3339)")->required();
}

}  // namespace ocm::app
