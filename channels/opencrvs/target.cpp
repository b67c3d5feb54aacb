// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/target.hpp"

#include "core/json.hpp"

#include <nlohmann/json.hpp>

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

TokenOptions token_options(const TargetOptions& options) {
    return {options.name, "notification", options.auth_url, options.client_id, options.client_secret, options.timeout};
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
      map_(std::move(map)),
      ports_(ports),
      tokens_(token_options(options_), ports.clock),
      snapshots_(snapshot_options(options_, *version_), map_, tokens_, ports),
      retry_(std::make_shared<const RetryPolicy>()),
      crosswalk_(std::make_shared<const Crosswalk>()) {}

void Target::set_retry(RetryPolicy policy) {
    retry_.store(std::make_shared<const RetryPolicy>(policy));
}

Task<void> Target::start() {
    co_await snapshots_.load_cached();
}

Task<void> Target::keep_current() {
    unsigned failures = 0;
    for (;;) {
        // Three reads and a token, each within its own timeout.
        const auto deadline = ports_.clock.steady() + 4 * options_.timeout;
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

Result<Written> Target::write_with(const Snapshot& snapshot, const VitalEvent& event) const {
    const auto now = ports_.clock.now();
    const auto crosswalk = crosswalk_.load();
    const auto resolved = resolve(event, map_.country, {*crosswalk, options_.name, snapshot.places, now});
    auto written = write(resolved.event, map_, snapshot.form, snapshot.places, now);
    // An event that the forms do not have is not worth waiting with.
    const bool of_kind = !written && written.error().path == refusal::kind;
    if (!resolved.unknown.empty() && !of_kind) return fail(refuse_unknown(resolved.unknown.front()));
    if (written) written->account.append(resolved.account);
    return written;
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

Task<Result<Written>> Target::write_current(Exchange& exchange, const VitalEvent& event) {
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
    auto written = write_with(*snapshot, event);
    if (written || !is_place_refusal(written.error())) co_return written;
    auto read = co_await snapshots_.refresh(soon(exchange.deadline()), unknown_place_interval);
    const auto fresh = snapshots_.current();
    if (!read || fresh == snapshot) co_return written;
    co_return write_with(*fresh, event);
}

Task<Result<Account>> Target::preview(Exchange& exchange, const VitalEvent& event) {
    auto written = co_await write_current(exchange, event);
    if (!written) co_return fail(written.error());
    co_return std::move(written->account);
}

Task<Result<Sent>> Target::notify(Exchange& exchange, const VitalEvent& event, NotifyIds ids) {
    auto written = co_await write_current(exchange, event);
    if (!written) co_return fail(written.error());

    TransactionWay way(exchange, *retry_.load());
    auto created = co_await create(way, *written, ids.create);
    if (!created) co_return fail(created.error());

    auto document = std::move(*created);
    auto state = notify_state(document, ids.notify);
    // Creating again shows what an earlier try came to: what is done is not done twice.
    if (state == NotifyState::none || state == NotifyState::another) {
        Json body = Json::object();
        body["eventId"] = document.id;
        body["transactionId"] = ids.notify;
        body["type"] = "NOTIFY";
        body["createdAtLocation"] = written->created_at_location;
        body["declaration"] = std::move(written->declaration);
        if (!written->annotation.empty()) body["annotation"] = std::move(written->annotation);
        CallContext context{CallContext::Step::notify, version_, options_.name, written->event_type, {}};
        auto notified = co_await send_event(way, "Notify event", event_path(version_->notify_path, document.id),
                                            std::move(body), std::move(context));
        if (!notified && notified.error().code == ErrorCode::conflict) {
            auto looked = co_await after_conflict(way, *written, ids, notified.error());
            notified = std::move(looked);
        }
        if (!notified) co_return fail(notified.error());
        document = std::move(*notified);
        state = notify_state(document, ids.notify);
    }

    if (state == NotifyState::rejected) {
        co_return fail(ErrorCode::bad_request, "the country configuration of OpenCRVS rejected the notification");
    }
    if (state == NotifyState::none) {
        co_return fail(ErrorCode::bad_gateway,
                       "OpenCRVS answered 200 to the notification, but the event does not show it");
    }
    Sent out;
    out.event_id = std::move(document.id);
    out.tracking_id = std::move(document.tracking_id);
    out.office_id = std::move(written->created_at_location);
    out.pending = state == NotifyState::pending;
    out.account = std::move(written->account);
    co_return out;
}

Task<Result<EventDocument>> Target::create(Way& way, const Written& written, std::string transaction) {
    Json body = Json::object();
    body["type"] = written.event_type;
    body["transactionId"] = std::move(transaction);
    body["createdAtLocation"] = written.created_at_location;
    CallContext context{CallContext::Step::create, version_, options_.name, written.event_type, {}};
    auto created = co_await send_event(way, "Create event", std::string(version_->create_path), std::move(body),
                                       std::move(context));
    co_return created;
}

// Also a notification that was taken is answered 409 once the record has moved on. Creating again is idempotent and
// shows the event without a scope for reading.
Task<Result<EventDocument>> Target::after_conflict(Way& way, const Written& written, const NotifyIds& ids,
                                                   Error conflict) {
    auto event = co_await create(way, written, ids.create);
    if (!event) co_return fail(event.error());
    const auto state = notify_state(*event, ids.notify);
    if (state == NotifyState::accepted || state == NotifyState::pending) co_return event;
    if (state == NotifyState::another) {
        conflict.message = "OpenCRVS has this record already, with other content; a correction has to be made there";
    }
    co_return fail(std::move(conflict));
}

Task<Result<EventDocument>> Target::send_event(Way& way, std::string name, std::string path, Json body,
                                               CallContext context) {
    UpstreamCall call;
    call.name = std::move(name);
    call.method = "POST";
    call.url = options_.gateway_url + path;
    call.headers.add("Content-Type", "application/json");
    call.headers.add("Accept", "application/json");
    call.body = dump_json(body);
    call.timeout = options_.timeout;
    call.repeatable = true;  // the transaction id is an idempotency key (opencrvs.md 7.2, 7.3)
    auto reply = co_await send_authorized(way, tokens_, std::move(call));
    if (!reply) co_return fail(unreachable(reply.error()));
    if (reply->status != 200) {
        if (reply->status == 403) {
            auto token = co_await tokens_.get(way);
            if (token) context.scopes = (*token)->scopes;
        }
        co_return fail(explain_failure(*reply, context));
    }
    auto document = EventDocument::read(*reply);
    if (!document) co_return fail(unreachable(document.error()));
    co_return document;
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
