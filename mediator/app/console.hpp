// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "config/console.hpp"
#include "config/loader.hpp"
#include "core/json.hpp"
#include "core/ports.hpp"
#include "core/published.hpp"
#include "registration/describe.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace ocm::app {

/// A setting as registration sends it.
registration::ConsoleSetting published(const config::ConsoleSetting& setting);

/// What an administrator sets in the OpenHIM console: validated whole, applied at once without restart, recorded, and
/// the last good kept across restarts and upgrades (design section 8).
class ConsoleSettings {
  public:
    using Changed = std::function<void(const std::shared_ptr<const config::Config>&)>;

    /// `input` is the configuration without the console.
    ConsoleSettings(config::LoadInput input, Ports ports, Changed changed);

    /// Takes what was last good. A setting that no longer fits (an upgrade took it away)
    /// is left out, with a word in the log.
    Task<void> load_last_good();

    /// Takes what OpenHIM holds: a flat object of parameters. An error names every setting that is wrong; what was in
    /// effect stays.
    Task<Result<void>> apply(Json parameters);

    std::shared_ptr<const config::Config> current() const { return current_.load(); }

    /// The settings with their present values, as OpenHIM is told.
    std::vector<registration::ConsoleSetting> published() const;

  private:
    config::LoadInput input_;
    Ports ports_;
    Changed changed_;
    Published<config::Config> current_;
};

}  // namespace ocm::app
