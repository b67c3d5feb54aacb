// SPDX-License-Identifier: MPL-2.0
// Notifying OpenCRVS 1.9 and 2.0: an event is created, then notified, each under a transaction id
// (opencrvs.md 7.2, 7.3).
#include "channels/opencrvs/target_answers.hpp"
#include "channels/opencrvs/target_interface.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "core/json_text.hpp"

#include <nlohmann/json.hpp>

namespace ocm::opencrvs {
namespace {

class PreparedEvent final : public Prepared {
  public:
    PreparedEvent(const TargetOptions& options, const Version& version, TokenSource& tokens, Written written,
                  NotifyIds ids)
        : options_(options), version_(version), tokens_(tokens), written_(std::move(written)), ids_(std::move(ids)) {
        account = std::move(written_.account);
    }
    Task<Result<Sent>> send(Way& way) override;

  private:
    Task<Result<EventDocument>> create(Way& way);
    std::string notify_body(const std::string& event_id) const;
    Task<Result<EventDocument>> send_event(Way& way, std::string name, std::string path, std::string body,
                                           CallContext context);
    Task<Result<EventDocument>> after_conflict(Way& way, Error conflict);

    const TargetOptions& options_;
    const Version& version_;
    TokenSource& tokens_;
    Written written_;
    NotifyIds ids_;
};

Task<Result<Sent>> PreparedEvent::send(Way& way) {
    auto created = co_await create(way);
    if (!created) co_return fail(created.error());

    auto document = std::move(*created);
    auto state = notify_state(document, ids_.notify);
    // Creating again shows what an earlier try came to: what is done is not done twice.
    if (state == NotifyState::none || state == NotifyState::another) {
        CallContext context{CallContext::Step::notify, &version_, options_.name, written_.event_type, {}};
        auto notified = co_await send_event(way, "Notify event", event_path(version_.notify_path, document.id),
                                            notify_body(document.id), std::move(context));
        if (!notified && notified.error().code == ErrorCode::conflict) {
            auto looked = co_await after_conflict(way, notified.error());
            notified = std::move(looked);
        }
        if (!notified) co_return fail(notified.error());
        document = std::move(*notified);
        state = notify_state(document, ids_.notify);
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
    out.office_id = std::move(written_.created_at_location);
    out.pending = state == NotifyState::pending;
    out.account = std::move(account);
    co_return out;
}

Task<Result<EventDocument>> PreparedEvent::create(Way& way) {
    JsonText body;
    body.begin_object();
    if (version_.create_needs_location) body.member("createdAtLocation", written_.created_at_location);
    body.member("transactionId", ids_.create);
    body.member("type", written_.event_type);
    body.end_object();
    CallContext context{CallContext::Step::create, &version_, options_.name, written_.event_type, {}};
    auto created =
        co_await send_event(way, "Create event", std::string(version_.create_path), body.take(), std::move(context));
    co_return created;
}

/// The members of both bodies in the order of their names, as everywhere.
std::string PreparedEvent::notify_body(const std::string& event_id) const {
    constexpr std::size_t usual = 8u << 10;
    JsonText body;
    body.reserve(usual);
    body.begin_object();
    if (!written_.annotation.empty()) {
        body.key("annotation");
        body.value(written_.annotation);
    }
    body.member("createdAtLocation", written_.created_at_location);
    body.key("declaration");
    body.value(written_.declaration);
    body.member("eventId", event_id);
    body.member("transactionId", ids_.notify);
    body.member("type", "NOTIFY");
    body.end_object();
    return body.take();
}

// Also a notification that was taken is answered 409 once the record has moved on. Creating again is idempotent and
// shows the event without a scope for reading.
Task<Result<EventDocument>> PreparedEvent::after_conflict(Way& way, Error conflict) {
    auto event = co_await create(way);
    if (!event) co_return fail(event.error());
    const auto state = notify_state(*event, ids_.notify);
    if (state == NotifyState::accepted || state == NotifyState::pending) co_return event;
    if (state == NotifyState::another) {
        conflict.message = "OpenCRVS has this record already, with other content; a correction has to be made there";
    }
    co_return fail(std::move(conflict));
}

Task<Result<EventDocument>> PreparedEvent::send_event(Way& way, std::string name, std::string path, std::string body,
                                                      CallContext context) {
    UpstreamCall call;
    call.name = std::move(name);
    call.method = "POST";
    call.url = options_.gateway_url + path;
    call.headers.add("Content-Type", "application/json");
    call.headers.add("Accept", "application/json");
    call.body = std::move(body);
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

class EventsInterface final : public Interface {
  public:
    EventsInterface(const TargetOptions& options, const Version& version, const CountryMap& map, TokenSource& tokens)
        : options_(options), version_(version), map_(map), tokens_(tokens) {}

    Result<std::unique_ptr<Prepared>> prepare(const Snapshot& snapshot, const VitalEvent& event, const NotifyIds& ids,
                                              WallTime now) const override {
        auto written = write(event, map_, snapshot.form, snapshot.places, now);
        if (!written) return fail(written.error());
        return std::make_unique<PreparedEvent>(options_, version_, tokens_, std::move(*written), ids);
    }

  private:
    const TargetOptions& options_;
    const Version& version_;
    const CountryMap& map_;
    TokenSource& tokens_;
};

}  // namespace

std::unique_ptr<Interface> events_interface(const TargetOptions& options, const Version& version, const CountryMap& map,
                                            TokenSource& tokens) {
    return std::make_unique<EventsInterface>(options, version, map, tokens);
}

}  // namespace ocm::opencrvs
