// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/fhir_message.hpp"

#include "channels/notification/stillbirth.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "formats/fhir_r4/read.hpp"

#include <nlohmann/json.hpp>

namespace ocm::notification {
namespace {

using fhir_r4::Issue;

constexpr std::size_t most_issues = 100, most_issues_of_check = 2000;

Issue headline(const Outcome& outcome) {
    Issue issue{"information", "informational", {}, {}, {}};
    switch (outcome.state) {
        case Outcome::State::checked:
            issue.text = "Nothing was sent: the notification was checked only, and could be taken";
            break;
        case Outcome::State::delivered:
            issue.text = "The notification is in OpenCRVS";
            issue.tracking_id = outcome.subjects.tracking_id;
            break;
        case Outcome::State::queued:
        case Outcome::State::parked:
            issue.text = later_message(outcome);
            break;
    }
    return issue;
}

class FhirMessage final : public Message {
  public:
    FhirMessage(FhirTaking taking, fhir_r4::Read read)
        : Message(std::move(read.event), fhir_r4::with_expressions(std::move(read.account), taking.request->root)),
          taking_(std::move(taking)),
          places_(std::move(read.places)) {}

    std::string place_of(std::string_view event_path) const override {
        const auto found = places_.find(event_path);
        return found == places_.end() ? std::string() : fhir_r4::expression(found->second, request().root);
    }

    std::string words_for(std::string_view event_path, const std::string& why) const override {
        if (event_path == opencrvs::refusal::kind && event.kind == VitalKind::fetal_death) {
            return std::string(no_form_for_stillbirths);
        }
        return why;
    }

    bool strict() const override { return request().strict; }

    HttpResponse accepted(const Outcome& outcome) override {
        const bool checked = outcome.state == Outcome::State::checked;
        std::vector<Issue> issues{headline(outcome)};
        for (auto& issue : fhir_r4::issues_of(account, checked ? most_issues_of_check : most_issues)) {
            issues.push_back(std::move(issue));
        }
        auto body = fhir_r4::operation_outcome(issues);
        if (checked) return fhir_r4::fhir_response(200, body);
        const auto location = taking_.prefix + "/notifications/" + outcome.transaction;
        auto response = in_kind(outcome, std::move(body), location);
        response.headers.set("Location", location);
        return response;
    }

  private:
    const FhirRequest& request() const { return *taking_.request; }

    HttpResponse in_kind(const Outcome& outcome, Json body, const std::string& location) const {
        const bool bundle = request().root == "Bundle";
        const auto& type = request().type;
        const bool later = outcome.state != Outcome::State::delivered;
        if (bundle && type == "message") {
            return fhir_r4::fhir_response(200, fhir_r4::message_response(request().message, fhir_r4::Acknowledged::ok,
                                                                         std::move(body), outcome.at));
        }
        if (bundle && (type == "transaction" || type == "batch")) {
            const bool minimal = request().wants == FhirRequest::Return::minimal;
            std::vector<fhir_r4::EntryResponse> entries(member(request().message, "entry")->size(),
                                                        {later ? 202 : 201, location, Json()});
            if (!minimal) entries.front().outcome = std::move(body);
            return fhir_r4::fhir_response(200, fhir_r4::bundle_response(type + "-response", entries));
        }
        if (request().wants == FhirRequest::Return::minimal) {
            return {201, {{"Content-Type", std::string(fhir_r4::content_type)}}, {}};
        }
        if (request().wants == FhirRequest::Return::representation) {
            return fhir_r4::fhir_response(201, request().message);
        }
        return fhir_r4::fhir_response(201, body);
    }

    FhirTaking taking_;
    std::map<std::string, std::string, std::less<>> places_;
};

}  // namespace

Result<std::unique_ptr<Message>> read_fhir(const FhirTaking& taking) {
    const auto& request = *taking.request;
    auto read = fhir_r4::read(request.message);
    if (!read) {
        auto error = std::move(read.error());
        error.path = fhir_r4::expression(error.path, request.root);
        return fail(std::move(error));
    }
    const auto& source = read->event.source;
    if (!request.if_none_exist.empty() && request.if_none_exist != source.document &&
        request.if_none_exist != source.record) {
        return fail(ErrorCode::bad_request,
                    "must name the identifier of the document itself, or of the child or the deceased; no other search "
                    "can be made here",
                    "If-None-Exist");
    }
    const bool document = request.root == "Bundle" && request.type != "collection";
    if (!document && !taking.part) {
        read->account.warnings.push_back(
            {"", "what has no document or message around it is read as well as it goes; send a document"});
    }
    settle_stillbirth(read->event, read->account, taking.stillbirths_as_death);
    return std::make_unique<FhirMessage>(taking, std::move(*read));
}

}  // namespace ocm::notification
