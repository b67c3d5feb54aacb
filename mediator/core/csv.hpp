// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ocm {

/// Comma-separated values as people's spreadsheets write them: RFC 4180, with or without a byte order mark, lines ended
/// by CRLF, LF or CR, and semicolons for commas where the first line has those alone.
struct CsvRow {
    std::size_t line = 0;  // the row begins on, from 1
    std::vector<std::string> cells;
};
struct CsvProblem {
    std::size_t line = 0;
    std::string what;  // plain words, without the text
};
struct Csv {
    std::vector<CsvRow> rows;          // without blank lines
    std::vector<CsvProblem> problems;  // every one; rows with one are left out
};
Csv read_csv(std::string_view text);

/// A spreadsheet would run it rather than show it.
bool looks_like_formula(std::string_view cell);

/// One line, ended by CRLF. What looks like a formula gets the apostrophe before it that spreadsheets take for "text";
/// `unescaped` takes it away again.
std::string csv_line(const std::vector<std::string>& cells);
std::string unescaped(std::string cell);

}  // namespace ocm
