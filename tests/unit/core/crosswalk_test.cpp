// SPDX-License-Identifier: MPL-2.0
#include "core/crosswalk.hpp"

#include <gtest/gtest.h>

using namespace ocm;

namespace {

CrosswalkEntry entry(std::string system, std::string code, std::string location, PlaceKind kind = PlaceKind::facility,
                     std::string target = "main") {
    CrosswalkEntry out;
    out.key = {std::move(target), {kind, std::move(system), std::move(code)}};
    out.location = std::move(location);
    return out;
}

const Crosswalk& table() {
    static const Crosswalk out({
        entry("dhis2", "DiszpKrYNg8", "hospital"),
        entry("mfl", "107", "clinic"),
        entry("other", "107", "post"),
        entry("*", "107", "anyone's"),
        entry("mfl", "200", "clinic"),
        entry("other", "200", "clinic"),
        entry("mfl", "300", "clinic"),
        entry("other", "300", "post"),
        entry("*", "400", "anyone's"),
        entry("mfl", "500", "office", PlaceKind::office),
        entry("mfl", "600", "elsewhere", PlaceKind::facility, "another"),
    });
    return out;
}

struct Row {
    const char* label;
    PlaceCode code;
    const char* location;  // nullptr: none
    bool ambiguous = false;
};

class CrosswalkFind : public testing::TestWithParam<Row> {};

}  // namespace

TEST_P(CrosswalkFind, FindsTheEntry) {
    const auto& row = GetParam();
    const auto found = table().find("main", row.code);
    EXPECT_EQ(found.ambiguous, row.ambiguous);
    if (row.location == nullptr) {
        EXPECT_EQ(found.entry, nullptr);
    } else {
        ASSERT_NE(found.entry, nullptr);
        EXPECT_EQ(found.entry->location, row.location);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, CrosswalkFind,
    testing::Values(Row{"own_system", {PlaceKind::facility, "mfl", "107"}, "clinic"},
                    Row{"other_system", {PlaceKind::facility, "other", "107"}, "post"},
                    Row{"any_after_own", {PlaceKind::facility, "nobody", "107"}, "anyone's"},
                    Row{"any_where_nothing_is_said", {PlaceKind::facility, "", "107"}, "anyone's"},
                    Row{"any_for_a_known_system", {PlaceKind::facility, "mfl", "400"}, "anyone's"},
                    Row{"systems_that_agree", {PlaceKind::facility, "", "200"}, "clinic"},
                    Row{"systems_that_do_not", {PlaceKind::facility, "", "300"}, nullptr, true},
                    Row{"source_decides_between_them", {PlaceKind::facility, "other", "300"}, "post"},
                    Row{"a_system_without_codes_here",
                        {PlaceKind::facility, "https://a.example/births", "DiszpKrYNg8"},
                        "hospital"},
                    Row{"a_system_with_codes_here_knows_its_own", {PlaceKind::facility, "mfl", "DiszpKrYNg8"}, nullptr},
                    Row{"another_kind", {PlaceKind::facility, "mfl", "500"}, nullptr},
                    Row{"its_kind", {PlaceKind::office, "mfl", "500"}, "office"},
                    Row{"another_target", {PlaceKind::facility, "mfl", "600"}, nullptr},
                    Row{"codes_keep_their_case", {PlaceKind::facility, "dhis2", "diszpkryng8"}, nullptr},
                    Row{"no_such_code", {PlaceKind::facility, "", "nothing"}, nullptr}),
    [](const auto& row) { return row.param.label; });

TEST(Crosswalk, IsFoundTheOtherWayRoundAndByKey) {
    const auto codes = table().of_location("main", PlaceKind::facility, "clinic");
    ASSERT_EQ(codes.size(), 4u);
    EXPECT_EQ(codes.front()->key.from.code, "107");
    EXPECT_TRUE(table().of_location("main", PlaceKind::office, "clinic").empty());
    EXPECT_EQ(table().at({"main", {PlaceKind::facility, "mfl", "300"}})->location, "clinic");
    EXPECT_EQ(table().at({"main", {PlaceKind::facility, "mfl", "301"}}), nullptr);
    EXPECT_TRUE(Crosswalk().entries().empty());
}

TEST(Crosswalk, TellsWhatCanBeACode) {
    EXPECT_TRUE(is_place_text("HF-0107"));
    EXPECT_TRUE(is_place_text("Hôpital régional d'Étoile"));
    EXPECT_TRUE(is_place_text(std::string(255, 'x')));
    for (const auto& text : {std::string(), std::string(256, 'x'), std::string("a\nb"), std::string("a\x1b[2J"),
                             std::string("a\x7f"), std::string("a\xC2\x9B"), std::string("a\0b", 3)})
        EXPECT_FALSE(is_place_text(text));
}
