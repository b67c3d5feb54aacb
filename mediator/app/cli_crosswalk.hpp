// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/cli_commands.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace ocm::app {

struct CrosswalkOptions {
    std::string kind, system, code, location, name, note;
    std::string file;
    bool dry_run = false;
};

/// Adds a subcommand whose body runs once the command line has been understood.
using AddCommand =
    std::function<CLI::App*(CLI::App*, const char* name, const char* help, std::function<int(const CommonOptions&)>)>;

/// `crosswalk list|set|remove|import`. `options` outlives the parsing.
void add_crosswalk_commands(CLI::App* group, CrosswalkOptions& options, const AddCommand& command);

}  // namespace ocm::app
