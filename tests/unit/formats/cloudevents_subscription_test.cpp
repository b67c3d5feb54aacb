// SPDX-License-Identifier: MPL-2.0
#include "channels/field_policy.hpp"
#include "fixtures.hpp"
#include "formats/cloudevents/subscription_read.hpp"
#include "json_schema.hpp"

using namespace ocm;
using namespace ocm::test;
using cloudevents::read_subscription;

namespace {

Json asked() {
    return parse_json(R"({
      "callback": "https://portal.example.org/events",
      "topics": ["death.registered", "birth.registered"],
      "fields": ["child.name", "mother-details"],
      "filters": {"areas": ["hmis|D1", "area-2"], "offices": ["office-1"]},
      "replay_from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00+02:00",
      "reason": "vaccination reminders"})")
        .value();
}

Json patched(const char* patch) {
    return asked().patch(parse_json(patch).value());
}

JsonSchema schema() {
    return JsonSchema(parse_json(cloudevents::subscription_schema()).value());
}

}  // namespace

TEST(OwnSubscription, IsReadAsAsked) {
    const auto read = read_subscription(asked());
    ASSERT_TRUE(read) << read.error().message << " at " << read.error().path;
    EXPECT_EQ(schema().problem(asked()), "");
    EXPECT_EQ(read->callback, "https://portal.example.org/events");
    ASSERT_EQ(read->topics.size(), 2u);
    EXPECT_EQ(name(read->topics[0]), "birth.registered") << "in one order, whatever they were named in";
    EXPECT_EQ(read->fields, (std::vector<std::string>{"child.name", "mother-details"}));
    EXPECT_EQ(read->areas, (std::vector<PlaceCodeAt>{{{PlaceKind::area, "hmis", "D1"}, "/filters/areas/0"},
                                                     {{PlaceKind::area, "", "area-2"}, "/filters/areas/1"}}));
    EXPECT_EQ(read->offices, (std::vector<PlaceCodeAt>{{{PlaceKind::office, "", "office-1"}, "/filters/offices/0"}}));
    EXPECT_EQ(read->replay_from, parse_rfc3339("2026-01-01T00:00:00Z"));
    EXPECT_EQ(read->until, parse_rfc3339("2026-12-31T22:00:00Z"));
    EXPECT_EQ(read->reason, "vaccination reminders");

    const auto least =
        read_subscription(parse_json(R"({"callback":"https://a.example","topics":["birth.revoked"]})").value());
    ASSERT_TRUE(least);
    EXPECT_FALSE(least->fields) << "all that was granted";
    EXPECT_EQ(read_subscription(patched(R"([{"op":"replace","path":"/fields","value":[]}])"))->fields,
              std::vector<std::string>{})
        << "nothing of the record";
}

TEST(OwnSubscription, TheSchemaKnowsEveryTopic) {
    auto all = asked();
    all["topics"] = Json::array();
    for (const auto& each : topics()) all["topics"].push_back(name(each));
    EXPECT_EQ(schema().problem(all), "");
    EXPECT_TRUE(read_subscription(all));
    EXPECT_EQ(parse_json(cloudevents::subscription_schema()).value()["properties"]["topics"]["items"]["enum"].size(),
              topics().size());
    EXPECT_EQ(cloudevents::subscription_schema(),
              file_text(support::source_dir() / "config/schemas/subscription.json"));
}

TEST(OwnSubscription, IsShownToItsOwner) {
    Subscription one;
    one.id = "5b5c0000-0000-4000-8000-000000000001";
    one.contract = SubscriptionContract::cloudevents;
    one.state = SubscriptionState::paused;
    one.why = "paused by its subscriber";
    one.topics = {"birth.registered"};
    one.callback = "https://portal.example.org/events";
    one.secret = "planted-secret";
    one.key_id = "key-1";
    one.fields = {"child.name"};
    one.areas = {"area-1"};
    one.created = parse_rfc3339("2026-03-04T08:00:02.345Z").value();
    const auto shown = cloudevents::write_subscription(one);
    EXPECT_EQ(shown, parse_json(R"({"id":"5b5c0000-0000-4000-8000-000000000001","state":"paused",
      "why":"paused by its subscriber","callback":"https://portal.example.org/events","topics":["birth.registered"],
      "fields":["child.name"],"filters":{"areas":["area-1"]},"created":"2026-03-04T08:00:02.345Z","key_id":"key-1"})")
                         .value());
}

struct BadRow {
    const char* label;
    const char* patch;
    const char* path;
    const char* message;
    bool by_schema = true;  // it is what the schema says
};

class RefusedOwnSubscription : public testing::TestWithParam<BadRow> {};

TEST_P(RefusedOwnSubscription, NamesThePlaceAndNoValue) {
    const auto& row = GetParam();
    const auto read = read_subscription(patched(row.patch));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::bad_request);
    EXPECT_EQ(read.error().path, row.path);
    EXPECT_EQ(read.error().message, row.message);
    EXPECT_EQ(schema().problem(patched(row.patch)).empty(), !row.by_schema);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedOwnSubscription,
    testing::Values(
        BadRow{"array", R"([{"op":"replace","path":"","value":[]}])", "", "has to be an object"},
        BadRow{"member", R"([{"op":"add","path":"/planted","value":1}])", "/planted", "is no member of a subscription"},
        BadRow{"no_callback", R"([{"op":"remove","path":"/callback"}])", "/callback", "is required"},
        BadRow{"callback", R"([{"op":"replace","path":"/callback","value":7}])", "/callback", "is required"},
        BadRow{"no_topics", R"([{"op":"remove","path":"/topics"}])", "/topics", "is required, with one topic or more"},
        BadRow{"empty_topics", R"([{"op":"replace","path":"/topics","value":[]}])", "/topics",
               "is required, with one topic or more"},
        BadRow{"topic", R"([{"op":"replace","path":"/topics/1","value":"BIRTH_REGISTERED"}])", "/topics/1",
               "is no topic: GET /subscriptions/topics lists them"},
        BadRow{"topic_twice", R"([{"op":"replace","path":"/topics/1","value":"death.registered"}])", "/topics/1",
               "is there twice"},
        BadRow{"topics_text", R"([{"op":"replace","path":"/topics","value":"birth.registered"}])", "/topics",
               "has to be a list of at most 200 texts"},
        BadRow{"field", R"([{"op":"replace","path":"/fields/1","value":"planted"}])", "/fields/1",
               "is no field that can be granted", false},
        BadRow{"field_type", R"([{"op":"replace","path":"/fields/1","value":null}])", "/fields/1", "has to be a text"},
        BadRow{"filter", R"([{"op":"add","path":"/filters/sex","value":["planted"]}])", "/filters/sex",
               "is no member of a subscription"},
        BadRow{"filters", R"([{"op":"replace","path":"/filters","value":"planted"}])", "/filters",
               "has to be an object"},
        BadRow{"area", R"([{"op":"replace","path":"/filters/areas/0","value":"hmis|"}])", "/filters/areas/0",
               "has to be a code, or SYSTEM|CODE", false},
        BadRow{"status", R"([{"op":"add","path":"/filters/statuses","value":["planted"]}])", "/filters/statuses/0",
               "has to be registered, rejected or archived"},
        BadRow{"replay_from", R"([{"op":"replace","path":"/replay_from","value":"2026-01-01"}])", "/replay_from",
               "has to be an instant with its time zone (RFC 3339)"},
        BadRow{"until", R"([{"op":"replace","path":"/until","value":"2026-02-30T00:00:00Z"}])", "/until",
               "has to be an instant with its time zone (RFC 3339)", false},
        BadRow{"reason", R"([{"op":"replace","path":"/reason","value":""}])", "/reason", "has to be a text"}),
    [](const auto& row) { return row.param.label; });

TEST(OwnSubscription, FieldsAreGrantedByNameGroupOrCode) {
    const std::vector<std::string> granted{"child", "mother-details", "registration.number"};
    for (const auto* name : {"child", "child.name", "child-details", "mother", "mother.identifiers", "mother-details",
                             "registration.number", "registration.tracking_id"})
        EXPECT_TRUE(is_granted(name, granted)) << name;
    for (const auto* name : {"father", "father.name", "deceased-details", "registration", "registration.date", "place"})
        EXPECT_FALSE(is_granted(name, granted)) << name;
    EXPECT_FALSE(is_granted("child.name", {}));
}
