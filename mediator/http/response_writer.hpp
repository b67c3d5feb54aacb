// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"

#include <ctime>
#include <string>

namespace ocm::http {

struct ResponseFraming {
    bool head_request = false;  // HEAD: the length of the body, not the body
    bool http_1_0 = false;
    bool keep_alive = true;
};

/// Status line and headers of an answer, with Date, Server, Connection and Content-Length as they must be; the
/// handler's own framing and hop-by-hop headers, and headers that would break the message, are left out.
std::string response_head(const HttpResponse& response, const ResponseFraming& framing, std::time_t now);

/// Whether the body follows the head.
bool sends_body(const HttpResponse& response, const ResponseFraming& framing);

/// IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::time_t at);

}  // namespace ocm::http
