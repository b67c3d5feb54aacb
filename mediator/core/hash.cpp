// SPDX-License-Identifier: MPL-2.0
#include "core/hash.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <memory>
#include <stdexcept>

namespace ocm {
namespace {

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

using Algorithm = std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)>;

/// Once for each: OpenSSL 3 searches its providers every time an algorithm is asked for by name.
Algorithm look_up(const char* name) {
    Algorithm found(EVP_MD_fetch(nullptr, name, nullptr), &EVP_MD_free);
    if (!found) throw std::runtime_error(std::string("OpenSSL does not offer ") + name);
    return found;
}

template <class Out>
Out digest(const Algorithm& algorithm, std::string_view first, std::string_view second) {
    thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                                       &EVP_MD_CTX_free);
    Out out;
    if (!context || EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), first.data(), first.size()) != 1 ||
        EVP_DigestUpdate(context.get(), second.data(), second.size()) != 1 ||
        EVP_DigestFinal_ex(context.get(), out.data(), nullptr) != 1) {
        throw std::runtime_error("a digest failed");
    }
    return out;
}

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

Digest sha256(std::string_view bytes) {
    return sha256(bytes, {});
}

Digest sha256(std::string_view first, std::string_view second) {
    static const Algorithm algorithm = look_up("SHA256");
    return digest<Digest>(algorithm, first, second);
}

Sha1Digest sha1(std::string_view first, std::string_view second) {
    static const Algorithm algorithm = look_up("SHA1");
    return digest<Sha1Digest>(algorithm, first, second);
}

std::string sha256_hex(std::string_view bytes) {
    return hex(sha256(bytes));
}

std::string sha512_hex(std::string_view bytes) {
    std::array<std::uint8_t, SHA512_DIGEST_LENGTH> out;
    SHA512(bytes_of(bytes), bytes.size(), out.data());
    return hex(out);
}

Digest hmac_sha256(std::string_view key, std::string_view bytes) {
    Digest out;
    unsigned int length = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(), out.data(),
             &length) == nullptr) {
        throw std::runtime_error("HMAC failed");
    }
    return out;
}

std::string hex(std::span<const std::uint8_t> bytes) {
    constexpr std::string_view digit = "0123456789abcdef";
    std::string out(bytes.size() * 2, '\0');
    auto at = out.begin();
    for (const auto byte : bytes) {
        *at++ = digit[byte >> 4];
        *at++ = digit[byte & 15u];
    }
    return out;
}

std::string base64(std::string_view bytes) {
    std::string out((bytes.size() + 2) / 3 * 4, '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes), static_cast<int>(bytes.size()));
    return out;
}

std::string base64url(std::string_view bytes) {
    auto out = base64(bytes);
    while (!out.empty() && out.back() == '=') out.pop_back();
    for (auto& c : out) {
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    if (text.size() % 4 == 1) return std::nullopt;
    std::string out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t buffer = 0;
    int bits = 0;
    for (const char c : text) {
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        buffer = (buffer << 6) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out += static_cast<char>((buffer >> bits) & 0xFFu);
        }
    }
    return out;
}

std::optional<std::string> base64url_decode(std::string_view text) {
    if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
    std::string plain(text);
    for (auto& c : plain) {
        if (c == '-') c = '+';
        if (c == '_') c = '/';
    }
    auto decoded = base64_decode(plain);
    if (!decoded || base64url(*decoded) != text) return std::nullopt;
    return decoded;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

namespace {

void draw(char* to, std::size_t count) {
    if (RAND_bytes(reinterpret_cast<unsigned char*>(to), static_cast<int>(count)) != 1) {
        throw std::runtime_error("the random number generator failed");
    }
}

/// Drawn ahead, for one thread: the generator takes about as long for a few bytes as for all of these. What was taken
/// is wiped: nothing that was given out can be read here. Only for a program that does not fork (a child would give out
/// the same bytes again).
class DrawnAhead {
  public:
    static constexpr std::size_t most = 64;  // taken at once

    DrawnAhead() = default;
    ~DrawnAhead() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
    DrawnAhead(const DrawnAhead&) = delete;
    DrawnAhead& operator=(const DrawnAhead&) = delete;

    std::string take(std::size_t count) {
        if (count > left_) {
            left_ = 0;
            draw(bytes_.data(), bytes_.size());
            left_ = bytes_.size();
        }
        left_ -= count;
        std::string out(bytes_.data() + left_, count);
        OPENSSL_cleanse(bytes_.data() + left_, count);
        return out;
    }

  private:
    std::array<char, 2048> bytes_{};
    std::size_t left_ = 0;  // from the front
};

}  // namespace

std::string random_bytes(std::size_t count) {
    thread_local DrawnAhead ahead;
    if (count <= DrawnAhead::most) return ahead.take(count);
    std::string out(count, '\0');
    draw(out.data(), count);
    return out;
}

static_assert(sizeof(Digest) == SHA256_DIGEST_LENGTH && sizeof(Sha1Digest) == SHA_DIGEST_LENGTH);

}  // namespace ocm
