// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/token.hpp"
#include "core/json.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Asking OpenCRVS 1.9 or 2.0 whether what it forwarded has come to be (opencrvs.md 7.7, 7.8, 7.11).
namespace ocm::opencrvs {

/// The number of a registered record in an answer of `events/search`; absent where the record is not among the results.
/// `bad_gateway` where the answer is none.
Result<std::optional<std::string>> registered_number(const UpstreamReply& reply, std::string_view event_id);

struct AskOptions {
    std::string target;   // its name, for messages
    std::string version;  // "1.9" or "2.0"
    std::string gateway_url;
    TokenOptions token;  // of a client that may read (2.0) or search (1.9) records
    Milliseconds timeout{10'000};
};

class AskBack {
  public:
    AskBack(AskOptions options, Clock& clock);

    /// True where a whole event can be read; 1.9 lets systems only search.
    bool reads_events() const { return reads_; }

    /// The target's EventDocument. `not_found` where it knows no such event; else as `Target::notify` fails.
    Task<Result<Json>> event(Exchange& exchange, std::string id);

    /// The registration number, absent where the record is not registered yet. Searched for: the index is a little
    /// late.
    Task<Result<std::optional<std::string>>> registered(Exchange& exchange, std::string id);

  private:
    Task<Result<UpstreamReply>> send(Exchange& exchange, UpstreamCall call);

    AskOptions options_;
    bool reads_;
    TokenSource tokens_;
};

}  // namespace ocm::opencrvs
