// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

/// Which addresses lead out into the internet, and not to ourselves, our neighbours or nowhere (design section 12).
namespace ocm {

/// Of 4 or 16 bytes in network order. False for loopback, private, link-local, shared, multicast, documentation and
/// reserved ones, for IPv6 ones that stand for such an IPv4 address, and for any other length.
bool is_public_address(std::span<const std::uint8_t> bytes);
/// The same of its text; false for what is no address.
bool is_public_address(std::string_view text);
/// True for the text of an IPv4 or IPv6 address.
bool is_address(std::string_view text);

}  // namespace ocm
