// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/dhis2.hpp"

#include "channels/notification/format.hpp"
#include "channels/notification/stillbirth.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "formats/dhis2/read.hpp"
#include "formats/dhis2/report.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <map>

namespace ocm::notification {
namespace {

constexpr std::string_view format_name = "dhis2";
/// Left of the deadline for answering.
constexpr Milliseconds answer_margin{1'000};
constexpr std::chrono::seconds soon{5};

/// A payload and what is in it, whose nodes the rest points to.
struct Payload {
    std::shared_ptr<const Json> document;
    std::vector<dhis2::Entity> entities;

    std::size_t units() const {
        std::size_t out = 0;
        for (const auto& entity : entities) out += entity.units.size();
        return out;
    }
};

Result<Payload> read_payload(const HttpRequest& request, const dhis2::Mapping& mapping) {
    auto json = json_body(request, "a DHIS2 tracker payload as application/json");
    if (!json) return fail(std::move(json.error()));
    Payload out{std::make_shared<const Json>(std::move(*json)), {}};
    auto found = dhis2::entities(*out.document, mapping);
    if (!found) return fail(std::move(found.error()));
    out.entities = std::move(*found);
    return out;
}

class TrackerMessage final : public Message {
  public:
    TrackerMessage(std::string uid, dhis2::Read read, bool strict)
        : Message(std::move(read.event), std::move(read.account)),
          uid_(std::move(uid)),
          places_(std::move(read.places)),
          strict_(strict) {}

    std::string place_of(std::string_view event_path) const override {
        const auto found = places_.find(event_path);
        return found == places_.end() ? std::string() : found->second;
    }

    std::string words_for(std::string_view event_path, const std::string& why) const override {
        const bool stillbirth = event_path == opencrvs::refusal::kind && event.kind == VitalKind::fetal_death;
        return stillbirth ? std::string(no_form_for_stillbirths) : why;
    }

    /// What the record says. DHIS2 changes time stamps on its own, and what is written back to it comes here again.
    std::optional<std::string> content() const override {
        auto said = event;
        said.source.version.clear();
        said.reported_at.reset();
        return dump_json(vital_json::write(said));
    }

    HttpResponse accepted(const Outcome& outcome) override {
        using State = Outcome::State;
        dhis2::Told told;
        if (outcome.state == State::checked) {
            told.state = "checked";
        } else {
            told = {outcome.transaction, "delivered", outcome.subjects.tracking_id, outcome.status_path};
            if (outcome.state == State::queued) told.state = "queued";
            if (outcome.state == State::parked) told.state = "parked";
        }
        dhis2::Report report;
        report.accepted(uid_, told, account);
        return json_response(200, dump_json(report.to_json()));
    }

    bool strict() const override { return strict_; }

  private:
    std::string uid_;
    std::map<std::string, std::string, std::less<>> places_;
    bool strict_;
};

/// How the only event of a payload is taken.
struct Taking {
    std::shared_ptr<const Payload> payload;
    const dhis2::Mapping* mapping = nullptr;
    const std::atomic<bool>* stillbirths_as_death = nullptr;
    bool strict = false;
};

Result<std::unique_ptr<Message>> decode(const Taking& taking) {
    const auto& entity = taking.payload->entities.front();
    auto read = dhis2::read(*taking.payload->document, entity.units.front(), *taking.mapping);
    if (!read) return fail(std::move(read.error()));
    settle_stillbirth(read->event, read->account, taking.stillbirths_as_death);
    return std::make_unique<TrackerMessage>(entity.id, std::move(*read), taking.strict);
}

Answer answer_with(const dhis2::Report& report, int status) {
    Answer answer;
    answer.response = json_response(status, dump_json(report.to_json()));
    answer.properties["format"] = format_name;
    answer.properties["created"] = std::to_string(report.created());
    answer.properties["ignored"] = std::to_string(report.ignored());
    answer.properties["failed"] = std::to_string(report.failed());
    return answer;
}

Answer refuse(const Error& error, const std::string& uid) {
    Answer answer;
    answer.response = dhis2::refusal(error, uid);
    answer.error = error;
    answer.properties["format"] = format_name;
    return answer;
}

/// The request of one event by itself. Its record says who it is: a key for the whole would be another's.
HttpRequest part_of(const HttpRequest& whole, const dhis2::Unit& unit) {
    HttpRequest part;
    part.method = whole.method;
    part.target = whole.target;
    part.path = whole.path;
    part.query = whole.query;
    part.headers = whole.headers;
    part.headers.erase("content-length");
    part.headers.erase("transfer-encoding");
    part.headers.erase("idempotency-key");
    part.body = dump_json(dhis2::alone(unit));
    return part;
}

Task<Answer> take_one(Exchange& exchange, std::shared_ptr<const Payload> payload, const dhis2::Mapping& mapping,
                      const NotificationDeps& deps, Mode mode) {
    const auto uid = payload->entities.front().id;
    const Taking taking{payload, &mapping, deps.stillbirths_as_death, prefers_strict(exchange.request().headers)};
    Format format;
    format.name = format_name;
    format.decode = [taking](const HttpRequest&) { return decode(taking); };
    format.refusal = [uid](const Error& error) { return dhis2::refusal(error, uid); };
    auto answer = co_await take(exchange, format, deps, mode);
    co_return answer;
}

/// Several events, or none: each that is to be sent runs by itself, in their order.
Task<Answer> take_each(Exchange& exchange, std::shared_ptr<const Payload> payload) {
    auto received = co_await exchange.receive(std::nullopt);
    if (!received) co_return refuse(received.error(), "");
    dhis2::Report report;
    bool again = false;
    for (std::size_t i = 0; i < payload->entities.size(); ++i) {
        const auto& entity = payload->entities[i];
        const auto as_it_is = [](std::string_view path) { return std::string(path); };
        dhis2::Report own;
        if (entity.error) own.failed(entity.id, *entity.error);
        for (const auto& ignored : entity.ignored) own.ignored(entity.id, ignored.path, ignored.why);
        report.add(own, i, as_it_is);
        for (const auto& unit : entity.units) {
            const auto in_whole = [&](std::string_view path) { return dhis2::in_whole(unit, entity, path); };
            if (exchange.ports().clock.steady() + answer_margin > exchange.deadline()) {
                dhis2::Report late;
                late.failed(entity.id, {ErrorCode::unavailable, "there was no time left for it; send it again",
                                        entity.path + unit.event_path, std::nullopt});
                report.add(late, i, as_it_is);
                again = true;
                continue;
            }
            auto response = co_await exchange.run_part(part_of(exchange.request(), unit));
            auto part = dhis2::Report::parse(response.body);
            if (part.total() == 0) {
                // The answer to a part that could not be recorded is nobody's format.
                part.failed(entity.id, {ErrorCode::unavailable, "the mediator cannot record now; send it again later",
                                        "", std::nullopt});
            }
            report.add(part, i, in_whole);
            again = again || response.status >= 500;
        }
    }
    if (!report.has_errors()) co_return answer_with(report, 200);
    if (!again) co_return answer_with(report, http_status(ErrorCode::conflict));
    auto answer = answer_with(report, http_status(ErrorCode::unavailable));
    answer.response.headers.set("Retry-After", std::to_string(soon.count()));
    answer.error = Error{ErrorCode::unavailable, "some of the tracked entities have to be sent again", "", soon};
    co_return answer;
}

}  // namespace

HttpResponse tracker_refusal(const Error& error) {
    return dhis2::refusal(error, "");
}

Task<Answer> take_tracker(Exchange& exchange, const dhis2::Mapping& mapping, const NotificationDeps& deps, Mode mode) {
    auto read = read_payload(exchange.request(), mapping);
    if (!read) co_return refuse(read.error(), "");
    const auto payload = std::make_shared<const Payload>(std::move(*read));
    if (payload->entities.size() != 1) {
        auto answer = co_await take_each(exchange, payload);
        co_return answer;
    }
    const auto& only = payload->entities.front();
    if (only.error) co_return refuse(*only.error, only.id);
    if (only.units.size() == 1) {
        auto answer = co_await take_one(exchange, payload, mapping, deps, mode);
        co_return answer;
    }
    auto answer = co_await take_each(exchange, payload);
    co_return answer;
}

}  // namespace ocm::notification
