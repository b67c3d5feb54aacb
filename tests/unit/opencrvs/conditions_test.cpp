// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/conditions.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::opencrvs;

namespace {

Json json(std::string_view text) {
    auto parsed = parse_json(text);
    if (!parsed) throw std::invalid_argument("bad fixture: " + parsed.error().message);
    return *parsed;
}

struct Row {
    const char* label;
    const char* schema;
    const char* form;
    Truth expected;
};

class Conditions : public testing::TestWithParam<Row> {};

constexpr const char* equals_mother =
    R"({"$id":"https://opencrvs.org/conditionals/x","type":"object","properties":{"$form":{"type":"object","properties":
    {"informant.relation":{"type":["string","boolean","number"],"const":"MOTHER"}},"required":["informant.relation"]}},"required":["$form"]})";
constexpr const char* falsy =
    R"({"type":"object","properties":{"$form":{"type":"object","properties":{"a":{"anyOf":[{"const":"undefined"},
    {"const":false},{"const":null},{"const":""}]}},"anyOf":[{"required":["a"]},{"not":{"required":["a"]}}]}},"required":["$form"]})";
constexpr const char* late =
    R"({"allOf":[{"not":{"properties":{"$form":{"properties":{"d":{"type":"string","format":"date","daysFromDate":{"days":-365,"clause":"after"}}},
    "required":["d"]}},"required":["$form"]}},{"properties":{"$form":{"properties":{"d":{"type":"string","format":"date",
    "formatMaximum":{"$data":"/$now"}}},"required":["d"]}},"required":["$form"]}]})";
constexpr const char* role =
    R"({"not":{"properties":{"$user":{"type":"object","required":["role"],"properties":{"role":{"const":"HOSPITAL_CLERK"}}}},"required":["$user"]}})";

std::string in_form(std::string_view schema_of_a) {
    return R"({"properties":{"$form":{"properties":{"a":)" + std::string(schema_of_a) +
           R"(},"required":["a"]}},"required":["$form"]})";
}

}  // namespace

TEST_P(Conditions, Hold) {
    const auto condition = Condition::from_schema(json(GetParam().schema));
    const auto form = json(GetParam().form);
    const Facts facts{form, std::chrono::year(2026) / 1 / 20};
    EXPECT_EQ(condition.holds(facts), GetParam().expected);
    const auto again = Condition::from_reduced(condition.reduced());
    EXPECT_EQ(again, condition) << dump_json(condition.reduced());
    EXPECT_EQ(again.holds(facts), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Conditions,
    testing::Values(
        Row{"equal", equals_mother, R"({"informant.relation":"MOTHER"})", Truth::yes},
        Row{"unequal", equals_mother, R"({"informant.relation":"FATHER"})", Truth::no},
        Row{"missing", equals_mother, "{}", Truth::no}, Row{"falsy_missing", falsy, "{}", Truth::yes},
        Row{"falsy_false", falsy, R"({"a":false})", Truth::yes}, Row{"falsy_null", falsy, R"({"a":null})", Truth::yes},
        Row{"falsy_empty", falsy, R"({"a":""})", Truth::yes}, Row{"falsy_true", falsy, R"({"a":true})", Truth::no},
        Row{"falsy_zero", falsy, R"({"a":0})", Truth::no},
        Row{"late_by_a_year", late, R"({"d":"2025-01-19"})", Truth::yes},
        Row{"on_the_day", late, R"({"d":"2025-01-20"})", Truth::yes},
        Row{"not_late", late, R"({"d":"2025-01-21"})", Truth::no},
        Row{"future", late, R"({"d":"2026-01-21"})", Truth::no}, Row{"no_date", late, "{}", Truth::no},
        Row{"not_a_date", late, R"({"d":"2025-02-30"})", Truth::no}, Row{"no_role", role, "{}", Truth::yes},
        Row{"never", R"({"type":"object","not":{},"required":[]})", R"({"a":1})", Truth::no},
        Row{"always", R"({"type":"object"})", "{}", Truth::yes},
        Row{"event_is_unknown", R"({"properties":{"$event":{"required":["x"]}},"required":["$event"]})", "{}",
            Truth::unknown},
        Row{"unknown_but_false", R"({"allOf":[{"properties":{"$event":{}},"required":["$event"]},{"not":{}}]})", "{}",
            Truth::no},
        Row{"unknown_but_true", R"({"anyOf":[{"$magic":1},{"type":"object"}]})", "{}", Truth::yes},
        Row{"not_unknown", R"({"not":{"$magic":1}})", "{}", Truth::unknown}),
    [](const auto& row) { return std::string(row.param.label); });

struct ValueRow {
    const char* label;
    const char* schema;
    const char* value;
    Truth expected;
};
class ValueConditions : public testing::TestWithParam<ValueRow> {};

TEST_P(ValueConditions, Hold) {
    const auto condition = Condition::from_schema(json(in_form(GetParam().schema)));
    const auto form = json(R"({"a":)" + std::string(GetParam().value) + "}");
    const Facts facts{form, std::chrono::year(2026) / 1 / 20};
    EXPECT_EQ(condition.holds(facts), GetParam().expected);
    EXPECT_EQ(Condition::from_reduced(condition.reduced()).holds(facts), GetParam().expected)
        << dump_json(condition.reduced());
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ValueConditions,
    testing::Values(
        ValueRow{"in", R"({"type":"string","enum":["X","Y"]})", R"("Y")", Truth::yes},
        ValueRow{"not_in", R"({"type":"string","enum":["X","Y"]})", R"("Z")", Truth::no},
        ValueRow{"type_wrong", R"({"type":"string"})", "1", Truth::no},
        ValueRow{"integer_is_number", R"({"type":"number"})", "1", Truth::yes},
        ValueRow{"above", R"({"type":"number","exclusiveMinimum":0})", "1", Truth::yes},
        ValueRow{"not_above", R"({"type":"number","exclusiveMinimum":0})", "0", Truth::no},
        ValueRow{"minimum", R"({"minimum":3})", "3", Truth::yes},
        ValueRow{"maximum", R"({"maximum":3})", "4", Truth::no},
        ValueRow{"below", R"({"exclusiveMaximum":3})", "3", Truth::no},
        ValueRow{"nested", R"({"properties":{"value":{"const":"OTHER"}},"required":["value"]})", R"({"value":"OTHER"})",
                 Truth::yes},
        ValueRow{"nested_missing", R"({"properties":{"value":{"const":"OTHER"}},"required":["value"]})", R"({})",
                 Truth::no},
        ValueRow{"contains", R"({"contains":{"properties":{"t":{"const":1}},"required":["t"]}})",
                 R"([{"t":2},{"t":1}])", Truth::yes},
        ValueRow{"contains_not", R"({"contains":{"const":1}})", "[]", Truth::no},
        ValueRow{"items", R"({"items":{"type":"string"}})", R"(["x",1])", Truth::no},
        ValueRow{"one", R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "1", Truth::yes},
        ValueRow{"one_twice", R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "2", Truth::no},
        ValueRow{"pattern", R"({"pattern":"^0[79][0-9]{8}$"})", R"("0700000001")", Truth::yes},
        ValueRow{"pattern_not", R"({"pattern":"^0[79][0-9]{8}$"})", R"("+2607")", Truth::no},
        ValueRow{"pattern_unicode", R"({"pattern":"^\\p{Script=Latin}+(?<!x)$"})", R"("x")", Truth::unknown},
        ValueRow{"min_date_now", R"({"formatMinimum":{"$data":"/$now"}})", R"("2026-01-20")", Truth::yes},
        ValueRow{"min_date_literal", R"({"formatMinimum":"2026-02-01"})", R"("2026-01-20")", Truth::no},
        ValueRow{"date_of_another", R"({"formatMinimum":{"$data":"1/b"}})", R"("2026-01-20")", Truth::unknown},
        ValueRow{"before", R"({"daysFromDate":{"days":30,"clause":"before"}})", R"("2026-02-18")", Truth::yes},
        ValueRow{"not_before", R"({"daysFromDate":{"days":30,"clause":"before"}})", R"("2026-02-19")", Truth::no},
        ValueRow{"length", R"({"minLength":2,"maxLength":3})", R"("éé")", Truth::yes},
        ValueRow{"too_long", R"({"maxLength":3})", R"("abcd")", Truth::no},
        ValueRow{"if_then", R"({"if":{"const":1},"then":false,"else":true})", "1", Truth::no},
        ValueRow{"if_else", R"({"if":{"const":1},"then":false})", "2", Truth::yes}),
    [](const auto& row) { return std::string(row.param.label); });

TEST(ConditionShape, SimplifiesWhatOpenCrvsWritesAtLength) {
    EXPECT_EQ(dump_json(Condition::from_schema(json(equals_mother)).reduced()),
              R"(["form",["has","informant.relation",["in","MOTHER"]]])");
    EXPECT_EQ(dump_json(Condition::from_schema(json(falsy)).reduced()),
              R"(["form",["if-there","a",["in","undefined",false,null,""]]])");
    EXPECT_EQ(dump_json(Condition::from_schema(json(role)).reduced()), "true");
    EXPECT_TRUE(Condition::from_schema(json(R"({"not":{}})")).never());
}

TEST(ConditionShape, NamesTheFieldsItLooksAt) {
    const auto condition = Condition::from_schema(json(
        R"({"allOf":[{"properties":{"$form":{"properties":{"x":{"properties":{"deep":{"const":1}}}},"required":["y"]}}}]})"));
    EXPECT_EQ(condition.fields(), (std::set<std::string>{"x", "y"}));
}

TEST(ConditionShape, TakesNoNonsenseFromAReducedForm) {
    for (const auto* text : {R"([])", R"(["has"])", R"(["has","a"])", R"(["magic",1])", R"(7)", R"(["not"])",
                             R"(["above","x"])", R"(["days-from-today","sideways",1])", R"(["date-at-most","soon"])",
                             R"(["pattern"])", R"(["pattern","("])", R"(["if",true])"}) {
        const auto form = Json::object();
        EXPECT_EQ(Condition::from_reduced(json(text)).holds({form, std::chrono::year(2026) / 1 / 1}), Truth::unknown)
            << text;
    }
}
