// SPDX-License-Identifier: MPL-2.0
#include "registration/machine.hpp"

#include <algorithm>

namespace ocm::registration {
namespace {

using Level = action::Report::Level;
using Phase = MachineState::Phase;

bool needs_administrator(ErrorCode code) {
    return code == ErrorCode::unauthenticated || code == ErrorCode::forbidden || code == ErrorCode::bad_request;
}

class Machine {
  public:
    Machine(MachineState state, const MachinePolicy& policy, SteadyTime now, double random)
        : policy_(policy), now_(now), random_(random) {
        out_.state = std::move(state);
    }

    Step take() { return std::move(out_); }

    void on(const event::Started&) {
        if (s().phase == Phase::idle) start_registration();
    }

    void on(const event::Woke&) {
        if (s().phase == Phase::registering) {
            start_registration();
        } else if (s().phase == Phase::beating) {
            start_beat();
        }
    }

    void on(const event::Registered&) {
        s().forbidden.reset();
        act(action::Verify{});
    }

    void on(const event::RegistrationFailed& e) {
        if (e.error.code == ErrorCode::forbidden) {
            // A role that may only beat is enough where an administrator has registered us.
            s().forbidden = e.error;
            act(action::Verify{});
            return;
        }
        wait_to_register(e.error);
    }

    void on(const event::Verified& e) {
        if (s().forbidden) {
            report(
                Level::warning,
                "OpenHIM does not let this user register the mediator; the registration an administrator made is used");
        }
        s().forbidden.reset();
        if (e.version != policy_.version) {
            report(Level::warning,
                   "OpenHIM holds version " + e.version + " of this mediator and this is " + policy_.version +
                       ": it takes only newer versions, so its endpoints, settings and channels are those of " +
                       e.version + ". Delete the mediator in OpenHIM to register this version");
        } else if (!e.same_endpoints) {
            report(Level::warning,
                   "OpenHIM holds other endpoints of this mediator than it has now: it keeps what it has of version " +
                       e.version +
                       ". Delete the mediator in OpenHIM, and it registers anew by itself; what differs in "
                       "the installed channels says channels diff");
        }
        start_beating();
    }

    void on(const event::VerifyFailed& e) {
        if (s().forbidden) {
            const auto error = *std::exchange(s().forbidden, std::nullopt);
            wait_to_register(error);
        } else if (e.error.code == ErrorCode::not_found) {
            wait_to_register(e.error);
        } else {
            report(Level::warning,
                   "registered, but it could not be verified which version OpenHIM holds: " + e.error.message);
            start_beating();
        }
    }

    void on(const event::Beat& e) {
        s().need_config = e.config == event::Config::unreadable;
        if (!s().registered || (s().trouble && !s().need_config)) {
            report(Level::info, "OpenHIM accepts the heartbeats of this mediator");
        }
        s().registered = true;
        s().failures = 0;
        ++s().beats;
        if (!s().need_config) {
            s().trouble.reset();
        } else {
            trouble(Error{ErrorCode::bad_gateway,
                          "OpenHIM sent a configuration that is not a JSON object; it is asked for again",
                          "openhim.api_url", std::nullopt});
        }
        if (e.config == event::Config::given && e.digest != s().config_digest) {
            s().pending_digest = e.digest;
            act(action::ApplyConfig{});
            return;
        }
        after_beat();
    }

    void on(const event::BeatFailed& e) {
        // The answer that was lost may have carried a changed configuration: it will not come by itself again.
        s().need_config = true;
        if (e.error.code == ErrorCode::not_found) {
            s().registered = false;
            s().channels_done = false;
            report(Level::warning,
                   "OpenHIM has forgotten this mediator (deleted, or restarted empty); registering again");
            // At once where it worked before, but never in a loop: each registration writes an audit event.
            if (s().beats > 0) {
                start_registration();
            } else {
                wait_to_register(e.error);
            }
            return;
        }
        trouble(e.error);
        ++s().failures;
        if (needs_administrator(e.error.code)) {
            out_.next_wake =
                now_ + std::max(backoff(policy_.refused, s().failures, random_), policy_.heartbeat_interval);
        } else {
            wait_for_beat();
        }
    }

    void on(const event::ConfigApplied&) {
        s().config_digest = s().pending_digest;
        s().config_rejected.reset();
        report(Level::info, "the configuration set in OpenHIM is in effect");
        after_beat();
    }

    void on(const event::ConfigRejected& e) {
        // What could not be applied for a passing reason is tried again; what is wrong only when it changes.
        if (is_transient(e.error.code)) {
            s().need_config = true;
        } else {
            s().config_digest = s().pending_digest;
        }
        if (s().config_rejected != e.error) {
            const auto place = e.error.path.empty() ? std::string() : e.error.path + ": ";
            report(Level::error, "the configuration set in OpenHIM is not applied, the last good one stays: " + place +
                                     e.error.message);
        }
        s().config_rejected = e.error;
        after_beat();
    }

    void on(const event::ChannelsInstalled&) {
        s().channels_done = true;
        s().install_failures = 0;
        wait_for_beat();
    }

    void on(const event::InstallFailed& e) {
        ++s().install_failures;
        const auto& policy = needs_administrator(e.error.code) ? policy_.refused : policy_.failed;
        s().install_at = now_ + backoff(policy, s().install_failures, random_);
        if (s().install_failures == 1)
            report(Level::error, "channels could not be installed in OpenHIM: " + e.error.message);
        wait_for_beat();
    }

    void on(const event::Stopped&) { s().phase = Phase::stopped; }

  private:
    MachineState& s() { return out_.state; }
    void act(Action action) { out_.actions.push_back(std::move(action)); }
    void report(Level level, std::string text) { act(action::Report{level, std::move(text)}); }

    void trouble(const Error& error) {
        if (s().trouble != error) report(Level::error, error.message);
        s().trouble = error;
    }

    void start_registration() {
        s().phase = Phase::registering;
        act(action::Register{});
    }

    void wait_to_register(const Error& error) {
        s().phase = Phase::registering;
        s().registered = false;
        ++s().failures;
        trouble(error);
        const auto& policy = needs_administrator(error.code) ? policy_.refused : policy_.failed;
        out_.next_wake = now_ + backoff(policy, s().failures, random_);
    }

    void start_beating() {
        s().phase = Phase::beating;
        s().beats = 0;
        s().need_config = true;  // a registration never pushes the merged configuration (openhim.md 2.5)
        start_beat();
    }

    void start_beat() {
        s().beat_started = now_;
        const bool forced = policy_.forced_config_every != 0 && s().beats % policy_.forced_config_every == 0;
        act(action::Beat{s().need_config || forced});
    }

    void after_beat() {
        const bool due = !s().install_at || *s().install_at <= now_;
        if (policy_.install_channels && !s().channels_done && due) {
            s().install_at.reset();
            act(action::InstallChannels{});
        } else {
            wait_for_beat();
        }
    }

    void wait_for_beat() { out_.next_wake = std::max(s().beat_started + policy_.heartbeat_interval, now_); }

    Step out_;
    const MachinePolicy& policy_;
    SteadyTime now_;
    double random_;
};

}  // namespace

Step step(MachineState state, const MachinePolicy& policy, SteadyTime now, const Event& event, double random) {
    const bool over = state.phase == MachineState::Phase::stopped;
    Machine machine(std::move(state), policy, now, random);
    if (!over) std::visit([&machine](const auto& e) { machine.on(e); }, event);
    return machine.take();
}

}  // namespace ocm::registration
