// SPDX-License-Identifier: MPL-2.0
#include "registration/describe.hpp"

#include "core/http_message.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace ocm::registration {
namespace {

std::string_view type_name(ConsoleSetting::Type type) {
    switch (type) {
        case ConsoleSetting::Type::text:
            return "string";
        case ConsoleSetting::Type::big_text:
            return "bigstring";
        case ConsoleSetting::Type::boolean:
            return "bool";
        case ConsoleSetting::Type::number:
            return "number";
        case ConsoleSetting::Type::option:
            return "option";
    }
    return "string";
}

/// Option values are strings in the core's schema; a number among them would fail every later check (openhim.md 2.3).
Json initial_value(const ConsoleSetting& setting) {
    if (setting.type == ConsoleSetting::Type::option && !setting.current.is_string()) return dump_json(setting.current);
    return setting.current;
}

Json definition(const ConsoleSetting& setting) {
    Json out{{"param", setting.param},
             {"displayName", setting.display_name},
             {"description", setting.description},
             {"type", type_name(setting.type)}};
    if (setting.type == ConsoleSetting::Type::option) out["values"] = setting.values;
    return out;
}

/// The core compares addresses as text, and sees IPv4 callers in either form. An empty whitelist would admit
/// everyone, so nobody but this host is named until the administrator names someone.
std::vector<std::string> whitelist(const std::vector<std::string>& callers) {
    if (callers.empty()) return {"127.0.0.1", "::ffff:127.0.0.1", "::1"};
    std::vector<std::string> out;
    for (const auto& caller : callers) {
        out.push_back(caller);
        if (caller.find(':') == std::string::npos) out.push_back("::ffff:" + caller);
    }
    return out;
}

Json endpoint(const std::string& title, const OpenHimOptions& options) {
    return {{"name", title},
            {"type", "http"},
            {"status", "enabled"},
            {"secured", options.public_tls},
            {"host", options.public_host},
            {"port", options.public_port}};
}

/// Whether what is sent to the channel may hold credentials: what the mediator does not keep of it, OpenHIM is not to
/// keep in its transactions either, where it stands in clear.
bool takes_credentials(const ChannelDefinition& channel) {
    return std::ranges::any_of(channel.routes, [](const Route& route) {
        return !route.keeps_bodies && (route.method == "POST" || route.method == "PUT" || route.method == "PATCH");
    });
}

bool is_semver(std::string_view text) {
    int dots = 0;
    bool digit_before = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c >= '0' && c <= '9') {
            const bool leading_zero =
                c == '0' && !digit_before && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9';
            if (leading_zero) return false;
            digit_before = true;
        } else if (c == '.' && digit_before && dots < 2) {
            ++dots;
            digit_before = false;
        } else {
            return dots == 2 && digit_before && (c == '-' || c == '+') && i + 1 < text.size();
        }
    }
    return dots == 2 && digit_before;
}

}  // namespace

Json channel_config(const ChannelDefinition& channel, const OpenHimOptions& options) {
    Json route = endpoint(channel.title, options);
    route["primary"] = true;
    const bool keeps = !takes_credentials(channel);
    Json out{{"name", channel.title},
             {"description", channel.description},
             {"type", "http"},
             {"status", "enabled"},
             {"urlPattern", url_pattern(channel, options.path_prefix)},
             {"methods", methods(channel)},
             {"requestBody", keeps},
             {"responseBody", keeps},
             {"timeout", options.route_timeout.count()},
             {"autoRetryEnabled", keeps},
             {"routes", Json::array({route})}};
    if (keeps) {
        // The core refuses an age where no body is kept, and cannot send again what it does not have (openhim.md 4.1).
        out["maxBodyAgeDays"] = options.body_days;
        out["autoRetryPeriodMinutes"] = options.retry_every_minutes;
        out["autoRetryMaxAttempts"] = options.retry_attempts;
    }
    if (channel.role.empty()) {
        out["authType"] = "public";
        out["allow"] = Json::array();
        out["whitelist"] = whitelist(options.public_callers);
    } else {
        out["authType"] = "private";
        out["allow"] = Json::array({channel.role});
    }
    return out;
}

Json describe(const std::vector<ChannelDefinition>& channels, const OpenHimOptions& options,
              const std::vector<ConsoleSetting>& settings) {
    Json endpoints = Json::array();
    Json defaults = Json::array();
    for (const auto& channel : channels) {
        endpoints.push_back(endpoint(channel.title, options));
        defaults.push_back(channel_config(channel, options));
    }
    // The core wants at least one endpoint even where every channel is switched off.
    if (endpoints.empty()) endpoints.push_back(endpoint(options.name, options));
    Json definitions = Json::array();
    Json config = Json::object();
    for (const auto& setting : settings) {
        definitions.push_back(definition(setting));
        config[setting.param] = initial_value(setting);
    }
    return {{"urn", options.urn},
            {"version", options.version},
            {"name", options.name},
            {"description", options.description},
            {"endpoints", std::move(endpoints)},
            {"defaultChannelConfig", std::move(defaults)},
            {"configDefs", std::move(definitions)},
            {"config", std::move(config)}};
}

bool same_endpoints(const Json& registration, const Json& described) {
    const auto* held = member(registration, "endpoints");
    const auto* ours = member(described, "endpoints");
    if (held == nullptr || ours == nullptr || !held->is_array() || held->size() != ours->size()) return false;
    return std::equal(held->begin(), held->end(), ours->begin(), [](const Json& one, const Json& other) {
        return std::ranges::all_of(std::array{"name", "host", "port", "secured"}, [&](const char* key) {
            const auto *is = member(one, key), *wanted = member(other, key);
            return is != nullptr && wanted != nullptr && *is == *wanted;
        });
    });
}

std::vector<Error> check(const OpenHimOptions& options) {
    std::vector<Error> wrong;
    const auto add = [&wrong](std::string path, std::string message) {
        wrong.push_back(Error{ErrorCode::bad_request, std::move(message), std::move(path), std::nullopt});
    };
    if (!split_url(options.api_url)) {
        add("openhim.api_url", "must be an http or https address without a user name in it");
    }
    if (options.username.empty()) add("openhim.username", "must be the e-mail address of an OpenHIM user");
    if (options.password.empty()) add("openhim.password_file", "no password was read for openhim.username");
    const auto urn_character = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '.' ||
               c == '_' || c == '-';
    };
    if (options.urn.empty() || !std::all_of(options.urn.begin(), options.urn.end(), urn_character)) {
        add("openhim.urn", "must consist of letters, digits and : . _ - only, because the core decodes it twice");
    }
    if (!is_semver(options.version)) add("version", "must be a semantic version x.y.z");
    if (options.public_host.empty()) {
        add("server.public_host", "must name the host under which OpenHIM reaches this mediator");
    }
    if (options.public_port == 0) add("server.port", "must be the port under which OpenHIM reaches this mediator");
    const auto& prefix = options.path_prefix;
    if (!prefix.empty() && (prefix.front() != '/' || prefix.back() == '/')) {
        add("openhim.path_prefix", "must be empty or begin with / and not end with it");
    }
    if (options.route_timeout < Milliseconds{1} || options.route_timeout > Milliseconds{3'600'000}) {
        add("openhim.route_timeout", "must be between 1 ms and an hour");
    }
    if (options.heartbeat_interval < Milliseconds{100} || options.heartbeat_interval > Milliseconds{30'000}) {
        add("openhim.heartbeat_interval", "must be between 0.1 and 30 seconds; OpenHIM expects 10");
    }
    return wrong;
}

}  // namespace ocm::registration
