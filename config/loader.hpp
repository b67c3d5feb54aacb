// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "config/config.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ocm::config {

/// Something wrong with a configuration. Never holds a configured value.
struct Problem {
    std::string path;     // dotted key, environment variable, or "line 12"
    std::string message;  // what is wrong
    std::string allowed;  // what would be right; may be empty
    friend bool operator==(const Problem&, const Problem&) = default;
};

/// What the loader asks of the file system.
class Files {
  public:
    struct Info {
        bool readable = false;         // a regular file this process may read
        bool readable_by_all = false;  // every user of the machine may
    };
    virtual ~Files() = default;
    virtual Info info(const std::string& path) const = 0;
    /// Whole content of a file of at most 16 KiB.
    virtual Result<std::string> read_small(const std::string& path) const = 0;
};
const Files& system_files();

/// All that a configuration is made of, but for the OpenHIM console.
struct LoadInput {
    std::string name;                                // of the file, for people
    std::string text;                                // JSON, `//` and `/* */` comments allowed
    std::string folder;                              // relative paths start here; empty: the working directory
    std::map<std::string, std::string> environment;  // all of it; only MEDIATOR_* is looked at
    const Files* files = &system_files();
};

struct LoadOutcome {
    std::shared_ptr<const Config> config;  // none where there is an error
    std::vector<Problem> errors;           // all of them, in the order of the input
    std::vector<Problem> warnings;
};

/// Precedence: default < file < environment.
LoadOutcome load(const LoadInput& input);

/// Precedence: default < file < OpenHIM console < environment. `console` is a flat object of dotted keys (or the
/// parameter names with `__`); numbers and booleans may be strings, null is "not set". It is taken whole or not at
/// all: unknown parameters and settings that are not console-editable are errors. One that the environment pins is
/// not used, with a warning: core keeps such a parameter, published before it was pinned, until a newer version.
LoadOutcome load(const LoadInput& input, const Json& console);

/// Reads the file and this process's environment.
Result<LoadInput> read_input(const std::string& file);

}  // namespace ocm::config
