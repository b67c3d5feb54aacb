// SPDX-License-Identifier: MPL-2.0
#include "core/ids.hpp"

#include "core/hash.hpp"

#include <array>
#include <cstdint>

namespace ocm {
namespace {

std::string format(const std::array<std::uint8_t, 16>& bytes) {
    auto out = hex(bytes);
    for (const std::size_t dash : {8u, 13u, 18u, 23u}) out.insert(dash, 1, '-');
    return out;
}

void stamp(std::array<std::uint8_t, 16>& bytes, unsigned version) {
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0Fu) | (version << 4));
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3Fu) | 0x80u);
}

int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string uuid_v7(WallTime at) {
    std::array<std::uint8_t, 16> bytes{};
    const auto random = random_bytes(10);
    const auto millis = static_cast<std::uint64_t>(at.time_since_epoch().count());
    for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
    for (std::size_t i = 0; i < 10; ++i) bytes[6 + i] = static_cast<std::uint8_t>(random[i]);
    stamp(bytes, 7);
    return format(bytes);
}

std::string uuid_v5(std::string_view space, std::string_view name) {
    std::string space_bytes;
    space_bytes.reserve(space.size() / 2);
    int high = -1;
    for (const char c : space) {
        const int value = nibble(c);
        if (value < 0) continue;
        if (high < 0) {
            high = value;
        } else {
            space_bytes += static_cast<char>(high * 16 + value);
            high = -1;
        }
    }
    const auto digest = sha1(space_bytes, name);
    std::array<std::uint8_t, 16> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = digest[i];
    stamp(bytes, 5);
    return format(bytes);
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : nibble(text[i]) < 0) return false;
    }
    return true;
}

}  // namespace ocm
