// SPDX-License-Identifier: MPL-2.0
#include "app/table.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::app;

TEST(Tables, AlignByCharactersNotBytes) {
    const Json rows{{{"name", "Klów"}, {"n", 5}, {"on", true}}, {{"name", ""}, {"n", nullptr}}};
    EXPECT_EQ(table_of(rows, {{"Name", "name"}, {"N", "n"}, {"On", "on"}}),
              "Name  N  On\n"
              "Klów  5  yes\n"
              "-     -  -\n");
    EXPECT_EQ(fields_of({{"id", "x"}, {"longer", 1}, {"list", Json::array()}}), "id      x\nlonger  1\n");
}

TEST(Tables, ShowNoControlCharacters) {
    const Json rows{{{"code", "a\n\x1b[31mb"}, {"name", "\xC2\x9bKl\xC3\xB3w\x7f"}}};
    EXPECT_EQ(table_of(rows, {{"Code", "code"}, {"Name", "name"}}),
              "Code      Name\n"
              "a\xEF\xBF\xBD\xEF\xBF\xBD[31mb  \xEF\xBF\xBDKl\xC3\xB3w\xEF\xBF\xBD\n");
    EXPECT_EQ(fields_of({{"id", "x\ry"}}), "id  x\xEF\xBF\xBDy\n");
}
