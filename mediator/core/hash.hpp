// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ocm {

using Digest = std::array<std::uint8_t, 32>;
using Sha1Digest = std::array<std::uint8_t, 20>;

Digest sha256(std::string_view bytes);
/// SHA-256 over the concatenation of two byte strings, without copying them together.
Digest sha256(std::string_view first, std::string_view second);
std::string sha256_hex(std::string_view bytes);
/// For name-based UUIDs only.
Sha1Digest sha1(std::string_view first, std::string_view second);
std::string sha512_hex(std::string_view bytes);
Digest hmac_sha256(std::string_view key, std::string_view bytes);

std::string hex(std::span<const std::uint8_t> bytes);
std::string base64(std::string_view bytes);
/// RFC 4648 base64 with or without padding; absent where the text is not base64.
std::optional<std::string> base64_decode(std::string_view text);
std::string base64url(std::string_view bytes);
/// Its inverse, strict: no padding, no other alphabet, and only the one text that `base64url` makes of the bytes.
std::optional<std::string> base64url_decode(std::string_view text);

/// Compares without leaking where the first difference is; lengths may leak.
bool constant_time_equal(std::string_view a, std::string_view b);

/// Bytes from the operating system's generator. Throws std::runtime_error where it fails: nothing may go on then.
std::string random_bytes(std::size_t count);

}  // namespace ocm
