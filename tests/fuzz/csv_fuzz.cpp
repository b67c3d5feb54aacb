// SPDX-License-Identifier: MPL-2.0
// Tables: never crashes, and what is read, written and read again stays the same.
#include "core/csv.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto read = ocm::read_csv(text);
    std::size_t line = 0;
    for (const auto& row : read.rows) {
        require(row.line > line);
        line = row.line;
        // The first line tells commas from semicolons.
        const auto again = ocm::read_csv("first,line\r\n" + ocm::csv_line(row.cells));
        require(again.problems.empty() && again.rows.size() == 2);
        const auto& cells = again.rows[1].cells;
        require(cells.size() == row.cells.size());
        for (std::size_t i = 0; i < cells.size(); ++i)
            require(ocm::unescaped(cells[i]) == ocm::unescaped(row.cells[i]));
    }
    return 0;
}
