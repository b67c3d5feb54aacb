// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/token.hpp"

#include "core/hash.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace ocm::opencrvs {
namespace {

constexpr std::size_t longest_token = 64u << 10;
constexpr JsonLimits token_json_limits{.depth = 8, .nodes = 4096, .string_bytes = longest_token};

std::optional<std::int64_t> seconds_member(const Json& claims, std::string_view name) {
    const auto* found = member(claims, name);
    if (found == nullptr || !found->is_number()) return std::nullopt;
    const auto seconds = found->get<double>();
    if (!(seconds >= 0 && seconds < 1e11)) return std::nullopt;
    return static_cast<std::int64_t>(seconds);
}

}  // namespace

Task<Result<UpstreamReply>> TransactionWay::send(SharedCall call) {
    auto reply = co_await exchange_.call(std::move(call), policy_);
    co_return reply;
}

Task<Result<UpstreamReply>> DirectWay::send(SharedCall call) {
    auto reply = co_await upstream_.send(std::move(call), deadline_);
    co_return reply;
}

std::optional<TokenClaims> TokenClaims::read(std::string_view jwt) {
    if (jwt.size() > longest_token) return std::nullopt;
    const auto first = jwt.find('.');
    if (first == jwt.npos) return std::nullopt;
    const auto second = jwt.find('.', first + 1);
    if (second == jwt.npos) return std::nullopt;
    std::string payload(jwt.substr(first + 1, second - first - 1));
    std::replace(payload.begin(), payload.end(), '-', '+');
    std::replace(payload.begin(), payload.end(), '_', '/');
    const auto decoded = base64_decode(payload);
    if (!decoded) return std::nullopt;
    const auto json = parse_json(*decoded, token_json_limits);
    if (!json || !json->is_object()) return std::nullopt;

    TokenClaims out;
    out.issued = seconds_member(*json, "iat");
    out.expires = seconds_member(*json, "exp");
    if (const auto* scopes = member(*json, "scope"); scopes != nullptr && scopes->is_array()) {
        for (const auto& scope : *scopes) {
            if (scope.is_string()) out.scopes.emplace_back(text(scope));
        }
    }
    return out;
}

Milliseconds usable_for(const TokenClaims& claims, WallTime now) {
    constexpr std::int64_t margin = 60;
    const auto from =
        claims.issued.value_or(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
    const auto life = std::max<std::int64_t>(0, claims.expires.value_or(from) - from);
    return std::chrono::seconds(life > 2 * margin ? life - margin : life / 2);
}

std::shared_ptr<const Token> TokenSource::usable() const {
    auto token = current_.load();
    if (token != nullptr && clock_.steady() >= token->usable_until) token = nullptr;
    return token;
}

Task<Result<std::shared_ptr<const Token>>> TokenSource::get(Way& way) {
    for (;;) {
        if (auto token = usable()) co_return token;
        const bool leads = co_await flight_.enter();
        if (leads) {
            const SingleFlight::Lead lead(flight_);
            // Another may have led between the look and the entering.
            if (auto token = usable()) co_return token;
            auto fetched = co_await fetch(way);
            const std::lock_guard lock(mutex_);
            failure_ = fetched ? std::nullopt : std::optional(fetched.error());
            co_return fetched;
        }
        const std::lock_guard lock(mutex_);
        // Who led may have had less time than we have: then it is our turn. Any other failure would be ours too.
        if (failure_ && failure_->code != ErrorCode::target_timeout && failure_->code != ErrorCode::cancelled) {
            co_return fail(*failure_);
        }
    }
}

void TokenSource::refused(const std::shared_ptr<const Token>& token) {
    current_.replace(token, nullptr);
}

Task<Result<std::shared_ptr<const Token>>> TokenSource::fetch(Way& way) {
    UpstreamCall call;
    call.name = "Get access token";
    call.method = "POST";
    call.url = options_.auth_url + "/token";
    call.headers.add("Accept", "application/json");
    auto parameters = "grant_type=client_credentials&client_id=" + encode_query_value(options_.client_id) +
                      "&client_secret=" + encode_query_value(options_.client_secret);
    if (options_.in_query) {
        call.url += "?" + parameters;
    } else {
        call.headers.add("Content-Type", "application/x-www-form-urlencoded");
        call.body = std::move(parameters);
    }
    call.timeout = options_.timeout;
    call.max_response = 2 * longest_token;
    call.repeatable = true;
    call.credentials = true;
    const auto asked = clock_.steady();
    auto reply = co_await way.send(std::make_shared<const UpstreamCall>(std::move(call)));
    if (!reply) co_return fail(reply.error());
    if (reply->status != 200) co_return fail(explain(*reply));

    const auto body = parse_json(reply->body, token_json_limits);
    const auto value = body ? text_member(*body, "access_token") : std::string_view{};
    const auto claims = TokenClaims::read(value);
    if (!claims || !claims->expires) {
        co_return fail(ErrorCode::bad_gateway, "OpenCRVS auth (target " + options_.target +
                                                   ") answered without a token that says when it expires; check "
                                                   "targets." +
                                                   options_.target + ".auth_url");
    }
    auto token = std::make_shared<Token>();
    token->value = std::string(value);
    token->scopes = claims->scopes;
    token->usable_until = asked + usable_for(*claims, clock_.now());
    std::shared_ptr<const Token> fetched = std::move(token);
    current_.store(fetched);
    co_return fetched;
}

Error TokenSource::explain(const UpstreamReply& reply) const {
    const auto where = "OpenCRVS auth (target " + options_.target + ")";
    const auto setting = "targets." + options_.target + ".clients." + options_.client;
    if (reply.status == 429 || reply.status >= 500) {
        return {ErrorCode::unavailable,
                where + " cannot issue a token now (HTTP " + std::to_string(reply.status) + ")",
                {},
                retry_after(reply)};
    }
    const auto body = parse_json(reply.body, token_json_limits);
    const auto code = body ? text_member(*body, "error") : std::string_view{};
    std::string message;
    if (code == "invalid_client") {
        message = " does not accept the " + options_.client +
                  " client: its id or secret is wrong, or it is not active; check " + setting;
    } else if (code == "invalid_request") {
        message = " found no client id or secret in the request; check " + setting;
    } else if (code == "unsupported_grant_type") {
        message = " does not issue tokens for client credentials; check targets." + options_.target + ".version";
    } else if (reply.status == 404) {
        message =
            " has no token endpoint at that address; check targets." + options_.target + ".auth_url and gateway_url";
    } else {
        message = " refused to issue a token (HTTP " + std::to_string(reply.status) + "); check targets." +
                  options_.target + ".auth_url and clients." + options_.client;
    }
    return {ErrorCode::bad_gateway, where + message, {}, {}};
}

Task<Result<UpstreamReply>> send_authorized(Way& way, TokenSource& tokens, UpstreamCall call) {
    for (int round = 1;; ++round) {
        auto token = co_await tokens.get(way);
        if (!token) co_return fail(unreachable(token.error()));
        call.headers.set("Authorization", "Bearer " + (*token)->value);
        const auto sent = std::make_shared<const UpstreamCall>(std::move(call));
        auto reply = co_await way.send(sent);
        if (!reply || reply->status != 401) co_return reply;
        tokens.refused(*token);
        call = *sent;
        if (round == 2) {
            co_return fail(ErrorCode::bad_gateway,
                           "OpenCRVS does not accept the token its own auth service has just issued; check that "
                           "gateway_url and auth_url are of the same OpenCRVS, and its clocks");
        }
    }
}

Error unreachable(Error error) {
    if (error.code == ErrorCode::target_timeout) error.code = ErrorCode::unavailable;
    if (error.code == ErrorCode::unavailable && !error.retry_after) error.retry_after = default_retry_after;
    return error;
}

std::chrono::seconds retry_after(const UpstreamReply& reply) {
    const auto value = reply.headers.get("retry-after");
    int seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc{} || end != value.data() + value.size()) return default_retry_after;
    return std::chrono::seconds(std::clamp(seconds, 1, 3600));
}

}  // namespace ocm::opencrvs
