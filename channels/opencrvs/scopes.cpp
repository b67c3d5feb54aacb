// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/scopes.hpp"

#include "core/http_message.hpp"

#include <algorithm>

namespace ocm::opencrvs {

namespace {

std::vector<std::string> split(std::string_view rest, char at) {
    std::vector<std::string> out;
    while (!rest.empty()) {
        const auto end = rest.find(at);
        out.emplace_back(rest.substr(0, end));
        rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    }
    return out;
}

std::string written(const Version& version, std::string_view type, const std::string& event_type) {
    std::string name(type);
    if (version.generation == Generation::legacy) return name;
    if (version.bracket_scopes) return name + "[event=" + event_type + "]";
    return "type=" + name + "&event=" + event_type;
}

void add_once(std::vector<std::string>& to, std::string value) {
    if (std::find(to.begin(), to.end(), value) == to.end()) to.push_back(std::move(value));
}

}  // namespace

Scope Scope::parse(std::string_view text) {
    Scope out;
    constexpr std::string_view bracket = "[event=";
    if (const auto at = text.find(bracket); at != text.npos && text.ends_with(']')) {
        out.type = std::string(text.substr(0, at));
        const auto from = at + bracket.size();
        out.events = split(text.substr(from, text.size() - 1 - from), '|');
        return out;
    }
    const auto type = query_value(text, "type");
    if (!type) {
        out.type = std::string(text);
        return out;
    }
    out.type = *type;
    out.events = split(query_value(text, "event").value_or(""), ',');
    return out;
}

bool Scope::covers(std::string_view event_type) const {
    return events.empty() || std::find(events.begin(), events.end(), event_type) != events.end();
}

ScopeCheck check_notification_scopes(const Version& version, const std::vector<std::string>& scopes,
                                     const std::vector<std::string>& event_types) {
    std::vector<Scope> held;
    held.reserve(scopes.size());
    for (const auto& scope : scopes) held.push_back(Scope::parse(scope));

    ScopeCheck out;
    for (const auto needed : {version.create_scope, version.notify_scope}) {
        if (needed.empty()) continue;
        for (const auto& event_type : event_types) {
            const bool has = std::any_of(held.begin(), held.end(), [&](const Scope& scope) {
                return scope.type == needed && scope.covers(event_type);
            });
            if (!has) add_once(out.missing, written(version, needed, event_type));
        }
    }
    for (const auto& scope : held) {
        const bool needed = scope.type == version.create_scope || scope.type == version.notify_scope ||
                            scope.type == version.client_scope;
        if (!needed) add_once(out.excess, scope.type);
    }
    return out;
}

}  // namespace ocm::opencrvs
