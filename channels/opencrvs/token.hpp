// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/single_flight.hpp"
#include "core/exchange.hpp"
#include "core/ports.hpp"
#include "core/published.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocm::opencrvs {

/// How calls leave: inside a transaction, where every try is recorded as an orchestration, or outside of one.
class Way {
  public:
    virtual ~Way() = default;
    virtual Task<Result<UpstreamReply>> send(SharedCall call) = 0;
};

class TransactionWay final : public Way {
  public:
    /// The exchange outlives it.
    TransactionWay(Exchange& exchange, RetryPolicy policy) : exchange_(exchange), policy_(policy) {}
    Task<Result<UpstreamReply>> send(SharedCall call) override;

  private:
    Exchange& exchange_;
    RetryPolicy policy_;
};

/// One try for each call, nothing recorded: reading what a target's forms and places are.
class DirectWay final : public Way {
  public:
    DirectWay(Upstream& upstream, SteadyTime deadline) : upstream_(upstream), deadline_(deadline) {}
    Task<Result<UpstreamReply>> send(SharedCall call) override;

  private:
    Upstream& upstream_;
    SteadyTime deadline_;
};

/// What an access token says of itself. Its signature is not our business: it is shown back to who issued it.
struct TokenClaims {
    std::optional<std::int64_t> issued, expires;  // seconds since 1970, by the issuer's clock
    std::vector<std::string> scopes;
    /// Absent where the text is not a JWT of at most 64 KiB with a JSON payload.
    static std::optional<TokenClaims> read(std::string_view jwt);
};

struct Token {
    std::string value;
    std::vector<std::string> scopes;
    SteadyTime usable_until{};
};

/// How long a token is used: 60 s less than it lives (opencrvs.md section 10, point 2); of one that lives less than two
/// minutes, half of its life. Counted from its issue where it says when that was, so that clocks may differ.
Milliseconds usable_for(const TokenClaims& claims, WallTime now);

struct TokenOptions {
    std::string target;  // name of the target, for messages
    std::string client;  // kind of the client, as in `targets.NAME.clients.KIND`
    std::string auth_url;
    std::string client_id, client_secret;
    Milliseconds timeout{10'000};
    bool in_query = false;  // 1.3 to 1.9 read the query only (opencrvs.md 1.1)
};

/// The access token of one client of a target. Thread-safe; one refresh at a time.
class TokenSource {
  public:
    TokenSource(TokenOptions options, Clock& clock) : options_(std::move(options)), clock_(clock) {}

    /// The cached token, or a new one. Errors are in an administrator's words: `bad_gateway` where the credentials are
    /// refused or the answer is none, `unavailable` where auth cannot be asked now.
    Task<Result<std::shared_ptr<const Token>>> get(Way& way);

    /// The target did not take this token: the next `get` asks for another.
    void refused(const std::shared_ptr<const Token>& token);

  private:
    Task<Result<std::shared_ptr<const Token>>> fetch(Way& way);
    std::shared_ptr<const Token> usable() const;
    Error explain(const UpstreamReply& reply) const;

    TokenOptions options_;
    Clock& clock_;
    Published<Token> current_;
    SingleFlight flight_;
    std::mutex mutex_;
    std::optional<Error> failure_;  // of the last fetch, for those who waited for it
};

/// Sends with the client's token; on 401 once more with a new one. A second 401 is `bad_gateway`. `target_timeout` is
/// of the call alone: where no token could be had nothing was sent, which is `unavailable`.
Task<Result<UpstreamReply>> send_authorized(Way& way, TokenSource& tokens, UpstreamCall call);

/// A failure to reach the target as the caller of a transaction is told it: down and slow are `unavailable`.
Error unreachable(Error error);

/// The reply's Retry-After in seconds, kept within 1 s and 1 h; 30 s where it has none.
std::chrono::seconds retry_after(const UpstreamReply& reply);

inline constexpr std::chrono::seconds default_retry_after{30};

}  // namespace ocm::opencrvs
