// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/exchange.hpp"
#include "core/http_message.hpp"
#include "core/result.hpp"
#include "core/store_port.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ocm::app {

/// The systems that may call us, as one immutable picture; replaced whole when a client changes.
class ClientDirectory {
  public:
    explicit ClientDirectory(std::vector<store_ops::Client> clients);

    /// One client, shared with the picture; nullptr where there is none.
    std::shared_ptr<const store_ops::Client> by_id(std::string_view id) const;
    std::shared_ptr<const store_ops::Client> by_openhim_client(std::string_view openhim_client) const;
    const std::vector<std::shared_ptr<const store_ops::Client>>& all() const { return clients_; }

  private:
    std::vector<std::shared_ptr<const store_ops::Client>> clients_;
    std::map<std::string, std::size_t, std::less<>> by_id_;
    std::map<std::string, std::size_t, std::less<>> by_openhim_;
};

/// Who OpenHIM is: nobody until an administrator names it (`openhim.peers`, `openhim.peer_certificates`).
struct PeerPolicy {
    std::vector<std::string> addresses;     // single addresses or CIDR blocks, IPv4 or IPv6
    std::vector<std::string> certificates;  // SHA-256 fingerprints, lower-case hex
};

/// True for an address in the list; blocks are `address/bits`. What does not parse matches nothing.
bool address_listed(std::string_view address, const std::vector<std::string>& list);

/// Whether the connection comes from OpenHIM core, and this request was routed by it.
bool from_openhim(const HttpRequest& request, const PeerPolicy& peers);

class AccessTokens;

/// Decides who calls (design section 12): OpenHIM naming a client of ours, or a client of ours directly with Basic, an
/// API key or a token of ours (`tokens`, nullptr: none are taken). `unauthenticated` for anybody else; the reason is
/// for the log and the ledger, not for the caller.
Result<Caller> identify(const HttpRequest& request, const ClientDirectory& clients, const PeerPolicy& peers,
                        WallTime now, const AccessTokens* tokens = nullptr);

/// What the caller is told of `identify`'s refusal. The reason helps an administrator; told to a stranger it would help
/// guessing. Of a token that has merely expired it says so: 1.x's clients take that for the sign to ask for another.
std::string told(const HttpRequest& request, const Error& refusal);
bool is_bearer(const HttpRequest& request);

/// A client that showed one of its keys.
struct Shown {
    std::shared_ptr<const store_ops::Client> client;
    const std::string* key_sha256;  // of the two the one it was
};
/// Checks a client's id and key; the client is enabled. `unauthenticated` as `identify`.
Result<Shown> authenticate(const ClientDirectory& clients, std::string_view id, std::string_view key, WallTime now);

/// As in 1.x: the text of a UUID, here of random bits.
std::string make_signing_secret();
/// A client's key, shown once: `ocm1.<client id>.<256 random bits>`.
std::string make_client_key(std::string_view client_id);
std::string hash_client_key(std::string_view key);

}  // namespace ocm::app
