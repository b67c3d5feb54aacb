// SPDX-License-Identifier: MPL-2.0
#include "fixtures.hpp"
#include "formats/fhir_r4/subscription_read.hpp"
#include "formats/fhir_r4/subscription_write.hpp"

using namespace ocm;
using namespace ocm::test;
using fhir_r4::read_subscription;

namespace {

const std::string base = "https://mediator.example.org/fhir";
const WallTime now = parse_rfc3339("2026-03-04T08:00:02.345Z").value();

Json asked() {
    return json_file(format_data() / "fhir_r4" / "subscription.json");
}

Json patched(std::string_view patch) {
    auto out = asked();
    out = out.patch(parse_json(patch).value());
    return out;
}

Subscription stored() {
    Subscription out;
    out.id = "5b5c0000-0000-4000-8000-000000000001";
    out.contract = SubscriptionContract::fhir_r4;
    out.state = SubscriptionState::active;
    out.topics = {"birth.registered"};
    out.callback = "https://ministry.example.org/fhir-hook";
    out.areas = {"area-1", "area-2"};
    out.offices = {"office-1"};
    out.headers = {"Authorization: Bearer planted-secret", "X-Tenant: 7"};
    out.full = false;
    out.reason = "vaccination reminders";
    out.created = now;
    out.until = parse_rfc3339("2027-01-01T00:00:00Z");
    out.sequence = 7;
    return out;
}

}  // namespace

TEST(FhirSubscription, IsReadAsAsked) {
    const auto read = read_subscription(asked(), base);
    ASSERT_TRUE(read) << read.error().message << " at " << read.error().path;
    EXPECT_EQ(read->id, "");
    EXPECT_EQ(read->status, "requested");
    EXPECT_EQ(name(read->topic), "birth.registered");
    EXPECT_EQ(read->endpoint, "https://ministry.example.org/fhir-hook");
    EXPECT_EQ(read->headers, (std::vector<std::string>{"Authorization: Bearer planted-secret", "X-Tenant: 7"}));
    EXPECT_FALSE(read->full);
    const std::string at = "/_criteria/extension/0/valueString";
    using Codes = std::vector<PlaceCodeAt>;
    EXPECT_EQ(read->areas, (Codes{{{PlaceKind::area, "", "area 1"}, at}, {{PlaceKind::area, "hmis", "A2"}, at}}));
    EXPECT_EQ(read->offices, (Codes{{{PlaceKind::office, "", "office-1"}, at}}));
    EXPECT_EQ(read->until, parse_rfc3339("2027-01-01T00:00:00Z"));
    EXPECT_EQ(read->reason, "vaccination reminders");
    expect_golden(read->account.to_json(), format_data() / "fhir_r4" / "subscription.account.json");
}

TEST(FhirSubscription, WhatIsShownIsReadBack) {
    const auto written = fhir_r4::write_subscription(stored(), base, now);
    expect_golden(written, format_data() / "fhir_r4" / "subscription.written.json");
    EXPECT_EQ(dump_json(written).find("planted"), std::string::npos) << "a credential is shown";
    const auto read = read_subscription(written, base);
    ASSERT_TRUE(read) << read.error().message << " at " << read.error().path;
    EXPECT_EQ(read->id, stored().id);
    EXPECT_EQ(read->status, "active");
    EXPECT_EQ(read->endpoint, stored().callback);
    EXPECT_EQ(read->full, stored().full);
    EXPECT_EQ(read->until, stored().until);
    EXPECT_EQ(read->reason, stored().reason);
    ASSERT_EQ(read->areas.size(), 2u);
    EXPECT_EQ(read->areas[1].code.code, "area-2");
    ASSERT_EQ(read->offices.size(), 1u);
    EXPECT_EQ(read->headers[1], "X-Tenant: [kept]");
}

TEST(FhirSubscription, EveryTopicIsReadBack) {
    for (const auto& topic : topics()) {
        auto one = stored();
        one.topics = {name(topic)};
        const auto read = read_subscription(fhir_r4::write_subscription(one, base, now), base);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->topic, topic);
    }
    auto notices = stored();
    notices.topics = {"notification.status"};
    notices.statuses = {"rejected", "archived"};
    const auto read = read_subscription(fhir_r4::write_subscription(notices, base, now), base);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->statuses, notices.statuses);
}

TEST(FhirSubscription, TellsWhereItStands) {
    using State = SubscriptionState;
    struct Row {
        State state;
        const char* why;
        const char* until;
        const char* status;
        const char* told;
    };
    const std::vector<Row> rows{
        {State::requested, "", "", "requested", ""},
        {State::requested, "no answer", "", "error", "no answer"},
        {State::active, "", "2027-01-01T00:00:00Z", "active", ""},
        {State::active, "", "2026-03-04T08:00:00Z", "off", "it has run out"},
        {State::paused, "paused by its subscriber", "", "off", "paused by its subscriber"},
        {State::ended, "the subscriber answered 410 Gone", "", "error", "the subscriber answered 410 Gone"},
        {State::ended, "", "", "error", "it has ended"},
    };
    for (const auto& row : rows) {
        auto one = stored();
        one.state = row.state;
        one.why = row.why;
        one.until = parse_rfc3339(row.until);
        const auto standing = fhir_r4::standing_of(one, now);
        EXPECT_EQ(standing.status, row.status);
        EXPECT_EQ(standing.why, row.told);
        EXPECT_EQ(fhir_r4::write_subscription(one, base, now).value("error", ""), row.told);
    }
}

TEST(FhirSubscription, ListsAndStatuses) {
    auto broken = stored();
    broken.id = "5b5c0000-0000-4000-8000-000000000002";
    broken.state = SubscriptionState::requested;
    broken.why = "the callback answered 404 to the handshake";
    const auto one = stored();
    expect_golden(fhir_r4::write_statuses({&one, &broken}, base, now),
                  format_data() / "fhir_r4" / "subscription.statuses.json");
    const auto list = fhir_r4::write_subscriptions({&one, &broken}, base, "url=x", now);
    EXPECT_EQ(list["total"], 2);
    EXPECT_EQ(list["link"][0]["url"], base + "/Subscription?url=x");
    EXPECT_EQ(list["entry"][1]["fullUrl"], base + "/Subscription/" + broken.id);
    EXPECT_EQ(list["entry"][1]["resource"]["status"], "error");
    const auto none = fhir_r4::write_subscriptions({}, base, "", now);
    EXPECT_EQ(none["total"], 0);
    EXPECT_FALSE(none.contains("entry")) << "FHIR has no empty lists";
}

TEST(FhirSubscription, EventsAgain) {
    RegistrationEvent event;
    event.topic = {Change::registered, VitalKind::birth};
    event.target = "national";
    event.occurrence = "2026B0000001";
    event.occurred_at = "2026-03-02T09:00:00.000Z";
    event.event.kind = VitalKind::birth;
    auto other = event;
    other.occurrence = "2026B0000002";
    const auto told = fhir_r4::write_events(stored(), {{3, event}, {5, other}}, "1 event is no longer kept", base, now);
    expect_golden(told, format_data() / "fhir_r4" / "subscription.events.json");
}

struct BadSubscription {
    const char* label;
    const char* patch;  // RFC 6902, of the subscription that is fine
    const char* path;
    const char* message;
};

class RefusedSubscription : public testing::TestWithParam<BadSubscription> {};

TEST_P(RefusedSubscription, NamesThePlaceAndNoValue) {
    const auto& row = GetParam();
    const auto read = read_subscription(patched(row.patch), base);
    ASSERT_FALSE(read) << row.label;
    EXPECT_EQ(read.error().code, ErrorCode::bad_request);
    EXPECT_EQ(read.error().path, row.path);
    EXPECT_EQ(read.error().message, row.message);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedSubscription,
    testing::Values(
        BadSubscription{"type", R"([{"op":"replace","path":"/resourceType","value":"Patient"}])", "/resourceType",
                        "has to be Subscription"},
        BadSubscription{"rules", R"([{"op":"add","path":"/implicitRules","value":"urn:planted"}])", "/implicitRules",
                        "is not understood here"},
        BadSubscription{"modifier", R"([{"op":"add","path":"/modifierExtension","value":[]}])", "/modifierExtension",
                        "is not understood here"},
        BadSubscription{"no_status", R"([{"op":"remove","path":"/status"}])", "/status", "is required"},
        BadSubscription{"status", R"([{"op":"replace","path":"/status","value":"error"}])", "/status",
                        "has to be requested, active or off"},
        BadSubscription{"status_type", R"([{"op":"replace","path":"/status","value":7}])", "/status",
                        "has to be a text"},
        BadSubscription{"no_criteria", R"([{"op":"remove","path":"/criteria"}])", "/criteria", "is required"},
        BadSubscription{"query", R"([{"op":"replace","path":"/criteria","value":"Patient?name=planted"}])", "/criteria",
                        "is not the URL of a topic that is offered here: they are below "
                        "https://mediator.example.org/fhir/SubscriptionTopic/"},
        BadSubscription{"extension", R"([{"op":"replace","path":"/_criteria/extension/0/url","value":"urn:planted"}])",
                        "/_criteria/extension/0/url", "only the extension backport-filter-criteria is understood here"},
        BadSubscription{"no_filter", R"([{"op":"remove","path":"/_criteria/extension/0/valueString"}])",
                        "/_criteria/extension/0/valueString", "is required"},
        BadSubscription{
            "filter",
            R"([{"op":"replace","path":"/_criteria/extension/0/valueString","value":"Patient?name=planted"}])",
            "/_criteria/extension/0/valueString", "can be filtered by area, office and status only"},
        BadSubscription{"empty_filter",
                        R"([{"op":"replace","path":"/_criteria/extension/0/valueString","value":"Patient?area="}])",
                        "/_criteria/extension/0/valueString", "a filter is <parameter>=<value>,<value>"},
        BadSubscription{"empty_code",
                        R"([{"op":"replace","path":"/_criteria/extension/0/valueString","value":"Patient?area=a,,b"}])",
                        "/_criteria/extension/0/valueString", "a filter is <parameter>=<value>,<value>"},
        BadSubscription{"twice",
                        R"([{"op":"replace","path":"/_criteria/extension/0/valueString","value":"?area=a&area=b"}])",
                        "/_criteria/extension/0/valueString", "a filter is given once, with all its values"},
        BadSubscription{"status_of_births",
                        R"([{"op":"replace","path":"/_criteria/extension/0/valueString","value":"?status=rejected"}])",
                        "/_criteria/extension/0/valueString",
                        "only the topic of notifications can be filtered by status"},
        BadSubscription{"no_channel", R"([{"op":"remove","path":"/channel"}])", "/channel", "is required"},
        BadSubscription{"websocket", R"([{"op":"replace","path":"/channel/type","value":"websocket"}])",
                        "/channel/type", "only rest-hook is offered here"},
        BadSubscription{"custom", R"([{"op":"add","path":"/channel/_type","value":{"extension":[]}}])",
                        "/channel/_type", "only rest-hook is offered here"},
        BadSubscription{"no_endpoint", R"([{"op":"remove","path":"/channel/endpoint"}])", "/channel/endpoint",
                        "is required"},
        BadSubscription{"no_payload", R"([{"op":"remove","path":"/channel/payload"}])", "/channel/payload",
                        "is required"},
        BadSubscription{"xml", R"([{"op":"replace","path":"/channel/payload","value":"application/fhir+xml"}])",
                        "/channel/payload", "only application/fhir+json is offered here"},
        BadSubscription{"no_content", R"([{"op":"remove","path":"/channel/_payload"}])", "/channel/_payload",
                        "is required with the extension backport-payload-content: id-only or full-resource"},
        BadSubscription{"empty",
                        R"([{"op":"replace","path":"/channel/_payload/extension/0/valueCode","value":"empty"}])",
                        "/channel/_payload/extension/0/valueCode", "only id-only and full-resource are offered here"},
        BadSubscription{"header_form", R"([{"op":"replace","path":"/channel/header/1","value":"planted"}])",
                        "/channel/header/1", "has to be \"Name: value\" in printable ASCII"},
        BadSubscription{"header_line", R"([{"op":"replace","path":"/channel/header/1","value":"X-A: b\r\nX-B: c"}])",
                        "/channel/header/1", "has to be \"Name: value\" in printable ASCII"},
        BadSubscription{"header_host", R"([{"op":"replace","path":"/channel/header/1","value":"HOST: planted"}])",
                        "/channel/header/1", "this header is not a subscriber's to set"},
        BadSubscription{"header_ours",
                        R"([{"op":"replace","path":"/channel/header/1","value":"Mediator-Delivery-Id: planted"}])",
                        "/channel/header/1", "this header is not a subscriber's to set"},
        BadSubscription{
            "heartbeat",
            R"([{"op":"add","path":"/channel/extension","value":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-heartbeat-period","valueUnsignedInt":60}]}])",
            "/channel/extension/0", "heartbeats are not sent here: leave it out"},
        BadSubscription{
            "timeout",
            R"([{"op":"add","path":"/channel/extension","value":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-timeout","valueUnsignedInt":60}]}])",
            "/channel/extension/0", "what cannot be delivered is repeated for days here: leave it out"},
        BadSubscription{"end", R"([{"op":"replace","path":"/end","value":"2027-01-01"}])", "/end",
                        "has to be an instant with its time zone"}),
    [](const auto& row) { return row.param.label; });

TEST(FhirSubscription, OneEventANotificationKeepsToAnyMaximum) {
    const auto with_count = [](const char* count) {
        auto out = asked();
        out["channel"]["extension"] = Json::array({parse_json(std::string(R"({"url":"http://hl7.org/fhir/uv/)") +
                                                              "subscriptions-backport/StructureDefinition/"
                                                              "backport-max-count\",\"valuePositiveInt\":" +
                                                              count + "}")
                                                       .value()});
        return read_subscription(out, base);
    };
    EXPECT_TRUE(with_count("20"));
    EXPECT_EQ(with_count("0").error().path, "/channel/extension/0/valuePositiveInt");
}
