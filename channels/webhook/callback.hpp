// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/ports.hpp"
#include "core/result.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Where others may have us send things: nowhere that was not allowed (design section 12).
namespace ocm::webhook {

struct CallbackPolicy {
    std::vector<std::string> allowed_hosts;  // "host", "*.domain" for all below it, "*" for any; empty: none
    bool allow_private = false;              // addresses of our own network too
    bool allow_plaintext = false;            // http too
};

/// Checks a callback without resolving its name; that is done at each connect (`UpstreamCall::public_only`). Fails with
/// `bad_request` in words without the URL: not an http(s) URL, with credentials, plain http, a host that is not
/// allowed, an address that is not public.
Result<void> check_callback(std::string_view url, const CallbackPolicy& policy);

/// The GET of 1.x that asks whether a callback wants a subscription (opencrvs.md 4.2): a query and fragment of the
/// callback are left out, as there.
UpstreamCall verification_call(std::string_view callback, std::string_view topic, std::string_view challenge,
                               const CallbackPolicy& policy);
/// The answer proves it: a JSON object whose `challenge` is the one that was sent, whatever its status.
bool is_verified(const UpstreamReply& reply, std::string_view challenge);

}  // namespace ocm::webhook
