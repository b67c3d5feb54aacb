// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/condition.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::sandbox;

namespace {

struct Row {
    const char* label;
    const char* condition;
    const char* form;
    bool holds;
};

constexpr const char* falsy = R"({"properties":{"$form":{"properties":{"m.na":{"anyOf":[{"const":"undefined"},
    {"const":false},{"const":null},{"const":""}]}},"anyOf":[{"required":["m.na"]},{"not":{"required":["m.na"]}}]}}})";
constexpr const char* late = R"({"allOf":[{"not":{"type":"object","properties":{"$form":{"type":"object","properties":
    {"dob":{"type":"string","format":"date","daysFromDate":{"days":-365,"clause":"after"}}},"required":["dob"]}},
    "required":["$form"]}},{"properties":{"$form":{"properties":{"dob":{"type":"string","format":"date",
    "formatMaximum":{"$data":"/$now"}}},"required":["dob"]}}}]})";
constexpr const char* is_other =
    R"({"properties":{"$form":{"properties":{"r":{"type":["string","boolean","number"],"const":"OTHER"}},"required":["r"]}}})";
constexpr const char* counted =
    R"({"properties":{"$form":{"properties":{"n":{"type":"number","exclusiveMinimum":0}},"required":["n"]}}})";

class Condition : public testing::TestWithParam<Row> {};

}  // namespace

TEST_P(Condition, IsEvaluatedAsTheFormsMeanIt) {
    const auto& row = GetParam();
    const Json root{{"$form", *parse_json(row.form)}, {"$now", "2026-03-01"}};
    EXPECT_EQ(holds(*parse_json(row.condition), root, root), row.holds);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Condition,
    testing::Values(Row{"absent_is_falsy", falsy, "{}", true}, Row{"false_is_falsy", falsy, R"({"m.na":false})", true},
                    Row{"empty_is_falsy", falsy, R"({"m.na":""})", true},
                    Row{"true_is_not_falsy", falsy, R"({"m.na":true})", false},
                    Row{"a_year_ago_is_late", late, R"({"dob":"2024-12-31"})", true},
                    Row{"last_week_is_not", late, R"({"dob":"2026-02-20"})", false},
                    Row{"next_week_is_not", late, R"({"dob":"2026-03-08"})", false},
                    Row{"no_date_is_not", late, "{}", false}, Row{"equal", is_other, R"({"r":"OTHER"})", true},
                    Row{"other_value", is_other, R"({"r":"MOTHER"})", false},
                    Row{"missing_value", is_other, "{}", false}, Row{"above", counted, R"({"n":1})", true},
                    Row{"not_above", counted, R"({"n":0})", false}, Row{"not_a_number", counted, R"({"n":"1"})", false},
                    Row{"never", R"({"not":{}})", "{}", false},
                    Row{"enum", R"({"properties":{"$form":{"properties":{"r":{"enum":["A","B"]}}}}})", R"({"r":"C"})",
                        false},
                    Row{"if_then", R"({"if":{"required":["$now"]},"then":{"required":["$user"]}})", "{}", false},
                    Row{"minimum", R"({"properties":{"$form":{"properties":{"w":{"minimum":0,"maximum":6}}}}})",
                        R"({"w":6.5})", false}),
    [](const auto& row) { return std::string(row.param.label); });
