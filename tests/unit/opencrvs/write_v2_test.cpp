// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/write_v2.hpp"

#include "fixtures.hpp"
#include "notify_check.hpp"

#include <gmock/gmock.h>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

namespace {

Json json(std::string_view text) {
    return parse_json(text).value();
}

std::chrono::year_month_day today() {
    return std::chrono::floor<std::chrono::days>(now());
}

Person named(std::string given, std::string family) {
    Person out;
    out.names.push_back({{std::move(given)}, std::move(family), "en"});
    return out;
}

Address home() {
    Address out;
    out.type = "PRIMARY_ADDRESS";
    out.country = "FAR";
    out.areas = {province, district, village};
    out.number = "12";
    out.street = "Market Road";
    out.residential_area = "North";
    out.town = "Ibombo";
    out.postal_code = "10101";
    return out;
}

/// The birth of opencrvs.md 7.5.
VitalEvent birth() {
    VitalEvent event;
    auto& child = event.persons[role::child] = named("Tala", "Mwansa");
    child.gender = "female";
    child.birth_date = "2026-01-14";
    event.place = Place{"HEALTH_FACILITY", facility, std::nullopt};
    event.birth = {"SINGLE", 3200, "MIDWIFE", {}, {}, {}};
    event.informant = {"MOTHER", {}, "+260700000001", "contact@example.org", {}};
    auto& mother = event.persons[role::mother] = named("Ruth", "Mwansa");
    mother.birth_date = "1998-05-02";
    mother.nationality = "FAR";
    mother.identifiers = {{"NATIONAL_ID", "4410098765"}};
    mother.addresses = {home()};
    mother.marital_status = "MARRIED";
    event.persons[role::father].unavailable_reason = "Not known to the facility";
    event.comment = "Sent by the facility system";
    return event;
}

/// The death of opencrvs.md 7.6.
VitalEvent death() {
    VitalEvent event;
    event.kind = VitalKind::death;
    auto& deceased = event.persons[role::deceased] = named("Joseph", "Banda");
    deceased.gender = "male";
    deceased.birth_date = "1951-03-09";
    deceased.nationality = "FAR";
    deceased.identifiers = {{"NATIONAL_ID", "5520012345"}};
    deceased.marital_status = "MARRIED";
    Address address;
    address.country = "FAR";
    address.areas = {province, district, village};
    deceased.addresses = {address};
    event.date = "2026-01-19";
    event.place = Place{"HEALTH_FACILITY", facility, std::nullopt};
    event.death.manner = "NATURAL_CAUSES";
    event.death.cause_established = true;
    event.death.cause_method = "PHYSICIAN";
    event.death.male_dependants = 1;
    event.death.female_dependants = 1;
    event.informant = {"SPOUSE", {}, "+260700000002", "contact@example.org", {}};
    auto& spouse = event.persons[role::spouse] = named("Mary", "Banda");
    spouse.birth_date = "1956-11-30";
    spouse.nationality = "FAR";
    spouse.addresses = {address};
    event.custom["death.spouse.spouse-view-group.spouseIdType"] = "NONE";
    return event;
}

Written written(const VitalEvent& event, const FormConfig& form = farajaland_form()) {
    auto out = write(event, farajaland_map(), form, places(), now());
    EXPECT_TRUE(out) << (out ? "" : out.error().message + " at " + out.error().path);
    if (!out) return {};
    EXPECT_THAT(notify_problems(*form.find(out->event_type), out->declaration, out->annotation, today()), IsEmpty());
    return *out;
}

testing::Matcher<std::vector<Account::Note>> has(const std::string& path) {
    return Contains(Field(&Account::Note::path, path));
}
std::string comment(const Written& out) {
    return std::string(text_member(out.annotation, "review.comment"));
}

}  // namespace

TEST(WriteV2, TheBirthOfTheContract) {
    const auto out = written(birth());
    EXPECT_EQ(out.event_type, "birth");
    EXPECT_EQ(out.created_at_location, village_office);
    EXPECT_EQ(out.declaration, json(R"({
    "child.name": { "firstname": "Tala", "surname": "Mwansa" }, "child.gender": "female", "child.dob": "2026-01-14",
    "child.placeOfBirth": "HEALTH_FACILITY",
    "child.birthLocation": "cccccccc-0000-4000-8000-000000000001",
    "child.birthLocationId": "cccccccc-0000-4000-8000-000000000001",
    "child.attendantAtBirth": "MIDWIFE", "child.birthType": "SINGLE", "child.weightAtBirth": 3.2,
    "informant.relation": "MOTHER", "informant.phoneNo": "0700000001", "informant.email": "contact@example.org",
    "mother.name": { "firstname": "Ruth", "surname": "Mwansa" }, "mother.dob": "1998-05-02",
    "mother.nationality": "FAR", "mother.idType": "NATIONAL_ID", "mother.nid": "4410098765",
    "mother.address": { "country": "FAR", "addressType": "DOMESTIC",
      "administrativeArea": "bbbbbbbb-0000-4000-8000-000000000002",
      "streetLevelDetails": { "town": "Ibombo", "residentialArea": "North", "street": "Market Road", "number": "12", "zipCode": "10101" } },
    "mother.maritalStatus": "MARRIED",
    "father.detailsNotAvailable": true, "father.reason": "Not known to the facility" })"));
    EXPECT_EQ(out.annotation, json(R"({ "review.comment": "Sent by the facility system" })"));
    EXPECT_THAT(out.account.dropped, IsEmpty()) << dump_json(out.account.to_json());
    EXPECT_THAT(out.account.warnings, IsEmpty());
    EXPECT_EQ(out.account.carried.size(), out.declaration.size() + out.annotation.size());
}

TEST(WriteV2, TheDeathOfTheContract) {
    const auto out = written(death());
    EXPECT_EQ(out.event_type, "death");
    EXPECT_EQ(out.declaration, json(R"({
    "deceased.name": { "firstname": "Joseph", "surname": "Banda" }, "deceased.gender": "male",
    "deceased.dob": "1951-03-09", "deceased.nationality": "FAR", "deceased.idType": "NATIONAL_ID",
    "deceased.nid": "5520012345", "deceased.maritalStatus": "MARRIED", "deceased.numberOfDependants": 2,
    "deceased.address": { "country": "FAR", "addressType": "DOMESTIC", "administrativeArea": "bbbbbbbb-0000-4000-8000-000000000002" },
    "eventDetails.date": "2026-01-19", "eventDetails.placeOfDeath": "HEALTH_FACILITY",
    "eventDetails.deathLocation": "cccccccc-0000-4000-8000-000000000001",
    "eventDetails.deathLocationId": "cccccccc-0000-4000-8000-000000000001",
    "eventDetails.mannerOfDeath": "MANNER_NATURAL", "eventDetails.causeOfDeathEstablished": true,
    "eventDetails.sourceCauseDeath": "PHYSICIAN",
    "informant.relation": "SPOUSE", "informant.phoneNo": "0700000002", "informant.email": "contact@example.org",
    "spouse.name": { "firstname": "Mary", "surname": "Banda" }, "spouse.dob": "1956-11-30",
    "spouse.nationality": "FAR", "spouse.idType": "NONE", "spouse.addressSameAs": "YES" })"));
    EXPECT_EQ(out.annotation, Json::object());
    EXPECT_THAT(out.account.dropped, IsEmpty()) << dump_json(out.account.to_json());
    EXPECT_THAT(out.account.recoded, has("death.manner"));
    EXPECT_THAT(out.account.recoded, has("spouse.primary_address"));
}

TEST(WriteV2, WritesForTheFormsOfOneNineToo) {
    if (samples().empty()) GTEST_SKIP() << "the real event configuration is absent: set OCM_SAMPLES";
    const auto form = FormConfig::from_answer(slurp(samples() / "opencrvs-1.9/events-config.json")).value();
    auto expected = written(birth()).declaration;
    expected.erase("child.birthLocationId");
    EXPECT_EQ(written(birth(), form).declaration, expected);
    expected = written(death()).declaration;
    expected.erase("eventDetails.deathLocationId");
    EXPECT_EQ(written(death(), form).declaration, expected);
}

// Places and offices.

struct Refused {
    const char* label;
    void (*change)(VitalEvent&);
    const char* path;
};
class Refusals : public testing::TestWithParam<Refused> {};
TEST_P(Refusals, NameThePathAndNeverTheValue) {
    auto event = birth();
    GetParam().change(event);
    const auto out = write(event, farajaland_map(), farajaland_form(), places(), now());
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().code, ErrorCode::bad_request);
    EXPECT_EQ(out.error().path, GetParam().path);
    EXPECT_THAT(out.error().message, Not(HasSubstr("cccc")));
    EXPECT_THAT(out.error().message, Not(HasSubstr("elsewhere")));
}
INSTANTIATE_TEST_SUITE_P(
    Rows, Refusals,
    testing::Values(
        Refused{"unknown_facility", [](VitalEvent& e) { e.place->location = "elsewhere"; }, "place.location"},
        Refused{"closed_facility", [](VitalEvent& e) { e.place->location = closed_facility; }, "place.location"},
        Refused{"office_as_facility", [](VitalEvent& e) { e.place->location = village_office; }, "place.location"},
        Refused{"area_as_facility", [](VitalEvent& e) { e.place->location = village; }, "place.location"},
        Refused{"unknown_office", [](VitalEvent& e) { e.office = "elsewhere"; }, "office"},
        Refused{"closed_office", [](VitalEvent& e) { e.office = closed_office; }, "office"},
        Refused{"facility_as_office", [](VitalEvent& e) { e.office = facility; }, "office"},
        Refused{"no_office",
                [](VitalEvent& e) {
                    e.place.reset();
                    e.persons.erase(role::mother);
                },
                "office"},
        Refused{"no_form", [](VitalEvent& e) { e.kind = VitalKind::marriage; }, "kind"}),
    [](const auto& row) { return std::string(row.param.label); });

TEST(WriteV2, RefusesAFacilityOfAKindTheFormDoesNotTake) {
    const Places two(
        {{village_office, "", "", village, "CRVS_OFFICE", {}}, {facility, "", "", village, "MORTUARY", {}}},
        {{village, "", "", "", {}}});
    const auto out = write(birth(), farajaland_map(), farajaland_form(), two, now());
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().path, refusal::location);
}

TEST(WriteV2, ChoosesTheOffice) {
    auto event = birth();
    event.office = "OFF-2";
    EXPECT_EQ(written(event).created_at_location, district_office) << "the one the event names";
    event.office.reset();
    event.place->location = remote_facility;
    EXPECT_EQ(written(event).created_at_location, district_office) << "the one above the facility";
    event.place = Place{"PRIVATE_HOME", {}, home()};
    EXPECT_EQ(written(event).created_at_location, village_office) << "the one of the address";
    event.place.reset();
    EXPECT_EQ(written(event).created_at_location, village_office) << "the one of the mother";
}

TEST(WriteV2, FindsAFacilityByItsCode) {
    auto event = birth();
    event.place->location = "HF-1";
    const auto out = written(event);
    EXPECT_EQ(out.declaration["child.birthLocation"], facility);
    EXPECT_THAT(out.account.recoded, has("place.location"));
}

TEST(WriteV2, BirthsAtHomeAndElsewhere) {
    auto event = birth();
    event.place = Place{"PRIVATE_HOME", {}, home()};
    auto out = written(event);
    EXPECT_EQ(out.declaration["child.placeOfBirth"], "PRIVATE_HOME");
    EXPECT_EQ(out.declaration["child.birthLocation.privateHome"]["administrativeArea"], village);
    EXPECT_EQ(out.declaration["child.birthLocationId"], village);
    EXPECT_FALSE(out.declaration.contains("child.birthLocation"));
    event.place->kind = "OTHER";
    out = written(event);
    EXPECT_TRUE(out.declaration.contains("child.birthLocation.other"));
    EXPECT_FALSE(out.declaration.contains("child.birthLocation.privateHome"));
    event.place->kind.reset();
    out = written(event);
    EXPECT_EQ(out.declaration["child.placeOfBirth"], "OTHER");
    EXPECT_THAT(out.account.recoded, has("place.kind"));
}

TEST(WriteV2, DeathAtTheUsualResidenceTakesItsArea) {
    auto event = death();
    event.place = Place{"DECEASED_USUAL_RESIDENCE", {}, {}};
    const auto out = written(event);
    EXPECT_EQ(out.declaration["eventDetails.deathLocationId"], village);
    EXPECT_FALSE(out.declaration.contains("eventDetails.deathLocation"));
    EXPECT_EQ(out.created_at_location, village_office);
}

TEST(WriteV2, DeathInAPrivateHomeIsAnotherPlace) {
    auto event = death();
    event.place = Place{"PRIVATE_HOME", {}, home()};
    const auto out = written(event);
    EXPECT_EQ(out.declaration["eventDetails.placeOfDeath"], "OTHER");
    EXPECT_EQ(out.declaration["eventDetails.deathLocationOther"]["administrativeArea"], village);
    EXPECT_EQ(out.declaration["eventDetails.deathLocationId"], village);
    EXPECT_THAT(out.account.recoded, has("place.kind"));
}

// Areas.

TEST(WriteV2, LeavesAnUnknownAreaOutWithAWarning) {
    auto event = birth();
    event.persons[role::mother].addresses[0].areas = {province, district, "elsewhere"};
    auto out = written(event);
    EXPECT_FALSE(out.declaration["mother.address"].contains("administrativeArea")) << "the district alone is too wide";
    EXPECT_THAT(out.account.warnings, has("mother.primary_address.areas"));
    event.persons[role::mother].addresses[0].areas = {"elsewhere"};
    out = written(event);
    EXPECT_FALSE(out.declaration["mother.address"].contains("administrativeArea"));
    EXPECT_EQ(out.declaration["mother.address"]["streetLevelDetails"]["town"], "Ibombo");
}

/// NOTIFY takes a district, but no registrar could declare with it (opencrvs.md 8.6.10).
TEST(WriteV2, LeavesAnAreaThatIsTooWideOutWithAWarning) {
    struct Row {
        std::vector<std::string> areas;
        std::optional<std::string> sent;
    };
    const std::vector<Row> rows{{{province}, std::nullopt},
                                {{province, district}, std::nullopt},
                                {{province, "AREA-2"}, std::nullopt},
                                {{province, district, village}, village},
                                {{province, district, "AREA-3"}, village},
                                {{village}, village}};
    for (const auto& row : rows) {
        SCOPED_TRACE(testing::PrintToString(row.areas));
        auto event = birth();
        event.persons[role::mother].addresses[0].areas = row.areas;
        const auto out = written(event);
        const auto& address = out.declaration["mother.address"];
        EXPECT_EQ(address["streetLevelDetails"]["town"], "Ibombo") << "the rest of the address stays";
        EXPECT_EQ(address.contains("administrativeArea"), row.sent.has_value());
        if (row.sent) {
            EXPECT_EQ(address["administrativeArea"], *row.sent);
        } else {
            EXPECT_THAT(out.account.dropped, has("mother.primary_address.areas"));
            EXPECT_THAT(out.account.warnings, has("mother.primary_address.areas"));
        }
    }
}

TEST(WriteV2, WritesAnAddressAbroadInTheFormsOwnKeys) {
    auto event = birth();
    auto& address = event.persons[role::mother].addresses[0];
    address.country = "KEN";
    address.areas = {"Coast", "Mombasa"};
    address.urban_or_rural = "URBAN";
    const auto out = written(event);
    EXPECT_EQ(out.declaration["mother.address"],
              json(R"({"country":"KEN","addressType":"INTERNATIONAL","streetLevelDetails":
      {"state":"Coast","district2":"Mombasa","cityOrTown":"Ibombo","addressLine1":"12","addressLine2":"Market Road","addressLine3":"North","postcodeOrZip":"10101"}})"));
    EXPECT_THAT(out.account.dropped, has("mother.primary_address.urban_or_rural"));
}

// Persons.

TEST(WriteV2, AnAbsentFatherIsNotAvailableForAReasonGivenOrOurs) {
    auto event = birth();
    event.persons.erase(role::father);
    const auto out = written(event);
    EXPECT_EQ(out.declaration["father.detailsNotAvailable"], true);
    EXPECT_EQ(out.declaration["father.reason"], "Not stated in the notification");
}

TEST(WriteV2, AnAbsentMotherWhoInformsIsNotSaidToBeUnavailable) {
    auto event = birth();
    event.persons.erase(role::mother);
    event.place->location = facility;
    const auto out = written(event);
    EXPECT_FALSE(out.declaration.contains("mother.detailsNotAvailable"));
    EXPECT_FALSE(out.declaration.contains("mother.reason"));
    EXPECT_THAT(out.account.dropped, IsEmpty()) << dump_json(out.account.to_json());
}

TEST(WriteV2, AnInformantWhoIsTheSpouseStandsForAMissingSpouse) {
    auto event = death();
    event.persons[role::informant] = event.persons[role::spouse];
    event.persons.erase(role::spouse);
    const auto out = written(event);
    EXPECT_EQ(out.declaration["spouse.name"]["firstname"], "Mary");
    EXPECT_FALSE(out.declaration.contains("informant.name"));
    EXPECT_THAT(out.account.recoded, has("informant"));
    EXPECT_THAT(out.account.dropped, IsEmpty()) << dump_json(out.account.to_json());
}

TEST(WriteV2, AnInformantWhoIsTheMotherIsNotWrittenTwice) {
    auto event = birth();
    event.persons[role::informant] = event.persons[role::mother];
    auto out = written(event);
    EXPECT_FALSE(out.declaration.contains("informant.name"));
    EXPECT_THAT(out.account.dropped, IsEmpty()) << dump_json(out.account.to_json());
    event.persons[role::informant] = named("Another", "Name");
    out = written(event);
    EXPECT_FALSE(out.declaration.contains("informant.name"));
    EXPECT_THAT(comment(out), HasSubstr("informant name: Another Name"));
}

TEST(WriteV2, AnotherInformantIsWrittenInFull) {
    auto event = birth();
    event.informant.relation = "GRANDMOTHER";
    auto& informant = event.persons[role::informant] = named("Agnes", "Phiri");
    informant.age = Age{61};
    informant.identifiers = {{"PASSPORT", "P123"}};
    informant.addresses = {home()};
    const auto out = written(event);
    EXPECT_EQ(out.declaration["informant.name"]["surname"], "Phiri");
    EXPECT_EQ(out.declaration["informant.dobUnknown"], true);
    EXPECT_EQ(out.declaration["informant.age"], json(R"({"age":61,"asOfDateRef":"child.dob"})"));
    EXPECT_EQ(out.declaration["informant.passport"], "P123");
    EXPECT_EQ(out.declaration["informant.address"]["administrativeArea"], village);
}

TEST(WriteV2, AnUnknownRelationIsAnotherOneInWords) {
    auto event = birth();
    event.informant.relation = "AUNT";
    auto out = written(event);
    EXPECT_EQ(out.declaration["informant.relation"], "OTHER");
    EXPECT_EQ(out.declaration["informant.other.relation"], "AUNT");
    EXPECT_THAT(out.account.recoded, has("informant.relation"));
    event.informant.relation = "OTHER";
    event.informant.other_relation = "Neighbour";
    out = written(event);
    EXPECT_EQ(out.declaration["informant.other.relation"], "Neighbour");
}

TEST(WriteV2, IdentifiersWithoutAFieldGoIntoTheComment) {
    auto event = birth();
    event.persons[role::mother].identifiers = {{"DRIVING_LICENSE", "D-77"}};
    auto out = written(event);
    EXPECT_EQ(out.declaration["mother.idType"], "NONE");
    EXPECT_EQ(comment(out), "Sent by the facility system\nmother identifier DRIVING_LICENSE: D-77");
    EXPECT_THAT(out.account.recoded, has("mother.identifier.DRIVING_LICENSE"));
    event.persons[role::mother].identifiers = {{"PASSPORT", "P1"}, {"NATIONAL_ID", "N1"}, {"NATIONAL_ID", "N2"}};
    out = written(event);
    EXPECT_EQ(out.declaration["mother.idType"], "PASSPORT");
    EXPECT_EQ(out.declaration["mother.passport"], "P1");
    EXPECT_FALSE(out.declaration.contains("mother.nid"));
    EXPECT_THAT(comment(out), HasSubstr("N1"));
    EXPECT_THAT(comment(out), HasSubstr("N2"));
}

TEST(WriteV2, NeverMapsTheChildsOwnIdentifier) {
    auto event = birth();
    event.persons[role::child].identifiers = {{"NATIONAL_ID", "1234567890"}};
    const auto out = written(event);
    EXPECT_FALSE(out.declaration.contains("child.nid"));
    EXPECT_THAT(out.account.dropped, has("child.identifier.NATIONAL_ID"));
}

TEST(WriteV2, TheFathersAddressIsTheMothersOnlyWhereBothAreThere) {
    auto event = birth();
    event.persons[role::father] = named("Peter", "Mwansa");
    event.persons[role::father].addresses = {home()};
    auto out = written(event);
    EXPECT_EQ(out.declaration["father.addressSameAs"], "YES");
    EXPECT_FALSE(out.declaration.contains("father.address"));
    EXPECT_THAT(out.account.recoded, has("father.primary_address"));
    event.persons[role::father].addresses[0].street = "Hill Road";
    out = written(event);
    EXPECT_EQ(out.declaration["father.addressSameAs"], "NO");
    EXPECT_EQ(out.declaration["father.address"]["streetLevelDetails"]["street"], "Hill Road");
    event.persons.erase(role::mother);
    event.informant.relation = "FATHER";
    out = written(event);
    EXPECT_FALSE(out.declaration.contains("father.addressSameAs")) << "hidden where the mother is not available";
    EXPECT_TRUE(out.declaration.contains("father.address"));
}

TEST(WriteV2, TheSpousesOwnAddressIsSaidToDiffer) {
    auto event = death();
    event.persons[role::spouse].addresses[0].town = "Elsewhere";
    const auto out = written(event);
    EXPECT_EQ(out.declaration["spouse.addressSameAs"], "NO");
    EXPECT_EQ(out.declaration["spouse.address"]["streetLevelDetails"]["town"], "Elsewhere");
}

// Values.

TEST(WriteV2, APartialDateOfBirthBecomesAnAge) {
    auto event = birth();
    event.persons[role::mother].birth_date = "1998";
    auto out = written(event);
    EXPECT_EQ(out.declaration["mother.dobUnknown"], true);
    EXPECT_EQ(out.declaration["mother.age"], json(R"({"age":28,"asOfDateRef":"child.dob"})"));
    EXPECT_FALSE(out.declaration.contains("mother.dob"));
    EXPECT_THAT(out.account.recoded, has("mother.birth_date"));
    event.persons[role::mother].birth_date = "1998-05";
    out = written(event);
    EXPECT_EQ(out.declaration["mother.age"]["age"], 27);
    event.persons[role::child].birth_date = "2026-01";
    out = written(event);
    EXPECT_FALSE(out.declaration.contains("mother.age")) << "the event has no date to count to";
    EXPECT_FALSE(out.declaration.contains("child.dob"));
    EXPECT_THAT(comment(out), HasSubstr("child birth date: 2026-01"));
    EXPECT_THAT(comment(out), HasSubstr("mother birth date: 1998-05"));
}

TEST(WriteV2, RecodesAndAccounts) {
    auto event = birth();
    event.persons[role::child].gender = "other";
    event.birth.weight_grams = 4000;
    event.informant.phone = "00260 970-000-002";
    const auto out = written(event);
    EXPECT_EQ(out.declaration["child.gender"], "unknown");
    EXPECT_EQ(dump_json(out.declaration["child.weightAtBirth"]), "4");
    EXPECT_EQ(out.declaration["informant.phoneNo"], "0970000002");
    EXPECT_THAT(out.account.recoded, has("child.gender"));
    EXPECT_THAT(out.account.recoded, has("contact.phone"));
}

TEST(WriteV2, AnUnknownCodeIsKeptInTheComment) {
    auto event = birth();
    event.birth.attendant = "DOULA";
    const auto out = written(event);
    EXPECT_FALSE(out.declaration.contains("child.attendantAtBirth"));
    EXPECT_THAT(comment(out), HasSubstr("birth attendant: DOULA"));
    EXPECT_THAT(out.account.recoded, has("birth.attendant"));
}

TEST(WriteV2, AnAddressThatIsNoEmailAddressIsKeptInTheComment) {
    for (const auto* email : {"nobody", "a@b", "@x.org", "a@x..org", "a b@x.org", ".a@x.org", "a@x.o"}) {
        auto event = birth();
        event.informant.email = email;
        const auto out = written(event);
        EXPECT_FALSE(out.declaration.contains("informant.email")) << email;
        EXPECT_THAT(comment(out), HasSubstr(email));
    }
}

TEST(WriteV2, WhatTheFormHidesIsKeptInTheComment) {
    auto event = birth();
    event.late_reason = "Flood";
    auto out = written(event);
    EXPECT_FALSE(out.declaration.contains("child.reason")) << "shown only a year later";
    EXPECT_THAT(comment(out), HasSubstr("late reason: Flood"));
    event.persons[role::child].birth_date = "2024-01-14";
    out = written(event);
    EXPECT_EQ(out.declaration["child.reason"], "Flood");
}

TEST(WriteV2, CausesOfDeathNeedAPhysicianOrACertificate) {
    auto event = death();
    event.death.cause_codes = {"I21.9", "I10"};
    auto out = written(event);
    EXPECT_EQ(out.declaration["causeOfDeathDetails.causeOfDeathA.symptom.one"],
              json(R"({"label":"Other","value":"OTHER"})"));
    EXPECT_EQ(out.declaration["causeOfDeathDetails.causeOfDeathA.symptom.one.other"], "I21.9");
    EXPECT_EQ(out.declaration["causeOfDeathDetails.causeOfDeathB.symptom.one.other"], "I10");
    event.death.cause_method = "VERBAL_AUTOPSY";
    event.death.cause_description = "Chest pain for two days";
    out = written(event);
    EXPECT_FALSE(out.declaration.contains("causeOfDeathDetails.causeOfDeathA.symptom.one"));
    EXPECT_EQ(out.declaration["eventDetails.description"], "Chest pain for two days");
    EXPECT_THAT(comment(out), HasSubstr("I21.9"));
}

TEST(WriteV2, EveryValueIsCarriedOrAccountedFor) {
    auto event = birth();
    event.birth.born_alive = 2;
    event.persons[role::mother].phone = "+260700000009";
    event.persons[role::mother].names.push_back({{"Second"}, "Name", "ny"});
    event.custom["birth.child.child-view-group.nickname"] = "T";
    event.persons[role::child].is_multiple = false;
    const auto out = written(event);
    for (const auto* path : {"birth.born_alive", "mother.phone", "mother.name[1]", "child.is_multiple",
                             "custom.birth.child.child-view-group.nickname"})
        EXPECT_THAT(out.account.dropped, has(path));
    EXPECT_THAT(dump_json(out.account.to_json()), Not(HasSubstr("Second")));
    EXPECT_THAT(dump_json(out.account.to_json()), Not(HasSubstr("260700000009")));
}

TEST(WriteV2, AFormWithoutTheFieldKeepsTheValueInTheComment) {
    const auto form = FormConfig::from_reduced(R"({"format":"opencrvs-mediator/form-config/1","events":[{"id":"birth",
      "fields":[{"id":"child.name","type":"TEXT"}],"annotation":[{"id":"review.comment","type":"TEXTAREA"}]}]})")
                          .value();
    const auto out = written(birth(), form);
    EXPECT_EQ(out.declaration, json(R"({"child.name":"Tala Mwansa"})")) << "rendered by the type the form gives it";
    EXPECT_THAT(comment(out), HasSubstr("child birth date: 2026-01-14"));
    EXPECT_THAT(out.account.dropped, has("place.location"));
}

TEST(WriteV2, AConditionOfAnUnknownKindIsTakenAsShownAndSaidSo) {
    const auto form = FormConfig::from_reduced(R"({"format":"opencrvs-mediator/form-config/1","events":[{"id":"birth",
      "conditions":[null],"fields":[{"id":"child.dob","type":"DATE","show":0}]}]})")
                          .value();
    const auto out = written(birth(), form);
    EXPECT_EQ(out.declaration["child.dob"], "2026-01-14");
    EXPECT_THAT(out.account.warnings, has("child.dob"));
}
