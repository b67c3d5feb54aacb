// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/fhir.hpp"

#include "channels/notification/fhir_message.hpp"
#include "channels/notification/fhir_request.hpp"
#include "channels/notification/flow.hpp"
#include "channels/notification/status.hpp"
#include "formats/fhir_r4/outcome.hpp"
#include "formats/fhir_r4/split.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::notification {
namespace {

using DepsPtr = std::shared_ptr<const NotificationDeps>;
using RequestPtr = std::shared_ptr<const FhirRequest>;

constexpr std::string_view format_name = "fhir-r4";
constexpr std::size_t longest_request_id = 128;

/// What stands before our paths, as the caller sees them.
std::string prefix_of(const Exchange& exchange) {
    auto path = status_path(exchange, "");
    path.resize(path.size() - std::string_view("/notifications/").size());
    return path;
}

bool is_message(const FhirRequest& request) {
    return request.root == "Bundle" && request.type == "message";
}

/// The format of one request: what was opened already is not opened again.
Format format_of(Result<FhirTaking> taking) {
    Format format;
    format.name = format_name;
    format.refusal = fhir_r4::refusal;
    format.decode = [taken = std::move(taking)](const HttpRequest&) -> Result<std::unique_ptr<Message>> {
        if (!taken) return fail(taken.error());
        return read_fhir(*taken);
    };
    return format;
}

void echo_request_id(const HttpRequest& request, HttpResponse& response) {
    const auto id = request.headers.get("x-request-id");
    const bool printable = std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (!id.empty() && id.size() <= longest_request_id && printable)
        response.headers.set("X-Request-Id", std::string(id));
}

/// The sender asked to create it only where it is not there yet: that it is there is no conflict.
void answer_existing(const FhirRequest& request, Answer& answer) {
    const bool exists = answer.error && answer.error->code == ErrorCode::conflict;
    if (request.if_none_exist.empty() || !exists) return;
    fhir_r4::Issue issue{"information",
                         "informational",
                         "A notification with this identifier was sent before, with other content; it stays as it is",
                         {},
                         answer.subjects.tracking_id};
    answer.response = fhir_r4::fhir_response(200, fhir_r4::operation_outcome({issue}));
    answer.error.reset();
}

/// What the flow cannot know: which kind of answer the sender reads, and what it asked for besides.
void finish(const Exchange& exchange, const FhirRequest& request, Answer& answer) {
    answer_existing(request, answer);
    auto& response = answer.response;
    if (response.status >= 400 && is_message(request)) {
        auto outcome = parse_json(response.body);
        const auto body =
            fhir_r4::message_response(request.message, fhir_r4::acknowledged(response.status),
                                      outcome ? std::move(*outcome) : Json::object(), exchange.received_at());
        response.body = dump_json(body);
    }
    if (response.status == 201 && response.headers.find("location") == nullptr && !answer.replay_of.empty()) {
        response.headers.set("Location", status_path(exchange, answer.replay_of));
    }
    const auto location = std::string(response.headers.get("location"));
    if (request.async && !location.empty() && response.status < 300) {
        response.status = 202;
        response.headers.set("Content-Location", location);
    }
}

/// Several notifications of one message, each run as a transaction of its own.
class Several {
  public:
    Several(Exchange& exchange, RequestPtr request, fhir_r4::Split split, Mode mode)
        : exchange_(exchange), request_(std::move(request)), split_(std::move(split)), mode_(mode) {}

    Task<Answer> run() {
        answer_.properties["format"] = std::string(format_name);
        answer_.properties["notifications"] = std::to_string(split_.parts.size());
        if (all_or_nothing() && request_->strict && !split_.others.empty()) {
            refuse_others();
            co_return std::move(answer_);
        }
        auto received = co_await exchange_.receive(std::nullopt);
        if (!received) {
            answer_.response = fhir_r4::refusal(received.error());
            answer_.error = received.error();
            co_return std::move(answer_);
        }
        if (all_or_nothing() && mode_ == Mode::send) {
            auto refused = co_await run_all(Mode::check, true);
            if (refused) co_return std::move(answer_);
        }
        auto refused = co_await run_all(mode_, false);
        if (refused) co_return std::move(answer_);
        compose();
        co_return std::move(answer_);
    }

  private:
    bool all_or_nothing() const { return request_->type == "transaction"; }

    /// True where one refused what has to be done as a whole; the answer says so then. What cannot be told at a
    /// rehearsal, as OpenCRVS is down, is no refusal: sending queues it.
    Task<bool> run_all(Mode mode, bool rehearsal) {
        failed_ = 0;
        entries_.assign(member(request_->message, "entry")->size(), unplaced());
        for (const auto& [entry, error] : request_->unsound) {
            entries_[entry] = {400, {}, fhir_r4::operation_outcome({fhir_r4::issue_of(error)})};
            ++failed_;
        }
        for (std::size_t i = 0; i < split_.parts.size(); ++i) {
            auto request = request_of(i, mode);
            auto response = co_await exchange_.run_part(std::move(request));
            const bool failed = response.status >= 400;
            if (failed) ++failed_;
            const bool untold =
                rehearsal && fhir_r4::acknowledged(response.status) != fhir_r4::Acknowledged::fatal_error;
            if (failed && all_or_nothing() && !untold) {
                refuse_whole(i, std::move(response), mode);
                co_return true;
            }
            place(i, response);
        }
        co_return false;
    }

    HttpRequest request_of(std::size_t i, Mode mode) const {
        HttpRequest part;
        part.method = "POST";
        part.path = prefix_of(exchange_) + (mode == Mode::check ? "/fhir/$validate" : "/fhir/Bundle");
        part.target = part.path;
        part.headers = {{"Content-Type", "application/fhir+json"}};
        if (request_->strict) part.headers.set("Prefer", "handling=strict");
        const auto key = exchange_.request().headers.get("idempotency-key");
        if (!key.empty()) part.headers.set("Idempotency-Key", std::string(key) + "#" + std::to_string(i + 1));
        part.body = dump_json(split_.parts[i].message);
        return part;
    }

    static fhir_r4::EntryResponse unplaced() {
        const fhir_r4::Issue issue{
            "warning", "not-supported", "the entry belongs to no birth or death of the message", {}, {}};
        return {unplaced_status, {}, fhir_r4::operation_outcome({issue})};
    }

    /// The part's outcome, in terms of the whole.
    Json outcome_of(const fhir_r4::Part& part, const HttpResponse& response) const {
        auto parsed = parse_json(response.body);
        if (!parsed) return {};
        auto outcome = std::move(*parsed);
        if (text_member(outcome, "type") == "message") {
            // A message inside a batch was answered by a message: its outcome is the second entry.
            outcome = Json(outcome["entry"][1]["resource"]);
        }
        if (text_member(outcome, "resourceType") != "OperationOutcome") return {};
        for (auto& issue : outcome["issue"]) {
            if (!issue.contains("expression")) continue;
            for (auto& each : issue["expression"]) each = fhir_r4::in_whole(part, text(each));
        }
        return outcome;
    }

    void place(std::size_t i, const HttpResponse& response) {
        const auto& part = split_.parts[i];
        const std::string location(response.headers.get("location"));
        bool first = true;
        for (const auto entry : part.entries) {
            auto& to = entries_[entry];
            const bool taken = to.status != unplaced_status || !to.location.empty();
            if (taken && !first) continue;  // what several need was placed with the first of them
            to = {response.status, location, Json()};
            if (first) to.outcome = outcome_of(part, response);
            first = false;
        }
    }

    /// The sender would rather be refused than lose an entry.
    void refuse_others() {
        answer_.error = Error{ErrorCode::unprocessable, "the entry belongs to no birth or death of the message",
                              "Bundle.entry[" + std::to_string(split_.others.front()) + "]", std::nullopt};
        answer_.response = fhir_r4::refusal(*answer_.error);
    }

    void refuse_whole(std::size_t i, HttpResponse response, Mode mode) {
        auto outcome = outcome_of(split_.parts[i], response);
        if (outcome.is_object() && mode == Mode::send && i > 0) {
            const fhir_r4::Issue issue{"information",
                                       "informational",
                                       "Notifications before this one were sent. Send the same transaction again: they "
                                       "are not sent twice",
                                       {},
                                       {}};
            outcome["issue"].push_back(fhir_r4::operation_outcome({issue})["issue"][0]);
        }
        answer_.response = std::move(response);
        if (outcome.is_object()) answer_.response.body = dump_json(outcome);
        const auto code = answer_.response.status >= 500 ? ErrorCode::unavailable : ErrorCode::bad_request;
        answer_.error = Error{code, "a notification of the transaction was not taken", "", std::nullopt};
    }

    void compose() {
        const std::string type = all_or_nothing() ? "transaction-response" : "batch-response";
        if (all_or_nothing()) {
            for (const auto i : split_.others) entries_[i].status = 200;  // it was not refused: it says nothing here
        }
        if (request_->wants == FhirRequest::Return::minimal) {
            for (auto& entry : entries_) {
                if (entry.status < 400) entry.outcome = Json();
            }
        }
        answer_.response = fhir_r4::fhir_response(200, fhir_r4::bundle_response(type, entries_));
        if (failed_ > 0) {
            answer_.status = TransactionStatus::completed_with_errors;
            answer_.properties["refused"] = std::to_string(failed_);
        }
    }

    static constexpr int unplaced_status = 422;

    Exchange& exchange_;
    RequestPtr request_;
    fhir_r4::Split split_;
    Mode mode_;
    Answer answer_;
    std::vector<fhir_r4::EntryResponse> entries_;
    std::size_t failed_ = 0;
};

Task<Answer> take_one(Exchange& exchange, Result<FhirTaking> taking, DepsPtr deps, Mode mode) {
    const auto format = format_of(std::move(taking));
    auto answer = co_await take(exchange, format, *deps, mode);
    co_return answer;
}

Task<Answer> take_several(Exchange& exchange, RequestPtr request, fhir_r4::Split split, Mode mode) {
    Several several(exchange, std::move(request), std::move(split), mode);
    auto answer = co_await several.run();
    co_return answer;
}

enum class Takes { anything, messages };

Task<Answer> take_fhir(Exchange& exchange, DepsPtr deps, Mode mode, Takes takes) {
    auto opened = open_fhir(exchange.request());
    if (opened && takes == Takes::messages && !is_message(*opened)) {
        opened = fail(ErrorCode::bad_request, "must be message: other Bundles are taken at /fhir", "Bundle.type");
    }
    Answer answer;
    if (!opened) {
        Result<FhirTaking> refused = fail(std::move(opened.error()));
        answer = co_await take_one(exchange, std::move(refused), std::move(deps), mode);
        echo_request_id(exchange.request(), answer.response);
        co_return answer;
    }
    const auto request = std::make_shared<const FhirRequest>(std::move(*opened));
    const bool part = !exchange.part_runner;
    auto split = fhir_r4::split(request->message, request->unsound);
    const bool several = !split.parts.empty() || !request->unsound.empty();
    if (several && !part) {
        answer = co_await take_several(exchange, request, std::move(split), mode);
    } else {
        Result<FhirTaking> taking = FhirTaking{request, prefix_of(exchange), part, deps->stillbirths_as_death};
        if (several) {
            taking = fail(ErrorCode::bad_request, "holds several notifications; inside another Bundle it may hold one",
                          "Bundle");
        }
        answer = co_await take_one(exchange, std::move(taking), std::move(deps), mode);
    }
    finish(exchange, *request, answer);
    echo_request_id(exchange.request(), answer.response);
    co_return answer;
}

Route fhir_route(const DepsPtr& deps, std::string pattern, std::string summary, Mode mode, Takes takes) {
    Route route;
    route.method = "POST";
    route.pattern = std::move(pattern);
    route.summary = std::move(summary);
    route.allowed = {store_ops::ClientKind::event_notification};
    route.handler = [deps, mode, takes](Exchange& exchange) {
        return take_fhir(exchange, deps, mode_of(exchange.request(), mode), takes);
    };
    route.render_error = fhir_r4::refusal;
    return route;
}

}  // namespace

std::vector<Route> fhir_routes(const std::shared_ptr<const NotificationDeps>& deps) {
    return {
        fhir_route(deps, "/fhir", "Takes a FHIR R4 Bundle: document, transaction, batch, message or collection.",
                   Mode::send, Takes::anything),
        fhir_route(deps, "/fhir/Bundle", "The same, as the creation of a Bundle.", Mode::send, Takes::anything),
        fhir_route(deps, "/fhir/$process-message", "Takes a FHIR message and answers with a message.", Mode::send,
                   Takes::messages),
        fhir_route(deps, "/fhir/$validate", "Checks what /fhir takes, says what would become of it, sends nothing.",
                   Mode::check, Takes::anything),
    };
}

}  // namespace ocm::notification
