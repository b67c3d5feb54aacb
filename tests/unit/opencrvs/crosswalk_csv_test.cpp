// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/crosswalk_csv.hpp"

#include "core/csv.hpp"
#include "fixtures.hpp"

using namespace ocm;
using namespace ocm::opencrvs;

namespace {

CrosswalkRows read(std::string_view text, const Places* places = &test::places()) {
    return read_crosswalk_csv(text, "main", places, test::now());
}

std::vector<std::string> words(const CrosswalkRows& rows) {
    std::vector<std::string> out;
    for (const auto& problem : rows.problems)
        out.push_back(std::to_string(problem.line) + " " + problem.column + ": " + problem.message);
    return out;
}

struct Bad {
    const char* label;
    std::string text;
    std::vector<std::string> problems;
};

class CrosswalkTable : public testing::TestWithParam<Bad> {};

}  // namespace

TEST(CrosswalkCsv, TakesIdsAndExternalIds) {
    const auto rows = read(
        "\xEF\xBB\xBF"
        "system;kind;code;location;name;score\r\n"
        "dhis2;facility;DiszpKrYNg8;HF-1;\"Hospital \"\"A\"\"; old\";0.9\r\n"
        "mfl; office ;O-7;aaaaaaaa-0000-4000-8000-000000000001;;\r\n"
        "*;area;'=ZM01;AREA-2\r\n");
    EXPECT_EQ(words(rows), std::vector<std::string>{});
    ASSERT_EQ(rows.entries.size(), 3u);
    EXPECT_EQ(rows.entries[0].key, (CrosswalkKey{"main", {PlaceKind::facility, "dhis2", "DiszpKrYNg8"}}));
    EXPECT_EQ(rows.entries[0].location, test::facility);
    EXPECT_EQ(rows.entries[0].name, "Hospital \"A\"; old");
    EXPECT_EQ(rows.entries[1].location, test::village_office);
    EXPECT_EQ(rows.entries[2].key.from.code, "=ZM01");
    EXPECT_EQ(rows.entries[2].location, test::district);
}

TEST_P(CrosswalkTable, NamesEveryProblem) {
    EXPECT_EQ(words(read(GetParam().text)), GetParam().problems);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, CrosswalkTable,
    testing::Values(Bad{"empty", "", {"1 : holds nothing: the first line names the columns kind,system,code,location"}},
                    Bad{"no_header",
                        "facility,dhis2,X,HF-1\n",
                        {"1 column 1: is none of kind, system, code, location, name, note",
                         "1 column 2: is none of kind, system, code, location, name, note",
                         "1 column 3: is none of kind, system, code, location, name, note",
                         "1 column 4: is none of kind, system, code, location, name, note",
                         "1 kind: is missing in the first line", "1 system: is missing in the first line",
                         "1 code: is missing in the first line", "1 location: is missing in the first line"}},
                    Bad{"column_twice", "kind,system,code,location,code\n", {"1 code: is there twice"}},
                    Bad{"all_at_once",
                        "kind,system,code,location\n"
                        "hospital,dhis2,A,HF-1\n"
                        "facility,,,\n"
                        "facility,dhis2,B,nowhere\n"
                        "facility,dhis2,C,HF-0\n"
                        "facility,dhis2,D,OFF-1\n"
                        "office,dhis2,E,HF-1\n"
                        "area,dhis2,F,HF-1\n"
                        "facility,dhis2,G,HF-1,too,many\n"
                        "facility,dhis2,\"H\n",
                        {"2 kind: is none of facility, office, area",
                         "3 system: is empty: say whose code it is, or * for whoever gives it", "3 code: is empty",
                         "3 location: is empty", "4 location: is a location that OpenCRVS does not have",
                         "5 location: is a location that is no longer in use", "6 location: is a registration office",
                         "7 location: is a location that is not a registration office",
                         "8 location: is an administrative area that OpenCRVS does not have",
                         "9 : has more cells than the first line", "10 : has a quote that is not closed"}},
                    Bad{"twice",
                        "kind,system,code,location\n"
                        "facility,dhis2,A,HF-1\n"
                        "facility,mfl,A,HF-1\n"
                        "facility,dhis2,A,HF-3\n",
                        {"4 code: stands in line 2 already"}},
                    Bad{"formulas",
                        "kind,system,code,location,name\n"
                        "facility,dhis2,=1+1,HF-1,\n"
                        "facility,@x,A,HF-1,\n"
                        "facility,dhis2,A,HF-1,\"=HYPERLINK(\"\"http://x\"\")\"\n",
                        {"2 code: begins like a spreadsheet formula; put an apostrophe before it if it is meant so",
                         "3 system: begins like a spreadsheet formula; put an apostrophe before it if it is meant so",
                         "4 name: begins like a spreadsheet formula; put an apostrophe before it if it is meant so"}},
                    Bad{"control_characters",
                        "kind,system,code,location\nfacility,dhis2,\"A\nB\",HF-1\n",
                        {"2 code: has a line break or another control character, or more than 255 characters"}},
                    Bad{"too_long",
                        "kind,system,code,location\nfacility,dhis2," + std::string(256, 'x') + ",HF-1\n",
                        {"2 code: has a line break or another control character, or more than 255 characters"}}),
    [](const auto& row) { return row.param.label; });

TEST(CrosswalkCsv, WithoutPlacesTakesIdsAlone) {
    const auto rows = read(
        "kind,system,code,location\nfacility,dhis2,A,HF-1\nfacility,dhis2,B,"
        "cccccccc-0000-4000-8000-0000000000aa\n",
        nullptr);
    ASSERT_EQ(rows.problems.size(), 1u);
    EXPECT_EQ(rows.problems[0].line, 2u);
    ASSERT_EQ(rows.entries.size(), 1u);
    EXPECT_EQ(rows.entries[0].location, "cccccccc-0000-4000-8000-0000000000aa");
}

TEST(CrosswalkCsv, WritesWhatItReads) {
    CrosswalkEntry entry;
    entry.key = {"main", {PlaceKind::facility, "https://mfl.example.org", "-12, \"b\""}};
    entry.location = test::facility;
    entry.name = "Hospital";
    const auto rows = read(csv_line(crosswalk_columns()) + csv_line(crosswalk_cells(entry)));
    EXPECT_EQ(words(rows), std::vector<std::string>{});
    ASSERT_EQ(rows.entries.size(), 1u);
    EXPECT_EQ(rows.entries[0].key, entry.key);
}
