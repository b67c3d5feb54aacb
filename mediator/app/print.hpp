// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/table.hpp"
#include "config/config.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// How commands talk to people: results on standard output, everything else on standard error.
namespace ocm::app {

void say(std::string_view text);
/// A remark on standard error, on a terminal only.
void note(std::string_view text);
/// Prints an error and returns the exit code 1.
int complain(const Error& error);

/// The configuration file to use: the given one, or /etc/opencrvs-mediator/mediator.json.
std::string config_path(const std::string& given);
/// Loads the configuration, or prints every error and returns nothing.
std::shared_ptr<const config::Config> load_or_complain(const std::string& given);

/// Asks on the terminal, for "y". Absent where nobody can be asked.
std::optional<bool> confirmed(const std::string& question);

/// One line about an entry of the record.
std::string entry_in_words(const Json& entry);

/// A running count on a terminal; silent elsewhere.
class Progress {
  public:
    explicit Progress(std::string what);
    void at(std::size_t count, std::size_t of = 0);
    void done(std::size_t count);

  private:
    std::string what_;
    bool terminal_;
};

}  // namespace ocm::app
