// SPDX-License-Identifier: MPL-2.0
#include "channels/field_policy.hpp"
#include "fixtures.hpp"
#include "formats/opencrvs_v1/webhook_read.hpp"
#include "formats/opencrvs_v1/webhook_write.hpp"
#include "formats/vital_json/vital_json.hpp"

using namespace ocm;
using namespace ocm::test;
using opencrvs_v1::read_webhook;
using opencrvs_v1::write_webhook;

namespace {

using Names = std::vector<std::string>;

RegistrationEvent heard(const std::string& name) {
    return read_webhook(json_file(format_data() / "webhook" / (name + ".json"))).value().event;
}

/// The event as a subscriber with these sections gets it.
RegistrationEvent cut(RegistrationEvent event, const Names& sections) {
    Names granted;
    for (const auto& code : sections) {
        const auto names = fields_of_permission(code).value();
        granted.insert(granted.end(), names.begin(), names.end());
    }
    event.event = permit(event.event, granted).event;
    return event;
}

opencrvs_v1::WebhookTo to(Names sections = {}) {
    return {"5b5c0000-0000-4000-8000-000000000001", std::move(sections),
            parse_rfc3339("2026-03-04T08:00:02.345Z").value()};
}

Json json_of(const std::string& body) {
    return parse_json(body).value();
}

TEST(WebhookWrite, OutOfTheCanonicalEvent) {
    auto event = heard("record-1.8");
    event.document.reset();
    event.target = "national";
    const auto written = write_webhook(event, to()).value();
    expect_golden(json_of(written.body), format_data() / "webhook" / "birth.written.json");
    expect_golden(written.account.to_json(), format_data() / "webhook" / "birth.written.account.json");
    EXPECT_EQ(
        written.body.rfind(R"({"timestamp":"2026-03-04T08:00:02.345Z","id":"5b5c0000-0000-4000-8000-000000000001",)"
                           R"("event":{"hub":{"topic":"BIRTH_REGISTERED"},"context":[{)",
                           0),
        0U);
    EXPECT_EQ(write_webhook(event, to())->body, written.body);
}

TEST(WebhookWrite, IsReadAsTheSameEvent) {
    for (const auto* name : {"record-1.8", "record-death-1.7"}) {
        auto event = heard(name);
        event.document.reset();
        auto back = read_webhook(json_of(write_webhook(event, to())->body)).value().event;
        // Its mother and father are told apart by what 1.x subscribers have: the relation and the genders.
        EXPECT_EQ(back.occurrence, event.occurrence);
        EXPECT_EQ(back.record, event.record);
        EXPECT_EQ(back.occurred_at, event.occurred_at);
        EXPECT_EQ(vital_json::write(back.event)["persons"], vital_json::write(event.event)["persons"]) << name;
        EXPECT_EQ(back.event.registration, event.event.registration);
        EXPECT_EQ(back.event.informant, event.event.informant);
        EXPECT_EQ(back.event.birth, event.event.birth);
    }
}

TEST(WebhookWrite, ASavedRecordIsCutToThePermittedSections) {
    const Names sections{"child-details", "birth-encounter"};
    const auto event = cut(heard("record-1.8"), sections);
    const auto body = write_webhook(event, to(sections))->body;
    const auto out = json_of(body);
    expect_golden(out, format_data() / "webhook" / "birth.native-cut.json");
    Names types;
    for (const auto& entry : out["event"]["context"][0]["entry"]) types.push_back(entry["resource"]["resourceType"]);
    EXPECT_EQ(types, (Names{"Task", "Patient", "Encounter"}));
    for (const auto* secret : {"Nomsa", "Peter", "9900112233", "+260700000011", "Mother well", "Composition\""})
        EXPECT_EQ(body.find(secret), std::string::npos) << secret;
}

TEST(WebhookWrite, NothingOfWhatWasNotGrantedIsInIt) {
    for (const auto* source : {"record-1.8", "filtered-1.6", "first-1.3"}) {
        const auto event = cut(heard(source), {"mother-details"});
        const auto body = write_webhook(event, to({"mother-details"}))->body;
        EXPECT_NE(body.find("Nomsa"), std::string::npos) << source;
        EXPECT_NE(body.find("2026B7Q2K1"), std::string::npos) << source;
        for (const auto* secret : {"Thandiwe", "Peter", "9900445566", "+260700000011", "Mother well"})
            EXPECT_EQ(body.find(secret), std::string::npos) << source << " " << secret;
    }
}

TEST(WebhookWrite, TheContactGoesWithTheInformant) {
    const Names sections{"informant-details"};
    const auto body = write_webhook(cut(heard("record-1.8"), sections), to(sections))->body;
    EXPECT_NE(body.find("+260700000011"), std::string::npos);
    EXPECT_NE(body.find("RelatedPerson"), std::string::npos);
    EXPECT_EQ(body.find("Nomsa"), std::string::npos);
}

TEST(WebhookWrite, ADocumentThatCannotBeCutIsWrittenFromTheEvent) {
    const Names sections{"child-details"};
    auto event = cut(heard("record-1.8"), sections);
    const auto expected = [&] {
        auto without = event;
        without.document.reset();
        return write_webhook(without, to(sections))->body;
    }();
    for (const auto* broken : {"", "{", "[]", R"({"entry":7})", R"({"entry":[7,{"resource":[]}]})"}) {
        event.document = broken;
        EXPECT_EQ(write_webhook(event, to(sections))->body, expected) << broken;
    }
}

TEST(WebhookWrite, TheFamilyNameIsAListForOldClients) {
    auto event = heard("record-1.8");
    event.document.reset();
    auto old = to();
    old.family_list = true;
    EXPECT_NE(write_webhook(event, old)->body.find(R"("family":["Tembo"])"), std::string::npos);
    EXPECT_NE(write_webhook(event, to())->body.find(R"("family":"Tembo")"), std::string::npos);
}

TEST(WebhookWrite, ASavedRecordHasTheFamilyNameOfTheClientsVersionToo) {
    const Names sections{"child-details"};
    const auto event = cut(heard("record-1.8"), sections);
    auto wanted = to(sections);
    const auto now = write_webhook(event, wanted)->body;
    EXPECT_NE(now.find(R"("family":"Tembo")"), std::string::npos);
    wanted.family_list = true;
    const auto old = write_webhook(event, wanted)->body;
    EXPECT_NE(old.find(R"("family":["Tembo"])"), std::string::npos);
    auto of_old = event;
    of_old.document = [&] {
        auto document = Json::parse(*event.document);
        for (auto& entry : document["entry"]) {
            for (auto& name : entry["resource"]["name"]) {
                if (name.contains("family")) name["family"] = Json::array({"Tembo", "Banda"});
            }
        }
        return document.dump();
    }();
    EXPECT_NE(write_webhook(of_old, to(sections))->body.find(R"("family":"Tembo Banda")"), std::string::npos);
}

TEST(WebhookWrite, WhatHasNoTopicIn1xIsRefused) {
    for (const auto topic : {Topic{Change::registered, VitalKind::marriage}, Topic{Change::revoked, VitalKind::birth},
                             Topic{Change::notification_status, VitalKind::birth}}) {
        auto event = heard("record-1.8");
        event.topic = topic;
        const auto written = write_webhook(event, to());
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().path, "topic");
    }
}

}  // namespace
