// SPDX-License-Identifier: MPL-2.0
#include "channels/field_policy.hpp"
#include "fixtures.hpp"
#include "formats/fhir_r4/notification_write.hpp"
#include "formats/fhir_r4/read.hpp"
#include "formats/opencrvs_v1/webhook_read.hpp"

#include <algorithm>

using namespace ocm;
using namespace ocm::test;
using fhir_r4::write_notification;

namespace {

using Names = std::vector<std::string>;

RegistrationEvent registered(const std::string& source, const Names& granted = fields()) {
    auto event = opencrvs_v1::read_webhook(json_file(format_data() / "webhook" / (source + ".json"))).value().event;
    event.target = "national";
    event.event = permit(event.event, granted).event;
    return event;
}

fhir_r4::NotificationTo to(const RegistrationEvent& event) {
    return {"https://mediator.example.org/fhir",
            "5b5c0000-0000-4000-8000-000000000001",
            event.topic,
            7,
            true,
            parse_rfc3339("2026-03-04T08:00:02.345Z").value()};
}

/// The resources that were sent, as a message of their own.
Json sent(const Json& notification) {
    Json out{{"resourceType", "Bundle"}, {"type", "collection"}, {"entry", Json::array()}};
    for (std::size_t i = 1; i < notification["entry"].size(); ++i) {
        auto entry = notification["entry"][i];
        entry.erase("request");
        entry.erase("response");
        out["entry"].push_back(std::move(entry));
    }
    return out;
}

TEST(FhirNotification, StatusFirstThenTheResources) {
    for (const auto& [source, file] : {std::pair{"record-1.8", "birth"}, {"record-death-1.7", "death"}}) {
        const auto event = registered(source);
        const auto written = write_notification(event, to(event));
        expect_golden(written.bundle, format_data() / "fhir_r4" / (std::string("notification-") + file + ".json"));
        expect_golden(written.account.to_json(),
                      format_data() / "fhir_r4" / (std::string("notification-") + file + ".account.json"));
    }
}

TEST(FhirNotification, IsReadAsTheSameEvent) {
    for (const auto* source : {"record-1.8", "record-death-1.7"}) {
        const auto event = registered(source);
        const auto back = fhir_r4::read(sent(write_notification(event, to(event)).bundle));
        ASSERT_TRUE(back) << source << ": " << back.error().message << " at " << back.error().path;
        EXPECT_EQ(back->event.kind, event.event.kind);
        EXPECT_EQ(back->event.date, event.event.date);
        EXPECT_EQ(back->event.informant.relation, event.event.informant.relation);
        EXPECT_EQ(back->event.birth.weight_grams, event.event.birth.weight_grams);
        for (const auto& [whose, person] : event.event.persons) {
            ASSERT_TRUE(back->event.persons.contains(whose)) << source << " " << whose;
            const auto& read = back->event.persons.at(whose);
            ASSERT_EQ(read.names.size(), 1U) << whose;
            EXPECT_EQ(read.names[0].given, person.names[0].given) << whose;
            EXPECT_EQ(read.names[0].family, person.names[0].family) << whose;
            EXPECT_EQ(read.birth_date, person.birth_date) << whose;
            EXPECT_EQ(read.gender, person.gender) << whose;
        }
    }
}

TEST(FhirNotification, IdsOnlyTellNothingElse) {
    const auto event = registered("record-1.8");
    auto ids_only = to(event);
    ids_only.full = false;
    const auto written = write_notification(event, ids_only);
    const auto& bundle = written.bundle;
    EXPECT_TRUE(written.account.carried.empty());
    EXPECT_EQ(bundle["entry"].size(), write_notification(event, to(event)).bundle["entry"].size());
    for (std::size_t i = 1; i < bundle["entry"].size(); ++i) EXPECT_FALSE(bundle["entry"][i].contains("resource"));
    const auto text = dump_json(bundle);
    for (const auto* secret : {"Thandiwe", "2026B7Q2K1", "9900112233", "fac11117"})
        EXPECT_EQ(text.find(secret), std::string::npos) << secret;
}

TEST(FhirNotification, NothingOfWhatWasNotGrantedIsInIt) {
    const auto event = registered("record-1.8", {"mother.name"});
    const auto bundle = write_notification(event, to(event)).bundle;
    const auto text = dump_json(bundle);
    EXPECT_NE(text.find("Nomsa"), std::string::npos);
    for (const auto* secret : {"Thandiwe", "2026B7Q2K1", "9900112233", "1998-05-02", "Peter", "fac11117", "3.15"})
        EXPECT_EQ(text.find(secret), std::string::npos) << secret;
    // Whom the mother is of is there, as a bare resource.
    EXPECT_EQ(bundle["entry"][1]["resource"]["resourceType"], "Patient");
    EXPECT_EQ(bundle["entry"][2]["resource"]["patient"]["reference"], bundle["entry"][1]["fullUrl"]);
}

TEST(FhirNotification, TheNumberOfTheRegistrationIsThereOnce) {
    const auto event = registered("record-1.8");
    const auto identifiers = write_notification(event, to(event)).bundle["entry"][1]["resource"]["identifier"];
    const auto count = std::ranges::count_if(identifiers, [](const Json& one) { return one["value"] == "2026B7Q2K1"; });
    EXPECT_EQ(count, 1);
}

TEST(FhirNotification, AMarriageIsOfTwoPatients) {
    RegistrationEvent event;
    event.topic = {Change::registered, VitalKind::marriage};
    event.occurrence = "2026M00001";
    event.event.kind = VitalKind::marriage;
    event.event.persons[role::bride].names = {{{"Ada"}, "Phiri", ""}};
    event.event.persons[role::groom].names = {{{"Ben"}, "Zulu", ""}};
    const auto bundle = write_notification(event, to(event)).bundle;
    ASSERT_EQ(bundle["entry"].size(), 3U);
    for (const std::size_t at : {1U, 2U}) EXPECT_EQ(bundle["entry"][at]["resource"]["resourceType"], "Patient");
}

TEST(FhirNotification, TheStatusOfANotificationIsATask) {
    auto event = registered("record-1.8", {});
    event.topic.change = Change::notification_status;
    event.reason = "The weight cannot be";
    event.notifier = Notifier{"client-1", "transaction-1", "H-2026-77"};
    for (const auto& [status, word] : {std::pair{NotificationStatus::registered, "completed"},
                                       {NotificationStatus::rejected, "rejected"},
                                       {NotificationStatus::archived, "cancelled"}}) {
        event.status = status;
        const auto bundle = write_notification(event, to(event)).bundle;
        ASSERT_EQ(bundle["entry"].size(), 3U);
        const auto& task = bundle["entry"][2]["resource"];
        EXPECT_EQ(task["resourceType"], "Task");
        EXPECT_EQ(task["status"], word);
        EXPECT_EQ(task["statusReason"]["text"], "The weight cannot be");
        EXPECT_EQ(task["identifier"][0]["value"], "H-2026-77");
        EXPECT_EQ(dump_json(bundle).find("client-1"), std::string::npos);
    }
}

TEST(FhirNotification, AHandshakeHasNoEvents) {
    RegistrationEvent event;
    auto handshake = to(event);
    handshake.sequence = 0;
    const auto out = fhir_r4::write_handshake(handshake);
    expect_golden(out, format_data() / "fhir_r4" / "notification-handshake.json");
    EXPECT_EQ(out["entry"].size(), 1U);
    EXPECT_EQ(fhir_r4::topic_url("https://m/fhir", {Change::notification_status, VitalKind::birth}),
              "https://m/fhir/SubscriptionTopic/notification-status");
}

}  // namespace
