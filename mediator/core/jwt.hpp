// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ocm {

/// A public RSA key that knows what its other half has signed: JWTs in compact form, RS256 and nothing else (RFC 7515,
/// 7518; opencrvs.md 1.3). Immutable; copies share the key. Thread-safe.
class VerifyingKey {
  public:
    /// From a public key in PEM (SubjectPublicKeyInfo), text around it ignored. `bad_request` where it is not that, not
    /// RSA, or shorter than 2048 bits.
    static Result<VerifyingKey> from_pem(std::string_view pem);

    /// As `SigningKey::verify`.
    std::optional<Json> verify(std::string_view token) const;

  private:
    explicit VerifyingKey(EVP_PKEY* key);
    std::shared_ptr<EVP_PKEY> key_;
};

/// An RSA key pair that signs access tokens and knows its own again: JWTs in compact form, RS256 and nothing else
/// (RFC 7515, 7518; opencrvs.md 1.2, 1.3). Immutable; copies share the key. Thread-safe.
class SigningKey {
  public:
    /// A new one of 2048 bits. Throws std::runtime_error where OpenSSL fails.
    static SigningKey generate();
    /// From a private key in PEM without a passphrase. `bad_request` where it is not that, not RSA, or shorter than
    /// 2048 bits.
    static Result<SigningKey> from_pem(std::string_view pem);

    /// PKCS#8, unencrypted: for a file that nobody else reads.
    std::string private_pem() const;
    /// The public key as everybody may have it.
    const std::string& public_pem() const { return public_pem_; }

    /// header.claims.signature
    std::string sign(const Json& claims) const;
    /// The claims of a token this key has signed. Absent for everything else: another algorithm (`none` and HS256 with
    /// the public key as its secret included), critical header fields, a text that is not the one way to write its
    /// bytes. Claims are read only after the signature was found right; what they say is the caller's to judge.
    std::optional<Json> verify(std::string_view token) const;

  private:
    explicit SigningKey(EVP_PKEY* key);
    std::shared_ptr<EVP_PKEY> key_;
    std::string public_pem_;
};

}  // namespace ocm
