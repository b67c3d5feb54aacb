// SPDX-License-Identifier: MPL-2.0
#include "config/config.hpp"

#include "config/notation.hpp"

#include <array>
#include <set>
#include <stdexcept>

namespace ocm::config {

std::string_view name(Origin origin) {
    static constexpr std::array<std::string_view, 4> names{"default", "file", "OpenHIM console", "environment"};
    return names[static_cast<std::size_t>(origin)];
}

std::string format_value(const Setting& setting, const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* duration = std::get_if<Milliseconds>(&value)) return format_duration(*duration);
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return setting.type == Type::size ? format_size(*number) : std::to_string(*number);
    }
    std::string out;
    for (const auto& item : std::get<std::vector<std::string>>(value)) {
        if (!out.empty()) out += ", ";
        out += item;
    }
    return out;
}

Config::Config(std::map<std::string, Entry> values, std::map<std::string, std::string> secrets)
    : values_(std::move(values)), secrets_(std::move(secrets)) {}

const Value* Config::find(std::string_view key) const {
    const auto found = values_.find(std::string(key));
    if (found != values_.end()) return &found->second.value;
    if (find_setting(key) == nullptr) throw std::logic_error("no such setting: " + std::string(key));
    return nullptr;
}

template <class T>
const T& Config::get(std::string_view key) const {
    const auto* value = find(key);
    if (value == nullptr) throw std::logic_error("setting without a value: " + std::string(key));
    const auto* typed = std::get_if<T>(value);
    if (typed == nullptr) throw std::logic_error("setting of another type: " + std::string(key));
    return *typed;
}

bool Config::has(std::string_view key) const {
    return find(key) != nullptr;
}

const std::string& Config::text(std::string_view key) const {
    static const std::string none;
    return find(key) == nullptr ? none : get<std::string>(key);
}

std::int64_t Config::integer(std::string_view key) const {
    return get<std::int64_t>(key);
}
bool Config::flag(std::string_view key) const {
    return get<bool>(key);
}
Milliseconds Config::duration(std::string_view key) const {
    return get<Milliseconds>(key);
}
std::size_t Config::size(std::string_view key) const {
    return static_cast<std::size_t>(get<std::int64_t>(key));
}
const std::vector<std::string>& Config::list(std::string_view key) const {
    return get<std::vector<std::string>>(key);
}

const std::string& Config::secret(std::string_view key) const {
    static const std::string none;
    if (secret_setting(key) == nullptr) throw std::logic_error("no such secret: " + std::string(key));
    const auto found = secrets_.find(std::string(key));
    return found == secrets_.end() ? none : found->second;
}

Origin Config::origin(std::string_view key) const {
    const auto found = values_.find(std::string(key));
    return found == values_.end() ? Origin::fallback : found->second.origin;
}

bool Config::stand_alone() const {
    return !has("openhim.api_url");
}

std::vector<std::string> Config::target_names() const {
    std::set<std::string> names;
    for (const auto& [key, entry] : values_) {
        const auto segments = split_key(key);
        if (segments.front() == "targets") names.emplace(segments[1]);
    }
    return {names.begin(), names.end()};
}

Target Config::target(std::string_view name) const {
    const auto prefix = "targets." + std::string(name) + ".";
    Target out;
    out.name = std::string(name);
    out.version = text(prefix + "version");
    out.gateway_url = text(prefix + "gateway_url");
    out.auth_url = text(prefix + "auth_url");
    if (out.auth_url.empty()) out.auth_url = out.gateway_url + "/auth";
    out.ca_file = text(prefix + "ca_file");
    out.pinned_sha256 = text(prefix + "pinned_sha256");
    out.timeout = duration(prefix + "timeout");
    out.refresh_interval = duration(prefix + "refresh_interval");
    out.resend_unclear = text(prefix + "after_unclear") == "resend";
    const auto client = [&](const std::string& kind) -> std::optional<ClientCredentials> {
        const auto key = prefix + "clients." + kind;
        if (!has(key + ".client_id")) return std::nullopt;
        return ClientCredentials{text(key + ".client_id"), secret(key + ".client_secret")};
    };
    out.notification = client("notification");
    out.webhook = client("webhook");
    out.search = client("search");
    out.webhook_sha_secret = secret(prefix + "clients.webhook.sha_secret");
    out.webhooks_url = text(prefix + "webhooks_url");
    return out;
}

}  // namespace ocm::config
