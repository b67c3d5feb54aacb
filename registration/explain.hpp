// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/ports.hpp"
#include "core/result.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Answers of the OpenHIM API as words an administrator can act on. Pure.
namespace ocm::registration {

/// What was asked of the API.
enum class Ask {
    registration,     // POST /mediators
    mediator,         // GET /mediators/:urn
    heartbeat,        // POST /mediators/:urn/heartbeat
    list_channels,    // GET /channels
    install_channel,  // POST /mediators/:urn/channels
    add_channel,      // POST /channels
    update_channel,   // PUT /channels/:id
    transaction,      // GET and PUT /transactions/:id
    transactions,     // GET and POST /transactions
};

/// What an answer that is not the expected one means. The code tells what to do about it: `unauthenticated` and
/// `forbidden` need an administrator, `bad_request` a change of ours, `not_found` says that OpenHIM does not know what
/// was named, `unavailable` and `bad_gateway` may pass.
Error explain(Ask ask, const UpstreamReply& reply);

/// True where the answer is a web page, so not from the API whatever its status.
bool is_web_page(const UpstreamReply& reply);

/// The core's own sentence in an answer: one printable line of at most 300 bytes; empty where it says nothing.
std::string core_words(const UpstreamReply& reply);

/// How far the credentials got before the answer was 401.
struct Refusal {
    enum class Challenge { not_asked, given, unknown_user, no_token_password, failed };
    bool basic = false;  // Basic was refused
    Challenge challenge = Challenge::not_asked;
    bool token = false;  // the token was refused
};
Error explain(const Refusal& refusal);

/// The instant of an HTTP Date header; absent where it is not one.
std::optional<WallTime> parse_http_date(std::string_view text);

}  // namespace ocm::registration
