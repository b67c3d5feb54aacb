// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/route.hpp"
#include "core/task.hpp"
#include "registration/core_api.hpp"
#include "registration/options.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

/// The channels in OpenHIM: what is installed against what this version wants (openhim.md 4). OpenHIM never upgrades
/// an installed channel by itself.
namespace ocm::registration {

/// One field of an installed channel that is not as this version wants it. Values are JSON text; empty where absent.
struct Drift {
    std::string channel;
    std::string field;  // "routes.0.host"
    std::string installed;
    std::string wanted;
    friend bool operator==(const Drift&, const Drift&) = default;
};

/// A channel of someone else that may take our requests.
struct Overlap {
    enum class Kind {
        before,   // it is ranked before ours: it takes them
        unclear,  // it has the same rank: which one wins is chance
        unknown,  // its pattern cannot be read here
    };
    Kind kind = Kind::before;
    std::string channel;  // ours
    std::string method;   // of the request it may take
    std::string path;
    std::string other;  // name of the other channel
    friend bool operator==(const Overlap&, const Overlap&) = default;
};

struct ChannelReport {
    std::vector<std::string> missing;
    std::vector<Drift> drifts;
    std::vector<Overlap> overlaps;
    bool clean() const { return missing.empty() && drifts.empty() && overlaps.empty(); }
};

/// Compares, field by field, over what this version defines and over what would change where requests go or which
/// are taken (a route's path, content matching); what the core adds by itself is no drift. `installed` is the answer
/// of GET /channels. Pure.
ChannelReport compare_channels(const Json& installed, const std::vector<ChannelDefinition>& wanted,
                               const OpenHimOptions& options);

/// The fields PUT /channels/:id needs to bring an installed channel to what this version wants, keeping what the
/// administrator set beside it (a route's certificate, ACLs). Empty object where nothing drifts. Pure.
Json channel_update(const Json& installed, const ChannelDefinition& wanted, const OpenHimOptions& options);

/// What was done for one channel.
struct ChannelChange {
    enum class Kind { installed, already_there, updated, failed };
    std::string channel;
    Kind kind = Kind::already_there;
    std::optional<Error> error;  // where failed
};

/// Installs those of our channels (`wanted`: what channel_config makes of each) that OpenHIM does not have, one call
/// each (a call for several is not atomic): from the registration it holds, or, where that is an older one of this
/// version without the channel or with another route, as a channel of its own. Fails only where OpenHIM cannot be asked
/// what it has.
Task<Result<std::vector<ChannelChange>>> install_missing(CoreApi& api, Json wanted, SteadyTime deadline);

/// The same, and brings drifted channels to what this version wants.
Task<Result<std::vector<ChannelChange>>> install_and_update(CoreApi& api, const std::vector<ChannelDefinition>& wanted,
                                                            SteadyTime deadline);

/// Reads what is installed and compares.
Task<Result<ChannelReport>> diff_channels(CoreApi& api, const std::vector<ChannelDefinition>& wanted,
                                          SteadyTime deadline);

}  // namespace ocm::registration
