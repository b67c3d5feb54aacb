// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "config/loader.hpp"
#include "core/result.hpp"

#include <memory>

namespace ocm::app {

/// The whole mediator: builds every part in order, runs until told to stop, and takes them down in reverse (design
/// section 11). The only place that knows all of them.
class Application {
  public:
    /// Opens the store, loads the country's data and listens. What fails here fails in words.
    static Result<std::unique_ptr<Application>> start(config::LoadInput input);
    ~Application();
    Application(const Application&) = delete;
    Application& operator=(const Application&) = delete;

    /// Serves until SIGTERM or SIGINT; a second signal ends at once. Returns the exit code.
    int run();

  private:
    struct Impl;
    explicit Application(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ocm::app
