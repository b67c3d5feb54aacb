// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocm {

/// OpenHIM's transaction statuses, spelt as its enum spells them (openhim.md 6.1).
enum class TransactionStatus {
    processing,
    pending_async,
    successful,
    completed,
    completed_with_errors,
    failed,
};
std::string_view name(TransactionStatus status);
std::optional<TransactionStatus> transaction_status(std::string_view text);

/// The status core itself would derive from an HTTP status (openhim.md section 5, last paragraph).
TransactionStatus status_for(int http_status);

/// One step taken for a transaction: an upstream attempt, or a local step worth showing. Recorded in the store and
/// shown to OpenHIM as an orchestration.
struct Orchestration {
    struct Response {
        int status = 0;
        HttpHeaders headers;
        std::string body;
        WallTime at{};
    };

    std::string name;  // stable and of low cardinality: "Create event", never an id
    std::string method;
    std::string scheme, host, port, path, query;
    HttpHeaders headers;
    std::string body;
    WallTime at{};
    Milliseconds took{0};
    int attempt = 1;
    std::optional<Response> response;
    std::optional<Error> error;  // transport failure, in plain words
    std::string key_id{};        // names the key that signed what was sent; empty: nothing was signed
};

}  // namespace ocm
