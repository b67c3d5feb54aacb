// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/crosswalk_csv.hpp"

#include "channels/opencrvs/crosswalk.hpp"
#include "core/csv.hpp"
#include "core/ids.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

namespace ocm::opencrvs {
namespace {

using Names = std::vector<std::string>;

/// A table with the columns that somebody needs and may have, by name.
struct Table {
    struct Row {
        std::size_t line = 0;
        std::map<std::string, std::string> cells;
    };
    std::vector<Row> rows;  // without the ones that cannot be taken
    std::vector<RowProblem> problems;
};

struct Columns {
    Names needed, optional, passed_over;
};

bool has(const Names& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string listed(const Names& names) {
    std::string out;
    for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
    return out;
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

/// The name of each column, in order.
Names read_header(const CsvRow& row, const Columns& columns, std::vector<RowProblem>& problems) {
    auto all = columns.needed;
    all.insert(all.end(), columns.optional.begin(), columns.optional.end());
    Names out;
    for (const auto& cell : row.cells) {
        auto name = trimmed(cell);
        if (!has(all, name) && !has(columns.passed_over, name))
            problems.push_back({row.line, "column " + std::to_string(out.size() + 1), "is none of " + listed(all)});
        else if (has(out, name))
            problems.push_back({row.line, name, "is there twice"});
        out.push_back(std::move(name));
    }
    for (const auto& needed : columns.needed)
        if (!has(out, needed)) problems.push_back({row.line, needed, "is missing in the first line"});
    return out;
}

Table read_table(std::string_view text, const Columns& columns) {
    Table out;
    auto csv = read_csv(text);
    for (auto& problem : csv.problems) out.problems.push_back({problem.line, "", std::move(problem.what)});
    if (csv.rows.empty()) {
        if (out.problems.empty())
            out.problems.push_back(
                {1, "", "holds nothing: the first line names the columns " + listed(columns.needed)});
        return out;
    }
    const auto before = out.problems.size();
    const auto header = read_header(csv.rows.front(), columns, out.problems);
    if (out.problems.size() != before) return out;
    for (auto row = csv.rows.begin() + 1; row != csv.rows.end(); ++row) {
        if (row->cells.size() > header.size()) {
            out.problems.push_back({row->line, "", "has more cells than the first line"});
            continue;
        }
        Table::Row read{row->line, {}};
        bool sound = true;
        for (std::size_t i = 0; i < row->cells.size(); ++i) {
            if (has(columns.passed_over, header[i])) continue;
            auto value = trimmed(row->cells[i]);
            if (looks_like_formula(row->cells[i]) || looks_like_formula(value)) {
                out.problems.push_back(
                    {row->line, header[i],
                     "begins like a spreadsheet formula; put an apostrophe before it if it is meant so"});
                sound = false;
            }
            read.cells[header[i]] = unescaped(std::move(value));
        }
        if (sound) out.rows.push_back(std::move(read));
    }
    return out;
}

void in_order(std::vector<RowProblem>& problems) {
    std::stable_sort(problems.begin(), problems.end(),
                     [](const RowProblem& a, const RowProblem& b) { return a.line < b.line; });
}

void check_text(const WantedEntry& wanted, const char* column, const std::string& text, bool needed,
                std::vector<RowProblem>& problems) {
    if (text.empty()) {
        if (needed) problems.push_back({wanted.line, column, "is empty"});
    } else if (!is_place_text(text)) {
        problems.push_back({wanted.line, column,
                            "has a line break or another control character, or more than " +
                                std::to_string(longest_place_text) + " characters"});
    }
}

/// What every row says of a code.
std::optional<PlaceKind> check_code(const WantedEntry& wanted, std::vector<RowProblem>& problems) {
    const auto kind = place_kind(wanted.kind);
    if (!kind) problems.push_back({wanted.line, "kind", "is none of facility, office, area"});
    if (wanted.system.empty())
        problems.push_back({wanted.line, "system", "is empty: say whose code it is, or * for whoever gives it"});
    else
        check_text(wanted, "system", wanted.system, true, problems);
    check_text(wanted, "code", wanted.code, true, problems);
    check_text(wanted, "name", wanted.name, false, problems);
    return kind;
}

}  // namespace

const std::vector<std::string>& crosswalk_columns() {
    static const std::vector<std::string> columns{"kind", "system", "code", "location", "name", "note"};
    return columns;
}

std::vector<std::string> crosswalk_cells(const CrosswalkEntry& entry) {
    const auto& from = entry.key.from;
    return {std::string(name(from.kind)), from.system, from.code, entry.location, entry.name, entry.note};
}

CheckedEntry check_entry(const WantedEntry& wanted, const std::string& target, const Places* places, WallTime now) {
    CheckedEntry out;
    auto& problems = out.problems;
    const auto kind = check_code(wanted, problems);
    check_text(wanted, "location", wanted.location, true, problems);
    check_text(wanted, "note", wanted.note, false, problems);
    if (!problems.empty()) return out;

    auto& entry = out.entry;
    entry.key = {target, {*kind, wanted.system, wanted.code}};
    entry.name = wanted.name;
    entry.note = wanted.note;
    if (places == nullptr) {
        entry.location = wanted.location;
        if (!is_uuid(wanted.location))
            problems.push_back(
                {wanted.line, "location",
                 "is not an id (a UUID), and the target's locations are not known yet to look it up in"});
        return out;
    }
    entry.location = place_named(*kind, wanted.location, *places);
    const auto trouble = entry.location.empty() ? std::string(*kind == PlaceKind::area
                                                                  ? "an administrative area that OpenCRVS does not have"
                                                                  : "a location that OpenCRVS does not have")
                                                : trouble_with(*kind, entry.location, *places, now);
    if (!trouble.empty()) problems.push_back({wanted.line, "location", "is " + trouble});
    return out;
}

CrosswalkRows read_crosswalk_csv(std::string_view text, const std::string& target, const Places* places, WallTime now) {
    static const Columns columns{
        {"kind", "system", "code", "location"}, {"name", "note"}, {"location_name", "score", "matched_by"}};
    auto table = read_table(text, columns);
    CrosswalkRows out{{}, std::move(table.problems)};
    std::map<CrosswalkKey, std::size_t> seen;
    for (auto& [line, cells] : table.rows) {
        const WantedEntry wanted{line,          cells["kind"], cells["system"], cells["code"], cells["location"],
                                 cells["name"], cells["note"]};
        auto checked = check_entry(wanted, target, places, now);
        if (checked.problems.empty()) {
            const auto [first, fresh] = seen.emplace(checked.entry.key, line);
            if (!fresh)
                checked.problems.push_back(
                    {line, "code", "stands in line " + std::to_string(first->second) + " already"});
        }
        if (checked.problems.empty()) out.entries.push_back(std::move(checked.entry));
        std::move(checked.problems.begin(), checked.problems.end(), std::back_inserter(out.problems));
    }
    in_order(out.problems);
    return out;
}

ForeignPlaces read_foreign_csv(std::string_view text) {
    static const Columns columns{{"kind", "system", "code", "name"},
                                 {"parent", "external_id"},
                                 {"location", "note", "location_name", "score", "matched_by"}};
    auto table = read_table(text, columns);
    ForeignPlaces out{{}, std::move(table.problems)};
    for (auto& [line, cells] : table.rows) {
        const WantedEntry wanted{line, cells["kind"], cells["system"], cells["code"], {}, cells["name"], {}};
        std::vector<RowProblem> problems;
        const auto kind = check_code(wanted, problems);
        for (const auto* column : {"parent", "external_id"}) check_text(wanted, column, cells[column], false, problems);
        if (problems.empty())
            out.places.push_back(
                {{*kind, wanted.system, wanted.code}, wanted.name, cells["parent"], cells["external_id"]});
        std::move(problems.begin(), problems.end(), std::back_inserter(out.problems));
    }
    in_order(out.problems);
    return out;
}

}  // namespace ocm::opencrvs
