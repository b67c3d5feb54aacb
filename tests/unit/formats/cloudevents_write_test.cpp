// SPDX-License-Identifier: MPL-2.0
#include "channels/field_policy.hpp"
#include "fixtures.hpp"
#include "formats/cloudevents/write.hpp"
#include "formats/opencrvs_v1/webhook_read.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <limits>
#include <set>

using namespace ocm;
using namespace ocm::test;

namespace {

RegistrationEvent registered(const std::vector<std::string>& granted) {
    const auto delivery = json_file(format_data() / "webhook" / "record-1.8.json");
    auto event = opencrvs_v1::read_webhook(delivery).value().event;
    event.target = "national";
    event.event = permit(event.event, granted).event;
    return event;
}

TEST(CloudEvents, OneEventInItsEnvelope) {
    const auto event = registered({"child", "registration.number", "place"});
    const auto out = cloudevents::write(event, 42);
    expect_golden(out, format_data() / "webhook" / "birth.cloudevent.json");
    EXPECT_EQ(out["id"], event_id(event));
    EXPECT_EQ(vital_json::read(out["data"]["event"]).value(), event.event);
}

TEST(CloudEvents, TheEnvelopeNamesNobody) {
    auto out = cloudevents::write(registered(fields()));
    out.erase("data");
    const std::set<std::string> attributes{"specversion", "id", "source", "type", "datacontenttype", "time"};
    for (const auto& [attribute, value] : out.items()) EXPECT_TRUE(attributes.contains(attribute)) << attribute;
    const auto text = dump_json(out);
    for (const auto* secret : {"2026B7Q2K1", "Thandiwe", "B7Q2K1A", "c0111000"})
        EXPECT_EQ(text.find(secret), std::string::npos) << secret;
}

TEST(CloudEvents, NothingButWhatWasGrantedIsInTheData) {
    const auto text = dump_json(cloudevents::write(registered({"registration.number"})));
    EXPECT_NE(text.find("2026B7Q2K1"), std::string::npos);
    // The document of 1.x is kept for 1.x subscribers.
    for (const auto* secret : {"Thandiwe", "Nomsa", "9900112233", "resourceType"})
        EXPECT_EQ(text.find(secret), std::string::npos) << secret;
}

TEST(CloudEvents, TheStatusOfANotificationGoesToItsSender) {
    auto event = registered({});
    event.topic.change = Change::notification_status;
    event.status = NotificationStatus::rejected;
    event.reason = "The weight cannot be";
    event.notifier = Notifier{"client-1", "transaction-1", "H-2026-77"};
    const auto out = cloudevents::write(event);
    EXPECT_EQ(out["type"], "org.opencrvs.mediator.notification.status.v1");
    EXPECT_EQ(out["data"]["status"], "rejected");
    EXPECT_EQ(out["data"]["reason"], "The weight cannot be");
    EXPECT_EQ(out["data"]["source_id"], "H-2026-77");
    EXPECT_EQ(dump_json(out).find("client-1"), std::string::npos);
    event.status.reset();
    EXPECT_FALSE(cloudevents::write(event)["data"].contains("source_id"));
}

TEST(CloudEvents, ATimeThatIsNoneIsLeftOut) {
    auto event = registered({});
    for (const auto* none : {"", "yesterday", "2026-03-04", "2026-02-30T00:00:00Z"}) {
        event.occurred_at = none;
        EXPECT_FALSE(cloudevents::write(event).contains("time")) << none;
    }
}

TEST(CloudEvents, TheSourceIsAUri) {
    auto event = registered({});
    event.target = "natiónal 1/é?";
    EXPECT_EQ(cloudevents::write(event)["source"], "/opencrvs/nati%C3%B3nal%201%2F%C3%A9%3F");
}

TEST(CloudEvents, SequencesSortAsText) {
    const auto event = registered({});
    const auto of = [&](std::int64_t number) {
        return cloudevents::write(event, number)["sequence"].get<std::string>();
    };
    EXPECT_LT(of(9), of(10));
    EXPECT_LT(of(10), of(std::numeric_limits<std::int64_t>::max()));
    EXPECT_EQ(of(42), "0000000000000000042");
}

TEST(CloudEvents, ATestHasNoData) {
    const auto out =
        cloudevents::write_test("5b5c0000-0000-4000-8000-000000000001", "7e570000-0000-4000-8000-000000000001");
    EXPECT_EQ(out["type"], "org.opencrvs.mediator.subscription.test");
    EXPECT_EQ(out["source"], "/subscriptions/5b5c0000-0000-4000-8000-000000000001");
    EXPECT_EQ(out["id"], "7e570000-0000-4000-8000-000000000001");
    EXPECT_EQ(out["data"], Json::object());
}

}  // namespace
