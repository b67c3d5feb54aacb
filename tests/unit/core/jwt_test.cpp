// SPDX-License-Identifier: MPL-2.0
#include "core/jwt.hpp"

#include "core/hash.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <vector>

using namespace ocm;

namespace {

const SigningKey& ours() {
    static const auto key = SigningKey::generate();
    return key;
}

const Json claims{{"sub", "0198c1f2-7c1a-7000-8000-000000000001"}, {"exp", 1772443500}};

/// What anybody can do with nothing but OpenSSL and the public key.
bool openssl_verifies(std::string_view token, const std::string& public_pem) {
    const auto dot = token.rfind('.');
    std::string signature(token.substr(dot + 1));
    for (auto& c : signature) c = c == '-' ? '+' : c == '_' ? '/' : c;
    while (signature.size() % 4 != 0) signature += '=';
    std::vector<unsigned char> raw(signature.size());
    EVP_DecodeBlock(raw.data(), reinterpret_cast<const unsigned char*>(signature.data()),
                    static_cast<int>(signature.size()));
    BIO* memory = BIO_new_mem_buf(public_pem.data(), static_cast<int>(public_pem.size()));
    EVP_PKEY* key = PEM_read_bio_PUBKEY(memory, nullptr, nullptr, nullptr);
    BIO_free(memory);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key);
    const bool good =
        EVP_DigestVerify(context, raw.data(), 256, reinterpret_cast<const unsigned char*>(token.data()), dot) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}

std::string hmac_token(std::string_view header, const std::string& secret) {
    const auto input = base64url(header) + "." + base64url(claims.dump());
    const auto mac = hmac_sha256(secret, input);
    return input + "." + base64url({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

/// Our own signature under another header.
std::string with_header(std::string_view header) {
    const auto token = ours().sign(claims);
    return base64url(header) + token.substr(token.find('.'));
}

std::string pem_of(EVP_PKEY* key, const EVP_CIPHER* cipher = nullptr) {
    BIO* memory = BIO_new(BIO_s_mem());
    const std::string phrase = "phrase";
    PEM_write_bio_PrivateKey(memory, key, cipher, reinterpret_cast<const unsigned char*>(phrase.data()),
                             cipher == nullptr ? 0 : static_cast<int>(phrase.size()), nullptr, nullptr);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory, &data);
    std::string out(data, static_cast<std::size_t>(size));
    BIO_free(memory);
    EVP_PKEY_free(key);
    return out;
}

}  // namespace

TEST(Jwt, IsSignedSoThatOthersCanCheckIt) {
    const auto token = ours().sign(claims);
    EXPECT_TRUE(token.starts_with("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9."));  // {"alg":"RS256","typ":"JWT"}
    EXPECT_TRUE(openssl_verifies(token, ours().public_pem()));
    EXPECT_FALSE(openssl_verifies(token, SigningKey::generate().public_pem()));
    EXPECT_TRUE(ours().public_pem().starts_with("-----BEGIN PUBLIC KEY-----\n"));
    EXPECT_EQ(ours().verify(token), claims);
    EXPECT_EQ(VerifyingKey::from_pem(ours().public_pem()).value().verify(token), claims);
}

TEST(Jwt, NothingElseIsTakenForOne) {
    const auto token = ours().sign(claims);
    const auto first = token.find('.');
    const auto second = token.rfind('.');
    const auto header = token.substr(0, first);
    const auto body = token.substr(first + 1, second - first - 1);
    const auto signature = token.substr(second + 1);
    auto flipped = signature;
    flipped[10] = flipped[10] == 'A' ? 'B' : 'A';
    // 256 bytes leave the last of 342 characters four bits that say nothing: set, they are another text of the same
    // bytes.
    auto twin = signature;
    const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    twin.back() = alphabet[alphabet.find(twin.back()) ^ 1u];
    const std::pair<const char*, std::string> rows[] = {
        {"none", base64url(R"({"alg":"none","typ":"JWT"})") + "." + body + "."},
        {"none_with_signature", with_header(R"({"alg":"none"})")},
        {"hs256_with_the_public_key", hmac_token(R"({"alg":"HS256","typ":"JWT"})", ours().public_pem())},
        {"rs256_named_but_hmac_made", hmac_token(R"({"alg":"RS256","typ":"JWT"})", ours().public_pem())},
        {"rs512", with_header(R"({"alg":"RS512"})")},
        {"lower_case", with_header(R"({"alg":"rs256"})")},
        {"alg_twice", with_header(R"({"alg":"none","alg":"RS256"})")},
        {"no_alg", with_header(R"({"typ":"JWT"})")},
        {"other_header_same_signature", with_header(R"({"alg":"RS256"})")},
        {"critical", with_header(R"({"alg":"RS256","crit":["b64"],"b64":false})")},
        {"header_no_json", with_header("RS256")},
        {"header_no_object", with_header(R"(["RS256"])")},
        {"other_claims", header + "." + base64url(R"({"sub":"somebody"})") + "." + signature},
        {"flipped", header + "." + body + "." + flipped},
        {"twin", header + "." + body + "." + twin},
        {"cut", token.substr(0, token.size() - 1)},
        {"padded", token + "=="},
        {"no_signature", header + "." + body + "."},
        {"two_parts", header + "." + body},
        {"four_parts", token + ".x"},
        {"space", " " + token},
        {"empty", ""},
        {"dots", ".."},
        {"another_key", SigningKey::generate().sign(claims)},
        {"claims_no_object", ours().sign(Json::array({1}))},
        {"huge", token + std::string(1u << 20, 'A')},
    };
    const auto theirs = VerifyingKey::from_pem(ours().public_pem()).value();
    for (const auto& [label, forged] : rows) {
        EXPECT_FALSE(ours().verify(forged)) << label;
        EXPECT_FALSE(theirs.verify(forged)) << label;
    }
}

TEST(Jwt, KeysAreKeptAsPem) {
    const auto again = SigningKey::from_pem(ours().private_pem());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->public_pem(), ours().public_pem());
    EXPECT_TRUE(again->verify(ours().sign(claims)));
}

TEST(Jwt, KeysThatAreNoneAreRefused) {
    std::string curve = "P-256";
    const std::pair<const char*, std::string> rows[] = {
        {"empty", ""},
        {"text", "secret"},
        {"public", ours().public_pem()},
        {"cut", ours().private_pem().substr(0, 400)},
        {"short", pem_of(EVP_RSA_gen(1024))},
        {"other_kind", pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.data()))},
        {"passphrase", pem_of(EVP_RSA_gen(2048), EVP_aes_128_cbc())},
    };
    for (const auto& [label, pem] : rows) {
        const auto key = SigningKey::from_pem(pem);
        ASSERT_FALSE(key) << label;
        EXPECT_EQ(key.error().code, ErrorCode::bad_request) << label;
    }
}

TEST(Jwt, Base64UrlHasOneTextForEachBytes) {
    for (const std::string bytes : {"", "a", "ab", "abc", "\xff\xfe\xfd"}) {
        EXPECT_EQ(base64url_decode(base64url(bytes)), bytes);
    }
    for (const char* text : {"YQ==", "YR", "Y", "+/8", "a b", "YWI\n"}) EXPECT_FALSE(base64url_decode(text)) << text;
}

TEST(Jwt, PublicKeysThatAreNoneAreRefused) {
    std::string curve = "P-256";
    const std::pair<const char*, std::string> rows[] = {
        {"empty", ""},
        {"text", "<html>"},
        {"private", ours().private_pem()},
        {"cut", ours().public_pem().substr(0, 200)},
        {"long", ours().public_pem() + std::string(1u << 20, '\n')},
    };
    for (const auto& [label, pem] : rows) EXPECT_FALSE(VerifyingKey::from_pem(pem)) << label;
}
