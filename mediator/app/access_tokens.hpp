// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/callers.hpp"
#include "core/jwt.hpp"

#include <string>
#include <string_view>

namespace ocm::app {

/// The tokens of `POST /token`: issued to clients that showed their key, and recognised again (opencrvs.md 1.2). They
/// are not kept anywhere: a token is good while its client is, whatever it says. Immutable, thread-safe.
class AccessTokens {
  public:
    explicit AccessTokens(SigningKey key) : key_(std::move(key)) {}

    /// What `GET /.well-known` answers.
    const std::string& public_pem() const { return key_.public_pem(); }

    std::string issue(const Shown& shown, WallTime now) const;

    /// The client a token was issued to. `unauthenticated` where we did not sign it or it is over (`expired`), and
    /// where the client is not known any more, disabled, or the key it had shown is not one of its keys any more.
    Result<std::shared_ptr<const store_ops::Client>> check(std::string_view token, const ClientDirectory& clients,
                                                           WallTime now) const;

    static constexpr std::string_view expired = "the token has expired";

  private:
    SigningKey key_;
};

/// The key in `configured_file`, or, where that is empty, the one beside the store: made at the first start, in a file
/// of mode 0600. It never enters the store itself. Errors name the file.
Result<SigningKey> load_signing_key(const std::string& configured_file, const std::string& store_path);

}  // namespace ocm::app
