// SPDX-License-Identifier: MPL-2.0
// The mother as a tracked entity of her own, joined to the child's by a relationship (external-systems.md 3.3).
#include "fixtures.hpp"
#include "formats/dhis2/read.hpp"

#include <algorithm>

using namespace ocm;
using namespace ocm::test;

namespace {

dhis2::Mapping mapping() {
    auto parsed = dhis2::parse_mapping(R"({"version":"1","programs":[{"program":"cHiLdPrOg01","stages":[{
        "stage":"bIrThStAgE1","event":"birth",
        "fields":[{"to":"child.given","attribute":"gIvEn000001"},{"to":"mother.phone","attribute":"pHoNe000001"}],
        "relationships":[{"type":"mOtHeRcHiLd","role":"mother","fields":[
          {"to":"given","attribute":"gIvEn000001"},{"to":"family","attribute":"fAmIlY00001"},
          {"to":"birth_date","attribute":"bOrN0000001"},{"to":"phone","attribute":"pHoNe000001"},
          {"to":"marital_status","attribute":"mArItAl0001","codes":{"M":"MARRIED","S":"SINGLE"}}]}],
        "contacts":[{"informant":true,"roles":{"MOTHER":"mother"},"fields":[
          {"to":"relation","attribute":"rElAtIoN001"},{"to":"given","attribute":"cOnTaCt0001"}]}]}]}]})");
    EXPECT_TRUE(parsed) << parsed.error().message;
    return parsed.value_or(dhis2::Mapping());
}

Json child() {
    return parse_json(R"({"trackedEntities":[{"trackedEntity":"cHiLd000001",
        "attributes":[{"attribute":"gIvEn000001","value":"Tala"}],
        "enrollments":[{"enrollment":"e1","program":"cHiLdPrOg01","status":"ACTIVE","events":[
          {"event":"v1","programStage":"bIrThStAgE1","status":"COMPLETED","dataValues":[]}]}],
        "relationships":[{"relationship":"r1","relationshipType":"mOtHeRcHiLd","relationshipName":"Mother-Child",
          "bidirectional":true,
          "from":{"trackedEntity":{"trackedEntity":"cHiLd000001","attributes":[{"attribute":"gIvEn000001","value":"Tala"}]}},
          "to":{"trackedEntity":{"trackedEntity":"mOtHeR00001","orgUnit":"hOsPiTaL001","attributes":[
            {"attribute":"gIvEn000001","displayName":"First name","value":"Ruth"},
            {"attribute":"fAmIlY00001","value":"Mwansa"},{"attribute":"bOrN0000001","value":"1998-05-02"},
            {"attribute":"pHoNe000001","value":"0700000001"},{"attribute":"mArItAl0001","value":"M"},
            {"attribute":"hEiGhT00001","value":"160"}]}}}]}]})")
        .value();
}
Json& relationship(Json& document) {
    return document["trackedEntities"][0]["relationships"][0];
}
void say(Json& document, const char* attribute, const char* value) {
    document["trackedEntities"][0]["attributes"].push_back({{"attribute", attribute}, {"value", value}});
}

const std::string to = "/trackedEntities/0/relationships/0/to/trackedEntity";

bool holds(const std::vector<Account::Note>& notes, const std::string& path, const std::string& why) {
    return std::find(notes.begin(), notes.end(), Account::Note{path, why}) != notes.end();
}

TEST(Dhis2Relationship, TheMotherIsReadFromHerOwnEntity) {
    const auto got = dhis2::read_first(child(), mapping());
    ASSERT_TRUE(got) << got.error().message;
    Person mother;
    mother.names = {{{"Ruth"}, "Mwansa", ""}};
    mother.birth_date = "1998-05-02";
    mother.phone = "0700000001";
    mother.marital_status = "MARRIED";
    EXPECT_EQ(got->event.persons.at("mother"), mother);
    EXPECT_EQ(got->event.persons.at("child").names.at(0).given, std::vector<std::string>{"Tala"});
    EXPECT_EQ(
        got->account.dropped,
        (std::vector<Account::Note>{{to + "/attributes/5/value", "the mapping has no place for this attribute"}}));
    EXPECT_TRUE(got->account.warnings.empty());
    EXPECT_EQ(got->account.carried.size(), 6u) << dump_json(got->account.to_json());
}

TEST(Dhis2Relationship, EitherEndMayBeTheMother) {
    auto document = child();
    std::swap(relationship(document)["from"], relationship(document)["to"]);
    EXPECT_EQ(dhis2::read_first(document, mapping())->event, dhis2::read_first(child(), mapping())->event);
    relationship(document)["to"] = {{"trackedEntity", "cHiLd000001"}};
    EXPECT_EQ(dhis2::read_first(document, mapping())->event, dhis2::read_first(child(), mapping())->event);
}

TEST(Dhis2Relationship, OfAnotherTypeIsLeftOutAndTold) {
    auto document = child();
    relationship(document)["relationshipType"] = "aUnTnEpHeW1";
    const auto got = dhis2::read_first(document, mapping());
    ASSERT_TRUE(got);
    EXPECT_FALSE(got->event.persons.contains("mother"));
    EXPECT_TRUE(std::any_of(got->account.dropped.begin(), got->account.dropped.end(),
                            [](const auto& note) { return note.path == to + "/attributes/0/value"; }));
}

TEST(Dhis2Relationship, OfThePastSaysNothing) {
    auto document = child();
    relationship(document)["deleted"] = true;
    const auto got = dhis2::read_first(document, mapping());
    ASSERT_TRUE(got);
    EXPECT_FALSE(got->event.persons.contains("mother"));
    EXPECT_TRUE(got->account.dropped.empty());
}

TEST(Dhis2Relationship, WithoutAttributesIsTold) {
    auto document = child();
    relationship(document)["to"] = {{"trackedEntity", "mOtHeR00001"}};
    const auto got = dhis2::read_first(document, mapping());
    ASSERT_TRUE(got);
    EXPECT_FALSE(got->event.persons.contains("mother"));
    EXPECT_EQ(got->account.warnings,
              (std::vector<Account::Note>{{"/trackedEntities/0/relationships/0",
                                           "the related tracked entity came without attributes: ask DHIS2 for them"}}));
}

TEST(Dhis2Relationship, TwoMothersAreToldAndTheFirstKept) {
    auto document = child();
    auto second = relationship(document);
    second["to"]["trackedEntity"]["trackedEntity"] = "mOtHeR00002";
    second["to"]["trackedEntity"]["attributes"][0]["value"] = "Agnes";
    document["trackedEntities"][0]["relationships"].push_back(second);
    const auto got = dhis2::read_first(document, mapping());
    ASSERT_TRUE(got);
    EXPECT_EQ(got->event, dhis2::read_first(child(), mapping())->event);
    EXPECT_TRUE(holds(got->account.warnings, "/trackedEntities/0/relationships/1",
                      "two tracked entities are said to be the same person; the first is kept"));
    EXPECT_TRUE(std::any_of(got->account.dropped.begin(), got->account.dropped.end(), [](const auto& note) {
        return note.path == "/trackedEntities/0/relationships/1/to/trackedEntity/attributes/0/value";
    }));
}

TEST(Dhis2Relationship, WhatTheChildsEntitySaysOfHerComesFirst) {
    auto document = child();
    say(document, "pHoNe000001", "0700000009");
    const auto got = dhis2::read_first(document, mapping());
    ASSERT_TRUE(got);
    EXPECT_EQ(got->event.persons.at("mother").phone, "0700000009");
    EXPECT_EQ(got->event.persons.at("mother").names.at(0).family, "Mwansa");
    EXPECT_TRUE(holds(got->account.dropped, to + "/attributes/3/value", "another value was taken in its place"));
}

TEST(Dhis2Relationship, SheMayBeTheInformantToo) {
    auto document = child();
    say(document, "rElAtIoN001", "MOTHER");
    say(document, "cOnTaCt0001", "R. Mwansa");
    const auto got = dhis2::read_first(document, mapping());
    ASSERT_TRUE(got);
    EXPECT_EQ(got->event.informant.relation, "MOTHER");
    EXPECT_EQ(got->event.persons.at("mother").names.at(0).given, std::vector<std::string>{"Ruth"});
    EXPECT_TRUE(holds(got->account.dropped, "/trackedEntities/0/attributes/2/value",
                      "the person's own tracked entity was taken"));
    EXPECT_TRUE(got->account.warnings.empty());
}

TEST(Dhis2Relationship, AMotherYoungerThanHerChildIsTold) {
    auto own = mapping();
    dhis2::Row born;
    born.to = "child.birth_date";
    born.from = {dhis2::Source::Kind::attribute, "bOrN0000001"};
    own.programs[0].stages[0].rows.push_back(born);
    auto document = child();
    say(document, "bOrN0000001", "1990-01-01");
    const auto got = dhis2::read_first(document, own);
    ASSERT_TRUE(got);
    EXPECT_TRUE(holds(got->account.warnings, "/trackedEntities/0/attributes/1/value",
                      "the birth is earlier than the mother's own"));
    relationship(document)["to"]["trackedEntity"]["attributes"][2]["value"] = "1998-02-30";
    const auto bad = dhis2::read_first(document, own);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().path, to + "/attributes/2/value");
    EXPECT_EQ(bad.error().message, "must be a date that exists, as YYYY-MM-DD");
}

TEST(Dhis2Relationship, ShapesOfNoUseDoNoHarm) {
    for (const auto& odd : {Json(7), Json::array({1}), Json::array({Json::object()}),
                            Json::array({{{"relationshipType", "mOtHeRcHiLd"}}}),
                            Json::array({{{"relationshipType", "mOtHeRcHiLd"}, {"to", "x"}, {"from", Json::array()}}}),
                            Json::array({{{"relationshipType", "mOtHeRcHiLd"},
                                          {"to", {{"trackedEntity", {{"attributes", {1, {{"value", 2}}}}}}}}}})}) {
        auto document = child();
        document["trackedEntities"][0]["relationships"] = odd;
        const auto got = dhis2::read_first(document, mapping());
        ASSERT_TRUE(got) << dump_json(odd);
        EXPECT_FALSE(got->event.persons.contains("mother")) << dump_json(odd);
    }
}

}  // namespace
