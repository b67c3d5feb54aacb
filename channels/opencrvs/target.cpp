// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/target.hpp"

#include "channels/opencrvs/target_interface.hpp"
#include "channels/opencrvs/write_v2.hpp"

#include <algorithm>
#include <stdexcept>

namespace ocm::opencrvs {
namespace {

using namespace std::chrono_literals;

// An unknown place may be a new one: ask, but not for every message that names it.
constexpr Milliseconds unknown_place_interval = 30s;
// Nothing is known yet: every message waits for it.
constexpr Milliseconds first_read_interval = 3s;
constexpr BackoffPolicy refresh_backoff{.first = 2s, .cap = 60s};

const Version& supported(const std::string& name) {
    const auto* version = find_version(name);
    if (version == nullptr) throw std::logic_error("unsupported OpenCRVS version " + name);
    return *version;
}

TokenOptions token_options(const TargetOptions& options, const Version& version) {
    return {options.name,          "notification",  options.auth_url,      options.client_id,
            options.client_secret, options.timeout, version.token_in_query};
}

SnapshotOptions snapshot_options(const TargetOptions& options, const Version& version) {
    return {options.name, options.gateway_url, &version, options.timeout, options.background, options.on_refresh};
}

bool is_place_refusal(const Error& error) {
    return error.code == ErrorCode::bad_request && (error.path == refusal::location || error.path == refusal::office);
}

}  // namespace

Target::Target(TargetOptions options, CountryMap map, Ports ports)
    : options_(std::move(options)),
      version_(&supported(options_.version)),
      map_(version_->has_event_location ? std::move(map) : map.without(Take::place_jurisdiction)),
      ports_(ports),
      tokens_(token_options(options_, *version_), ports.clock),
      snapshots_(snapshot_options(options_, *version_), map_, tokens_, ports),
      retry_(std::make_shared<const RetryPolicy>()),
      crosswalk_(std::make_shared<const Crosswalk>()),
      interface_(version_->generation == Generation::legacy ? legacy_interface(options_, *version_, map_, tokens_)
                                                            : events_interface(options_, *version_, map_, tokens_)) {}

Target::~Target() = default;

void Target::set_retry(RetryPolicy policy) {
    retry_.store(std::make_shared<const RetryPolicy>(policy));
}

Task<void> Target::start() {
    co_await snapshots_.load_cached();
}

Task<void> Target::keep_current() {
    unsigned failures = 0;
    for (;;) {
        // Up to four reads and a token, each within its own timeout.
        const auto deadline = ports_.clock.steady() + 5 * options_.timeout;
        auto done = co_await snapshots_.refresh(deadline, 0ms);
        failures = done ? 0 : failures + 1;
        const auto wait =
            done ? options_.refresh_interval
                 : std::min(options_.refresh_interval, backoff(refresh_backoff, failures, ports_.ids.random()));
        const bool slept = co_await ports_.clock.sleep(wait);
        if (!slept) co_return;
    }
}

SteadyTime Target::soon(SteadyTime deadline) const {
    return std::min(deadline, ports_.clock.steady() + options_.timeout);
}

Result<std::unique_ptr<Prepared>> Target::prepare(const Snapshot& snapshot, const VitalEvent& event,
                                                  const NotifyIds& ids) const {
    const auto now = ports_.clock.now();
    const auto crosswalk = crosswalk_.load();
    auto resolved = resolve(event, map_.country, {*crosswalk, options_.name, snapshot.places, now});
    auto prepared = interface_->prepare(snapshot, resolved.event(event), ids, now);
    // An event that the forms do not have is not worth waiting with.
    const bool of_kind = !prepared && prepared.error().path == refusal::kind;
    if (!resolved.unknown.empty() && !of_kind) return fail(refuse_unknown(resolved.unknown.front()));
    if (prepared) (*prepared)->account.append(std::move(resolved.account));
    return prepared;
}

std::vector<PlaceCode> Target::unknown_places(const VitalEvent& event) const {
    const auto snapshot = snapshots_.current();
    if (snapshot == nullptr) return {};
    const auto crosswalk = crosswalk_.load();
    auto resolved = resolve(event, map_.country, {*crosswalk, options_.name, snapshot->places, ports_.clock.now()});
    std::vector<PlaceCode> out;
    out.reserve(resolved.unknown.size());
    for (auto& place : resolved.unknown) out.push_back(std::move(place.code));
    return out;
}

bool Target::knows(const PlaceCode& code) const {
    const auto snapshot = snapshots_.current();
    if (snapshot == nullptr) return false;
    const auto crosswalk = crosswalk_.load();
    return cross(code, {*crosswalk, options_.name, snapshot->places, ports_.clock.now()}).by != Crossed::By::nothing;
}

Task<Result<std::unique_ptr<Prepared>>> Target::prepare_current(Exchange& exchange, const VitalEvent& event,
                                                                NotifyIds ids) {
    auto snapshot = snapshots_.current();
    if (snapshot == nullptr) {
        auto read = co_await snapshots_.refresh(soon(exchange.deadline()), first_read_interval);
        snapshot = snapshots_.current();
        if (snapshot == nullptr) {
            if (read)
                co_return fail(ErrorCode::internal,
                               "the forms and places of OpenCRVS are missing after they were read");
            co_return fail(unreachable(read.error()));
        }
    }
    auto prepared = prepare(*snapshot, event, ids);
    if (prepared || !is_place_refusal(prepared.error())) co_return prepared;
    auto read = co_await snapshots_.refresh(soon(exchange.deadline()), unknown_place_interval);
    const auto fresh = snapshots_.current();
    if (!read || fresh == snapshot) co_return prepared;
    co_return prepare(*fresh, event, ids);
}

Task<Result<Account>> Target::preview(Exchange& exchange, const VitalEvent& event) {
    // Ids of a notification that is not sent: they are in nothing that leaves.
    constexpr const char* nil = "00000000-0000-0000-0000-000000000000";
    // A variable: g++ 12 destroys an aggregate twice that is made within the arguments of an awaited call.
    NotifyIds ids{nil, nil};
    auto prepared = co_await prepare_current(exchange, event, std::move(ids));
    if (!prepared) co_return fail(prepared.error());
    co_return std::move((*prepared)->account);
}

Task<Result<Sent>> Target::notify(Exchange& exchange, const VitalEvent& event, NotifyIds ids) {
    auto prepared = co_await prepare_current(exchange, event, std::move(ids));
    if (!prepared) co_return fail(prepared.error());
    TransactionWay way(exchange, *retry_.load());
    auto sent = co_await (*prepared)->send(way);
    co_return sent;
}

Task<Result<OnlineCheck>> Target::check_online(SteadyTime deadline) {
    DirectWay way(ports_.upstream, deadline);
    auto token = co_await tokens_.get(way);
    if (!token) co_return fail(token.error());
    auto read = co_await snapshots_.refresh(deadline, 0ms);
    if (!read) co_return fail(read.error());
    const auto snapshot = snapshots_.current();
    std::vector<std::string> event_types;
    event_types.reserve(map_.events.size());
    for (const auto& event : map_.events) event_types.push_back(event.type);
    OnlineCheck out;
    out.scopes = check_notification_scopes(*version_, (*token)->scopes, event_types);
    out.map_problems = snapshot->problems;
    out.locations = snapshot->places.locations().size();
    out.areas = snapshot->places.areas().size();
    const auto now = ports_.clock.now();
    out.offices = static_cast<std::size_t>(
        std::count_if(snapshot->places.locations().begin(), snapshot->places.locations().end(),
                      [&](const Location& location) { return location.type == office_type && location.active(now); }));
    co_return out;
}

}  // namespace ocm::opencrvs
