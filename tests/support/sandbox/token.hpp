// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/time.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace ocm::sandbox {

/// A system client as OpenCRVS keeps one.
struct SystemClient {
    std::string id;  // UUID, also the token's `sub`
    std::string secret;
    std::string name;
    std::vector<std::string> scopes;  // "type=record.create", "type=record.notify&event=birth"
    bool active = true;
    std::string sha_secret{};                // of 1.3 to 1.9: signs what the webhooks service sends it
    std::vector<std::string> permissions{};  // sections a client of the type webhook may see: "child-details"
};

/// One scope of a token: its type and, where it is limited, the events it holds for.
struct Scope {
    std::string type;
    std::vector<std::string> events;
};

/// The five bare scopes of 1.9 that auth turns into those of 2.0; any other stays as it is.
std::string modern_scope(std::string_view scope);
Scope read_scope(std::string_view scope);

/// An RS256 signer with the key pair of the auth service.
class Signer {
  public:
    /// The key kept in a PEM file, which is written where it does not exist; without a file, one made for this process.
    /// Throws where it cannot be written.
    explicit Signer(const std::string& key_file);

    std::string sign(const Json& claims) const;
    /// Claims of a token with a good signature; absent otherwise. Says nothing about its lifetime.
    std::optional<Json> verify(std::string_view token) const;
    const std::string& public_pem() const { return public_pem_; }

  private:
    std::shared_ptr<evp_pkey_st> key_;
    std::string public_pem_;
};

/// Claims of a system client's token (contracts section 1.2); `webhooks`: that version has the webhooks service.
Json system_claims(const SystemClient& client, WallTime now, std::chrono::seconds lifetime, bool webhooks);

}  // namespace ocm::sandbox
