// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/cli_crosswalk.hpp"

#include <string>

namespace ocm::app {

struct HearingOptions {
    std::string id, since;
};

/// `subscriptions opencrvs list|sync|remove|catchup` and `subscriptions replay`. `options` outlives the parsing.
void add_hearing_commands(CLI::App* subscriptions, HearingOptions& options, const AddCommand& command);

}  // namespace ocm::app
