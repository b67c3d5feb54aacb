// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/scopes.hpp"

#include "core/http_message.hpp"

#include <algorithm>

namespace ocm::opencrvs {

Scope Scope::parse(std::string_view text) {
    Scope out;
    const auto type = query_value(text, "type");
    if (!type) {
        out.type = std::string(text);
        return out;
    }
    out.type = *type;
    const auto listed = query_value(text, "event").value_or("");
    std::string_view rest = listed;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        out.events.emplace_back(rest.substr(0, comma));
        rest = comma == rest.npos ? std::string_view{} : rest.substr(comma + 1);
    }
    return out;
}

bool Scope::covers(std::string_view event_type) const {
    return events.empty() || std::find(events.begin(), events.end(), event_type) != events.end();
}

ScopeCheck check_notification_scopes(const Version& version, const std::vector<std::string>& scopes,
                                     const std::vector<std::string>& event_types) {
    std::vector<Scope> held;
    for (const auto& scope : scopes) held.push_back(Scope::parse(scope));

    ScopeCheck out;
    for (const auto needed : {version.create_scope, version.notify_scope}) {
        for (const auto& event_type : event_types) {
            const bool has = std::any_of(held.begin(), held.end(), [&](const Scope& scope) {
                return scope.type == needed && scope.covers(event_type);
            });
            if (!has) out.missing.push_back("type=" + std::string(needed) + "&event=" + event_type);
        }
    }
    for (const auto& scope : held) {
        const bool needed = scope.type == version.create_scope || scope.type == version.notify_scope;
        if (!needed && std::find(out.excess.begin(), out.excess.end(), scope.type) == out.excess.end()) {
            out.excess.push_back(scope.type);
        }
    }
    return out;
}

}  // namespace ocm::opencrvs
