// SPDX-License-Identifier: MPL-2.0
#include "app/access_tokens.hpp"

#include "app/private_file.hpp"
#include "core/hash.hpp"
#include "formats/opencrvs_v1/token.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <sys/stat.h>

namespace ocm::app {
namespace {

/// Says which of a client's keys a token was issued for, and nothing about it.
std::string key_mark(std::string_view key_sha256) {
    return sha256_hex("token for key " + std::string(key_sha256)).substr(0, 32);
}

constexpr const char* mark_claim = "key";

bool is_audience(const Json& claims) {
    const auto* audience = member(claims, "aud");
    return audience != nullptr && audience->is_array() &&
           std::any_of(audience->begin(), audience->end(),
                       [](const Json& each) { return text(each) == opencrvs_v1::gateway_audience; });
}

}  // namespace

std::string AccessTokens::issue(const Shown& shown, WallTime now) const {
    auto claims = opencrvs_v1::token_claims(*shown.client, now);
    claims[mark_claim] = key_mark(*shown.key_sha256);
    return key_.sign(claims);
}

Result<std::shared_ptr<const store_ops::Client>> AccessTokens::check(std::string_view token,
                                                                     const ClientDirectory& clients,
                                                                     WallTime now) const {
    const auto claims = key_.verify(token);
    if (!claims) return fail(ErrorCode::unauthenticated, "the token is not one of ours");
    const auto* until = member(*claims, "exp");
    if (text_member(*claims, "iss") != opencrvs_v1::token_issuer || !is_audience(*claims) || until == nullptr ||
        !until->is_number_integer()) {
        return fail(ErrorCode::unauthenticated, "the token is for something else");
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    if (seconds >= until->get<std::int64_t>()) {
        return fail(ErrorCode::unauthenticated, std::string(expired));
    }
    auto client = clients.by_id(text_member(*claims, "sub"));
    if (client == nullptr) return fail(ErrorCode::unauthenticated, "the client is not known");
    if (!client->enabled) return fail(ErrorCode::unauthenticated, "the client is disabled");
    const auto mark = text_member(*claims, mark_claim);
    const bool current = constant_time_equal(mark, key_mark(client->key_sha256));
    const bool old = client->old_key_until && now < *client->old_key_until &&
                     constant_time_equal(mark, key_mark(client->old_key_sha256));
    if (!current && !old) return fail(ErrorCode::unauthenticated, "the key the token was issued for is not valid");
    return client;
}

Result<SigningKey> load_signing_key(const std::string& configured_file, const std::string& store_path) {
    const auto path = configured_file.empty() ? store_path + ".token-key.pem" : configured_file;
    const auto read = [&path](std::string_view pem) -> Result<SigningKey> {
        auto key = SigningKey::from_pem(pem);
        if (!key) {
            return fail(ErrorCode::bad_request, "the key that signs access tokens: the file " + key.error().message,
                        path);
        }
        return key;
    };
    auto kept = read_private_file(path);
    if (!kept) return fail(std::move(kept.error()));
    if (*kept) {
        struct stat info{};
        if (::stat(path.c_str(), &info) == 0 && (info.st_mode & S_IROTH) != 0) {
            spdlog::warn("{} signs access tokens, and every user of this machine can read it: chmod o= FILE", path);
        }
        return read(**kept);
    }
    if (!configured_file.empty()) {
        return fail(ErrorCode::bad_request, "the file with the key that signs access tokens is not there", path);
    }
    auto made = SigningKey::generate();
    if (auto written = write_private_file(path, made.private_pem()); !written) return fail(std::move(written.error()));
    return made;
}

}  // namespace ocm::app
