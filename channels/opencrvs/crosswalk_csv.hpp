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
/// follow; what `suggest` adds for the reader is passed over. A code may stand there once.
CrosswalkRows read_crosswalk_csv(std::string_view text, const std::string& target, const Places* places, WallTime now);

/// A place of another system that is to be found in the target.
struct ForeignPlace {
    PlaceCode code;
    std::string name;         // may be empty
    std::string parent;       // name of the area it is in; may be empty
    std::string external_id;  // its official code where `code` is an id of the other system alone; may be empty
};
struct ForeignPlaces {
    std::vector<ForeignPlace> places;
    std::vector<RowProblem> problems;
};
/// Reads a list of them: kind, system, code and name are needed, parent and external_id may follow; the other columns
/// of a crosswalk's table are passed over.
ForeignPlaces read_foreign_csv(std::string_view text);

/// The columns every table of the crosswalk begins with.
const std::vector<std::string>& crosswalk_columns();
std::vector<std::string> crosswalk_cells(const CrosswalkEntry& entry);

}  // namespace ocm::opencrvs
