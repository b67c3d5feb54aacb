// SPDX-License-Identifier: MPL-2.0
#include "app/cli_commands.hpp"
#include "app/console.hpp"
#include "app/one_shot.hpp"
#include "app/options.hpp"
#include "app/print.hpp"
#include "app/usable.hpp"
#include "config/loader.hpp"
#include "config/report.hpp"
#include "registration/channels.hpp"
#include "registration/core_api.hpp"
#include "registration/describe.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::app {
namespace {

constexpr std::chrono::seconds patience{60};

Error stand_alone() {
    return {ErrorCode::bad_request, "no OpenHIM is configured; the mediator runs stand-alone", "openhim.api_url",
            std::nullopt};
}

/// What commands about OpenHIM need, or what is in the way.
struct Session {
    std::shared_ptr<const config::Config> config;
    std::unique_ptr<OneShot> shot;
    registration::OpenHimOptions options;
    std::unique_ptr<registration::CoreApi> api;
    std::unique_ptr<SystemIds> ids = std::make_unique<SystemIds>();

    SteadyTime deadline() { return shot->clock().steady() + patience; }
};

Result<Session> open_session(const std::shared_ptr<const config::Config>& config) {
    if (config->stand_alone()) return fail(stand_alone());
    Session out;
    out.config = config;
    auto shot = OneShot::make(config);
    if (!shot) return fail(shot.error());
    out.shot = std::move(*shot);
    out.options = openhim_options(*config);
    return out;
}

/// The API refers to the options, so it is made where they have come to rest.
void connect(Session& session) {
    auto ports = session.shot->ports();
    session.api =
        std::make_unique<registration::CoreApi>(ports.upstream, session.shot->clock(), *session.ids, session.options);
}

/// Registers, and reads what OpenHIM made of it.
Task<Result<Json>> register_now(registration::CoreApi& api, Json description, SteadyTime deadline) {
    auto registered = co_await api.register_mediator(std::move(description), deadline);
    if (!registered) co_return fail(registered.error());
    auto held = co_await api.mediator(deadline);
    co_return held;
}

std::string_view in_words(registration::ChannelChange::Kind kind) {
    using Kind = registration::ChannelChange::Kind;
    switch (kind) {
        case Kind::installed:
            return "installed";
        case Kind::already_there:
            return "already there";
        case Kind::updated:
            return "updated";
        case Kind::failed:
            return "failed";
    }
    return "";
}

std::string_view in_words(registration::Overlap::Kind kind) {
    using Kind = registration::Overlap::Kind;
    switch (kind) {
        case Kind::before:
            return "is ranked first and takes it";
        case Kind::unclear:
            return "has the same rank: which one takes it is chance";
        case Kind::unknown:
            return "has a pattern that cannot be read here";
    }
    return "";
}

Json report_json(const registration::ChannelReport& report) {
    Json out{{"missing", report.missing}, {"drifts", Json::array()}, {"overlaps", Json::array()}};
    for (const auto& drift : report.drifts) {
        out["drifts"].push_back({{"channel", drift.channel},
                                 {"field", drift.field},
                                 {"installed", drift.installed},
                                 {"wanted", drift.wanted}});
    }
    for (const auto& overlap : report.overlaps) {
        out["overlaps"].push_back({{"channel", overlap.channel},
                                   {"request", overlap.method + " " + overlap.path},
                                   {"other", overlap.other},
                                   {"what", in_words(overlap.kind)}});
    }
    return out;
}

/// What the target says: `name`, and `error` or what it has.
Json ask_target(OneShot& shot, const std::string& name) {
    const auto found = shot.run(shot.target().check_online(shot.clock().steady() + patience));
    if (!found) return {{"name", name}, {"ok", false}, {"error", found.error().message}};
    Json out{{"name", name},
             {"ok", found->scopes.missing.empty()},
             {"locations", found->locations},
             {"offices", found->offices},
             {"areas", found->areas},
             {"missing_scopes", found->scopes.missing},
             {"excess_scopes", found->scopes.excess},
             {"map_problems", Json::array()}};
    for (const auto& problem : found->map_problems)
        out["map_problems"].push_back({{"path", problem.path}, {"message", problem.message}});
    return out;
}

/// What OpenHIM says: `error`, or how many channels it has.
Json ask_openhim(const std::shared_ptr<const config::Config>& config) {
    auto session = open_session(config);
    if (!session) return {{"ok", false}, {"error", session.error().message}};
    connect(*session);
    const auto channels = session->shot->run(session->api->channels(session->deadline()));
    if (!channels) return {{"ok", false}, {"error", channels.error().message}};
    return {{"ok", true}, {"channels", channels->size()}};
}

/// Null where there is no target, or no OpenHIM.
Json ask_online(const std::shared_ptr<const config::Config>& config) {
    Json out{{"target", nullptr}, {"openhim", nullptr}};
    auto shot = OneShot::make(config);
    if (!shot) {
        out["target"] = {{"name", config->active_target()}, {"ok", false}, {"error", shot.error().message}};
    } else if (!config->target_names().empty()) {
        out["target"] = ask_target(**shot, config->active_target());
    }
    if (!config->stand_alone()) out["openhim"] = ask_openhim(config);
    return out;
}

bool all_right(const Json& online) {
    return std::all_of(online.begin(), online.end(),
                       [](const Json& one) { return one.is_null() || one["ok"] == true; });
}

std::string online_in_words(const Json& online) {
    std::string out;
    if (const auto& target = online["target"]; target.is_null()) {
        out += "target: none is configured\n";
    } else if (const auto error = text_member(target, "error"); !error.empty()) {
        out += "target " + std::string(text_member(target, "name")) + ": " + std::string(error) + "\n";
    } else {
        out += "target " + std::string(text_member(target, "name")) + ": " + dump_json(target["locations"]) +
               " locations (" + dump_json(target["offices"]) + " offices), " + dump_json(target["areas"]) +
               " administrative areas\n";
        for (const auto& scope : target["missing_scopes"]) out += "  missing scope: " + scope.get<std::string>() + "\n";
        for (const auto& scope : target["excess_scopes"])
            out += "  scope that is not needed: " + scope.get<std::string>() + "\n";
        for (const auto& problem : target["map_problems"]) {
            out += "  country map " + std::string(text_member(problem, "path")) + ": " +
                   std::string(text_member(problem, "message")) + "\n";
        }
    }
    if (const auto& openhim = online["openhim"]; openhim.is_null()) {
        out += "OpenHIM: none is configured\n";
    } else if (const auto error = text_member(openhim, "error"); !error.empty()) {
        out += "OpenHIM: " + std::string(error) + "\n";
    } else {
        out += "OpenHIM: the credentials are right; " + dump_json(openhim["channels"]) + " channels are installed\n";
    }
    return out;
}

Json problems_json(const std::vector<config::Problem>& problems) {
    auto out = Json::array();
    for (const auto& [path, message, allowed] : problems)
        out.push_back({{"path", path}, {"message", message}, {"allowed", allowed}});
    return out;
}

/// The report for machines; the settings are those that are not at their default.
Json outcome_json(const config::LoadInput& input, const config::LoadOutcome& outcome) {
    Json out{{"file", input.name},
             {"ok", outcome.config != nullptr},
             {"errors", problems_json(outcome.errors)},
             {"warnings", problems_json(outcome.warnings)}};
    if (!outcome.config) return out;
    auto& settings = out["settings"] = Json::object();
    for (const auto& [key, entry] : outcome.config->entries()) {
        if (entry.origin == config::Origin::fallback) continue;
        settings[key] = {{"value", config::format_value(*config::find_setting(key), entry.value)},
                         {"origin", config::name(entry.origin)}};
    }
    return out;
}

}  // namespace

int check_configuration(const CommonOptions& common, const CheckOptions& options) {
    const auto input = config::read_input(config_path(common.config_file));
    if (!input) return complain(input.error());
    auto outcome = config::load(*input);
    if (outcome.config) {
        outcome.errors = unusable_files(*outcome.config);
        if (!outcome.errors.empty()) outcome.config.reset();
    }
    const bool asks = options.online && outcome.config;
    if (!common.json) say(config::report(*input, outcome));
    const auto online = asks ? ask_online(outcome.config) : Json();
    if (common.json) {
        auto out = outcome_json(*input, outcome);
        if (asks) out["online"] = online;
        say(pretty_json(out) + "\n");
    } else if (asks) {
        say(online_in_words(online));
    }
    return outcome.config && (!asks || all_right(online)) ? 0 : 1;
}

int register_once(const CommonOptions& common) {
    const auto config = load_or_complain(common.config_file);
    if (!config) return 1;
    auto session = open_session(config);
    if (!session) return complain(session.error());
    connect(*session);
    std::vector<registration::ConsoleSetting> settings;
    for (const auto& setting : config::console_settings(*config)) settings.push_back(published(setting));
    const auto description = registration::describe(session->shot->channels(), session->options, settings);
    const auto held = session->shot->run(register_now(*session->api, description, session->deadline()));
    if (!held) return complain(held.error());
    const std::string version_there(text_member(*held, "version"));
    const bool same_version = version_there == session->options.version;
    const bool same_endpoints = registration::same_endpoints(*held, description);
    if (common.json) {
        say(pretty_json({{"urn", session->options.urn},
                         {"version", session->options.version},
                         {"version_in_openhim", version_there},
                         {"same_endpoints", same_endpoints},
                         {"took_effect", same_version && same_endpoints}}) +
            "\n");
    } else if (!same_version) {
        say("OpenHIM keeps version " + version_there + " of " + session->options.urn + ", not " +
            session->options.version +
            ": it ignores versions that are not newer; delete the mediator in OpenHIM to go back\n");
    } else if (!same_endpoints) {
        say("OpenHIM keeps other endpoints of " + session->options.urn + " version " + version_there +
            ": it ignores versions that are not newer; delete the mediator in OpenHIM and register again\n");
    } else {
        say("registered as " + session->options.urn + " version " + version_there + "\n");
    }
    return same_version && same_endpoints ? 0 : 1;
}

int channels_diff(const CommonOptions& common) {
    const auto config = load_or_complain(common.config_file);
    if (!config) return 1;
    auto session = open_session(config);
    if (!session) return complain(session.error());
    connect(*session);
    const auto report =
        session->shot->run(registration::diff_channels(*session->api, session->shot->channels(), session->deadline()));
    if (!report) return complain(report.error());
    const auto json = report_json(*report);
    if (common.json) {
        say(pretty_json(json) + "\n");
        return report->clean() ? 0 : 1;
    }
    if (report->clean()) say("the installed channels are as this version wants them\n");
    for (const auto& name : report->missing) say("missing: " + name + "\n");
    if (!report->drifts.empty()) {
        say(table_of(json["drifts"],
                     {{"CHANNEL", "channel"}, {"FIELD", "field"}, {"INSTALLED", "installed"}, {"WANTED", "wanted"}}));
    }
    for (const auto& overlap : json["overlaps"]) {
        say("warning: " + std::string(text_member(overlap, "request")) + ": channel \"" +
            std::string(text_member(overlap, "other")) + "\" " + std::string(text_member(overlap, "what")) + "\n");
    }
    return report->clean() ? 0 : 1;
}

int channels_install(const CommonOptions& common, const ChannelsOptions& options) {
    const auto config = load_or_complain(common.config_file);
    if (!config) return 1;
    auto session = open_session(config);
    if (!session) return complain(session.error());
    connect(*session);
    Json wanted = Json::array();
    for (const auto& channel : session->shot->channels())
        wanted.push_back(registration::channel_config(channel, session->options));
    const auto changes =
        options.update
            ? session->shot->run(
                  registration::install_and_update(*session->api, session->shot->channels(), session->deadline()))
            : session->shot->run(registration::install_missing(*session->api, std::move(wanted), session->deadline()));
    if (!changes) return complain(changes.error());
    int code = 0;
    auto rows = Json::array();
    for (const auto& change : *changes) {
        if (change.error) code = 1;
        rows.push_back({{"channel", change.channel},
                        {"result", in_words(change.kind)},
                        {"why", change.error ? change.error->message : std::string()}});
    }
    say(common.json ? pretty_json({{"channels", rows}}) + "\n"
                    : table_of(rows, {{"CHANNEL", "channel"}, {"RESULT", "result"}, {"WHY", "why"}}));
    return code;
}

}  // namespace ocm::app
