// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/ports.hpp"
#include "core/task.hpp"
#include "registration/core_api.hpp"
#include "registration/machine.hpp"
#include "registration/options.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ocm::registration {

/// How we stand with OpenHIM, for readiness details and commands.
struct Status {
    bool registered = false;
    std::optional<WallTime> last_beat;         // the last one OpenHIM accepted
    std::optional<Error> trouble;              // what stands in the way now, in words
    std::string version_in_openhim;            // as read after registering; empty before
    std::optional<Milliseconds> clock_skew;    // OpenHIM's clock ahead of ours
    std::optional<Error> config_rejected;      // why the configuration set in OpenHIM is not in effect
    std::optional<WallTime> config_applied;    // when one was last put into effect
    std::vector<std::string> channels_failed;  // "Title: why", of the last attempt to install
};

/// Keeps the mediator registered: registers in the background however long OpenHIM is away, beats, takes configuration
/// changes, installs channels. Never stops service and never throws.
class Registrar {
  public:
    struct Callbacks {
        /// Makes the body of POST /mediators; asked anew for every registration, so that it carries current values.
        std::function<Json()> describe;
        /// Takes a configuration: a flat object of parameters, as the core sends it. An error is shown and the last
        /// good stays.
        std::function<Task<Result<void>>(Json)> apply_config;
        /// Told after every change; may be empty.
        std::function<void(const Status&)> changed;
    };

    /// Everything given by reference outlives the registrar.
    Registrar(Upstream& upstream, Clock& clock, Ids& ids, OpenHimOptions options, Callbacks callbacks);
    ~Registrar();
    Registrar(const Registrar&) = delete;
    Registrar& operator=(const Registrar&) = delete;

    /// Runs until stopped. Once.
    Task<void> run();

    /// Ends `run` at once: a wait is cut short, a call under way is abandoned. Any thread, any number of times.
    void stop();

    /// Any thread.
    Status status() const;

    /// The machine's policy, for tests with shorter times. Before `run` only.
    MachinePolicy& policy() { return policy_; }

  private:
    struct Control;
    Task<void> loop();
    Task<Event> perform(Action action);
    Task<Event> perform_safely(Action action);
    Task<Event> beat(bool want_config);
    Task<Event> apply();
    Task<Event> install();
    SteadyTime deadline() const;
    void publish();
    void watch_clock();

    Clock& clock_;
    Ids& ids_;
    OpenHimOptions options_;
    CoreApi api_;
    Callbacks callbacks_;
    MachinePolicy policy_;
    MachineState state_;
    Json described_;  // what was last sent to be registered
    Json config_;     // of the last beat that brought one
    SteadyTime started_{};
    bool skew_reported_ = false;
    std::shared_ptr<Control> control_;
    mutable std::mutex mutex_;
    Status status_;
};

}  // namespace ocm::registration
