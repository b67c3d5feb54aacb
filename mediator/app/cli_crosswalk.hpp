// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/cli_commands.hpp"

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace ocm::app {

struct CrosswalkOptions {
    std::string kind, system, code, location, name, note;
    std::string file, out_file, target;
    std::vector<std::string> location_files;
    double min_score = 0.5;
    bool dry_run = false;
    bool confirm = false;
};

/// Adds a subcommand whose body runs once the command line has been understood.
using AddCommand =
    std::function<CLI::App*(CLI::App*, const char* name, const char* help, std::function<int(const CommonOptions&)>)>;

/// `crosswalk list|set|remove|import|suggest|check`. `options` outlives the parsing.
void add_crosswalk_commands(CLI::App* group, CrosswalkOptions& options, const AddCommand& command);

int crosswalk_import(const CommonOptions& common, const CrosswalkOptions& options);
int crosswalk_suggest(const CommonOptions& common, const CrosswalkOptions& options);

}  // namespace ocm::app
