// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/notification/flow.hpp"
#include "formats/dhis2/mapping.hpp"

/// `POST /dhis2/tracker`: births and deaths out of a DHIS2 tracker payload (docs/dhis2.md).
namespace ocm::notification {

/// Answers with DHIS2's import report. One event that is to be sent: the status of its notification (200, 202, 400...).
/// Several: each runs as a part of its own; 200 where all went well, 409 where some were refused, 503 where some are to
/// be sent again. What is not to be sent is ignored, with the reason, and no failure. `Prefer: handling=strict` refuses
/// (422) what would lose a value. `mapping` and `deps` outlive the call.
Task<Answer> take_tracker(Exchange& exchange, const dhis2::Mapping& mapping, const NotificationDeps& deps, Mode mode);

/// How the caller of that path reads an error that has no tracked entity.
HttpResponse tracker_refusal(const Error& error);

}  // namespace ocm::notification
