// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/opencrvs/crosswalk.hpp"
#include "channels/opencrvs/scopes.hpp"
#include "channels/opencrvs/target_snapshot.hpp"
#include "channels/opencrvs/target_types.hpp"
#include "channels/opencrvs/token.hpp"
#include "channels/vital_event.hpp"

#include <memory>
#include <string>

namespace ocm::opencrvs {

/// What `check-config --online` finds.
struct OnlineCheck {
    ScopeCheck scopes;
    std::vector<MapProblem> map_problems;
    std::size_t locations = 0, areas = 0, offices = 0;
};

class Interface;
class Prepared;

/// The OpenCRVS that notifications go to. Thread-safe: each call runs on its caller's thread.
class Target {
  public:
    /// Throws std::logic_error for an unsupported version: the configuration has been checked before.
    Target(TargetOptions options, CountryMap map, Ports ports);
    ~Target();

    const std::string& name() const { return options_.name; }
    /// Where an event has the sender's own document with it, it may go as it is: 1.3 to 1.8.
    /// What is unclear waits for a person, and is therefore recorded as such before it is sent (ADR 11).
    bool asks_when_unclear() const {
        return version_->generation == Generation::legacy && options_.after_unclear == AfterUnclear::ask;
    }
    bool takes_documents() const { return version_->generation == Generation::legacy; }
    /// As it applies to the target's version.
    const CountryMap& map() const { return map_; }
    /// nullptr until the target's forms and places are known.
    std::shared_ptr<const Snapshot> snapshot() const { return snapshots_.current(); }

    /// What codes of other systems are looked up in besides the target's own places; replaced whole at any time.
    void set_crosswalk(std::shared_ptr<const Crosswalk> crosswalk) { crosswalk_.store(std::move(crosswalk)); }
    std::shared_ptr<const Crosswalk> crosswalk() const { return crosswalk_.load(); }
    /// The codes of facility and office that keep the event from being sent now; empty where the target's places are
    /// not known yet.
    std::vector<PlaceCode> unknown_places(const VitalEvent& event) const;
    /// True where the code leads to a place of the target now.
    bool knows(const PlaceCode& code) const;

    /// How calls are repeated while a sender waits; may change at any time.
    void set_retry(RetryPolicy policy);

    /// Takes forms and places from the store's cache. Before the first notification.
    Task<void> start();
    /// Reads forms and places now and then on the interval (sooner after a failure) until its coroutine is cancelled.
    Task<void> keep_current();

    /// Sends the event the way the version wants. `event` outlives the call. Errors:
    /// - `bad_request`: refused; `path` is one of `refusal::…` or a field id of the form
    /// - `conflict`: the record has moved on and this content is not in it
    /// - `unavailable`, with retry_after: OpenCRVS is down or slow, or was never reached; the same ids are safe to
    /// repeat
    /// - `target_timeout`, of targets without idempotency keys only: it may have been taken; it must not be sent again
    /// before someone has looked
    /// - `bad_gateway`: OpenCRVS or its configuration is not what ours says; the text tells an administrator
    Task<Result<Sent>> notify(Exchange& exchange, const VitalEvent& event, NotifyIds ids);

    /// What `notify` would carry and drop, without calling but for forms and places that are not there yet. Fails as
    /// `notify` does before its first call.
    Task<Result<Account>> preview(Exchange& exchange, const VitalEvent& event);

    /// Reads everything once and compares it with what notifications need.
    Task<Result<OnlineCheck>> check_online(SteadyTime deadline);

  private:
    Task<Result<std::unique_ptr<Prepared>>> prepare_current(Exchange& exchange, const VitalEvent& event, NotifyIds ids);
    Result<std::unique_ptr<Prepared>> prepare(const Snapshot& snapshot, const VitalEvent& event,
                                              const NotifyIds& ids) const;
    SteadyTime soon(SteadyTime deadline) const;

    TargetOptions options_;
    const Version* version_;
    CountryMap map_;
    Ports ports_;
    TokenSource tokens_;
    SnapshotSource snapshots_;
    Published<RetryPolicy> retry_;
    Published<Crosswalk> crosswalk_;
    std::unique_ptr<Interface> interface_;
};

}  // namespace ocm::opencrvs
