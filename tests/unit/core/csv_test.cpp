// SPDX-License-Identifier: MPL-2.0
#include "core/csv.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using Cells = std::vector<std::string>;

namespace {

struct Row {
    const char* label;
    std::string text;
    std::vector<Cells> rows;
    std::vector<std::size_t> problem_lines{};
};

class CsvRead : public testing::TestWithParam<Row> {};

}  // namespace

TEST_P(CsvRead, ReadsWhatPeopleSave) {
    const auto read = read_csv(GetParam().text);
    std::vector<Cells> rows;
    for (const auto& row : read.rows) rows.push_back(row.cells);
    EXPECT_EQ(rows, GetParam().rows);
    std::vector<std::size_t> lines;
    for (const auto& problem : read.problems) lines.push_back(problem.line);
    EXPECT_EQ(lines, GetParam().problem_lines);
}

INSTANTIATE_TEST_SUITE_P(Rows, CsvRead,
                         testing::Values(Row{"empty", "", {}}, Row{"plain", "a,b\nc,d\n", {{"a", "b"}, {"c", "d"}}},
                                         Row{"no_last_break", "a,b\nc,d", {{"a", "b"}, {"c", "d"}}},
                                         Row{"crlf", "a,b\r\nc,d\r\n", {{"a", "b"}, {"c", "d"}}},
                                         Row{"cr", "a,b\rc,d", {{"a", "b"}, {"c", "d"}}},
                                         Row{"byte_order_mark",
                                             "\xEF\xBB\xBF"
                                             "a,b\n",
                                             {{"a", "b"}}},
                                         Row{"semicolons", "a;b\n1;2,5\n", {{"a", "b"}, {"1", "2,5"}}},
                                         Row{"commas_win", "a,b;c\n", {{"a", "b;c"}}},
                                         Row{"quotes", "\"a,\"\"b\"\"\",c\n", {{"a,\"b\"", "c"}}},
                                         Row{"break_in_quotes", "\"a\r\nb\",c\nd,e\n", {{"a\r\nb", "c"}, {"d", "e"}}},
                                         Row{"empty_cells", ",,\n\"\",x\n", {{"", "", ""}, {"", "x"}}},
                                         Row{"blank_lines", "a\n\n\r\nb\n", {{"a"}, {"b"}}},
                                         Row{"open_quote", "a,b\n\"c,d\ne,f\n", {{"a", "b"}}, {2}},
                                         Row{"text_after_quote", "\"a\"b,c\nd\n", {{"d"}}, {1}},
                                         Row{"quote_within", "a\"b,c\nd\n", {{"d"}}, {1}},
                                         Row{"not_utf8", "a,\xE9\nb\n", {{"b"}}, {1}},
                                         Row{"every_problem", "a\"\n\xFF\n\"x\"y\nb\n", {{"b"}}, {1, 2, 3}}),
                         [](const auto& row) { return row.param.label; });

TEST(Csv, CountsLinesWithinQuotesToo) {
    const auto read = read_csv("a\n\"b\nc\"\nd\n");
    ASSERT_EQ(read.rows.size(), 3u);
    EXPECT_EQ(read.rows[1].line, 2u);
    EXPECT_EQ(read.rows[2].line, 4u);
}

TEST(Csv, WritesWhatItReads) {
    const Cells cells{"plain", "with, comma", "with \"quotes\"", "two\nlines", "", "=SUM(A1)", "-5", "@x"};
    const auto line = csv_line(cells);
    EXPECT_EQ(line, "plain,\"with, comma\",\"with \"\"quotes\"\"\",\"two\nlines\",,'=SUM(A1),'-5,'@x\r\n");
    auto read = read_csv(line);
    ASSERT_EQ(read.rows.size(), 1u);
    for (auto& cell : read.rows[0].cells) cell = unescaped(std::move(cell));
    EXPECT_EQ(read.rows[0].cells, cells);
    EXPECT_EQ(unescaped("'quoted'"), "'quoted'") << "an apostrophe of its own stays";
}
