// SPDX-License-Identifier: MPL-2.0
#include "core/crosswalk.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace ocm {
namespace {

constexpr std::array<std::string_view, 3> kind_names{"facility", "office", "area"};
constexpr std::array<std::string_view, 3> origin_names{"set", "imported", "suggested"};

template <class E, std::size_t N>
std::optional<E> find_name(std::string_view text, const std::array<std::string_view, N>& names) {
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) return std::nullopt;
    return static_cast<E>(found - names.begin());
}

/// Parts that cannot run into each other: none of them holds a control character.
std::string joined(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (const auto part : parts) {
        out += part;
        out += '\x1f';
    }
    return out;
}

}  // namespace

std::string_view name(PlaceKind kind) {
    return kind_names[static_cast<std::size_t>(kind)];
}
std::optional<PlaceKind> place_kind(std::string_view text) {
    return find_name<PlaceKind>(text, kind_names);
}
std::string_view name(CrosswalkOrigin origin) {
    return origin_names[static_cast<std::size_t>(origin)];
}
std::optional<CrosswalkOrigin> crosswalk_origin(std::string_view text) {
    return find_name<CrosswalkOrigin>(text, origin_names);
}

bool is_place_text(std::string_view text) {
    if (text.empty() || text.size() > longest_place_text) return false;
    unsigned char before = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        // U+0080 to U+009F steer terminals as the ones below U+0020 do.
        if (byte < 0x20 || byte == 0x7f || (before == 0xC2 && byte < 0xA0)) return false;
        before = byte;
    }
    return true;
}

Crosswalk::Crosswalk(std::vector<CrosswalkEntry> entries) : entries_(std::move(entries)) {
    std::sort(entries_.begin(), entries_.end(),
              [](const CrosswalkEntry& a, const CrosswalkEntry& b) { return a.key < b.key; });
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const auto& [target, from] = entries_[i].key;
        by_code_[joined({target, name(from.kind), from.code})].push_back(i);
        by_location_[joined({target, name(from.kind), entries_[i].location})].push_back(i);
        systems_.insert(joined({target, name(from.kind), from.system}));
    }
}

Crosswalk::Found Crosswalk::find(std::string_view target, const PlaceCode& code) const {
    const auto found = by_code_.find(joined({target, name(code.kind), code.code}));
    if (found == by_code_.end()) return {};
    const CrosswalkEntry* any = nullptr;
    const CrosswalkEntry* other = nullptr;
    bool differ = false;
    for (const auto index : found->second) {
        const auto& entry = entries_[index];
        if (!code.system.empty() && entry.key.from.system == code.system) return {&entry, false};
        if (entry.key.from.system == any_system) {
            any = &entry;
        } else if (other == nullptr) {
            other = &entry;
        } else {
            differ = differ || entry.location != other->location;
        }
    }
    if (any != nullptr) return {any, false};
    // A system that has codes of its own here would have this one among them.
    if (!code.system.empty() && systems_.contains(joined({target, name(code.kind), code.system}))) return {};
    if (differ) return {nullptr, true};
    return {other, false};
}

const CrosswalkEntry* Crosswalk::at(const CrosswalkKey& key) const {
    const auto found =
        std::lower_bound(entries_.begin(), entries_.end(), key,
                         [](const CrosswalkEntry& entry, const CrosswalkKey& sought) { return entry.key < sought; });
    return found != entries_.end() && found->key == key ? &*found : nullptr;
}

std::vector<const CrosswalkEntry*> Crosswalk::of_location(std::string_view target, PlaceKind kind,
                                                          std::string_view location) const {
    std::vector<const CrosswalkEntry*> out;
    const auto found = by_location_.find(joined({target, name(kind), location}));
    if (found == by_location_.end()) return out;
    for (const auto index : found->second) out.push_back(&entries_[index]);
    return out;
}

}  // namespace ocm
