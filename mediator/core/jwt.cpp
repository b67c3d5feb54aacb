// SPDX-License-Identifier: MPL-2.0
#include "core/jwt.hpp"

#include "core/hash.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <stdexcept>

namespace ocm {
namespace {

constexpr int key_bits = 2048;
constexpr std::size_t longest_token = 16u << 10;
constexpr std::size_t longest_pem = 64u << 10;
constexpr JsonLimits token_json_limits{.depth = 8, .nodes = 1024, .string_bytes = longest_token};

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Digesting = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string text_of(BIO* memory) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string public_pem_of(EVP_PKEY* key) {
    const Bio memory(BIO_new(BIO_s_mem()), &BIO_free);
    if (!memory || PEM_write_bio_PUBKEY(memory.get(), key) != 1) {
        throw std::runtime_error("a public key could not be written");
    }
    return text_of(memory.get());
}

/// Without it OpenSSL asks at the terminal.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

bool is_rsa(EVP_PKEY* key) {
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) >= key_bits;
}

bool is_ours(const Json& header) {
    const auto* type = member(header, "typ");
    return text_member(header, "alg") == "RS256" && (type == nullptr || text(*type) == "JWT") &&
           member(header, "crit") == nullptr;
}

/// See SigningKey::verify.
std::optional<Json> verified(EVP_PKEY* key, std::string_view token) {
    if (token.size() > longest_token) return std::nullopt;
    const auto first = token.find('.');
    if (first == token.npos) return std::nullopt;
    const auto second = token.find('.', first + 1);
    if (second == token.npos) return std::nullopt;
    const auto signature = base64url_decode(token.substr(second + 1));
    const auto header = base64url_decode(token.substr(0, first));
    if (!signature || !header) return std::nullopt;
    const auto read_header = parse_json(*header, token_json_limits);
    if (!read_header || !is_ours(*read_header)) return std::nullopt;

    const auto input = token.substr(0, second);
    const Digesting context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!context || EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
        EVP_DigestVerify(context.get(), bytes_of(*signature), signature->size(), bytes_of(input), input.size()) != 1) {
        return std::nullopt;
    }
    const auto claims = base64url_decode(token.substr(first + 1, second - first - 1));
    if (!claims) return std::nullopt;
    auto read = parse_json(*claims, token_json_limits);
    if (!read || !read->is_object()) return std::nullopt;
    return std::move(*read);
}

}  // namespace

SigningKey::SigningKey(EVP_PKEY* key) : key_(key, &EVP_PKEY_free), public_pem_(public_pem_of(key)) {}

SigningKey SigningKey::generate() {
    auto* key = EVP_RSA_gen(key_bits);
    if (key == nullptr) throw std::runtime_error("no key pair could be made");
    return SigningKey(key);
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
    const Bio memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
    if (!memory) return fail(ErrorCode::internal, "no memory for a key");
    Key key(PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr), &EVP_PKEY_free);
    if (!key) return fail(ErrorCode::bad_request, "is not a private key in PEM without a passphrase");
    if (!is_rsa(key.get())) return fail(ErrorCode::bad_request, "is not an RSA key of at least 2048 bits");
    return SigningKey(key.release());
}

std::string SigningKey::private_pem() const {
    const Bio memory(BIO_new(BIO_s_mem()), &BIO_free);
    if (!memory || PEM_write_bio_PrivateKey(memory.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        throw std::runtime_error("a private key could not be written");
    }
    return text_of(memory.get());
}

std::string SigningKey::sign(const Json& claims) const {
    auto token = base64url(R"({"alg":"RS256","typ":"JWT"})") + "." + base64url(dump_json(claims));
    const Digesting context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
    auto size = signature.size();
    if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(token),
                       token.size()) != 1) {
        throw std::runtime_error("a token could not be signed");
    }
    signature.resize(size);
    return token + "." + base64url(signature);
}

std::optional<Json> SigningKey::verify(std::string_view token) const {
    return verified(key_.get(), token);
}

VerifyingKey::VerifyingKey(EVP_PKEY* key) : key_(key, &EVP_PKEY_free) {}

Result<VerifyingKey> VerifyingKey::from_pem(std::string_view pem) {
    if (pem.size() > longest_pem) return fail(ErrorCode::bad_request, "is no public key in PEM");
    const Bio memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
    if (!memory) return fail(ErrorCode::internal, "no memory for a key");
    Key key(PEM_read_bio_PUBKEY(memory.get(), nullptr, no_passphrase, nullptr), &EVP_PKEY_free);
    if (!key) return fail(ErrorCode::bad_request, "is no public key in PEM");
    if (!is_rsa(key.get())) return fail(ErrorCode::bad_request, "is not an RSA key of at least 2048 bits");
    return VerifyingKey(key.release());
}

std::optional<Json> VerifyingKey::verify(std::string_view token) const {
    return verified(key_.get(), token);
}

}  // namespace ocm
