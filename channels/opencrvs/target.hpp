// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/opencrvs/crosswalk.hpp"
#include "channels/opencrvs/scopes.hpp"
#include "channels/opencrvs/target_answers.hpp"
#include "channels/opencrvs/target_snapshot.hpp"
#include "channels/opencrvs/token.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "channels/vital_event.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ocm::opencrvs {

/// One configured OpenCRVS and how to reach it.
struct TargetOptions {
    std::string name;         // as in `targets.NAME`
    std::string version;      // of `versions()`
    std::string gateway_url;  // without a trailing '/'
    std::string auth_url;
    std::string client_id, client_secret;  // of its notification client
    Milliseconds timeout{10'000};          // of one call
    Milliseconds refresh_interval{900'000};
    boost::asio::any_io_executor background;               // parses large answers off the io threads; may be empty
    std::function<void(const RefreshReport&)> on_refresh;  // called on the thread that refreshed
};

/// The idempotency keys of a notification's two calls (design section 5.2): the same for every try of the same content.
struct NotifyIds {
    std::string create;
    std::string notify;
};

/// A notification OpenCRVS has taken.
struct Sent {
    std::string event_id, tracking_id;
    std::string office_id;
    bool pending = false;  // taken, and to be confirmed by the country configuration
    Account account;       // of the writer
};

/// What `check-config --online` finds.
struct OnlineCheck {
    ScopeCheck scopes;
    std::vector<MapProblem> map_problems;
    std::size_t locations = 0, areas = 0, offices = 0;
};

/// The OpenCRVS that notifications go to. Thread-safe: each call runs on its caller's thread.
class Target {
  public:
    /// Throws std::logic_error for an unsupported version: the configuration has been checked before.
    Target(TargetOptions options, CountryMap map, Ports ports);

    const std::string& name() const { return options_.name; }
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

    /// Creates the event and notifies it. `event` outlives the call. Errors:
    /// - `bad_request`: refused; `path` is one of `refusal::…` or a field id of the form
    /// - `conflict`: the record has moved on and this content is not in it
    /// - `unavailable`, with retry_after: OpenCRVS is down or slow, or was never reached; the same ids are safe to
    /// repeat
    /// - `bad_gateway`: OpenCRVS or its configuration is not what ours says; the text tells an administrator
    Task<Result<Sent>> notify(Exchange& exchange, const VitalEvent& event, NotifyIds ids);

    /// What `notify` would carry and drop, without calling but for forms and places that are not there yet. Fails as
    /// `notify` does before its first call.
    Task<Result<Account>> preview(Exchange& exchange, const VitalEvent& event);

    /// Reads everything once and compares it with what notifications need.
    Task<Result<OnlineCheck>> check_online(SteadyTime deadline);

  private:
    Result<Written> write_with(const Snapshot& snapshot, const VitalEvent& event) const;
    Task<Result<Written>> write_current(Exchange& exchange, const VitalEvent& event);
    Task<Result<EventDocument>> create(Way& way, const Written& written, std::string transaction);
    Task<Result<EventDocument>> send_event(Way& way, std::string name, std::string path, Json body,
                                           CallContext context);
    Task<Result<EventDocument>> after_conflict(Way& way, const Written& written, const NotifyIds& ids, Error conflict);
    SteadyTime soon(SteadyTime deadline) const;

    TargetOptions options_;
    const Version* version_;
    CountryMap map_;
    Ports ports_;
    TokenSource tokens_;
    SnapshotSource snapshots_;
    Published<RetryPolicy> retry_;
    Published<Crosswalk> crosswalk_;
};

}  // namespace ocm::opencrvs
