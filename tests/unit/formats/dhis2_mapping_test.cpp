// SPDX-License-Identifier: MPL-2.0
#include "fixtures.hpp"
#include "formats/dhis2/codes.hpp"
#include "formats/dhis2/mapping.hpp"
#include "formats/dhis2/read.hpp"

using namespace ocm;
using namespace ocm::test;

namespace {

dhis2::Mapping clinic() {
    auto parsed = dhis2::parse_mapping(file_text(format_data() / "dhis2-clinic.mapping.json"));
    EXPECT_TRUE(parsed) << parsed.error().message;
    return parsed.value_or(dhis2::Mapping());
}

Json maternity() {
    return parse_json(R"({"trackedEntities":[{"trackedEntity":"mOtHeR00001","updatedAt":"2026-01-15T08:00:00.000",
        "attributes":[{"attribute":"mGiVeN00001","value":"Ruth"},{"attribute":"mFaMiLy0001","value":"Mwansa"},
                      {"attribute":"mBoRn000001","value":"1998-05-02"}],
        "enrollments":[{"enrollment":"eNrOlL00001","program":"mAtErNiTy01","status":"ACTIVE","events":[
          {"event":"eVeNt000001","programStage":"dElIvErY001","status":"VISITED","orgUnit":"hOsPiTaL001",
           "occurredAt":"2026-01-14T00:00:00.000","updatedAt":"2026-01-16T08:00:00.000",
           "dataValues":[{"dataElement":"sEx00000001","value":"2"},{"dataElement":"wEiGhT00001","value":3.2},
                         {"dataElement":"pLuRaL00001","value":2},{"dataElement":"pReViOuS001","value":"1"},
                         {"dataElement":"wRiTeBaCk01","value":"TRK"}]},
          {"event":"eVeNt000002","programStage":"dElIvErY001","status":"VISITED","orgUnit":"hOsPiTaL001",
           "occurredAt":"2026-01-14T00:00:00.000","dataValues":[{"dataElement":"sEx00000001","value":"1"}]}]}]}]})")
        .value();
}

TEST(Dhis2Mapping, ReadsAProgramOfACountrysOwn) {
    const auto mapping = clinic();
    const auto document = maternity();
    const auto entities = dhis2::entities(document, mapping);
    ASSERT_TRUE(entities);
    ASSERT_EQ(entities->size(), 1u);
    ASSERT_EQ(entities->front().units.size(), 2u);
    const auto got = dhis2::read(document, entities->front().units[0], mapping);
    ASSERT_TRUE(got) << got.error().message;
    const auto& event = got->event;
    EXPECT_EQ(event.source,
              (Source{"dhis2/hmis", "", "mOtHeR00001/mAtErNiTy01/birth/eVeNt000001", "2026-01-16T08:00:00.000"}));
    EXPECT_EQ(event.persons.at("mother").names.at(0).given.at(0), "Ruth");
    EXPECT_EQ(event.persons.at("mother").multiple_birth, 1);
    EXPECT_EQ(event.persons.at("child").gender, "female");
    EXPECT_EQ(event.persons.at("child").birth_date, "2026-01-14");
    EXPECT_EQ(event.birth.weight_grams, 3200);
    EXPECT_EQ(event.birth.birth_type, "TWIN");
    EXPECT_EQ(event.place->location, "hOsPiTaL001");
    EXPECT_TRUE(got->account.dropped.empty()) << dump_json(got->account.to_json());
    EXPECT_EQ(dhis2::read(document, entities->front().units[1], mapping)->event.source.record,
              "mOtHeR00001/mAtErNiTy01/birth/eVeNt000002");
}

TEST(Dhis2Mapping, AMotherYoungerThanHerChildIsTold) {
    auto document = maternity();
    document["trackedEntities"][0]["attributes"][2]["value"] = "2027-05-02";
    const auto got = dhis2::read_first(document, clinic());
    ASSERT_TRUE(got);
    EXPECT_EQ(got->account.warnings,
              (std::vector<Account::Note>{{"/trackedEntities/0/enrollments/0/events/0/occurredAt",
                                           "the birth is earlier than the mother's own"}}));
}

TEST(Dhis2Mapping, EachEventAloneIsReadTheSame) {
    const auto mapping = clinic();
    const auto document = maternity();
    const auto entities = dhis2::entities(document, mapping).value();
    const auto& unit = entities[0].units[1];
    const auto alone = dhis2::alone(unit);
    const auto got = dhis2::read_first(alone, mapping);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->event, dhis2::read(document, unit, mapping)->event);
    EXPECT_EQ(dhis2::in_whole(unit, entities[0], "/trackedEntities/0/enrollments/0/events/0/dataValues/0/value"),
              "/trackedEntities/0/enrollments/0/events/1/dataValues/0/value");
    EXPECT_EQ(dhis2::in_whole(unit, entities[0], "/trackedEntities/0/attributes/0"), "/trackedEntities/0/attributes/0");
    EXPECT_EQ(dhis2::in_whole(unit, entities[0], "child.nid"), "child.nid");
}

TEST(Dhis2Mapping, IsAddedToTheShippedOne) {
    EXPECT_EQ(dhis2::shipped_mapping().programs.size(), 1u);
    auto own = clinic();
    const auto all = dhis2::with_shipped(own);
    EXPECT_NE(all.program("mAtErNiTy01"), nullptr);
    EXPECT_NE(all.program("FTBBLOT3sO7"), nullptr);
    own.programs[0].id = "FTBBLOT3sO7";
    const auto replaced = dhis2::with_shipped(own);
    EXPECT_EQ(replaced.programs.size(), 1u);
    EXPECT_EQ(replaced.program("FTBBLOT3sO7")->stages[0].id, "dElIvErY001");
}

struct Bad {
    const char* label;
    const char* pointer;
    const char* value;
    const char* problem;
};
void PrintTo(const Bad& row, std::ostream* out) {
    *out << row.label;
}
class BadMapping : public testing::TestWithParam<Bad> {};

TEST_P(BadMapping, IsRefusedWithItsPlace) {
    auto json =
        parse_json(file_text(format_data() / "dhis2-clinic.mapping.json"), config_json_limits, JsonComments::allow)
            .value();
    json[Json::json_pointer(GetParam().pointer)] = parse_json(GetParam().value).value();
    const auto parsed = dhis2::parse_mapping(dump_json(json));
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().message, GetParam().problem);
}
#define OCM_STAGE "/programs/0/stages/0"
INSTANTIATE_TEST_SUITE_P(
    Rows, BadMapping,
    testing::Values(
        Bad{"version", "/version", "\"2\"", "/version must be \"1\""},
        Bad{"unknown", "/extra", "1", "/extra is not known here"},
        Bad{"programs", "/programs", "{}", "/programs must be an array"},
        Bad{"program", "/programs/0/program", "7", "/programs/0/program must be text"},
        Bad{"event", OCM_STAGE "/event", "\"wedding\"", OCM_STAGE "/event must be one of birth, death, fetal-death"},
        Bad{"to", OCM_STAGE "/fields/0/to", "\"mother.colour\"",
            OCM_STAGE "/fields/0/to is not a name a value can be sent to"},
        Bad{"two_sources", OCM_STAGE "/fields/0/data_element", "\"x\"",
            OCM_STAGE "/fields/0 must have one of attribute, data_element, org_unit, occurred_at, completed_at"},
        Bad{"part", OCM_STAGE "/fields/5/occurred_at", "\"tracked_entity\"",
            OCM_STAGE "/fields/5 must say event or enrollment (org_unit also tracked_entity)"},
        Bad{"unit", OCM_STAGE "/fields/6/unit", "\"lb\"", OCM_STAGE "/fields/6/unit must be g or kg, of birth.weight"},
        Bad{"codes", OCM_STAGE "/fields/4/codes/1", "true", OCM_STAGE "/fields/4/codes/1 must be text or null"},
        Bad{"codes_list", OCM_STAGE "/fields/4/codes", "[]", OCM_STAGE "/fields/4/codes must be an object"},
        Bad{"when", OCM_STAGE "/fields/0/when", "{\"place\":[\"x\"]}", OCM_STAGE "/fields/0/when is not such a name"},
        Bad{"roles", OCM_STAGE "/contacts", R"([{"roles":{"MOTHER":"aunt"},"fields":[]}])",
            OCM_STAGE "/contacts/0/roles/MOTHER is not a role"},
        Bad{"roles_list", OCM_STAGE "/contacts", R"([{"roles":[1],"fields":[]}])",
            OCM_STAGE "/contacts/0/roles must be an object"},
        Bad{"relationship_without_a_type", OCM_STAGE "/relationships", R"([{"role":"mother","fields":[]}])",
            OCM_STAGE "/relationships/0/type is required"},
        Bad{"relationship_of_no_role", OCM_STAGE "/relationships", R"([{"type":"x","role":"aunt","fields":[]}])",
            OCM_STAGE "/relationships/0/role is not a role"},
        Bad{"relationship_of_values", OCM_STAGE "/relationships",
            R"([{"type":"x","role":"mother","fields":[{"to":"relation","data_element":"y"}]}])",
            OCM_STAGE "/relationships/0/fields/0/to is not a name a value can be sent to; " OCM_STAGE
                      "/relationships/0/fields/0 must have an attribute of the related entity"},
        Bad{"relationship_with_conditions", OCM_STAGE "/relationships",
            R"([{"type":"x","role":"mother","fields":[{"to":"given","attribute":"y","unless":"office"}]}])",
            OCM_STAGE "/relationships/0/fields/0 cannot have unless or when"},
        Bad{"several", OCM_STAGE "/stage", "null", OCM_STAGE "/stage must be text"}),
    [](const auto& row) { return std::string(row.param.label); });

TEST(Dhis2Mapping, SaysWhatIsNoJson) {
    EXPECT_EQ(dhis2::parse_mapping("{").error().code, ErrorCode::bad_request);
    EXPECT_EQ(dhis2::parse_mapping("[]").error().message,
              "/ must be an object; /version must be \"1\"; /programs is required");
}

TEST(Dhis2Codes, ValuesThatDoNotFitMakeNobody) {
    VitalEvent event;
    EXPECT_EQ(dhis2::set_event(event, "mother.age", "many"), dhis2::Set::unfit);
    EXPECT_EQ(dhis2::set_event(event, "father.birth_date", "once"), dhis2::Set::not_a_date);
    EXPECT_EQ(dhis2::set_event(event, "nobody.age", "1"), dhis2::Set::unfit);
    EXPECT_EQ(dhis2::set_event(event, "death.cause_established", "maybe"), dhis2::Set::unfit);
    EXPECT_EQ(event, VitalEvent{});
    EXPECT_EQ(dhis2::set_event(event, "mother.age", "31"), dhis2::Set::done);
    EXPECT_EQ(event.persons.at("mother").age, Age{31});
}

}  // namespace
