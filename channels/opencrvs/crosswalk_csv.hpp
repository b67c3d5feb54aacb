// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/places.hpp"
#include "core/crosswalk.hpp"
#include "core/json.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// The crosswalk as a table for people: kind, system, code, location, name, note.
namespace ocm::opencrvs {

/// What is wrong with one row; its text is not quoted.
struct RowProblem {
    std::size_t line = 0;
    std::string column;  // empty where it is about the whole row
    std::string message;
};

struct CrosswalkRows {
    std::vector<CrosswalkEntry> entries;
    std::vector<RowProblem> problems;  // all of them, by line
};

/// An entry as somebody wants it: not checked yet.
struct WantedEntry {
    std::size_t line = 0;
    std::string kind, system, code, location, name, note;
};

/// Checks one: kinds, lengths, whether the location is one the target has and uses. `location` may be an id or an
/// external id; the entry holds the id. Without `places` only an id (a UUID) can be taken, unchecked.
struct CheckedEntry {
    CrosswalkEntry entry;
    std::vector<RowProblem> problems;
};
CheckedEntry check_entry(const WantedEntry& wanted, const std::string& target, const Places* places, WallTime now);

/// Reads a table whose first line names the columns: kind, system, code and location are needed, name and note may
/// follow; what `suggest` adds for the reader (location_name, score, matched_by) is passed over. A code may stand there
/// once.
CrosswalkRows read_crosswalk_csv(std::string_view text, const std::string& target, const Places* places, WallTime now);

/// The columns every table of the crosswalk begins with.
const std::vector<std::string>& crosswalk_columns();
std::vector<std::string> crosswalk_cells(const CrosswalkEntry& entry);

}  // namespace ocm::opencrvs
