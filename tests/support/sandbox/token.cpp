// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/token.hpp"

#include "core/hash.hpp"
#include "core/http_message.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace ocm::sandbox {
namespace {

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string pem_of(EVP_PKEY* key) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PUBKEY(memory.get(), key);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

EVP_PKEY* read_key(const std::string& file) {
    if (file.empty()) return nullptr;
    const std::unique_ptr<BIO, decltype(&BIO_free)> input(BIO_new_file(file.c_str(), "r"), BIO_free);
    return input ? PEM_read_bio_PrivateKey(input.get(), nullptr, nullptr, nullptr) : nullptr;
}

std::optional<std::string> base64url_decode(std::string_view text) {
    std::string plain(text);
    std::replace(plain.begin(), plain.end(), '-', '+');
    std::replace(plain.begin(), plain.end(), '_', '/');
    return base64_decode(plain);
}

}  // namespace

std::string modern_scope(std::string_view scope) {
    constexpr std::array bare{"record.notify", "record.search", "record.read", "record.create", "record.import"};
    const bool old = std::find(bare.begin(), bare.end(), scope) != bare.end();
    return (old ? "type=" : "") + std::string(scope);
}

Scope read_scope(std::string_view scope) {
    Scope out;
    constexpr std::string_view bracket = "[event=";  // 1.9: record.notify[event=birth|death]
    out.type = query_value(scope, "type").value_or("");
    auto events = query_value(scope, "event").value_or("");
    if (const auto at = scope.find(bracket); at != scope.npos && scope.ends_with(']')) {
        out.type = std::string(scope.substr(0, at));
        events = std::string(scope.substr(at + bracket.size(), scope.size() - at - bracket.size() - 1));
    }
    while (!events.empty()) {
        const auto comma = std::min(events.find_first_of(",|"), events.size());
        out.events.push_back(events.substr(0, comma));
        events.erase(0, comma + 1);
    }
    return out;
}

Signer::Signer(const std::string& key_file) {
    auto* key = read_key(key_file);
    const bool fresh = key == nullptr;
    if (fresh) {
        // Making one takes most of a second on a busy machine: the sandboxes of one process share it.
        static const std::shared_ptr<EVP_PKEY> shared(EVP_RSA_gen(2048), EVP_PKEY_free);
        key_ = shared;
        key = shared.get();
    } else {
        key_.reset(key, EVP_PKEY_free);
    }
    if (key == nullptr) throw std::runtime_error("no key pair could be made");
    if (fresh && !key_file.empty()) {
        const std::unique_ptr<BIO, decltype(&BIO_free)> output(BIO_new_file(key_file.c_str(), "w"), BIO_free);
        if (!output || PEM_write_bio_PrivateKey(output.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
            throw std::runtime_error("the key file cannot be written: " + key_file);
        }
    }
    public_pem_ = pem_of(key);
}

std::string Signer::sign(const Json& claims) const {
    const auto input = base64url(R"({"alg":"RS256","typ":"JWT"})") + "." + base64url(dump_json(claims));
    const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    std::size_t size = 0;
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
    EVP_DigestSign(context.get(), nullptr, &size, bytes(input), input.size());
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes(input),
                       input.size()) != 1) {
        throw std::runtime_error("a token could not be signed");
    }
    signature.resize(size);
    return input + "." + base64url(signature);
}

std::optional<Json> Signer::verify(std::string_view token) const {
    const auto first = token.find('.');
    const auto second = first == token.npos ? token.npos : token.find('.', first + 1);
    if (second == token.npos) return std::nullopt;
    const auto header = base64url_decode(token.substr(0, first));
    const auto claims = base64url_decode(token.substr(first + 1, second - first - 1));
    const auto signature = base64url_decode(token.substr(second + 1));
    if (!header || !claims || !signature) return std::nullopt;
    const auto head = parse_json(*header);
    if (!head || text_member(*head, "alg") != "RS256") return std::nullopt;
    const auto input = token.substr(0, second);
    const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
    if (EVP_DigestVerify(context.get(), bytes(*signature), signature->size(), bytes(input), input.size()) != 1) {
        return std::nullopt;
    }
    auto parsed = parse_json(*claims);
    if (!parsed) return std::nullopt;
    return *std::move(parsed);
}

Json system_claims(const SystemClient& client, WallTime now, std::chrono::seconds lifetime, bool webhooks) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    Json scopes = Json::array();
    for (const auto& scope : client.scopes) scopes.push_back(modern_scope(scope));
    Json claims{{"scope", std::move(scopes)},
                {"userType", "system"},
                {"role", "SYSTEM"},
                {"sub", client.id},
                {"iat", seconds},
                {"exp", seconds + lifetime.count()},
                {"iss", "opencrvs:auth-service"},
                {"aud",
                 {"opencrvs:auth-user", "opencrvs:user-mgnt-user", "opencrvs:gateway-user", "opencrvs:events-user",
                  "opencrvs:countryconfig-user", "opencrvs:documents-user"}}};
    if (webhooks) claims["aud"].push_back("opencrvs:webhooks-user");
    return claims;
}

}  // namespace ocm::sandbox
