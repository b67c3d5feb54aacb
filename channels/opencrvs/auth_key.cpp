// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/auth_key.hpp"

#include <nlohmann/json.hpp>

namespace ocm::opencrvs {

AuthKey::AuthKey(AuthKeyOptions options, Upstream& upstream, Clock& clock)
    : options_(std::move(options)), upstream_(upstream), clock_(clock) {}

Task<Result<Json>> AuthKey::claims(std::string token) {
    const auto tried = current_.load();
    if (tried) {
        if (auto claims = tried->verify(token)) co_return std::move(*claims);
    }
    const auto refreshed = co_await refresh();
    const auto key = current_.load();
    if (!key) {
        co_return fail(ErrorCode::unavailable,
                       refreshed ? "the key of OpenCRVS is not known yet" : refreshed.error().message);
    }
    if (key != tried) {
        if (auto claims = key->verify(token)) co_return std::move(*claims);
    }
    co_return fail(ErrorCode::unauthenticated, "the token is not signed by the auth service of OpenCRVS");
}

Task<Result<void>> AuthKey::refresh() {
    const bool leads = co_await flight_.enter();
    if (!leads) co_return Result<void>();
    const SingleFlight::Lead lead(flight_);
    if (!is_due()) co_return Result<void>();
    auto key = co_await read();
    if (!key) co_return fail(std::move(key.error()));
    current_.store(std::make_shared<const VerifyingKey>(std::move(*key)));
    co_return Result<void>();
}

bool AuthKey::is_due() {
    const auto now = clock_.steady();
    const std::lock_guard lock(mutex_);
    if (last_read_ && now - *last_read_ < between_reads) return false;
    last_read_ = now;
    return true;
}

Task<Result<VerifyingKey>> AuthKey::read() {
    UpstreamCall call;
    call.name = "Read the key of auth";
    call.method = "GET";
    call.url = options_.auth_url + "/.well-known";
    call.timeout = options_.timeout;
    call.max_response = 64u << 10;
    call.repeatable = true;
    auto reply = co_await upstream_.send(std::move(call), clock_.steady() + options_.timeout);
    if (!reply) {
        co_return fail(ErrorCode::unavailable, "the key of OpenCRVS could not be read: " + reply.error().message);
    }
    if (reply->status != 200) {
        co_return fail(ErrorCode::unavailable,
                       "the key of OpenCRVS could not be read: auth answered " + std::to_string(reply->status));
    }
    auto key = VerifyingKey::from_pem(reply->body);
    if (!key) co_return fail(ErrorCode::unavailable, "what auth shows as its key " + key.error().message);
    co_return std::move(*key);
}

}  // namespace ocm::opencrvs
