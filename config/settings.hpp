// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ocm::config {

/// What a setting holds. In the file durations and sizes are strings with a unit, lists are arrays of strings.
enum class Type {
    text,
    integer,
    boolean,
    duration,     // "250ms", "30s", "5m", "12h", "7d"
    size,         // "512B", "16KiB", "10MiB", "1GiB"
    choice,       // one of `choices`
    url,          // absolute http(s) without credentials, query or fragment
    path,         // a file that must exist and be readable
    output_path,  // a file that may not exist yet
    secret_file,  // a file that holds one secret; `X_file` may be given directly as environment variable `X`
    host,         // IP address or host name
    fingerprint,  // SHA-256 of a certificate, 64 hexadecimal digits, ':' allowed between pairs
    networks,     // list of IP addresses and networks ("10.0.0.0/8")
    fingerprints,
    hosts,  // list of host names and IP addresses; "*.example.org" for all below a name, "*" for any
};

/// One setting: everything that is known of it, once. The loader, check-config, the documentation and the settings
/// published to the OpenHIM console are all made from this.
struct Setting {
    std::string_view key;  // dotted; a segment `*` stands for a name that the administrator chooses
    Type type = Type::text;
    const char* fallback = nullptr;  // in the notation of an environment variable; nullptr: none
    std::int64_t min = 0, max = 0;   // integers, durations in milliseconds, sizes in bytes
    std::span<const std::string_view> choices = {};
    std::string_view doc;           // one sentence
    std::string_view display_name;  // not empty: can be changed in the OpenHIM console

    bool console() const { return !display_name.empty(); }
};

/// The table, in the order of the documentation.
std::span<const Setting> settings();

/// The setting of a key, where `targets.central.version` finds `targets.*.version`; nullptr where there is none.
const Setting* find_setting(std::string_view key);

/// True where some setting lives below this key: "server", "server.tls", "targets", "targets.central".
bool is_section(std::string_view key);

/// What is allowed, in words: "a whole number from 1 to 65535".
std::string allowed(const Setting& setting);

/// The key that was probably meant, empty where nothing is near. `unknown` is dotted.
std::string suggestion(std::string_view unknown);

/// `openhim.api_url` → `MEDIATOR_OPENHIM__API_URL`.
std::string environment_name(std::string_view key);
/// `openhim.api_url` → `openhim__api_url`: OpenHIM answers 500 to a configuration parameter with a dot in its name.
std::string console_param(std::string_view key);

/// The key under which the secret of a `secret_file` setting is held: "openhim.password_file" → "openhim.password".
std::string secret_key(std::string_view file_key);
/// The `secret_file` setting whose secret this key names; nullptr where it is none.
const Setting* secret_setting(std::string_view key);

/// True for a name an administrator may give a target: lower-case letters, digits, '-' and '_', at most 32.
bool is_chosen_name(std::string_view name);

std::vector<std::string_view> split_key(std::string_view key);

}  // namespace ocm::config
