// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ocm::store {

inline constexpr std::size_t salt_bytes = 32;
/// Parts of one entry at most; `part.id` is entry * this + ordinal.
inline constexpr std::int64_t parts_per_entry = 64;

/// zstd. Thread-safe.
std::string compress(std::string_view bytes);
/// Absent where the frame is damaged or does not hold exactly `size` bytes.
std::optional<std::string> decompress(std::string_view packed, std::size_t size);

/// Hex of SHA-256(salt ‖ plain): what the entry holds of a part.
std::string part_hash(std::string_view salt, std::string_view plain);

}  // namespace ocm::store
