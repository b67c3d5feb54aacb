// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/route.hpp"
#include "registration/options.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ocm::registration {

/// One setting that an administrator may change in the OpenHIM console.
struct ConsoleSetting {
    enum class Type { text, big_text, boolean, number, option };
    std::string key;  // dotted, as in the configuration file
    std::string display_name;
    std::string description;
    Type type = Type::text;
    std::vector<std::string> values;  // of an option
    nlohmann::json current;           // sent as the initial value
};

/// Name of a setting as an OpenHIM config parameter: '.' is written "__" (the core answers 500 to dots).
std::string param_name(std::string_view key);
/// The setting's key a parameter stands for.
std::string setting_key(std::string_view param);

/// The `defaultChannelConfig` entry of a channel, with the care of openhim.md 4.5: anchored pattern, methods, one
/// primary route without a path (so that the original path is forwarded), private with its role or public with a
/// whitelist, a finite number of automatic reruns. `priority` is left unset: ranking a channel against others is the
/// administrator's business, and unset comes after every ranked one.
Json channel_config(const ChannelDefinition& channel, const OpenHimOptions& options);

/// Body of POST /mediators (openhim.md 2.1), understood by cores 4 to 8.
Json describe(const std::vector<ChannelDefinition>& channels, const OpenHimOptions& options,
              const std::vector<ConsoleSetting>& settings);

/// A configuration object as the core sends it, as a flat object of setting keys.
Json dotted_config(const Json& config);

}  // namespace ocm::registration
