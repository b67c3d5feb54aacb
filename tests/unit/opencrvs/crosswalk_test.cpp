// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/crosswalk.hpp"

#include "fixtures.hpp"

using namespace ocm;
using namespace ocm::opencrvs;

namespace {

CrosswalkEntry entry(PlaceKind kind, std::string system, std::string code, std::string location) {
    CrosswalkEntry out;
    out.key = {"main", {kind, std::move(system), std::move(code)}};
    out.location = std::move(location);
    return out;
}

const Crosswalk& table() {
    using enum PlaceKind;
    static const Crosswalk out({
        entry(facility, "dhis2", "DiszpKrYNg8", test::facility),
        entry(facility, "mfl", "107", test::facility),
        entry(facility, "other", "107", test::remote_facility),
        entry(facility, "*", "HF-3", test::facility),
        entry(facility, "mfl", test::closed_facility, test::remote_facility),
        entry(facility, "mfl", "gone", "cccccccc-0000-4000-8000-0000000000ff"),
        entry(facility, "mfl", "closed", test::closed_facility),
        entry(facility, "mfl", "an office", test::village_office),
        entry(facility, "mfl", test::remote_facility, test::facility),
        entry(office, "mfl", "O-7", test::village_office),
        entry(office, "mfl", "no office", test::facility),
        entry(area, "pcode", "ZM0101", test::village),
        entry(area, "pcode", "ZM01", test::district),
        entry(area, "pcode", "gone", "bbbbbbbb-0000-4000-8000-0000000000ff"),
    });
    return out;
}

Known known() {
    return {table(), "main", test::places(), test::now()};
}

VitalEvent at_facility(std::string code, std::string system = "") {
    VitalEvent event;
    event.place.emplace().location = std::move(code);
    event.source.system = std::move(system);
    return event;
}

struct Row {
    const char* label;
    PlaceKind kind;
    std::string code, system;
    const char* id;  // empty: unknown
    Crossed::By by = Crossed::By::nothing;
    const char* why = "";
};

class Crossing : public testing::TestWithParam<Row> {};

}  // namespace

TEST_P(Crossing, GoesInOrder) {
    const auto& row = GetParam();
    const auto crossed = cross({row.kind, row.system, row.code}, known());
    EXPECT_EQ(crossed.id, row.id);
    EXPECT_EQ(crossed.by, row.by);
    EXPECT_NE(crossed.why.find(row.why), std::string::npos) << crossed.why;
    EXPECT_EQ(crossed.why.empty(), crossed.by != Crossed::By::nothing);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Crossing,
    testing::Values(
        Row{"its_id", PlaceKind::facility, test::facility, "", test::facility, Crossed::By::id},
        Row{"an_id_goes_before_the_crosswalk", PlaceKind::facility, test::remote_facility, "mfl", test::remote_facility,
            Crossed::By::id},
        Row{"by_system", PlaceKind::facility, "107", "other", test::remote_facility, Crossed::By::crosswalk},
        Row{"by_the_only_one", PlaceKind::facility, "DiszpKrYNg8", "", test::facility, Crossed::By::crosswalk},
        Row{"the_crosswalk_goes_before_external_ids", PlaceKind::facility, "HF-3", "", test::facility,
            Crossed::By::crosswalk},
        Row{"external_id", PlaceKind::facility, "HF-1", "anyone", test::facility, Crossed::By::external_id},
        Row{"a_closed_place_gives_way_to_its_entry", PlaceKind::facility, test::closed_facility, "mfl",
            test::remote_facility, Crossed::By::crosswalk},
        Row{"a_closed_place_without_entry_is_known", PlaceKind::facility, test::closed_office, "", test::closed_office,
            Crossed::By::id},
        Row{"ambiguous", PlaceKind::facility, "107", "", "", Crossed::By::nothing, "several systems"},
        Row{"nobody_knows", PlaceKind::facility, "999", "dhis2", "", Crossed::By::nothing, "neither OpenCRVS nor"},
        Row{"entry_to_nowhere", PlaceKind::facility, "gone", "mfl", "", Crossed::By::nothing,
            "a location that OpenCRVS does not have"},
        Row{"entry_to_a_closed_one", PlaceKind::facility, "closed", "mfl", "", Crossed::By::nothing,
            "no longer in use"},
        Row{"entry_to_an_office", PlaceKind::facility, "an office", "mfl", "", Crossed::By::nothing,
            "a registration office"},
        Row{"office", PlaceKind::office, "O-7", "mfl", test::village_office, Crossed::By::crosswalk},
        Row{"entry_to_no_office", PlaceKind::office, "no office", "mfl", "", Crossed::By::nothing,
            "not a registration office"},
        Row{"area", PlaceKind::area, "ZM0101", "", test::village, Crossed::By::crosswalk},
        Row{"area_by_external_id", PlaceKind::area, "AREA-4", "", test::other_village, Crossed::By::external_id},
        Row{"area_to_nowhere", PlaceKind::area, "gone", "pcode", "", Crossed::By::nothing,
            "an administrative area that OpenCRVS does not have"}),
    [](const auto& row) { return row.param.label; });

TEST(Crosswalk, AnExternalIdIsLookedForAmongTheRightKind) {
    const Places places(
        {{"o", "Office", "12", "", "CRVS_OFFICE", {}}, {"f", "Clinic", "12", "", "HEALTH_FACILITY", {}}}, {});
    const Crosswalk none;
    const Known known{none, "main", places, test::now()};
    EXPECT_EQ(cross({PlaceKind::facility, "", "12"}, known).id, "f");
    EXPECT_EQ(cross({PlaceKind::office, "", "12"}, known).id, "o");
}

TEST(Crosswalk, PutsIdsIntoTheEventAndSaysSo) {
    auto event = at_facility("107", "mfl");
    event.office = "O-7";
    event.place->address.emplace().areas = {"ZM01", "ZM0101"};
    auto& mother = event.persons[role::mother];
    mother.addresses.push_back({});
    mother.addresses.back().country = "FAR";
    mother.addresses.back().areas = {"AREA-2", "pcode|ZM0101", "nowhere"};
    mother.addresses.push_back({});
    mother.addresses.back().country = "KEN";
    mother.addresses.back().areas = {"ZM01"};
    const auto given = event;
    const auto resolved = resolve(event, "FAR", known());
    EXPECT_EQ(event, given);
    ASSERT_TRUE(resolved.changed);
    EXPECT_TRUE(resolved.unknown.empty());
    EXPECT_EQ(resolved.changed->place->location, test::facility);
    EXPECT_EQ(resolved.changed->office, test::village_office);
    // The message's system has no areas here, so those of the only system that has are taken.
    EXPECT_EQ(resolved.changed->place->address->areas, (std::vector<std::string>{test::district, test::village}));
    const auto& addresses = resolved.changed->persons.at(role::mother).addresses;
    EXPECT_EQ(addresses[0].areas, (std::vector<std::string>{test::district, test::village, "nowhere"}));
    EXPECT_EQ(addresses[1].areas, (std::vector<std::string>{"ZM01"})) << "another country has other areas";
    const std::vector<Account::Note> notes{{"place.location", "by crosswalk, as a code of mfl"},
                                           {"office", "by crosswalk, as a code of mfl"},
                                           {"place.address.areas", "by crosswalk, as a code of pcode"},
                                           {"place.address.areas", "by crosswalk, as a code of pcode"},
                                           {"mother.address.areas", "found by its code, sent as the location's id"},
                                           {"mother.address.areas", "by crosswalk, as a code of pcode"}};
    EXPECT_EQ(resolved.account.recoded, notes);
    EXPECT_TRUE(resolved.account.warnings.empty());
}

TEST(Crosswalk, LeavesWhatIsAnIdAlone) {
    auto event = at_facility(test::facility);
    event.office = test::village_office;
    const auto resolved = resolve(event, "FAR", known());
    EXPECT_FALSE(resolved.changed);
    EXPECT_EQ(&resolved.event(event), &event);
    EXPECT_EQ(resolved.account, Account{});
    EXPECT_TRUE(resolved.unknown.empty());
}

TEST(Crosswalk, NamesWhatNobodyKnowsWithoutItsCode) {
    auto event = at_facility("HF-SECRET", "https://mfl.example.org");
    event.office = "mfl|OF-SECRET";
    auto resolved = resolve(event, "FAR", known());
    ASSERT_EQ(resolved.unknown.size(), 2u);
    EXPECT_EQ(resolved.unknown[0].code, (PlaceCode{PlaceKind::facility, "https://mfl.example.org", "HF-SECRET"}));
    EXPECT_EQ(resolved.unknown[1].code, (PlaceCode{PlaceKind::office, "mfl", "OF-SECRET"}));
    EXPECT_FALSE(resolved.changed);
    const auto facility = refuse_unknown(resolved.unknown[0]);
    EXPECT_EQ(facility.path, "place.location");
    EXPECT_EQ(facility.message,
              "the facility (a code of https://mfl.example.org) is not known: neither OpenCRVS nor the crosswalk knows "
              "the code");
    EXPECT_EQ(refuse_unknown(resolved.unknown[1]).path, "office");
    EXPECT_EQ(refuse_unknown(resolved.unknown[1]).message.find("SECRET"), std::string::npos);
    const UnknownPlace unnamed{{PlaceKind::facility, "", "X"}, "why"};
    EXPECT_EQ(refuse_unknown(unnamed).message, "the facility is not known: why");
}

TEST(Crosswalk, WhatCannotBeACodeIsLeftToTheWriter) {
    for (const auto& text : {std::string(300, 'x'), std::string("a\nb"), std::string()}) {
        const auto resolved = resolve(at_facility(text, "a\nb"), "FAR", known());
        EXPECT_TRUE(resolved.unknown.empty());
        EXPECT_FALSE(resolved.changed);
    }
}

TEST(Crosswalk, SaysThatAnAreasEntryLeadsNowhere) {
    VitalEvent event;
    event.persons[role::mother].addresses.push_back({});
    event.persons[role::mother].addresses.back().areas = {"gone"};
    const auto resolved = resolve(event, "FAR", known());
    EXPECT_TRUE(resolved.unknown.empty()) << "an area alone keeps nothing from being sent";
    ASSERT_EQ(resolved.account.warnings.size(), 1u);
    EXPECT_EQ(resolved.account.warnings[0].path, "mother.address.areas");
}
