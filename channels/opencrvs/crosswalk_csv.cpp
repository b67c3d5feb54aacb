// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/crosswalk_csv.hpp"

#include "channels/opencrvs/crosswalk.hpp"
#include "core/csv.hpp"
#include "core/ids.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace ocm::opencrvs {
namespace {

constexpr std::array<std::string_view, 3> passed_over{"location_name", "score", "matched_by"};

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

/// Where each column of ours stands in the table.
using Columns = std::map<std::string, std::size_t>;

Columns read_header(const CsvRow& row, std::vector<RowProblem>& problems) {
    Columns out;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
        const auto name = trimmed(row.cells[i]);
        const auto& known = crosswalk_columns();
        const bool ours = std::find(known.begin(), known.end(), name) != known.end();
        const bool other = std::find(passed_over.begin(), passed_over.end(), name) != passed_over.end();
        if (!ours && !other)
            problems.push_back(
                {row.line, "column " + std::to_string(i + 1), "is none of kind, system, code, location, name, note"});
        else if (!out.emplace(name, i).second)
            problems.push_back({row.line, name, "is there twice"});
    }
    for (const auto* needed : {"kind", "system", "code", "location"})
        if (!out.contains(needed)) problems.push_back({row.line, needed, "is missing in the first line"});
    return out;
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
    const auto kind = place_kind(wanted.kind);
    if (!kind) problems.push_back({wanted.line, "kind", "is none of facility, office, area"});
    if (wanted.system.empty())
        problems.push_back({wanted.line, "system", "is empty: say whose code it is, or * for whoever gives it"});
    else
        check_text(wanted, "system", wanted.system, true, problems);
    check_text(wanted, "code", wanted.code, true, problems);
    check_text(wanted, "location", wanted.location, true, problems);
    check_text(wanted, "name", wanted.name, false, problems);
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
    CrosswalkRows out;
    auto table = read_csv(text);
    for (auto& problem : table.problems) out.problems.push_back({problem.line, "", std::move(problem.what)});
    if (table.rows.empty()) {
        if (out.problems.empty())
            out.problems.push_back(
                {1, "", "holds nothing: the first line names the columns kind,system,code,location"});
        return out;
    }
    const auto before = out.problems.size();
    const auto columns = read_header(table.rows.front(), out.problems);
    if (out.problems.size() != before) return out;

    std::map<CrosswalkKey, std::size_t> seen;
    for (auto row = table.rows.begin() + 1; row != table.rows.end(); ++row) {
        if (row->cells.size() > table.rows.front().cells.size()) {
            out.problems.push_back({row->line, "", "has more cells than the first line"});
            continue;
        }
        std::vector<RowProblem> formulas;
        const auto cell = [&](const char* column) -> std::string {
            const auto at = columns.find(column);
            if (at == columns.end() || at->second >= row->cells.size()) return {};
            auto value = trimmed(row->cells[at->second]);
            if (looks_like_formula(row->cells[at->second]) || looks_like_formula(value))
                formulas.push_back(
                    {row->line, column,
                     "begins like a spreadsheet formula; put an apostrophe before it if it is meant so"});
            return unescaped(std::move(value));
        };
        const WantedEntry wanted{row->line,        cell("kind"), cell("system"), cell("code"),
                                 cell("location"), cell("name"), cell("note")};
        auto checked = check_entry(wanted, target, places, now);
        auto& problems = formulas.empty() ? checked.problems : formulas;
        if (problems.empty()) {
            const auto [first, fresh] = seen.emplace(checked.entry.key, row->line);
            if (!fresh)
                problems.push_back({row->line, "code", "stands in line " + std::to_string(first->second) + " already"});
        }
        if (problems.empty()) out.entries.push_back(std::move(checked.entry));
        std::move(problems.begin(), problems.end(), std::back_inserter(out.problems));
    }
    std::stable_sort(out.problems.begin(), out.problems.end(),
                     [](const RowProblem& a, const RowProblem& b) { return a.line < b.line; });
    return out;
}

}  // namespace ocm::opencrvs
