// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/similarity.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace ocm::opencrvs {
namespace {

/// Base letters of U+00C0 to U+017F, in order.
constexpr std::string_view latin =
    "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty"   // U+00C0 to U+00FF
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"   // U+0100 to U+013F
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";  // U+0140 to U+017F
static_assert(latin.size() == 0x17F - 0xC0 + 1);

constexpr std::array<std::pair<std::string_view, std::string_view>, 20> words{{
    {"centre", "center"},
    {"ctr", "center"},
    {"hc", "health center"},
    {"hf", "health facility"},
    {"hosp", "hospital"},
    {"hospitals", "hospital"},
    {"hp", "health post"},
    {"rhc", "rural health center"},
    {"chc", "community health center"},
    {"phc", "primary health center"},
    {"uhc", "urban health center"},
    {"disp", "dispensary"},
    {"clin", "clinic"},
    {"dist", "district"},
    {"prov", "province"},
    {"gen", "general"},
    {"reg", "regional"},
    {"st", "saint"},
    {"ste", "saint"},
    {"off", "office"},
}};

/// The next character; a byte that is no UTF-8 stands for itself.
char32_t next(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto lead = byte(at);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (at + length > text.size() || length == 1) return byte(at++);
    char32_t out = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) out = (out << 6) | (byte(at + i) & 0x3FU);
    at += length;
    return out;
}

/// Lower case without marks; 0 for what is left out, a space for what divides.
char32_t folded(char32_t c) {
    if (c >= 'A' && c <= 'Z') return c - 'A' + 'a';
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return c;
    if (c == '\'' || c == 0x2019 || (c >= 0x300 && c <= 0x36F)) return 0;
    if (c < 0xC0) return ' ';
    if (c <= 0x17F) return static_cast<unsigned char>(latin[c - 0xC0]);
    if (c >= 0x2000 && c <= 0x206F) return ' ';
    return c;
}

using Words = std::vector<std::u32string>;

std::u32string widened(std::string_view ascii) {
    return {ascii.begin(), ascii.end()};
}

void add_word(Words& to, std::u32string& word) {
    if (word.empty()) return;
    const auto found = std::find_if(words.begin(), words.end(), [&](const auto& pair) {
        return std::equal(word.begin(), word.end(), pair.first.begin(), pair.first.end(),
                          [](char32_t a, char b) { return a == static_cast<unsigned char>(b); });
    });
    if (found == words.end()) {
        to.push_back(std::move(word));
    } else {
        std::u32string part;
        for (const auto c : widened(found->second)) {
            if (c != ' ') {
                part += c;
                continue;
            }
            to.push_back(std::exchange(part, {}));
        }
        to.push_back(std::move(part));
    }
    word.clear();
}

Words words_of(std::string_view name) {
    Words out;
    std::u32string word;
    for (std::size_t at = 0; at < name.size();) {
        const auto c = folded(next(name, at));
        if (c == ' ') {
            add_word(out, word);
        } else if (c != 0) {
            word += c;
        }
    }
    add_word(out, word);
    return out;
}

void put_utf8(std::string& to, char32_t c) {
    const auto put = [&](char32_t byte) { to += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (c < 0x80) return put(c);
    if (c < 0x800) {
        put(0xC0 | (c >> 6));
    } else {
        if (c < 0x10000) {
            put(0xE0 | (c >> 12));
        } else {
            put(0xF0 | (c >> 18));
            put(0x80 | ((c >> 12) & 0x3F));
        }
        put(0x80 | ((c >> 6) & 0x3F));
    }
    put(0x80 | (c & 0x3F));
}

/// Each word as it stands between spaces, three characters at a time.
std::set<std::uint64_t> trigrams(std::string_view name) {
    std::set<std::uint64_t> out;
    for (const auto& word : words_of(name)) {
        const auto padded = U"  " + word + U" ";
        for (std::size_t i = 0; i + 2 < padded.size(); ++i) {
            constexpr unsigned bits = 21;  // of a character
            out.insert((std::uint64_t{padded[i]} << (2 * bits)) | (std::uint64_t{padded[i + 1]} << bits) |
                       padded[i + 2]);
        }
    }
    return out;
}

double dice(std::size_t common, std::size_t a, std::size_t b) {
    return a + b == 0 ? 0 : 2.0 * static_cast<double>(common) / static_cast<double>(a + b);
}

}  // namespace

std::string normalised_name(std::string_view name) {
    std::string out;
    for (const auto& word : words_of(name)) {
        if (!out.empty()) out += ' ';
        for (const auto c : word) put_utf8(out, c);
    }
    return out;
}

std::string normalised_code(std::string_view code) {
    for (const std::string_view type : {"HEALTH_FACILITY_", "CRVS_OFFICE_", "ADMIN_STRUCTURE_"})
        if (code.starts_with(type)) code.remove_prefix(type.size());
    std::string out;
    for (std::size_t at = 0; at < code.size();) {
        const auto c = folded(next(code, at));
        if (c != 0 && c != ' ') put_utf8(out, c);
    }
    return out;
}

double similarity(std::string_view a, std::string_view b) {
    const auto left = trigrams(a);
    const auto right = trigrams(b);
    const auto common = std::count_if(left.begin(), left.end(), [&](std::uint64_t one) { return right.contains(one); });
    return dice(static_cast<std::size_t>(common), left.size(), right.size());
}

NameIndex::NameIndex(const std::vector<std::string>& names) {
    sizes_.reserve(names.size());
    for (std::uint32_t i = 0; i < names.size(); ++i) {
        const auto parts = trigrams(names[i]);
        for (const auto part : parts) by_trigram_[part].push_back(i);
        sizes_.push_back(parts.size());
    }
}

std::vector<NameIndex::Match> NameIndex::find(std::string_view name, double min_score, std::size_t limit) const {
    const auto parts = trigrams(name);
    std::unordered_map<std::uint32_t, std::size_t> common;
    for (const auto part : parts) {
        const auto found = by_trigram_.find(part);
        if (found == by_trigram_.end()) continue;
        for (const auto index : found->second) ++common[index];
    }
    std::vector<Match> out;
    for (const auto& [index, count] : common) {
        const auto score = dice(count, parts.size(), sizes_[index]);
        if (score >= min_score) out.push_back({index, score});
    }
    std::sort(out.begin(), out.end(), [](const Match& a, const Match& b) {
        return a.score != b.score ? a.score > b.score : a.index < b.index;
    });
    if (out.size() > limit) out.resize(limit);
    return out;
}

}  // namespace ocm::opencrvs
