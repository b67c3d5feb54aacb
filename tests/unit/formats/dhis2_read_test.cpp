// SPDX-License-Identifier: MPL-2.0
#include "fixtures.hpp"
#include "formats/dhis2/read.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <algorithm>

using namespace ocm;
using namespace ocm::test;

namespace {

const std::string entity = "/trackedEntities/0";
const std::string event = entity + "/enrollments/0/events/0";

Json birth() {
    return json_file(format_data() / "dhis2-birth.json");
}
Json death() {
    auto out = json_file(format_data() / "dhis2-death.json");
    return {{"trackedEntities", out["instances"]}};
}

Result<dhis2::Read> read(const Json& document) {
    return dhis2::read_first(document, dhis2::shipped_mapping());
}

Json& attribute(Json& document, std::string_view id) {
    auto& all = document["trackedEntities"][0]["attributes"];
    for (auto& each : all) {
        if (each["attribute"] == id) return each["value"];
    }
    all.push_back({{"attribute", id}});
    return all.back()["value"];
}

Json& data_value(Json& document, std::string_view id) {
    auto& all = document["trackedEntities"][0]["enrollments"][0]["events"][0]["dataValues"];
    for (auto& each : all) {
        if (each["dataElement"] == id) return each["value"];
    }
    all.push_back({{"dataElement", id}});
    return all.back()["value"];
}

/// Where a value stands.
std::string place(const Json& document, std::string_view id) {
    const auto& one = document["trackedEntities"][0];
    for (std::size_t i = 0; i < one["attributes"].size(); ++i) {
        if (one["attributes"][i]["attribute"] == id) return pointer(entity + "/attributes", i) + "/value";
    }
    const auto& values = one["enrollments"][0]["events"][0]["dataValues"];
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i]["dataElement"] == id) return pointer(event + "/dataValues", i) + "/value";
    }
    return {};
}

class Dhis2Golden : public testing::TestWithParam<const char*> {};

TEST_P(Dhis2Golden, EventAndAccount) {
    const std::string name = GetParam();
    const auto got = read(json_file(format_data() / (name + ".json")));
    ASSERT_TRUE(got) << got.error().message << ' ' << got.error().path;
    expect_golden(vital_json::write(got->event), format_data() / (name + ".event.json"));
    expect_golden(got->account.to_json(), format_data() / (name + ".account.json"));
    const auto account = dump_json(got->account.to_json());
    for (const auto* value : {"Tala", "Mwansa", "Banda", "4410098765", "0700000", "Market Road", "clinic"}) {
        EXPECT_EQ(account.find(value), std::string::npos) << value;
    }
}
INSTANTIATE_TEST_SUITE_P(Payloads, Dhis2Golden, testing::Values("dhis2-birth", "dhis2-death"),
                         [](const auto& row) { return std::string(row.param).substr(6); });

TEST(Dhis2Read, TakesOneEntityByItself) {
    const auto whole = birth();
    const auto alone = read(whole["trackedEntities"][0]);
    ASSERT_TRUE(alone) << alone.error().path << alone.error().message;
    EXPECT_EQ(alone->event, read(whole)->event);
    EXPECT_EQ(alone->account.carried.front(), "/attributes/1/value");
}

TEST(Dhis2Read, TakesCodesForIds) {
    auto document = birth();
    for (auto& each : document["trackedEntities"][0]["attributes"]) {
        if (each["attribute"] == "sB1IHYu2xQT")
            each = {{"attribute", "FIRST_NAME"}, {"code", "sB1IHYu2xQT"}, {"value", "Tala"}};
    }
    EXPECT_EQ(read(document)->event, read(birth())->event);
}

TEST(Dhis2Read, WhatIsNewIsInTheAccount) {
    auto document = birth();
    document["trackedEntities"][0]["geometry"] = {{"type", "Point"}};
    document["trackedEntities"][0]["enrollments"][0]["events"][0]["notes"] = {{{"value", "seen"}}};
    const auto got = read(document);
    ASSERT_TRUE(got);
    const auto dropped = [&](const std::string& path) {
        return std::any_of(got->account.dropped.begin(), got->account.dropped.end(),
                           [&](const auto& note) { return note.path == path; });
    };
    EXPECT_TRUE(dropped(entity + "/geometry/type"));
    EXPECT_TRUE(dropped(event + "/notes/0/value"));
    EXPECT_TRUE(dropped(place(document, "lZGmxYbs97q")));
}

TEST(Dhis2Read, HomeBirthsAreSentToTheOfficeOfTheOrgUnit) {
    auto document = birth();
    data_value(document, "ABhkInP0wGY") = "HOME";
    data_value(document, "RTA1VXtS6r1") = "";
    const auto got = read(document);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->event.place->kind, "PRIVATE_HOME");
    EXPECT_FALSE(got->event.place->location);
    EXPECT_EQ(got->event.office, "qX3vN0pLm7a");
    data_value(document, "ABhkInP0wGY") = "HOSPITAL";
    EXPECT_EQ(read(document)->event.place->location, "qX3vN0pLm7a") << "the hospital that reported it";
    EXPECT_FALSE(read(document)->event.office);
}

TEST(Dhis2Read, ContactsGoWhereTheirRelationSays) {
    auto document = birth();
    attribute(document, "Nv4K5ob82z3") = "OTHER";
    attribute(document, "WnWf8rKBoHa") = "Moses";
    attribute(document, "egRR3lyqD0F") = "FATHER";
    attribute(document, "qEedHpgzYyU") = "0700000004";
    const auto got = read(document);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->event.informant.relation, "OTHER");
    EXPECT_EQ(got->event.persons.at("informant").names.at(0).family, "Mwansa");
    EXPECT_EQ(got->event.persons.at("father").names.at(0).given.at(0), "Moses");
    EXPECT_EQ(got->event.persons.at("father").phone, "0700000004");
    EXPECT_FALSE(got->event.persons.contains("mother"));
}

TEST(Dhis2Read, TwoMothersAreToldAndTheFirstKept) {
    auto document = birth();
    attribute(document, "WnWf8rKBoHa") = "Agnes";
    attribute(document, "egRR3lyqD0F") = "MOTHER";
    const auto got = read(document);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->event.persons.at("mother").names.at(0).given.at(0), "Ruth");
    EXPECT_EQ(got->account.warnings,
              (std::vector<Account::Note>{
                  {place(document, "egRR3lyqD0F"), "two contacts are said to be the same person; the first is kept"}}));
    const Account::Note lost{place(document, "WnWf8rKBoHa"), "another contact is said to be the same person"};
    EXPECT_NE(std::find(got->account.dropped.begin(), got->account.dropped.end(), lost), got->account.dropped.end());
}

TEST(Dhis2Read, StillbirthsAreRecognised) {
    auto document = birth();
    document["trackedEntities"][0]["enrollments"][0]["events"][0]["programStage"] = "wTAeBwb4gse";
    attribute(document, "ArHk8hosBBh") = "2";
    const auto got = read(document);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->event.kind, VitalKind::fetal_death);
    EXPECT_EQ(got->event.source.record, "tE7qN0pLm1b/FTBBLOT3sO7/fetal-death");
    EXPECT_TRUE(got->account.warnings.empty());
}

struct Loss {
    const char* label;
    const char* id;
    const char* value;
    const char* why;
};
void PrintTo(const Loss& row, std::ostream* out) {
    *out << row.label;
}
class Dhis2Loss : public testing::TestWithParam<Loss> {};

TEST_P(Dhis2Loss, IsToldAndLeftOut) {
    auto document = birth();
    data_value(document, GetParam().id) = GetParam().value;
    const auto got = read(document);
    ASSERT_TRUE(got);
    const Account::Note lost{place(document, GetParam().id), GetParam().why};
    EXPECT_NE(std::find(got->account.dropped.begin(), got->account.dropped.end(), lost), got->account.dropped.end());
    if (GetParam().id == std::string("WUquHs0Al7h")) {
        EXPECT_FALSE(got->event.birth.weight_grams);
    }
}
INSTANTIATE_TEST_SUITE_P(
    Rows, Dhis2Loss,
    testing::Values(Loss{"kilograms_for_grams", "WUquHs0Al7h", "3.2", "it is not the weight of a child in grams"},
                    Loss{"a_hundredfold", "WUquHs0Al7h", "315000", "it is not the weight of a child in grams"},
                    Loss{"pounds", "WUquHs0Al7h", "7", "it is not the weight of a child in grams"},
                    Loss{"unit_in_the_value", "WUquHs0Al7h", "7 lb", "it is not the weight of a child in grams"},
                    Loss{"no_number", "WUquHs0Al7h", "heavy", "it is not the weight of a child in grams"},
                    Loss{"unknown_option", "lQtJB35vsDj", "ROBOT", "the mapping does not know this option code"},
                    Loss{"not_stated", "lQtJB35vsDj", "NOT_STATED", "this code has no counterpart"},
                    Loss{"unknown_element", "aaaaaaaaaaa", "1", "the mapping has no place for this data element"}),
    [](const auto& row) { return std::string(row.param.label); });

struct Bad {
    const char* label;
    void (*spoil)(Json& document);
    const char* path;
    const char* message;
};
void PrintTo(const Bad& row, std::ostream* out) {
    *out << row.label;
}
Json& first(Json& document) {
    return document["trackedEntities"][0];
}
Json& first_enrollment(Json& document) {
    return first(document)["enrollments"][0];
}
Json& first_event(Json& document) {
    return first_enrollment(document)["events"][0];
}

const Bad bad_rows[] = {
    {"no_object", [](Json& d) { d = Json::array(); }, "", "must be an object"},
    {"something_else", [](Json& d) { d = {{"resourceType", "Bundle"}}; }, "/trackedEntities", "is required"},
    {"flat", [](Json& d) { d = {{"events", Json::array()}}; }, "",
     "enrollments and events have to come inside their tracked entities, under \"trackedEntities\""},
    {"no_list", [](Json& d) { d["trackedEntities"] = Json::object(); }, "/trackedEntities", "must be an array"},
    {"none", [](Json& d) { d["trackedEntities"] = Json::array(); }, "", "it holds no tracked entity"},
    {"no_entity", [](Json& d) { first(d) = 7; }, "/trackedEntities/0", "must be an object"},
    {"no_uid", [](Json& d) { first(d).erase("trackedEntity"); }, "/trackedEntities/0/trackedEntity", "is required"},
    {"no_enrollments", [](Json& d) { first(d).erase("enrollments"); }, "/trackedEntities/0/enrollments",
     "no enrollment came with the tracked entity: ask DHIS2 for its enrollments and their events"},
    {"no_events", [](Json& d) { first_enrollment(d).erase("events"); }, "/trackedEntities/0/enrollments/0/events",
     "no events came with the enrollment: ask DHIS2 for them"},
    {"unknown_program", [](Json& d) { first_enrollment(d)["program"] = "aaaaaaaaaaa"; },
     "/trackedEntities/0/enrollments/0/program", "the mapping does not know this program"},
    {"deleted", [](Json& d) { first(d)["deleted"] = true; }, "/trackedEntities/0",
     "not to be sent: it is deleted in DHIS2; OpenCRVS takes back nothing that was sent, the registration office can"},
    {"cancelled", [](Json& d) { first_enrollment(d)["status"] = "CANCELLED"; }, "/trackedEntities/0/enrollments/0",
     "not to be sent: the enrollment is cancelled"},
    {"not_completed", [](Json& d) { first_event(d)["status"] = "ACTIVE"; }, "/trackedEntities/0/enrollments/0/events/0",
     "not to be sent: the event is not completed"},
    {"not_flagged", [](Json& d) { data_value(d, "noSCyx2btEF") = "false"; },
     "/trackedEntities/0/enrollments/0/events/0", "not to be sent: the event is not marked to be sent"},
    {"another_stage", [](Json& d) { first_event(d)["programStage"] = "aaaaaaaaaaa"; }, "/trackedEntities/0",
     "not to be sent: no event of it is in a stage that is sent"},
    {"no_such_day", [](Json& d) { attribute(d, "NI0QRzJvQ0k") = "2026-02-30"; },
     "/trackedEntities/0/attributes/4/value", "must be a date that exists, as YYYY-MM-DD"},
    {"no_date", [](Json& d) { attribute(d, "NI0QRzJvQ0k") = "yesterday"; }, "/trackedEntities/0/attributes/4/value",
     "must be a date that exists, as YYYY-MM-DD"},
    {"dead_before_born",
     [](Json& d) {
         d = death();
         attribute(d, "whdKMBo0pZx") = "1950-12-31";
     },
     "/trackedEntities/0/attributes/9/value", "must not be before the date of birth"},
};

class Dhis2Bad : public testing::TestWithParam<Bad> {};

TEST_P(Dhis2Bad, IsRefusedWithItsPlace) {
    auto document = birth();
    GetParam().spoil(document);
    const auto got = read(document);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::bad_request);
    EXPECT_EQ(got.error().path, GetParam().path);
    EXPECT_EQ(got.error().message, GetParam().message);
}
INSTANTIATE_TEST_SUITE_P(Rows, Dhis2Bad, testing::ValuesIn(bad_rows),
                         [](const auto& row) { return std::string(row.param.label); });

TEST(Dhis2Read, ReasonsThatContradictTheStageAreTold) {
    auto document = birth();
    attribute(document, "ArHk8hosBBh") = "3";
    const auto got = read(document);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->account.warnings,
              (std::vector<Account::Note>{{place(document, "ArHk8hosBBh"),
                                           "this says another kind of event than the stage; the stage's is kept"}}));
}

TEST(Dhis2Read, SexSaidTwiceDifferentlyIsTold) {
    auto document = birth();
    attribute(document, "u0dqjGQ3Z80") = "true";
    const auto got = read(document);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->event.persons.at("child").gender, "female");
    const Account::Note lost{place(document, "u0dqjGQ3Z80"), "another value was taken in its place"};
    EXPECT_NE(std::find(got->account.dropped.begin(), got->account.dropped.end(), lost), got->account.dropped.end());
    attribute(document, "oindugucx72") = "";
    EXPECT_EQ(read(document)->event.persons.at("child").gender, "unknown");
}

}  // namespace
