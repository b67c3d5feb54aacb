// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How values are written in files, environment variables and the OpenHIM console.
namespace ocm::config {

/// "250ms", "30s", "5m", "12h", "7d"; whole numbers only. Absent where the text is none or does not fit.
std::optional<Milliseconds> parse_duration(std::string_view text);
/// In the largest unit that is exact: 90'000 ms is "90s", 60'000 ms "1m".
std::string format_duration(Milliseconds value);

/// "512B", "16KiB", "10MiB", "1GiB".
std::optional<std::int64_t> parse_size(std::string_view text);
std::string format_size(std::int64_t bytes);

std::optional<std::int64_t> parse_integer(std::string_view text);
/// "true" or "false".
std::optional<bool> parse_boolean(std::string_view text);
/// Comma-separated, blanks around items ignored; empty text is an empty list.
std::vector<std::string> parse_list(std::string_view text);

/// Absolute http(s) URL without credentials, query or fragment; a trailing '/' is removed.
std::optional<std::string> parse_url(std::string_view text);
/// IP address or host name, in lower case.
std::optional<std::string> parse_host(std::string_view text);
/// A host, "*.name" for all below a name, or "*" for any.
std::optional<std::string> parse_host_pattern(std::string_view text);
/// 64 hexadecimal digits with or without ':', as lower-case hex.
std::optional<std::string> parse_fingerprint(std::string_view text);

/// True for 127.0.0.0/8, ::1 and localhost.
bool is_loopback(std::string_view host);

/// An IP address or a network in CIDR notation.
class Network {
  public:
    static std::optional<Network> parse(std::string_view text);
    /// `address` is an IP address; an IPv4-mapped IPv6 address is taken as IPv4.
    bool contains(std::string_view address) const;
    /// True where it holds every address of its family.
    bool everything() const { return bits_ == 0; }

  private:
    std::string bytes_;  // 4 or 16, in network order
    unsigned bits_ = 0;
};

}  // namespace ocm::config
