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
    std::string param;  // its name in OpenHIM, without dots (the core answers 500 to them)
    std::string display_name;
    std::string description;
    Type type = Type::text;
    std::vector<std::string> values;  // of an option
    nlohmann::json current;           // sent as the initial value
};

/// The `defaultChannelConfig` entry of a channel, with the care of openhim.md 4.5: anchored pattern, methods, one
/// primary route without a path (so that the original path is forwarded), private with its role or public with a
/// whitelist, a finite number of automatic reruns. A channel with a route whose request we do not keep (Route's
/// `keeps_bodies`) is one whose bodies OpenHIM does not keep either, and so does not rerun. `priority` is left unset:
/// ranking a channel against others is the administrator's business, and unset comes after every ranked one.
Json channel_config(const ChannelDefinition& channel, const OpenHimOptions& options);

/// Body of POST /mediators (openhim.md 2.1), understood by cores 4 to 8.
Json describe(const std::vector<ChannelDefinition>& channels, const OpenHimOptions& options,
              const std::vector<ConsoleSetting>& settings);

/// Whether the endpoints of the registration that OpenHIM holds are the described ones. It keeps the first registration
/// of a version (openhim.md 2.5), so they may be those from before a move, or before a channel was switched on.
bool same_endpoints(const Json& registration, const Json& described);

}  // namespace ocm::registration
