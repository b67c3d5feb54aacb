// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/opencrvs_1.hpp"

#include "channels/opencrvs/write_v2.hpp"
#include "formats/opencrvs_v1/answer.hpp"
#include "formats/opencrvs_v1/read.hpp"

#include <nlohmann/json.hpp>

namespace ocm::notification {
namespace {

class Opencrvs1Message final : public Message {
  public:
    Opencrvs1Message(Json bundle, opencrvs_v1::Read read)
        : Message(std::move(read.event), std::move(read.account)), saved_(std::move(bundle)) {}

    std::string place_of(std::string_view event_path) const override {
        const auto bundle = saved_.document();
        return bundle ? opencrvs_v1::place_of(*bundle, event_path) : std::string();
    }

    /// 1.8's words for what its gateway finds out by asking OpenCRVS, with the reason behind.
    std::string words_for(std::string_view event_path, const std::string& why) const override {
        if (event_path == opencrvs::refusal::location) return "Encounter location not found! " + why;
        return "Could not process the Event Notification, as " + why;
    }

    HttpResponse accepted(const Outcome& outcome) override {
        if (outcome.state == Outcome::State::checked) return checked();
        if (outcome.state != Outcome::State::delivered) return accepted_for_later(outcome);
        opencrvs_v1::Accepted told;
        told.kind = event.kind;
        told.event_id = outcome.subjects.event_id;
        told.tracking_id = outcome.subjects.tracking_id;
        told.client_id = outcome.client_id;
        told.client_name = outcome.client_name;
        told.at = outcome.at;
        told.contract = outcome.contract;
        told.potential_duplicate = outcome.potential_duplicate;
        return opencrvs_v1::accepted(saved_, told);
    }

    std::optional<std::string> opencrvs_1_document(const HttpRequest& request) const override { return request.body; }

  private:
    /// 1.8 has no dry run: the account is the answer.
    HttpResponse checked() const {
        Json body = Json::object();
        body["valid"] = true;
        body["account"] = account.to_json();
        return json_response(200, dump_json(body));
    }

    /// 1.8 never answers 202: what it would have saved is not saved yet, so the bundle does not come back.
    static HttpResponse accepted_for_later(const Outcome& outcome) {
        Json body = Json::object();
        body["id"] = outcome.transaction;
        body["state"] = outcome.state == Outcome::State::parked ? "parked" : "queued";
        body["message"] = later_message(outcome);
        return json_response(202, dump_json(body));
    }

    opencrvs_v1::SavedRecord saved_;
};

Result<std::unique_ptr<Message>> decode(const HttpRequest& request) {
    auto bundle = json_body(request, "a FHIR document as application/json or application/fhir+json");
    if (!bundle) return fail(std::move(bundle.error()));
    auto read = opencrvs_v1::read(*bundle);
    if (!read) return fail(std::move(read.error()));
    return std::make_unique<Opencrvs1Message>(std::move(*bundle), std::move(*read));
}

}  // namespace

Format opencrvs_1_format() {
    return {"opencrvs-1", decode, opencrvs_v1::refusal};
}

}  // namespace ocm::notification
