// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/vital_events.hpp"

#include "channels/notification/stillbirth.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <nlohmann/json.hpp>

namespace ocm::notification {
namespace {

/// All that did not go through as it was said.
Json warnings_of(const Account& account) {
    auto out = Json::array();
    for (const auto* notes : {&account.warnings, &account.dropped, &account.recoded}) {
        for (const auto& note : *notes) out.push_back({{"path", note.path}, {"why", note.why}});
    }
    return out;
}

class VitalEventsMessage final : public Message {
  public:
    VitalEventsMessage(vital_json::Read read, bool strict)
        : Message(std::move(read.event), std::move(read.account)), strict_(strict) {}

    std::string place_of(std::string_view event_path) const override {
        if (event_path == opencrvs::refusal::kind) return "/kind";
        if (event_path == opencrvs::refusal::location) return "/place/location";
        if (event_path == opencrvs::refusal::office) return "/office";
        return {};
    }

    std::string words_for(std::string_view event_path, const std::string& why) const override {
        const bool stillbirth = event_path == opencrvs::refusal::kind && event.kind == VitalKind::fetal_death;
        return stillbirth ? std::string(no_form_for_stillbirths) : why;
    }

    HttpResponse accepted(const Outcome& outcome) override {
        Json body{{"warnings", warnings_of(account)}};
        if (outcome.state == Outcome::State::checked) {
            body["valid"] = true;
            body["account"] = account.to_json();
            return json_response(200, dump_json(body));
        }
        body["id"] = outcome.transaction;
        body["status"] = outcome.status_path;
        if (outcome.state == Outcome::State::delivered) {
            body["state"] = "delivered";
            body["trackingId"] = outcome.subjects.tracking_id;
        } else {
            body["state"] = outcome.state == Outcome::State::parked ? "parked" : "queued";
            body["message"] = later_message(outcome);
        }
        auto response = json_response(outcome.state == Outcome::State::delivered ? 201 : 202, dump_json(body));
        response.headers.set("Location", outcome.status_path);
        return response;
    }

    bool strict() const override { return strict_; }

  private:
    bool strict_;
};

Result<std::unique_ptr<Message>> decode(const HttpRequest& request, const std::atomic<bool>* stillbirths_as_death) {
    auto document = json_body(request, "a vital event as application/json");
    if (!document) return fail(std::move(document.error()));
    auto read = vital_json::read_message(*document);
    if (!read) return fail(std::move(read.error()));
    settle_stillbirth(read->event, read->account, stillbirths_as_death);
    return std::make_unique<VitalEventsMessage>(std::move(*read), prefers_strict(request.headers));
}

Task<Answer> tell_schema(Exchange&) {
    Answer answer;
    answer.response = json_response(200, std::string(vital_json::schema()), "application/schema+json");
    co_return answer;
}

}  // namespace

Format vital_events_format(const std::atomic<bool>* stillbirths_as_death) {
    return {"vital-json",
            [stillbirths_as_death](const HttpRequest& request) { return decode(request, stillbirths_as_death); },
            plain_refusal};
}

Route schema_route() {
    Route route;
    route.method = "GET";
    route.pattern = "/schemas/vital-event.json";
    route.summary = "The JSON Schema of what /vital-events takes.";
    route.handler = tell_schema;
    route.render_error = plain_refusal;
    route.keeps_bodies = false;
    return route;
}

}  // namespace ocm::notification
