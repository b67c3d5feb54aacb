// SPDX-License-Identifier: MPL-2.0
#include "app/callers.hpp"

#include "app/access_tokens.hpp"
#include "config/notation.hpp"
#include "core/hash.hpp"
#include "core/ids.hpp"

#include <algorithm>

namespace ocm::app {
namespace {

constexpr std::string_view key_prefix = "ocm1.";

struct Credentials {
    std::string id;
    std::string key;
};

std::optional<Credentials> api_key(std::string_view key) {
    if (!key.starts_with(key_prefix)) return std::nullopt;
    const auto id = key.substr(key_prefix.size(), 36);
    if (!is_uuid(id)) return std::nullopt;
    return Credentials{std::string(id), std::string(key)};
}

std::optional<Credentials> credentials_of(const HttpRequest& request) {
    if (const auto* key = request.headers.find("x-api-key")) return api_key(*key);
    const auto authorization = request.headers.get("authorization");
    if (authorization.size() > 6 && iequals(authorization.substr(0, 6), "basic ")) {
        const auto decoded = base64_decode(authorization.substr(6));
        if (!decoded) return std::nullopt;
        const auto colon = decoded->find(':');
        if (colon == std::string::npos) return std::nullopt;
        return Credentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
    }
    return std::nullopt;
}

/// The hash that is this key's; nullptr where none is, or not any more.
const std::string* matching_key(const store_ops::Client& client, std::string_view key, WallTime now) {
    const auto hash = hash_client_key(key);
    const bool current = constant_time_equal(hash, client.key_sha256);
    const bool old =
        client.old_key_until && now < *client.old_key_until && constant_time_equal(hash, client.old_key_sha256);
    return current ? &client.key_sha256 : old ? &client.old_key_sha256 : nullptr;
}

std::string_view bearer_token(const HttpRequest& request) {
    const auto authorization = request.headers.get("authorization");
    constexpr std::string_view scheme = "bearer ";
    if (authorization.size() <= scheme.size() || !iequals(authorization.substr(0, scheme.size()), scheme)) return {};
    auto token = authorization.substr(scheme.size());
    while (!token.empty() && token.front() == ' ') token.remove_prefix(1);
    return token;
}

}  // namespace

ClientDirectory::ClientDirectory(std::vector<store_ops::Client> clients) {
    clients_.reserve(clients.size());
    for (auto& each : clients) {
        const auto& client = *clients_.emplace_back(std::make_shared<const store_ops::Client>(std::move(each)));
        by_id_.emplace(client.id, clients_.size() - 1);
        if (!client.openhim_client.empty()) by_openhim_.emplace(client.openhim_client, clients_.size() - 1);
    }
}

std::shared_ptr<const store_ops::Client> ClientDirectory::by_id(std::string_view id) const {
    const auto it = by_id_.find(id);
    return it == by_id_.end() ? nullptr : clients_[it->second];
}

std::shared_ptr<const store_ops::Client> ClientDirectory::by_openhim_client(std::string_view openhim_client) const {
    const auto it = by_openhim_.find(openhim_client);
    return it == by_openhim_.end() ? nullptr : clients_[it->second];
}

bool address_listed(std::string_view address, const std::vector<std::string>& list) {
    return std::any_of(list.begin(), list.end(), [&](const std::string& block) {
        const auto network = config::Network::parse(block);
        return network && network->contains(address);
    });
}

bool from_openhim(const HttpRequest& request, const PeerPolicy& peers) {
    // Without its transaction header core did not route this: a caller on core's own host is just a direct caller.
    if (request.headers.get("x-openhim-transactionid").empty()) return false;
    const auto& fingerprint = request.peer.certificate_sha256;
    const bool by_certificate = !fingerprint.empty() && std::find(peers.certificates.begin(), peers.certificates.end(),
                                                                  fingerprint) != peers.certificates.end();
    return by_certificate || address_listed(request.peer.address, peers.addresses);
}

Result<Caller> identify(const HttpRequest& request, const ClientDirectory& clients, const PeerPolicy& peers,
                        WallTime now, const AccessTokens* tokens) {
    if (from_openhim(request, peers)) {
        // Core sets the header once; a second one was smuggled past it.
        const auto named = std::count_if(request.headers.begin(), request.headers.end(),
                                         [](const auto& field) { return iequals(field.first, "x-openhim-clientid"); });
        if (named > 1) return fail(ErrorCode::unauthenticated, "OpenHIM's client header came more than once");
        const auto name = request.headers.get("x-openhim-clientid");
        if (name.empty()) return fail(ErrorCode::unauthenticated, "OpenHIM named no client");
        auto client = clients.by_openhim_client(name);
        if (client == nullptr) {
            return fail(ErrorCode::unauthenticated, "the OpenHIM client is not linked to a client of this mediator");
        }
        if (!client->enabled) return fail(ErrorCode::unauthenticated, "the client is disabled");
        return Caller{Caller::Through::openhim, std::move(client)};
    }
    if (is_bearer(request)) {
        if (tokens == nullptr) return fail(ErrorCode::unauthenticated, "tokens are not accepted here");
        auto client = tokens->check(bearer_token(request), clients, now);
        if (!client) return fail(std::move(client.error()));
        return Caller{Caller::Through::direct, *std::move(client)};
    }
    const auto credentials = credentials_of(request);
    if (!credentials) return fail(ErrorCode::unauthenticated, "no credentials were sent");
    auto shown = authenticate(clients, credentials->id, credentials->key, now);
    if (!shown) return fail(std::move(shown.error()));
    return Caller{Caller::Through::direct, std::move(shown->client)};
}

Result<Shown> authenticate(const ClientDirectory& clients, std::string_view id, std::string_view key, WallTime now) {
    auto client = clients.by_id(id);
    if (client == nullptr) return fail(ErrorCode::unauthenticated, "the client is not known");
    const auto* matched = matching_key(*client, key, now);
    if (matched == nullptr) return fail(ErrorCode::unauthenticated, "the key is wrong");
    if (!client->enabled) return fail(ErrorCode::unauthenticated, "the client is disabled");
    return Shown{std::move(client), matched};
}

bool is_bearer(const HttpRequest& request) {
    return request.headers.find("x-api-key") == nullptr && !bearer_token(request).empty();
}

std::string told(const HttpRequest& request, const Error& refusal) {
    if (!is_bearer(request)) return "the credentials were not accepted";
    return refusal.message == AccessTokens::expired ? "Expired token" : "Invalid token";
}

std::string make_signing_secret() {
    // Version 5 of random bytes is as random as they are.
    return uuid_v5("00000000-0000-0000-0000-000000000000", random_bytes(32));
}

std::string make_client_key(std::string_view client_id) {
    return std::string(key_prefix) + std::string(client_id) + "." + base64url(random_bytes(32));
}

std::string hash_client_key(std::string_view key) {
    return sha256_hex(key);
}

}  // namespace ocm::app
