// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/country_draft.hpp"

#include "fixtures.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;

namespace {

const DraftOptions far_options{"FAR", "+260", "0"};

/// An invented country: other ids, other options, a marriage.
FormConfig other_country() {
    auto form = FormConfig::from_reduced(R"({"format": "opencrvs-mediator/form-config/1", "events": [
      {"id": "v2.birth", "date": "newborn.birthDate", "place": "placeOfBirthId", "conditions": [false],
       "streets": [{"domestic": ["houseNumber", "road", "villageName"], "international": ["province", "cityName"]}],
       "pages": [{"id": "newborn"}],
       "fields": [
        {"id": "newborn.name", "page": 0, "required": true, "type": "NAME"},
        {"id": "newborn.sex", "page": 0, "required": true, "type": "SELECT", "options": ["Male", "Female"]},
        {"id": "newborn.birthDate", "page": 0, "required": true, "type": "DATE"},
        {"id": "newborn.secret", "page": 0, "show": 0, "type": "TEXT"},
        {"id": "newborn.totem", "page": 0, "required": true, "type": "TEXT"},
        {"id": "placeOfBirthId", "page": 0, "type": "ALPHA_HIDDEN"},
        {"id": "birth.attendant", "page": 0, "type": "SELECT", "options": ["physician", "traditional-birth-attendant"]},
        {"id": "mother.nameOfSpouse", "page": 0, "type": "NAME"},
        {"id": "mother.mobile", "page": 0, "type": "PHONE"},
        {"id": "mother.emergencyMobile", "page": 0, "type": "PHONE"},
        {"id": "mother.photo", "page": 0, "type": "FILE"}],
       "annotation": [{"id": "review.comment", "type": "TEXTAREA"}]},
      {"id": "marriage", "date": "marriage.date", "place": "", "conditions": [], "streets": [], "pages": [{"id": "couple"}],
       "fields": [
        {"id": "marriage.date", "page": 0, "required": true, "type": "DATE"},
        {"id": "bride.name", "page": 0, "required": true, "type": "NAME"},
        {"id": "groom.name", "page": 0, "required": true, "type": "NAME"},
        {"id": "groom.dob", "page": 0, "required": true, "type": "DATE"},
        {"id": "witness1.name", "page": 0, "required": true, "type": "NAME"}],
       "annotation": []},
      {"id": "tennis-club-membership", "date": "", "place": "", "conditions": [], "streets": [], "pages": [], "fields": [],
       "annotation": []}]})");
    EXPECT_TRUE(form) << form.error().path << ": " << form.error().message;
    return form.value();
}

const DraftEvent& event_of(const Draft& draft, VitalKind kind) {
    const auto found = std::find_if(draft.events.begin(), draft.events.end(),
                                    [&](const DraftEvent& event) { return event.kind == kind; });
    if (found == draft.events.end()) throw std::runtime_error("the draft has no such event");
    return *found;
}

/// "field: mark row", for comparing.
std::vector<std::string> lines(const DraftEvent& event) {
    std::vector<std::string> out;
    for (const auto& row : event.rows) {
        out.push_back(std::string(name(row.confidence)) + " " + row.row + (row.why.empty() ? "" : " // " + row.why));
    }
    return out;
}

CountryMap parsed(const std::string& text) {
    auto map = CountryMap::parse(text);
    if (!map) {
        for (const auto& problem : map.error())
            ADD_FAILURE() << problem.path << ": " << problem.message << "\n" << text;
        return {};
    }
    return *map;
}

std::size_t count_of(const std::string& text, std::string_view what) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
    return count;
}

}  // namespace

TEST(FieldWords, AreSplitWherePeopleSeeThem) {
    using V = std::vector<std::string>;
    EXPECT_EQ(words_of("child.birthLocationId"), (V{"child", "birth", "location", "id"}));
    EXPECT_EQ(words_of("informant.id-reader"), (V{"informant", "id", "reader"}));
    EXPECT_EQ(words_of("causeOfDeathA.symptom.one"), (V{"cause", "of", "death", "a", "symptom", "one"}));
    EXPECT_EQ(words_of("NID2_value"), (V{"nid", "value"}));
    EXPECT_EQ(words_of(""), V{});
}

TEST(FieldWords, TheTypeOfAFormTellsItsEvent) {
    EXPECT_EQ(kind_of_form("v2.birth"), VitalKind::birth);
    EXPECT_EQ(kind_of_form("foetal-death"), VitalKind::fetal_death);
    EXPECT_EQ(kind_of_form("deathRegistration"), VitalKind::death);
    EXPECT_EQ(kind_of_form("marriage"), VitalKind::marriage);
    EXPECT_EQ(kind_of_form("birth-or-death"), std::nullopt);
    EXPECT_EQ(kind_of_form("tennis-club-membership"), std::nullopt);
}

TEST(CountryDraft, OfTheReferenceCountryIsItsMap) {
    const auto draft = draft_country_map(farajaland_form(), farajaland_map());
    EXPECT_EQ(draft.other_types, std::vector<std::string>{"tennis-club-membership"});
    const auto text = country_map_text(draft, far_options);
    const auto map = parsed(text);
    EXPECT_TRUE(map.check(farajaland_form()).empty());
    EXPECT_EQ(map.domestic.size(), farajaland_map().domestic.size());
    EXPECT_EQ(map.international.size(), farajaland_map().international.size());
    for (const auto& event : farajaland_map().events) {
        std::map<std::string, int> rows;
        for (const auto& row : event.rows) ++rows[row.field + " <- " + row.from.name + " > " + row.overflow];
        for (const auto& row : map.find(event.kind)->rows)
            --rows[row.field + " <- " + row.from.name + " > " + row.overflow];
        for (const auto& [row, balance] : rows) EXPECT_EQ(balance, 0) << row;
    }
}

/// The marks are worth something: drawn blind, from nothing but ids, types and options, no row that counts contradicts
/// the map that people made, and most of that map is found.
TEST(CountryDraft, BlindNoLikelyRowIsWrongAndMostAreFound) {
    const auto draft = draft_country_map(farajaland_form(), CountryMap{});
    const auto map = parsed(country_map_text(draft, far_options));
    EXPECT_TRUE(map.check(farajaland_form()).empty());
    for (const auto& event : farajaland_map().events) {
        std::map<std::string, std::vector<std::string>> known;
        for (const auto& row : event.rows) {
            if (!row.field.empty()) known[row.field].push_back(row.from.name);
        }
        std::size_t found = 0;
        for (const auto& row : map.find(event.kind)->rows) {
            const auto it = known.find(row.field);
            if (row.field.empty() || it == known.end()) {
                ADD_FAILURE() << "people left " << row.field << " alone; the draft takes " << row.from.name;
                continue;
            }
            EXPECT_THAT(it->second, testing::Contains(row.from.name)) << row.field;
            ++found;
        }
        EXPECT_GE(found * 100, known.size() * 75) << name(event.kind) << ": " << found << " of " << known.size();
    }
}

TEST(CountryDraft, OfAnotherCountry) {
    const auto draft = draft_country_map(other_country(), farajaland_map());
    const auto& birth = event_of(draft, VitalKind::birth);
    EXPECT_EQ(birth.type, "v2.birth");
    EXPECT_THAT(
        lines(birth),
        testing::ElementsAre(
            R"(likely {"field": "newborn.name", "from": "child.name", "overflow": "review.comment"})",
            R"(likely {"field": "newborn.sex", "from": "child.gender", "codes": {"female":"Female","male":"Male"}, "overflow": "review.comment"} // the form has no option for unknown, other)",
            R"(likely {"field": "newborn.birthDate", "from": "child.birth_date", "overflow": "review.comment"})",
            R"(likely {"field": "placeOfBirthId", "from": "place.jurisdiction"})",
            R"(likely {"field": "birth.attendant", "from": "birth.attendant", "codes": {"PHYSICIAN":"physician","TRADITIONAL_BIRTH_ATTENDANT":"traditional-birth-attendant"}, "overflow": "review.comment"} // the form has no option for NURSE, MIDWIFE, OTHER_PARAMEDICAL_PERSONNEL, LAYPERSON, NONE)",
            R"(guess {"field": "mother.nameOfSpouse", "from": "mother.name", "overflow": "review.comment"})",
            R"(guess {"field": "mother.mobile", "from": "mother.phone", "overflow": "review.comment"} // several fields could hold this)",
            R"(guess {"field": "mother.emergencyMobile", "from": "mother.phone", "overflow": "review.comment"})",
            R"(same {"from": "informant.identifiers", "overflow": "review.comment"})",
            R"(same {"from": "mother.identifiers", "overflow": "review.comment"})",
            R"(same {"from": "father.identifiers", "overflow": "review.comment"})",
            R"(same {"field": "review.comment", "from": "comment"})"));
    EXPECT_EQ(birth.not_matched, std::vector<std::string>{"newborn.totem"})
        << "hidden ones and files are nobody's work";
    EXPECT_THAT(lines(event_of(draft, VitalKind::marriage)),
                testing::ElementsAre(R"(likely {"field": "marriage.date", "from": "date"})",
                                     R"(likely {"field": "bride.name", "from": "bride.name"})",
                                     R"(likely {"field": "groom.name", "from": "groom.name"})",
                                     R"(likely {"field": "groom.dob", "from": "groom.birth_date"})"));
    EXPECT_EQ(event_of(draft, VitalKind::marriage).not_matched, std::vector<std::string>{"witness1.name"});
    EXPECT_EQ(draft.domestic, (StreetParts{{"number", "houseNumber"}, {"street", "road"}}));
    EXPECT_EQ(draft.international, (StreetParts{{"state_text", "province"}, {"town", "cityName"}}));
    EXPECT_EQ(draft.street_keys_not_matched, std::vector<std::string>{"villageName"});
}

TEST(CountryDraft, AGuessIsACommentUntilAPersonDecides) {
    const auto draft = draft_country_map(other_country(), farajaland_map());
    auto text = country_map_text(draft, {"ZZZ", "+999", "0"});
    const auto before = parsed(text);
    EXPECT_EQ(before.country, "ZZZ");
    EXPECT_TRUE(before.check(other_country()).empty());
    EXPECT_EQ(before.find(VitalKind::birth)->rows.size(), 9u);
    EXPECT_EQ(count_of(text, "        // {"), 3u);
    // Taking the slashes away is all it takes.
    for (auto at = text.find("        // {"); at != std::string::npos; at = text.find("        // {"))
        text.erase(at, 11);
    EXPECT_EQ(parsed(text).find(VitalKind::birth)->rows.size(), 12u);
}

TEST(CountryDraft, OfRealFormsParsesAndFits) {
    if (samples().empty()) GTEST_SKIP() << "the real event configurations are absent: set OCM_SAMPLES";
    for (const auto* version : {"opencrvs-1.9", "opencrvs-2.0"}) {
        const auto form = FormConfig::from_answer(slurp(samples() / version / "events-config.json")).value();
        const auto draft = draft_country_map(form, farajaland_map());
        const auto map = parsed(country_map_text(draft, far_options));
        EXPECT_TRUE(map.check(form).empty()) << version;
        EXPECT_EQ(map.events.size(), 2u) << version;
        for (const auto& event : draft.events) EXPECT_GT(event.rows.size(), 50u) << version;
    }
}

TEST(CountryCoverage, SaysWhatARegistrarIsLeftWith) {
    const auto map = parsed(country_map_text(draft_country_map(other_country(), farajaland_map()), far_options));
    const auto covered = coverage(map, other_country());
    ASSERT_EQ(covered.size(), 2u);
    const auto& birth = covered[0];
    EXPECT_EQ(birth.fields.size(), 10u) << "neither the hidden field nor the file is one";
    EXPECT_EQ(birth.mapped(), 6u);
    std::vector<std::string> left;
    for (const auto* field : birth.left_to_the_registrar()) left.push_back(field->field);
    EXPECT_EQ(left, std::vector<std::string>{"newborn.totem"});
    EXPECT_THAT(birth.lost, testing::Contains("mother.name"));
    EXPECT_THAT(birth.lost, testing::Contains("birth.weight_kg"));
    EXPECT_THAT(birth.lost, testing::Not(testing::Contains("death.manner")));
    EXPECT_THAT(birth.lost, testing::Not(testing::Contains("child.name")));
    EXPECT_THAT(covered[1].lost, testing::Contains("bride.birth_date"));
}

TEST(CountryCoverage, OfTheReferenceCountry) {
    for (const auto& event : coverage(farajaland_map(), farajaland_form())) {
        EXPECT_TRUE(event.has_form);
        std::vector<std::string> left;
        for (const auto* field : event.left_to_the_registrar()) left.push_back(field->field);
        EXPECT_EQ(left, std::vector<std::string>{}) << name(event.kind);
    }
}

TEST(CountryCoverage, AMapForAFormTheTargetDoesNotHave) {
    const auto covered = coverage(farajaland_map(), other_country());
    ASSERT_EQ(covered.size(), 2u);
    EXPECT_FALSE(covered[0].has_form);
    EXPECT_TRUE(covered[0].fields.empty());
}
