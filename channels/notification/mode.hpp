// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"

namespace ocm::notification {

enum class Mode {
    send,
    check  // the same decoding and checks, the account, nothing sent
};

/// What a request asks for on a route that does `of_route`: `?dry-run` has it checked only, on every intake and however
/// it is spelt (`dryRun`, `dry_run`), for what was meant to be checked must not be delivered.
Mode mode_of(const HttpRequest& request, Mode of_route);
/// The same of a tracker payload, where DHIS2's own word for it is `importMode=VALIDATE`.
Mode mode_of_tracker(const HttpRequest& request);

}  // namespace ocm::notification
