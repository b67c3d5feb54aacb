// SPDX-License-Identifier: MPL-2.0
#include "core/json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;

TEST(Json, ReadsOrdinaryDocuments) {
    const auto parsed = parse_json(R"({"a":[1,-2,2.5,"x",null,true],"b":{"c":"é"}})");
    ASSERT_TRUE(parsed);
    EXPECT_EQ((*parsed)["a"][2], 2.5);
    EXPECT_EQ((*parsed)["b"]["c"], "é");
}

struct BadJson {
    const char* label;
    std::string text;
    std::string path;
};

class JsonRefusal : public testing::TestWithParam<BadJson> {};

TEST_P(JsonRefusal, NamesThePlaceAndNeverQuotesTheInput) {
    const auto parsed = parse_json(GetParam().text);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, ErrorCode::bad_request);
    EXPECT_EQ(parsed.error().path, GetParam().path);
    EXPECT_EQ(parsed.error().message.find("Mwansa"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Rows, JsonRefusal,
                         testing::Values(BadJson{"empty", "", ""}, BadJson{"trailing", "{} Mwansa", ""},
                                         BadJson{"truncated", R"({"a":{"b":[1,{"name":"Mwansa)", "/a/b/1/name"},
                                         BadJson{"duplicate", R"({"a":{"k":1,"k":2}})", "/a/k"},
                                         BadJson{"digits", R"({"nid":12345678901234567890123})", "/nid"},
                                         BadJson{"infinite", R"([1e999])", "/0"},
                                         BadJson{"utf8", "{\"a\":\"\xff\xfe\"}", "/a"},
                                         BadJson{"comment", "{/*x*/}", ""},
                                         BadJson{"odd key", R"({"Ruth Mwansa":{"k":[nope]}})", "/?/k/0"}),
                         [](const auto& row) {
                             std::string label = row.param.label;
                             for (auto& c : label) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                             return label;
                         });

TEST(Json, AZeroByteIsNotItsEnd) {
    using namespace std::literals;
    for (const auto text : {"{}\0"sv, "{} \0{\"a\":1}"sv, "\0{}"sv, "{\0}"sv, "[1,\0 2]"sv, "{\"a\":\"\0\"}"sv}) {
        const auto parsed = parse_json(text);
        ASSERT_FALSE(parsed);
        EXPECT_EQ(parsed.error().message.substr(0, 22), "malformed JSON at byte");
    }
    EXPECT_EQ(parse_json("{} \0{\"a\":1}"sv).error().message, "malformed JSON at byte 4");
}

TEST(Json, RefusesDepthBeforeItHurts) {
    for (const std::size_t depth : {65u, 10'000u, 200'000u}) {
        const auto parsed = parse_json(std::string(depth, '['));
        ASSERT_FALSE(parsed);
        EXPECT_EQ(parsed.error().message, "the document is nested too deeply");
    }
    EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')));
}

TEST(Json, RefusesTooManyValues) {
    std::string text = "[";
    for (int i = 0; i < 200'000; ++i) text += "0,";
    EXPECT_FALSE(parse_json(text + "0]"));
}

TEST(Json, FindsMembersOfSmallAndLargeObjects) {
    Json object = Json::object();
    for (int i = 0; i < 12; ++i) {
        object["key" + std::to_string(i)] = i;
        for (int k = 0; k <= i; ++k) {
            const auto* found = member(object, "key" + std::to_string(k));
            ASSERT_NE(found, nullptr);
            EXPECT_EQ(*found, k);
        }
        for (const auto* absent : {"", "key", "kez0", "Key0", "key99"}) EXPECT_EQ(member(object, absent), nullptr);
    }
    EXPECT_EQ(member(Json::array({1}), "key0"), nullptr);
    EXPECT_EQ(member(Json{{"", 7}}, "")->get<int>(), 7);
}

TEST(Json, CanonicalFormIsStable) {
    const auto parsed = parse_json(R"({"b":1,"a":"é\u0000\n","\u20ac":[],"\ud83d\ude00":null,"z":{"y":true,"x":-5}})");
    ASSERT_TRUE(parsed);
    // RFC 8785 sorts by UTF-16 code unit: U+1F600 (D83D DE00) stands before nothing here but after U+20AC.
    EXPECT_EQ(canonical_json(*parsed),
              "{\"a\":\"é\\u0000\\n\",\"b\":1,\"z\":{\"x\":-5,\"y\":true},\"€\":[],\"😀\":null}");
    EXPECT_THROW(canonical_json(Json(1.5)), std::logic_error);
}
