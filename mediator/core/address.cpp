// SPDX-License-Identifier: MPL-2.0
#include "core/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <string>
#include <vector>

namespace ocm {
namespace {

using Bytes = std::span<const std::uint8_t>;

struct Block {
    std::array<std::uint8_t, 4> start;
    unsigned bits;
};

/// IANA's special-purpose blocks of IPv4, and multicast.
constexpr std::array blocks{
    Block{{0, 0, 0, 0}, 8},      Block{{10, 0, 0, 0}, 8},     Block{{100, 64, 0, 0}, 10}, Block{{127, 0, 0, 0}, 8},
    Block{{169, 254, 0, 0}, 16}, Block{{172, 16, 0, 0}, 12},  Block{{192, 0, 0, 0}, 24},  Block{{192, 0, 2, 0}, 24},
    Block{{192, 88, 99, 0}, 24}, Block{{192, 168, 0, 0}, 16}, Block{{198, 18, 0, 0}, 15}, Block{{198, 51, 100, 0}, 24},
    Block{{203, 0, 113, 0}, 24}, Block{{224, 0, 0, 0}, 4},    Block{{240, 0, 0, 0}, 4},
};

std::uint32_t number(Bytes four) {
    return (std::uint32_t{four[0]} << 24U) | (std::uint32_t{four[1]} << 16U) | (std::uint32_t{four[2]} << 8U) | four[3];
}

bool is_public_v4(Bytes address) {
    return std::none_of(blocks.begin(), blocks.end(), [value = number(address)](const Block& block) {
        return ((value ^ number(block.start)) >> (32U - block.bits)) == 0;
    });
}

bool begins(Bytes address, std::initializer_list<std::uint8_t> with) {
    return std::equal(with.begin(), with.end(), address.begin());
}

bool is_public_v6(Bytes address) {
    const auto last = address.subspan(12);
    const bool mapped = begins(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF});
    const bool translated = begins(address, {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0});
    if (mapped || translated) return is_public_v4(last);
    if ((address[0] & 0xE0U) != 0x20) return false;  // global unicast is 2000::/3
    // IETF protocols (Teredo among them), 6to4, documentation.
    const bool protocols = begins(address, {0x20, 0x01}) && address[2] < 2;
    const bool documentation = begins(address, {0x20, 0x01, 0x0D, 0xB8}) || begins(address, {0x3F, 0xFF});
    return !protocols && !documentation && !begins(address, {0x20, 0x02});
}

std::vector<std::uint8_t> bytes_of(std::string_view text) {
    const std::string address(text);
    std::vector<std::uint8_t> out(4);
    if (::inet_pton(AF_INET, address.c_str(), out.data()) == 1) return out;
    out.resize(16);
    if (::inet_pton(AF_INET6, address.c_str(), out.data()) == 1) return out;
    return {};
}

}  // namespace

bool is_public_address(Bytes bytes) {
    return bytes.size() == 4 ? is_public_v4(bytes) : bytes.size() == 16 && is_public_v6(bytes);
}

bool is_public_address(std::string_view text) {
    return is_public_address(Bytes(bytes_of(text)));
}

bool is_address(std::string_view text) {
    return !bytes_of(text).empty();
}

}  // namespace ocm
