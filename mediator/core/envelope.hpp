// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/result.hpp"
#include "core/transaction.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocm {

inline constexpr std::string_view openhim_media_type = "application/json+openhim";

/// How much of an upstream body OpenHIM gets to see (`openhim.orchestration_bodies`).
enum class OrchestrationBodies { none, hash, full };

/// Everything OpenHIM is told about a transaction.
struct Outcome {
    std::string mediator_urn;
    HttpResponse response;
    WallTime at{};
    std::vector<Orchestration> orchestrations;
    std::map<std::string, std::string> properties;
    std::optional<TransactionStatus> status;  // derived from the response where absent
    std::optional<Error> error;               // becomes `error` (an auto-retry) only where is_transient
};

struct EnvelopeOptions {
    OrchestrationBodies bodies = OrchestrationBodies::hash;
    std::size_t max_body = 256u << 10;  // of one orchestration body; cut with a mark beyond it
    std::size_t max_bodies = 4u << 20;  // of all orchestration bodies together (openhim.md 6.3: core cuts at 15 MiB)
    std::size_t max_orchestrations = 100;
};

/// The only constructor of an `application/json+openhim` answer. It cannot make what kills or confuses core
/// (openhim.md 6.2, 6.3): every orchestration has a name, a request and timestamps, every body is a string of valid
/// UTF-8, credentials are redacted, header maps hold strings, the status is one of the enum's.
HttpResponse build_envelope(const Outcome& outcome, const EnvelopeOptions& options);

/// What is told OpenHIM of a transaction that was answered 202 and is over now: the body of PUT /transactions/:id with
/// `orchestrations` to be appended, as JSON text. It never holds `error`: once we have answered 202 the retry was ours.
std::string build_late_update(const Outcome& outcome, const EnvelopeOptions& options);

/// The property that names the delivery a transaction of ours in OpenHIM is about.
inline constexpr std::string_view delivery_property = "mediator-delivery";
/// The property that names one such transaction: a delivery that is sent again by hand ends more than once.
inline constexpr std::string_view report_property = "mediator-report";

/// Work that OpenHIM did not pass on, as a transaction of its own: the body of POST /transactions (openhim.md 7.4), as
/// JSON text. `request` is what was asked of whom. It never holds `error`: nobody is to send it again.
std::string build_transaction(const Outcome& outcome, const Orchestration& request, const EnvelopeOptions& options);

/// The text with each invalid UTF-8 sequence replaced by U+FFFD and NUL removed.
std::string valid_utf8(std::string_view text);

}  // namespace ocm
