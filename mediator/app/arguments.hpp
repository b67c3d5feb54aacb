// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "core/store_port.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Arguments of operators' commands, and what they may see (operations.hpp).
namespace ocm::app {

inline constexpr std::string_view hidden = "[redacted]";

inline tl::unexpected<Error> wrong(std::string argument, std::string why) {
    return fail(ErrorCode::bad_request, std::move(why), std::move(argument));
}

inline std::string arg(const Json& args, std::string_view name) {
    return std::string(text_member(args, name));
}

inline Result<std::optional<WallTime>> instant(const Json& args, std::string_view name) {
    const auto text = arg(args, name);
    if (text.empty()) return std::nullopt;
    const auto at = parse_rfc3339(text);
    if (!at) return wrong(std::string(name), "an instant looks like 2026-01-15T00:00:00Z");
    return at;
}

inline bool flag(const Json& args, std::string_view name) {
    const auto* value = member(args, name);
    return value != nullptr && value->is_boolean() && value->get<bool>();
}

/// Revealing is a disclosure, and a disclosure has a reason.
inline Result<bool> reveal(const Json& args) {
    if (!flag(args, "reveal")) return false;
    if (arg(args, "reason").empty()) return wrong("reason", "--reveal needs --reason: why you look");
    return true;
}

inline std::string shown(const std::string& value, bool revealed) {
    return value.empty() || revealed ? value : std::string(hidden);
}

inline store_ops::Disclose disclosure(WallTime at, std::string actor, const Json& args, std::string transaction,
                                      std::vector<std::string> fields) {
    return {at, std::move(actor), arg(args, "reason"), std::move(transaction), std::move(fields)};
}

inline std::map<std::string, std::string> names_of(const std::vector<store_ops::Client>& clients) {
    std::map<std::string, std::string> out;
    for (const auto& client : clients) out.emplace(client.id, client.name);
    return out;
}

inline const store_ops::Client* find_client(const std::vector<store_ops::Client>& clients,
                                            std::string_view name_or_id) {
    const auto it = std::find_if(clients.begin(), clients.end(), [&](const store_ops::Client& client) {
        return client.name == name_or_id || client.id == name_or_id;
    });
    return it == clients.end() ? nullptr : &*it;
}

/// The id of the client that a filter names, by name or id; empty where it names none. An empty list would say that it
/// never called, so one that does not exist is a mistake; one that was removed is still named by its id.
inline Result<std::string> filtered_client(const std::vector<store_ops::Client>& clients, std::string_view name_or_id) {
    if (const auto* found = find_client(clients, name_or_id); found != nullptr) return found->id;
    if (name_or_id.empty() || is_uuid(name_or_id)) return std::string(name_or_id);
    return fail(ErrorCode::not_found, "there is no such client", "client");
}

}  // namespace ocm::app
