// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/cli_commands.hpp"
#include "app/invoker.hpp"
#include "app/print.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace ocm::app {

/// Runs a command and hands its result to `print`, or prints what went wrong.
template <class Print>
int invoke(const CommonOptions& common, const std::string& command, const Json& args, Print print) {
    const auto config = load_or_complain(common.config_file);
    if (!config) return 1;
    Invoker invoker(config);
    const auto result = invoker.run(command, args);
    if (!result) return complain(result.error());
    if (common.json) {
        say(pretty_json(*result) + "\n");
        return 0;
    }
    return print(*result);
}

/// Arguments of commands that list transactions.
Json list_args(const ListOptions& options);

}  // namespace ocm::app
