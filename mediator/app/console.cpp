// SPDX-License-Identifier: MPL-2.0
#include "app/console.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

namespace ocm::app {
namespace {

constexpr const char* cache_key = "openhim-console";

Error rejected(const std::vector<config::Problem>& problems) {
    Error error{ErrorCode::bad_request, "", "", std::nullopt};
    for (const auto& problem : problems) {
        if (!error.message.empty()) error.message += "; ";
        error.message += problem.path + ": " + problem.message;
        if (!problem.allowed.empty()) error.message += " (allowed: " + problem.allowed + ")";
    }
    return error;
}

registration::ConsoleSetting::Type type_of(const std::string& type) {
    using Type = registration::ConsoleSetting::Type;
    return type == "bool"     ? Type::boolean
           : type == "number" ? Type::number
           : type == "option" ? Type::option
                              : Type::text;
}

/// Keys whose value differs, for the record.
Json changed_keys(const config::Config& before, const config::Config& after) {
    auto out = Json::array();
    for (const auto& [key, entry] : after.entries()) {
        const auto it = before.entries().find(key);
        if (it == before.entries().end() || it->second.value != entry.value) out.push_back(key);
    }
    return out;
}

/// Takes the parameters that are wrong away; false where none of them is.
bool without(Json& parameters, const std::vector<config::Problem>& wrong) {
    bool any = false;
    for (const auto& problem : wrong) {
        const auto param = config::console_param(problem.path);
        const auto taken = parameters.erase(param) + (param == problem.path ? 0 : parameters.erase(problem.path));
        any = any || taken != 0;
    }
    return any;
}

}  // namespace

ConsoleSettings::ConsoleSettings(config::LoadInput input, Ports ports, Changed changed)
    : input_(std::move(input)), ports_(ports), changed_(std::move(changed)) {
    current_.store(config::load(input_).config);
}

Task<void> ConsoleSettings::load_last_good() {
    auto cached = co_await ports_.store.cached(cache_key);
    if (!cached || !*cached) co_return;
    auto parameters = parse_json(**cached);
    if (!parameters || !parameters->is_object()) co_return;
    auto outcome = config::load(input_, *parameters);
    // One that an upgrade took away does not undo the others: a channel that an administrator has switched off stays
    // off.
    while (!outcome.config && without(*parameters, outcome.errors)) {
        spdlog::warn("settings last made in the OpenHIM console no longer fit and are left out: {}",
                     rejected(outcome.errors).message);
        outcome = config::load(input_, *parameters);
    }
    if (outcome.config) current_.store(outcome.config);
}

Task<Result<void>> ConsoleSettings::apply(Json parameters) {
    const auto outcome = config::load(input_, parameters);
    const auto before = current_.load();
    Json detail = Json::object();
    if (!outcome.config) {
        auto error = rejected(outcome.errors);
        auto wrong = Json::array();
        for (const auto& problem : outcome.errors) wrong.push_back(problem.path);
        detail["wrong"] = std::move(wrong);
        store_ops::Unit unit;
        unit.emplace_back(
            store_ops::Administer{ports_.clock.now(), "openhim-console", "settings.refuse", canonical_json(detail)});
        auto recorded = co_await ports_.store.commit(std::move(unit));
        if (!recorded)
            spdlog::error("a refused change of settings could not be recorded: {}", recorded.error().message);
        co_return fail(std::move(error));
    }
    const auto changes = changed_keys(*before, *outcome.config);
    detail["changed"] = changes;
    store_ops::Unit unit;
    unit.emplace_back(store_ops::PutCache{cache_key, dump_json(parameters), ports_.clock.now()});
    if (!changes.empty()) {
        unit.emplace_back(
            store_ops::Administer{ports_.clock.now(), "openhim-console", "settings.apply", canonical_json(detail)});
    }
    auto committed = co_await ports_.store.commit(std::move(unit));
    // A change that cannot be recorded is not made: the next heartbeat brings it again.
    if (!committed) co_return fail(committed.error());
    current_.store(outcome.config);
    changed_(outcome.config);
    for (const auto& problem : outcome.warnings) spdlog::warn("{} {}", problem.path, problem.message);
    if (!changes.empty()) spdlog::info("settings changed in the OpenHIM console: {}", dump_json(changes));
    co_return Result<void>{};
}

std::vector<registration::ConsoleSetting> ConsoleSettings::published() const {
    std::vector<registration::ConsoleSetting> out;
    for (const auto& setting : config::console_settings(*current_.load())) out.push_back(app::published(setting));
    return out;
}

registration::ConsoleSetting published(const config::ConsoleSetting& setting) {
    registration::ConsoleSetting out;
    out.param = setting.param;
    out.display_name = setting.display_name;
    out.description = setting.description;
    out.type = type_of(setting.type);
    out.values = setting.values;
    out.current = setting.current;
    return out;
}

}  // namespace ocm::app
