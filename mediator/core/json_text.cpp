// SPDX-License-Identifier: MPL-2.0
#include "core/json_text.hpp"

#include "core/json.hpp"
#include "core/json_quick.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace ocm {
namespace {

constexpr char not_ascii = 'x';

/// What follows the backslash where a byte has to be escaped, 'u' for "\u00xx"; 0 where it stands for itself.
constexpr auto escapes = [] {
    std::array<char, 256> out{};
    for (std::size_t byte = 0x80; byte < out.size(); ++byte) out[byte] = not_ascii;
    for (std::size_t control = 0; control < 0x20; ++control) out[control] = 'u';
    out['\b'] = 'b';
    out['\f'] = 'f';
    out['\n'] = 'n';
    out['\r'] = 'r';
    out['\t'] = 't';
    out['"'] = '"';
    out['\\'] = '\\';
    return out;
}();

void append_with_nlohmann(std::string& out, const Json& value) {
    out += value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The first byte from `at` on that may need a look: eight at a time are passed that stand for themselves.
std::size_t next_special(std::string_view text, std::size_t at) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t high_bits = ones << 7;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, sizeof word);
        // A subtraction sets the high bit of a byte that is below what is taken off it, here a control character and,
        // of the differences, what is equal. A borrow may set the next byte's too: that only costs the look.
        const auto control = word - ones * 0x20;
        const auto quote = (word ^ (ones * '"')) - ones;
        const auto backslash = (word ^ (ones * '\\')) - ones;
        if (((control | quote | backslash | word) & high_bits) != 0) break;
    }
    while (at < text.size() && escapes[static_cast<unsigned char>(text[at])] == 0) ++at;
    return at;
}

void append_string(std::string& out, std::string_view text) {
    const auto begin = out.size();
    out += '"';
    std::size_t written = 0;
    bool checked = false;
    for (auto i = next_special(text, 0); i < text.size(); i = next_special(text, i + 1)) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const char escape = escapes[byte];
        if (escape == not_ascii) {
            if (!checked && !is_utf8(text.substr(i))) {
                out.resize(begin);
                return append_with_nlohmann(out, Json(text));
            }
            checked = true;
            continue;
        }
        out.append(text, written, i - written);
        const std::array<char, 2> escaped{'\\', escape};
        out.append(escaped.data(), escaped.size());
        if (escape == 'u') {
            constexpr std::string_view digit = "0123456789abcdef";
            out += "00";
            out += digit[byte >> 4];
            out += digit[byte & 15u];
        }
        written = i + 1;
    }
    out.append(text, written);
    out += '"';
}

template <class Integer>
void append_integer(std::string& out, Integer value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void append_value(std::string& out, const Json& value) {
    switch (value.type()) {
        case Json::value_t::object: {
            out += '{';
            bool first = true;
            for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
                if (!first) out += ',';
                first = false;
                append_string(out, name);
                out += ':';
                append_value(out, member);
            }
            out += '}';
            break;
        }
        case Json::value_t::array: {
            out += '[';
            bool first = true;
            for (const auto& element : value.get_ref<const Json::array_t&>()) {
                if (!first) out += ',';
                first = false;
                append_value(out, element);
            }
            out += ']';
            break;
        }
        case Json::value_t::string:
            append_string(out, value.get_ref<const Json::string_t&>());
            break;
        case Json::value_t::number_integer:
            append_integer(out, value.get_ref<const Json::number_integer_t&>());
            break;
        case Json::value_t::number_unsigned:
            append_integer(out, value.get_ref<const Json::number_unsigned_t&>());
            break;
        case Json::value_t::boolean:
            out += value.get<bool>() ? "true" : "false";
            break;
        case Json::value_t::null:
            out += "null";
            break;
        case Json::value_t::number_float:
        case Json::value_t::binary:
        case Json::value_t::discarded:
            append_with_nlohmann(out, value);
            break;
    }
}

/// RFC 8785 orders keys by UTF-16 code unit, which differs from byte order above U+FFFF.
std::u16string utf16(std::string_view utf8) {
    std::u16string out;
    out.reserve(utf8.size());
    for (std::size_t i = 0; i < utf8.size();) {
        const auto lead = static_cast<unsigned char>(utf8[i]);
        const int extra = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        char32_t code = extra == 0 ? lead : lead & (0x3Fu >> extra);
        for (int k = 1; k <= extra && i + static_cast<std::size_t>(k) < utf8.size(); ++k) {
            code = (code << 6) | (static_cast<unsigned char>(utf8[i + static_cast<std::size_t>(k)]) & 0x3Fu);
        }
        i += static_cast<std::size_t>(extra) + 1;
        if (code >= 0x10000) {
            code -= 0x10000;
            out.push_back(static_cast<char16_t>(0xD800 + (code >> 10)));
            out.push_back(static_cast<char16_t>(0xDC00 + (code & 0x3FF)));
        } else {
            out.push_back(static_cast<char16_t>(code));
        }
    }
    return out;
}

void append_canonical(std::string& out, const Json& value) {
    switch (value.type()) {
        case Json::value_t::object: {
            std::vector<std::pair<std::u16string, Json::const_iterator>> members;
            members.reserve(value.size());
            for (auto it = value.begin(); it != value.end(); ++it) members.emplace_back(utf16(it.key()), it);
            std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
            out += '{';
            bool first = true;
            for (const auto& [order, it] : members) {
                if (!first) out += ',';
                first = false;
                append_string(out, it.key());
                out += ':';
                append_canonical(out, it.value());
            }
            out += '}';
            break;
        }
        case Json::value_t::array: {
            out += '[';
            for (std::size_t i = 0; i < value.size(); ++i) {
                if (i != 0) out += ',';
                append_canonical(out, value[i]);
            }
            out += ']';
            break;
        }
        case Json::value_t::number_float:
        case Json::value_t::binary:
        case Json::value_t::discarded:
            throw std::logic_error("canonical JSON holds only strings, integers, booleans and null");
        default:
            append_value(out, value);
    }
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool in_order_already(const Json& value) {
    if (value.is_object()) {
        for (auto it = value.begin(); it != value.end(); ++it) {
            if (!is_ascii(it.key()) || !in_order_already(it.value())) return false;
        }
        return true;
    }
    if (value.is_array()) return std::all_of(value.begin(), value.end(), in_order_already);
    return !value.is_number_float() && !value.is_binary() && !value.is_discarded();
}

}  // namespace

void JsonText::separate() {
    if (!first_) text_ += ',';
    first_ = false;
}

void JsonText::open(char bracket) {
    separate();
    text_ += bracket;
    first_ = true;
}

void JsonText::close(char bracket) {
    text_ += bracket;
    first_ = false;
}

void JsonText::key(std::string_view name) {
    separate();
    append_string(text_, name);
    text_ += ':';
    first_ = true;
}

void JsonText::string(std::string_view value) {
    separate();
    append_string(text_, value);
}

void JsonText::integer(std::int64_t value) {
    separate();
    append_integer(text_, value);
}

void JsonText::boolean(bool value) {
    separate();
    text_ += value ? "true" : "false";
}

void JsonText::value(const Json& tree) {
    separate();
    append_value(text_, tree);
}

std::string dump_json(const Json& value) {
    // Written where there is room already, and copied out at its size: a text that grows is copied many times.
    constexpr std::size_t kept = 64u << 10;
    thread_local std::string room;
    room.clear();
    append_value(room, value);
    std::string out = room;
    if (room.capacity() > kept) {
        room.clear();
        room.shrink_to_fit();
    }
    return out;
}

std::string pretty_json(const Json& value) {
    return value.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string canonical_json(const Json& value) {
    // Our maps keep keys in byte order; for ASCII keys that is RFC 8785's order, and compact text its form.
    if (in_order_already(value)) return dump_json(value);
    std::string out;
    append_canonical(out, value);
    return out;
}

}  // namespace ocm
