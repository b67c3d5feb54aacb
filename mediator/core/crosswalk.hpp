// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"
#include "core/time.hpp"

#include <compare>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// The crosswalk: codes that other systems have for facilities, offices and administrative areas, and the OpenCRVS
/// locations they stand for (design sections 3 and 5, point 4).
namespace ocm {

/// What a code is a code of.
enum class PlaceKind { facility, office, area };
std::string_view name(PlaceKind kind);
std::optional<PlaceKind> place_kind(std::string_view text);

/// The system of an entry that is meant whoever issued the code.
inline constexpr std::string_view any_system = "*";
/// The system under which the ids of an OpenCRVS 1.x stand.
inline constexpr std::string_view opencrvs_1_system = "opencrvs-1";

/// A code as somebody gives it. In an entry `system` is `any_system` or who issued the code; in a message it is empty
/// where nothing tells.
struct PlaceCode {
    PlaceKind kind = PlaceKind::facility;
    std::string system;
    std::string code;
    friend auto operator<=>(const PlaceCode&, const PlaceCode&) = default;
    friend bool operator==(const PlaceCode&, const PlaceCode&) = default;
};

/// Longest system, code, location, name and note.
inline constexpr std::size_t longest_place_text = 255;
/// Neither empty, nor too long, nor with control characters: what can be an entry's system or code.
bool is_place_text(std::string_view text);

/// How an entry came about.
enum class CrosswalkOrigin { set, imported, suggested };
std::string_view name(CrosswalkOrigin origin);
std::optional<CrosswalkOrigin> crosswalk_origin(std::string_view text);

/// What identifies an entry: one code stands for one location of a target.
struct CrosswalkKey {
    std::string target;  // name of the configured target
    PlaceCode from;
    friend auto operator<=>(const CrosswalkKey&, const CrosswalkKey&) = default;
    friend bool operator==(const CrosswalkKey&, const CrosswalkKey&) = default;
};

struct CrosswalkEntry {
    CrosswalkKey key;
    std::string location;  // id of the location or administrative area in the target
    std::string name;      // of the place where the code comes from, for people; may be empty
    CrosswalkOrigin origin = CrosswalkOrigin::set;
    std::string note;   // why; may be empty
    std::string actor;  // who said so: "cli:root"
    WallTime at{};
    friend bool operator==(const CrosswalkEntry&, const CrosswalkEntry&) = default;
};

/// All entries. Immutable once made; replaced whole.
class Crosswalk {
  public:
    Crosswalk() = default;
    explicit Crosswalk(std::vector<CrosswalkEntry> entries);

    struct Found {
        const CrosswalkEntry* entry = nullptr;
        bool ambiguous = false;  // it has a code of several systems, and nothing tells which is meant
    };
    /// The entry for a code as a message gives it: the one of its own system, else the one for any system, else the
    /// ones of other systems where the message's has no codes of this kind here, provided that they all say the same.
    Found find(std::string_view target, const PlaceCode& code) const;
    /// The entry of exactly this key, or nullptr.
    const CrosswalkEntry* at(const CrosswalkKey& key) const;
    /// Entries for a location of a target, by system and code: the other way round.
    std::vector<const CrosswalkEntry*> of_location(std::string_view target, PlaceKind kind,
                                                   std::string_view location) const;
    /// By target, kind, system and code.
    const std::vector<CrosswalkEntry>& entries() const { return entries_; }

  private:
    std::vector<CrosswalkEntry> entries_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_code_, by_location_;
    std::set<std::string> systems_;
};

}  // namespace ocm
