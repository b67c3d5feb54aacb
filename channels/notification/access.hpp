// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/route.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

/// Access tokens as 1.x's auth service gives them: `POST /token` and the public key they are checked with
/// (opencrvs.md 1.1 to 1.4).
namespace ocm::notification {

/// A token, and whom it was given to.
struct Granted {
    std::string token;
    std::shared_ptr<const store_ops::Client> client;
};

/// What issues tokens; both empty where nothing does (a command that only wants to know the routes).
struct Access {
    /// `unauthenticated` for an unknown client, a wrong secret and one that is disabled; the message is for the record.
    std::function<Result<Granted>(const std::string& client_id, const std::string& client_secret)> grant{};
    std::function<std::string()> public_key{};  // PEM
};

/// `POST /token`, also as `/auth/token` (1.7's gateway) and `/oauth2/client/token`: 200 with the token, 400 and 401 in
/// 1.x's words, never cached. `GET /.well-known`: the public key, PEM text. Anybody may call both; neither request nor
/// answer is kept but for who was given a token.
std::vector<Route> access_routes(Access access);

}  // namespace ocm::notification
