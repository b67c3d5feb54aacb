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
