// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/access.hpp"

#include "formats/opencrvs_v1/answer.hpp"
#include "formats/opencrvs_v1/token.hpp"

#include <memory>

namespace ocm::notification {
namespace {

using AccessPtr = std::shared_ptr<const Access>;

Answer refused(HttpResponse response, ErrorCode code, std::string reason) {
    Answer answer;
    answer.response = std::move(response);
    answer.properties["refused"] = reason;
    answer.error = Error{code, std::move(reason), "", std::nullopt};
    return answer;
}

Answer not_here() {
    const Error error{ErrorCode::unavailable, "no tokens are issued now", "", std::chrono::seconds(30)};
    return refused(opencrvs_v1::refusal(error), error.code, error.message);
}

Task<Answer> give_token(Exchange& exchange, AccessPtr access) {
    if (!access->grant) co_return not_here();
    const auto asked = opencrvs_v1::read_token_request(exchange.request());
    if (!asked) {
        const auto code = asked.error().status == 401   ? ErrorCode::unauthenticated
                          : asked.error().status == 415 ? ErrorCode::unsupported_media_type
                                                        : ErrorCode::bad_request;
        co_return refused(asked.error(), code, "the request for a token is not one");
    }
    auto granted = access->grant(asked->client_id, asked->client_secret);
    if (!granted) {
        co_return refused(opencrvs_v1::token_refusal(opencrvs_v1::TokenRefusal::invalid_client), granted.error().code,
                          granted.error().message);
    }
    exchange.identified(std::move(granted->client));
    Answer answer;
    answer.response = opencrvs_v1::token_granted(granted->token);
    co_return answer;
}

Task<Answer> show_key(Exchange&, AccessPtr access) {
    if (!access->public_key) co_return not_here();
    Answer answer;
    answer.response = text_response(200, access->public_key());
    co_return answer;
}

Route token_route(const AccessPtr& access, std::string pattern) {
    Route route;
    route.method = "POST";
    route.pattern = std::move(pattern);
    route.summary = "An access token for a client and its key, as OpenCRVS 1.x issues them.";
    route.handler = [access](Exchange& exchange) { return give_token(exchange, access); };
    route.render_error = opencrvs_v1::refusal;
    route.keeps_bodies = false;
    return route;
}

}  // namespace

std::vector<Route> access_routes(Access access) {
    const auto shared = std::make_shared<const Access>(std::move(access));
    std::vector<Route> out;
    for (const char* pattern : {"/token", "/auth/token", "/oauth2/client/token"}) {
        out.push_back(token_route(shared, pattern));
    }
    Route key;
    key.method = "GET";
    key.pattern = "/.well-known";
    key.summary = "The public key that access tokens are checked with, in PEM.";
    key.handler = [shared](Exchange& exchange) { return show_key(exchange, shared); };
    key.render_error = opencrvs_v1::refusal;
    key.keeps_bodies = false;
    out.push_back(std::move(key));
    return out;
}

}  // namespace ocm::notification
