// SPDX-License-Identifier: MPL-2.0
#include "fixtures.hpp"
#include "formats/opencrvs_v1/webhook_read.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <algorithm>

using namespace ocm;
using namespace ocm::test;
using opencrvs_v1::read_webhook;

namespace {

Json delivery(const std::string& name) {
    return json_file(format_data() / "webhook" / (name + ".json"));
}

Json shown(const RegistrationEvent& event) {
    Json out = Json::object();
    out["topic"] = name(event.topic);
    out["record"] = event.record;
    out["occurrence"] = event.occurrence;
    out["occurred_at"] = event.occurred_at;
    out["event"] = vital_json::write(event.event);
    return out;
}

Json& entry(Json& delivery, std::size_t at) {
    return delivery["event"]["context"][0]["entry"][at];
}

class WebhookGolden : public testing::TestWithParam<const char*> {};

TEST_P(WebhookGolden, EventAndAccount) {
    const auto document = delivery(GetParam());
    const auto read = read_webhook(document);
    ASSERT_TRUE(read) << read.error().message << " at " << read.error().path;
    const std::string base = GetParam();
    expect_golden(shown(read->event), format_data() / "webhook" / (base + ".event.json"));
    expect_golden(read->account.to_json(), format_data() / "webhook" / (base + ".account.json"));
    EXPECT_EQ(read->subscription, "6f1f2c1e-0000-4000-8000-000000000001");
    EXPECT_EQ(read->event.heard, Heard::webhook);
    EXPECT_TRUE(read->event.confirmed);
    EXPECT_EQ(parse_json(read->event.document.value()).value(), document["event"]["context"][0]);
}

INSTANTIATE_TEST_SUITE_P(Shapes, WebhookGolden,
                         testing::Values("record-1.8", "filtered-1.6", "first-1.3", "record-death-1.7"),
                         [](const auto& row) {
                             std::string out = row.param;
                             std::ranges::replace_if(out, [](char c) { return c == '-' || c == '.'; }, '_');
                             return out;
                         });

TEST(WebhookRead, IsOneEventInEveryShape) {
    const auto whole = read_webhook(delivery("record-1.8"))->event;
    for (const auto* shape : {"filtered-1.6", "first-1.3"}) {
        const auto other = read_webhook(delivery(shape))->event;
        EXPECT_EQ(once_key(other), once_key(whole));
        EXPECT_EQ(other.record, whole.record);
        EXPECT_EQ(other.event.registration, whole.event.registration);
        EXPECT_EQ(other.event.persons.at(role::child).names, whole.event.persons.at(role::child).names) << shape;
        EXPECT_EQ(other.event.persons.at(role::mother), whole.event.persons.at(role::mother)) << shape;
    }
}

TEST(WebhookRead, APatientNobodyNamesIsLeftOutAndAccountedFor) {
    auto two_women = delivery("filtered-1.6");
    entry(two_women, 2)["resource"]["gender"] = "female";
    const auto read = read_webhook(two_women).value();
    EXPECT_EQ(read.event.event.persons.size(), 1U);
    const auto dropped = [&](const std::string& path) {
        return std::ranges::count(read.account.dropped,
                                  Account::Note{path, "nothing in the bundle says whose details these are"});
    };
    EXPECT_EQ(dropped("/event/context/0/entry/0/resource/name/0/family"), 1);
    EXPECT_EQ(dropped("/event/context/0/entry/2/resource/name/0/family"), 1);
}

TEST(WebhookRead, TheMothersOwnNumberDoesNotMakeHerTheChild) {
    auto without_child = delivery("filtered-1.6");
    without_child["event"]["context"][0]["entry"].erase(1);
    const auto event = read_webhook(without_child)->event;
    EXPECT_FALSE(event.event.persons.contains(role::child));
    EXPECT_EQ(event.event.persons.at(role::mother).names.at(0).given, std::vector<std::string>{"Nomsa"});
    EXPECT_EQ(event.occurrence, "2026B7Q2K1");
}

TEST(WebhookRead, TheNumberMayStandOnTheChildAlone) {
    auto document = delivery("record-1.8");
    entry(document, 1)["resource"]["identifier"].erase(1);
    EXPECT_EQ(read_webhook(document)->event.occurrence, "2026B7Q2K1");
    // The tracking id and the number of a paper form are no registration numbers.
    entry(document, 2)["resource"].erase("identifier");
    const auto read = read_webhook(document);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().path, "/event/context/0/entry/1/resource/identifier");
}

TEST(WebhookRead, CorrectionsOfARecordAreToldApart) {
    auto document = delivery("record-1.8");
    document["event"]["hub"]["topic"] = "BIRTH_CORRECTED";
    const auto first = read_webhook(document)->event;
    EXPECT_EQ(name(first.topic), "birth.corrected");
    EXPECT_EQ(first.event.registration->registered_at, std::nullopt);
    entry(document, 1)["resource"]["lastModified"] = "2026-04-01T00:00:00.000Z";
    EXPECT_NE(once_key(read_webhook(document)->event), once_key(first));
}

TEST(WebhookRead, TheTopicSaysWhatItIs) {
    auto document = delivery("record-1.8");
    entry(document, 1)["resource"]["code"]["coding"][0]["code"] = "DEATH";
    const auto read = read_webhook(document).value();
    EXPECT_EQ(read.event.event.kind, VitalKind::birth);
    ASSERT_EQ(read.account.warnings.size(), 1U);
    EXPECT_EQ(read.account.warnings[0].path, "/event/context/0/entry/1/resource/code/coding/0");
}

TEST(WebhookRead, BadDeliveriesAreRefusedByTheirPlace) {
    const auto with = [](const char* at, Json value) {
        auto out = delivery("record-1.8");
        out[Json::json_pointer(at)] = std::move(value);
        return out;
    };
    const std::string bundle = "/event/context/0";
    const std::vector<std::pair<Json, std::string>> rows{
        {Json(7), ""},
        {Json::array(), ""},
        {Json::object(), "/event/hub/topic"},
        {with("/event", 7), "/event/hub/topic"},
        {with("/event/hub/topic", "MARRIAGE_REGISTERED"), "/event/hub/topic"},
        {with("/event/hub/topic", nullptr), "/event/hub/topic"},
        {with("/event/context", Json::array()), bundle},
        {with("/event/context", Json::object()), bundle},
        {with("/event/context/0", "Bundle"), bundle},
        {with("/event/context/0/resourceType", "Task"), bundle},
        {with("/event/context/0/entry", Json::object()), bundle},
        {with("/event/context/0/entry", Json::array()), bundle + "/entry"},
        {with("/event/context/0/entry/3", nullptr), bundle + "/entry/3"},
        {with("/event/context/0/entry/3/resource", Json::array()), bundle + "/entry/3"},
        {with("/event/context/0/entry/3/resource/resourceType", ""), bundle + "/entry/3"},
        {with("/event/context/0/entry/1/resource/resourceType", "TaskHistory"), bundle + "/entry"},
        {with("/event/context/0/entry/2/resource/birthDate", "2026-02-30"), bundle + "/entry/2/resource/birthDate"}};
    for (const auto& [document, path] : rows) {
        const auto read = read_webhook(document);
        ASSERT_FALSE(read) << path;
        EXPECT_EQ(read.error().code, ErrorCode::bad_request);
        EXPECT_EQ(read.error().path, path) << read.error().message;
        EXPECT_FALSE(read.error().message.empty());
    }
}

}  // namespace
