// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/versions.hpp"
#include "core/ports.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What OpenCRVS 2.0 answers, read and judged (opencrvs.md 7.2-7.4). Pure.
namespace ocm::opencrvs {

/// As much of an EventDocument as we need.
struct EventDocument {
    struct Action {
        std::string id, type, status, transaction, original;
    };
    std::string id, tracking_id;
    std::vector<Action> actions;
    /// `bad_gateway` where the answer is not an EventDocument, `target_timeout` where there is nothing in it.
    static Result<EventDocument> read(const UpstreamReply& reply);
};

/// What became of the notification with a transaction id.
enum class NotifyState {
    none,      // the event has no notification
    pending,   // asked for; the country configuration confirms later
    accepted,  // done
    rejected,  // refused by the country configuration
    another,   // the event was notified under another transaction id
};
NotifyState notify_state(const EventDocument& event, std::string_view transaction);

/// Which call an answer belongs to, and what is needed to explain its failure.
struct CallContext {
    enum class Step { create, notify } step = Step::create;
    const Version* version = nullptr;
    std::string target;               // name, as in `targets.NAME`
    std::string event_type;           // "birth"
    std::vector<std::string> scopes;  // of the token it was made with
};

/// The error behind an answer other than 200. Names field ids, never values.
Error explain_failure(const UpstreamReply& reply, const CallContext& context);

}  // namespace ocm::opencrvs
