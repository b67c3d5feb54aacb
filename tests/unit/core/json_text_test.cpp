// SPDX-License-Identifier: MPL-2.0
#include "core/json_text.hpp"

#include "core/json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;

namespace {

std::string reference(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

TEST(JsonText, WritesWhatTheTreeWouldBe) {
    JsonText out;
    out.begin_object();
    out.member("a", "x\"y");
    out.key("b");
    out.begin_array();
    out.integer(-5);
    out.begin_object();
    out.end_object();
    out.boolean(true);
    out.begin_array();
    out.end_array();
    out.value(Json{{"k", nullptr}});
    out.end_array();
    out.member("c", 7);
    out.end_object();
    EXPECT_EQ(out.take(), R"({"a":"x\"y","b":[-5,{},true,[],{"k":null}],"c":7})");
}

TEST(JsonText, TakesJsonAndPartsOfItAsTheyStand) {
    JsonText out;
    out.raw(R"({"a":[)");
    out.integer(1);
    out.json(R"({"b":2})");
    EXPECT_EQ(out.size(), std::string_view(R"({"a":[1,{"b":2})").size());
    out.raw(R"(],"c":)");
    out.string("x");
    out.raw("}");
    EXPECT_EQ(out.take(), R"({"a":[1,{"b":2}],"c":"x"})");
}

TEST(JsonText, DumpsAsTheLibraryDoes) {
    const auto tree =
        parse_json(R"({"n":[0,-1,9223372036854775807,18446744073709551615,-9223372036854775808,1.5,1.0,1e300,-0.0],)"
                   R"("s":["","é€😀","\u0000\u001f\u007f\b\f\n\r\t\"\\/"],"o":{"":{}, "e":[]},"l":[true,false,null]})");
    ASSERT_TRUE(tree);
    EXPECT_EQ(dump_json(*tree), reference(*tree));
}

TEST(JsonText, ReplacesWhatIsNotUtf8AsTheLibraryDoes) {
    for (const std::string bad : {"\xff", "a\xc3", "\xc3(", "\xed\xa0\x80", "\xf0\x9f\x98", "ok \xe2\x82 \"x\"\n",
                                  "\xc0\xaf", "\xf5\x80\x80\x80", "é\xff€"}) {
        EXPECT_EQ(dump_json(Json(bad)), reference(Json(bad)));
        EXPECT_EQ(dump_json(Json{{"before", 1}, {"key", bad}}), reference(Json{{"before", 1}, {"key", bad}}));
    }
}

TEST(JsonText, EscapesEveryByteAsTheLibraryDoes) {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text = "a" + std::string(1, static_cast<char>(byte)) + "b";
        EXPECT_EQ(dump_json(Json(text)), reference(Json(text))) << byte;
    }
}

TEST(JsonText, EscapesAtEveryPlaceAsTheLibraryDoes) {
    // Eight bytes are looked at together: what is special stands at each place of them, alone and after another one.
    for (const std::string special : {"\"", "\\", "\n", "\x1f", "\x01", "\x7f", "\xc3\xa9", "!", "[", " "}) {
        for (std::size_t size = 0; size < 20; ++size) {
            for (std::size_t at = 0; at <= size; ++at) {
                auto text = std::string(size, 'a').insert(at, special);
                EXPECT_EQ(dump_json(Json(text)), reference(Json(text)));
                text += special + "tail";
                EXPECT_EQ(dump_json(Json(text)), reference(Json(text)));
            }
        }
    }
}

TEST(JsonText, DumpsOneTextAfterAnother) {
    const Json large(std::string(200'000, '"'));
    const Json small{{"a", 1}};
    EXPECT_EQ(dump_json(large), reference(large));
    EXPECT_EQ(dump_json(small), reference(small));
    EXPECT_EQ(dump_json(large), reference(large));
}
