// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"
#include "core/retry.hpp"
#include "core/time.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// How a mediator stays registered, as a pure machine: no socket, no clock, no randomness of its own.
///
/// It asks for at most one thing at a time (one action per step that leads to an event), so that heartbeats never
/// overlap; where there is nothing to do it names the time of the next event `Woke`.
namespace ocm::registration {

struct MachinePolicy {
    std::string version;                      // what OpenHIM should have after registration
    Milliseconds heartbeat_interval{10'000};  // from the start of one beat to the start of the next
    unsigned forced_config_every = 30;
    bool install_channels = false;
    BackoffPolicy failed{.first = Milliseconds{1'000}, .cap = Milliseconds{60'000}};
    BackoffPolicy refused{.first = Milliseconds{240'000}, .cap = Milliseconds{1'200'000}};  // an administrator must act
};

namespace event {
struct Started {};
struct Woke {};        // the time named last has come
struct Registered {};  // POST /mediators: 201
struct RegistrationFailed {
    Error error;
};
struct Verified {
    std::string version;
    bool same_endpoints = true;  // as this mediator has them now
};  // GET /mediators/:urn: what OpenHIM holds
struct VerifyFailed {
    Error error;
};
enum class Config { none, given, unreadable };
struct Beat {
    Config config = Config::none;
    std::string digest;  // of the canonical configuration, where given
};
struct BeatFailed {
    Error error;
};
struct ConfigApplied {};
struct ConfigRejected {
    Error error;
};
struct ChannelsInstalled {};
struct InstallFailed {
    Error error;
};
struct Stopped {};
}  // namespace event
using Event = std::variant<event::Started, event::Woke, event::Registered, event::RegistrationFailed, event::Verified,
                           event::VerifyFailed, event::Beat, event::BeatFailed, event::ConfigApplied,
                           event::ConfigRejected, event::ChannelsInstalled, event::InstallFailed, event::Stopped>;

namespace action {
struct Register {};
struct Verify {};
struct Beat {
    bool want_config = false;
};
struct ApplyConfig {};  // the configuration of the last beat
struct InstallChannels {};
/// To be told to people, once: the machine repeats no message that stands.
struct Report {
    enum class Level { info, warning, error } level = Level::info;
    std::string text;
    friend bool operator==(const Report&, const Report&) = default;
};
}  // namespace action
using Action = std::variant<action::Register, action::Verify, action::Beat, action::ApplyConfig,
                            action::InstallChannels, action::Report>;

/// Value of the machine. Only `step` changes it.
struct MachineState {
    enum class Phase { idle, registering, beating, stopped };
    Phase phase = Phase::idle;
    bool registered = false;               // OpenHIM knows us, as far as we know
    unsigned failures = 0;                 // in a row
    unsigned beats = 0;                    // accepted since registration
    bool need_config = true;               // ask for the configuration at the next beat
    std::string config_digest;             // of the configuration last applied or rejected
    std::string pending_digest;            // of the configuration being applied
    std::optional<Error> config_rejected;  // why the configuration last seen is not in effect
    std::optional<Error> forbidden;        // why registering was forbidden, until it is known whether we are registered
    bool channels_done = false;
    unsigned install_failures = 0;
    std::optional<SteadyTime> install_at;
    SteadyTime beat_started{};
    std::optional<Error> trouble;  // what stands in the way now
};

struct Step {
    MachineState state;
    std::vector<Action> actions;
    std::optional<SteadyTime> next_wake;  // absent while an action is under way, and after the end
};

/// `random` in [0, 1) spreads the waits.
Step step(MachineState state, const MachinePolicy& policy, SteadyTime now, const Event& event, double random);

}  // namespace ocm::registration
