// SPDX-License-Identifier: MPL-2.0
#include "core/json_quick.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;

namespace {

/// The same value with the same types: 1 and 1.0 are equal, and not the same.
bool same(const Json& a, const Json& b) {
    if (a.type() != b.type() || a.size() != b.size()) return false;
    if (!a.is_structured()) return a == b;
    return std::equal(a.begin(), a.end(), b.begin(), same) &&
           (a.is_array() || std::equal(a.items().begin(), a.items().end(), b.items().begin(),
                                       [](const auto& x, const auto& y) { return x.key() == y.key(); }));
}

Result<Json> any(const std::string& text, const JsonLimits& limits = message_json_limits) {
    return parse_any_json(text, limits, JsonComments::refuse);
}

}  // namespace

/// Sound documents: read quickly, and as the other reader reads them.
class SoundJson : public testing::TestWithParam<std::string> {};

TEST_P(SoundJson, IsReadAlikeByBoth) {
    const auto quick = parse_sound_json(GetParam(), message_json_limits);
    const auto slow = any(GetParam());
    ASSERT_TRUE(quick);
    ASSERT_TRUE(slow);
    EXPECT_TRUE(same(*quick, *slow)) << dump_json(*quick) << " and " << dump_json(*slow);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, SoundJson,
    testing::Values("{}", "[]", "\"\"", " 1 ", "true", "null",
                    R"({"a":[1,-2,2.5,"x",null,true,false],"b":{"c":"é€😀"}})",
                    "[0,-0,0.0,-0.0,1e5,1E+5,1e-400,0.1,1.0,2e0,5e-324,1.7976931348623157e308]",
                    "[9223372036854775807,9223372036854775808,18446744073709551615,-9223372036854775808]",
                    R"(["\u00e9\\\"\/\b\f\n\r\t","\u0000"])", R"({"\u0000":1,"":2," ":3})", "[[[[[[]]]]]]",
                    R"({"z":1,"a":2,"m":{"z":[{}],"a":[[]]}})"));

/// What is left to the other reader: because it is refused, or because the quick one might take what is refused.
class OtherJson : public testing::TestWithParam<std::string> {};

TEST_P(OtherJson, IsLeftToTheOther) {
    EXPECT_FALSE(parse_sound_json(GetParam(), message_json_limits));
}

INSTANTIATE_TEST_SUITE_P(Rows, OtherJson,
                         testing::Values("", " ", "{", "[1,]", "{} x", R"({"k":1,"k":2})", R"({"k":1,"\u006b":2})",
                                         "[18446744073709551616]", "[-9223372036854775809]", "[1e999]", "[01]", "[1.]",
                                         "[.5]", "[-]", "[+1]", "nul", "{\"a\":\"\xff\xfe\"}", "[\"\xed\xa0\x80\"]",
                                         "[\"\x01\"]", R"(["\ud800"])", R"(["\udc00"])", R"(["\uDC00\ud800"])",
                                         "{/*x*/}", std::string("[1]\0", 4),
                                         std::string(65, '[') + std::string(65, ']')));

TEST(SoundJsonLimits, AreThoseOfTheOther) {
    const std::string text = R"({"a":[1,"four",{"five5":null}],"b":[[[]]]})";
    const auto agree = [&](const JsonLimits& limits) {
        const auto quick = parse_sound_json(text, limits);
        const auto slow = any(text, limits);
        EXPECT_EQ(quick.has_value(), slow.has_value())
            << limits.depth << " deep, " << limits.nodes << " values, " << limits.string_bytes << " bytes";
    };
    for (std::size_t limit = 0; limit < 12; ++limit) {
        agree({.depth = limit});
        agree({.nodes = limit});
        agree({.string_bytes = limit});
    }
}

TEST(SoundJsonLimits, LeaveLongTextsToTheOther) {
    const auto text = "[\"" + std::string(100'000, 'x') + "\"]";
    EXPECT_FALSE(parse_sound_json(text, message_json_limits));
    EXPECT_TRUE(parse_json(text));
}

TEST(SoundJsonLimits, AShorterTextAfterALongerOneEndsWhereItEnds) {
    ASSERT_TRUE(parse_sound_json("[1,2,3,4,5,6,7,8,9]", message_json_limits));
    EXPECT_FALSE(parse_sound_json("[1,2", message_json_limits));
    const auto number = parse_sound_json("12", message_json_limits);
    ASSERT_TRUE(number);
    EXPECT_EQ(*number, 12);
}
