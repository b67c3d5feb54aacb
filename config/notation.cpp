// SPDX-License-Identifier: MPL-2.0
#include "config/notation.hpp"

#include "core/http_message.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace ocm::config {
namespace {

using Unit = std::pair<std::string_view, std::int64_t>;

// Largest first: formatting takes the first that divides.
constexpr std::array<Unit, 5> duration_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 4> size_units{{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};

template <std::size_t N>
std::optional<std::int64_t> parse_unit(std::string_view text, const std::array<Unit, N>& units) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0) return std::nullopt;
    const auto suffix = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const auto& [name, factor] : units) {
        if (name != suffix) continue;
        if (number > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
        return number * factor;
    }
    return std::nullopt;
}

template <std::size_t N>
std::string format_unit(std::int64_t value, const std::array<Unit, N>& units, std::string_view zero) {
    if (value == 0) return std::string(zero);
    for (const auto& [name, factor] : units) {
        if (value % factor == 0) return std::to_string(value / factor) + std::string(name);
    }
    return {};
}

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

/// Address as bytes in network order, empty where it is none. IPv4-mapped IPv6 becomes IPv4.
std::string address_bytes(std::string_view text) {
    if (text.find('\0') != text.npos) return {};
    const std::string copy(text);
    std::array<char, 16> bytes{};
    if (inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
    if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) != 1) return {};
    static constexpr std::string_view mapped{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};
    if (std::string_view(bytes.data(), 12) == mapped) return {bytes.data() + 12, 4};
    return {bytes.data(), 16};
}

bool is_host_name(std::string_view text) {
    if (text.empty() || text.size() > 253) return false;
    std::size_t label = 0;
    for (const char c : text) {
        const bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (c == '.' ? label == 0 : !(alnum || (c == '-' && label != 0) || c == '_')) return false;
        label = c == '.' ? 0 : label + 1;
        if (label > 63) return false;
    }
    // All digits and dots is an address that is not one: "10.0.0.256".
    return text.find_first_not_of("0123456789.") != text.npos;
}

}  // namespace

std::optional<Milliseconds> parse_duration(std::string_view text) {
    const auto value = parse_unit(text, duration_units);
    if (!value) return std::nullopt;
    return Milliseconds(*value);
}

std::string format_duration(Milliseconds value) {
    return format_unit(value.count(), duration_units, "0s");
}

std::optional<std::int64_t> parse_size(std::string_view text) {
    return parse_unit(text, size_units);
}

std::string format_size(std::int64_t bytes) {
    return format_unit(bytes, size_units, "0B");
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<bool> parse_boolean(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
}

std::vector<std::string> parse_list(std::string_view text) {
    std::vector<std::string> out;
    if (trimmed(text).empty()) return out;
    for (;;) {
        const auto comma = text.find(',');
        out.emplace_back(trimmed(text.substr(0, comma)));
        if (comma == text.npos) return out;
        text.remove_prefix(comma + 1);
    }
}

std::optional<std::string> parse_url(std::string_view text) {
    const auto parts = split_url(text);
    if (!parts || !parts->query.empty() || text.find_first_of("?# \t\r\n") != text.npos) return std::nullopt;
    if (parts->host.empty() || (parts->scheme != "http" && parts->scheme != "https")) return std::nullopt;
    while (!text.empty() && text.back() == '/') text.remove_suffix(1);
    return std::string(text);
}

std::optional<std::string> parse_host(std::string_view text) {
    if (!address_bytes(text).empty()) return std::string(text);
    auto lower = to_lower(text);
    if (!is_host_name(lower)) return std::nullopt;
    return lower;
}

std::optional<std::string> parse_host_pattern(std::string_view text) {
    if (text == "*") return std::string(text);
    if (!text.starts_with("*.")) return parse_host(text);
    auto below = to_lower(text.substr(2));
    if (!is_host_name(below)) return std::nullopt;
    return "*." + below;
}

std::optional<std::string> parse_fingerprint(std::string_view text) {
    std::string out;
    for (const char c : to_lower(text)) {
        if (c == ':' && out.size() % 2 == 0 && !out.empty()) continue;
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return std::nullopt;
        out += c;
    }
    if (out.size() != 64) return std::nullopt;
    return out;
}

bool is_loopback(std::string_view host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    const auto bytes = address_bytes(host);
    if (bytes.size() == 4) return bytes[0] == 127;
    if (bytes.size() == 16) return bytes == address_bytes("::1");
    return iequals(host, "localhost");
}

std::optional<Network> Network::parse(std::string_view text) {
    const auto slash = text.find('/');
    Network out;
    out.bytes_ = address_bytes(text.substr(0, slash));
    if (out.bytes_.empty()) return std::nullopt;
    const auto widest = static_cast<unsigned>(out.bytes_.size() * 8);
    out.bits_ = widest;
    if (slash != text.npos) {
        const auto bits = parse_integer(text.substr(slash + 1));
        if (!bits || *bits < 0 || *bits > widest) return std::nullopt;
        out.bits_ = static_cast<unsigned>(*bits);
    }
    return out;
}

bool Network::contains(std::string_view address) const {
    const auto bytes = address_bytes(address);
    if (bytes.size() != bytes_.size()) return false;
    for (unsigned bit = 0; bit < bits_; bit += 8) {
        const auto left = std::min(8u, bits_ - bit);
        const auto mask = static_cast<unsigned>(0xFFu << (8 - left)) & 0xFFu;
        const auto mine = static_cast<unsigned char>(bytes_[bit / 8]),
                   theirs = static_cast<unsigned char>(bytes[bit / 8]);
        if (((mine ^ theirs) & mask) != 0) return false;
    }
    return true;
}

}  // namespace ocm::config
