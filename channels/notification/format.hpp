// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/vital_event.hpp"
#include "core/exchange.hpp"
#include "core/http_message.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "core/route.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// How a format plugs into the notification channel: it reads the request and words the answers; everything between is
/// the channel's.
namespace ocm::notification {

/// What became of a notification, for its sender.
struct Outcome {
    enum class State {
        delivered,  // OpenCRVS has it
        queued,     // ours to deliver: OpenCRVS cannot take it now
        parked,     // waits for an administrator
        checked     // nothing was to be sent: a dry run
    };
    State state = State::delivered;
    std::string reason;            // why it waits, in words for the sender, where `state` alone does not say it
    std::string transaction;       // ours: the id in GET /notifications/{id}
    store_ops::Subjects subjects;  // of a delivered one
    std::string client_id, client_name;
    store_ops::ContractVersion contract = store_ops::ContractVersion::v1_8;  // that the client was written for
    bool potential_duplicate = false;                                        // of a delivered one
    WallTime at{};
    std::string status_path;  // where its status can be asked for, as the caller sees our paths
};

/// What a sender is told of one that is queued or parked.
std::string_view later_message(const Outcome& outcome);

/// One notification as its format understood it.
class Message {
  public:
    Message(VitalEvent read_event, Account read_account)
        : event(std::move(read_event)), account(std::move(read_account)) {}
    virtual ~Message() = default;
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;

    /// Where in the request the event's value at `event_path` (`opencrvs::refusal::…`, a field of the form) came from,
    /// in the sender's terms; empty where it has no place.
    virtual std::string place_of(std::string_view event_path) const = 0;
    /// The sender's system's words for a refusal by the target whose place in the event is `event_path`.
    virtual std::string words_for(std::string_view event_path, const std::string& why) const;
    /// What the content's identity is made from; absent: the body as it came. For a format whose bodies change on their
    /// own (time stamps, what we wrote back), so that this does not look like a correction.
    virtual std::optional<std::string> content() const { return std::nullopt; }
    /// The answer; `account` holds the target's part by then. Called last, once.
    virtual HttpResponse accepted(const Outcome& outcome) = 0;
    /// True where the sender would rather be refused than lose a field (FHIR `Prefer: handling=strict`).
    virtual bool strict() const { return false; }
    /// The bytes of the OpenCRVS 1.x document in the request, where it is one: a 1.x target may take it as it is.
    virtual std::optional<std::string> opencrvs_1_document(const HttpRequest&) const { return std::nullopt; }

    VitalEvent event;
    Account account;
};

struct Format {
    std::string name;  // "opencrvs-1", "fhir-r4"...: part of a notification's identity, so it never changes
    std::function<Result<std::unique_ptr<Message>>(const HttpRequest&)> decode;
    ErrorRenderer refusal;
};

/// The JSON of a request's body; `expected` names the format for the sender ("a FHIR document").
/// `unsupported_media_type` for a content type that is not JSON in UTF-8 or a content encoding; `bad_request` with a
/// path for what is not sound JSON within the limits.
Result<Json> json_body(const HttpRequest& request, std::string_view expected);

/// True where the sender would rather be refused than lose a field: `Prefer: handling=strict` (RFC 7240).
bool prefers_strict(const HttpHeaders& headers);

/// {"error","message","path"}, the status of the error, Retry-After where it says one. A bug of ours says nothing of
/// itself.
HttpResponse plain_refusal(const Error& error);

}  // namespace ocm::notification
