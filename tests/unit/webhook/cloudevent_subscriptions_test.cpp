// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/publish.hpp"
#include "channels/webhook/subscribing.hpp"
#include "unit/webhook/channel_fixture.hpp"

using namespace ocm;
using namespace ocm::test;
using namespace ocm::webhook;

namespace {

constexpr const char* path = "/subscriptions";

Json asked(Json changes = Json::object()) {
    Json out{{"callback", "https://portal.example.org/events"},
             {"topics", {"death.registered", "birth.registered"}},
             {"fields", {"child.name"}}};
    out.update(changes);
    return out;
}

class OwnSubscriptions : public WebhookChannelTest {
  protected:
    OwnSubscriptions() {
        upstream.answer = [this](const UpstreamCall&) -> Result<UpstreamReply> {
            if (status == 0) return fail(ErrorCode::unavailable, "connection to 10.0.0.7 refused");
            return UpstreamReply{status, {{"WebHook-Allowed-Origin", allowed}}, ""};
        };
    }
    Answer subscribe(const Json& body = asked(), const store_ops::Client& by = client()) {
        return call("POST", path, dump_json(body), by);
    }
    std::string of(const Subscription& one) { return path + ("/" + one.id); }
    Subscription only() {
        EXPECT_EQ(directory->all().size(), 1u);
        return directory->all().at(0);
    }
    Json shown() { return json(call("GET", of(only()))); }

    int status = 200;  // of the callback; 0: it is not reached
    std::string allowed = "mediator.example.org";
};

}  // namespace

TEST_F(OwnSubscriptions, AreMadeOnceTheCallbackAllowsUs) {
    const auto answer = subscribe();
    EXPECT_EQ(answer.response.status, 201);
    const auto made = only();
    EXPECT_EQ(answer.response.headers.get("location"), "/subscriptions/" + made.id);
    EXPECT_EQ(json(answer)["state"], "active");
    EXPECT_EQ(answer.response.body.find("planted"), std::string::npos);
    EXPECT_EQ(made.contract, SubscriptionContract::cloudevents);
    EXPECT_EQ(made.topics, (std::vector<std::string>{"birth.registered", "death.registered"}));
    EXPECT_EQ(made.fields, std::vector<std::string>{"child.name"});
    EXPECT_EQ(made.secret, "planted-secret");
    ASSERT_EQ(upstream.calls.size(), 1u);
    EXPECT_EQ(upstream.calls[0].method, "OPTIONS");
    EXPECT_EQ(upstream.calls[0].url, "https://portal.example.org/events");
    EXPECT_EQ(upstream.calls[0].headers.get("webhook-request-origin"), "mediator.example.org");
    EXPECT_EQ(upstream.calls[0].body, "");
    EXPECT_TRUE(upstream.calls[0].public_only);
    EXPECT_TRUE(std::holds_alternative<store_ops::Receive>(store.ops.front()));
    EXPECT_EQ(store.all<store_ops::PutSubscription>()[0].record.action, "subscription.add");
    EXPECT_EQ(shown()["callback"], "https://portal.example.org/events");
    EXPECT_TRUE(replays.empty());
    EXPECT_TRUE(asks_for(made, birth_registered(), clock.now(), {}));

    // The same topics in another order are the same.
    const auto again = subscribe(asked({{"topics", {"birth.registered", "death.registered"}}}));
    EXPECT_EQ(again.response.status, 200);
    EXPECT_EQ(json(again)["id"], made.id);
    EXPECT_EQ(upstream.calls.size(), 1u);
    const auto more = subscribe(asked({{"fields", {"child"}}}));
    EXPECT_EQ(more.response.status, 409);
    EXPECT_EQ(json(more)["path"], "/callback");
    EXPECT_EQ(only().fields, std::vector<std::string>{"child.name"});
}

TEST_F(OwnSubscriptions, NothingIsMadeWhereTheCallbackDoesNotAllowUs) {
    struct Row {
        int status;
        const char* allowed;
        const char* why;  // nullptr: it is made
    };
    const std::vector<Row> rows{
        {200, "", "the callback does not allow us in WebHook-Allowed-Origin"},
        {200, "other.example.org", "the callback does not allow us in WebHook-Allowed-Origin"},
        {405, "*", "the callback answered 405 to the handshake"},
        {302, "*", "the callback answered 302 to the handshake"},
        {0, "*", "the callback could not be reached"},
        {204, "*", nullptr},
    };
    for (const auto& row : rows) {
        status = row.status;
        allowed = row.allowed;
        const auto answer = subscribe();
        EXPECT_EQ(answer.response.status, row.why == nullptr ? 201 : 400);
        if (row.why == nullptr) continue;
        EXPECT_EQ(json(answer), (Json{{"error", "bad_request"}, {"message", row.why}, {"path", "/callback"}}));
        EXPECT_TRUE(directory->all().empty());
    }
}

TEST_F(OwnSubscriptions, RefusesWithThePlace) {
    places = {{"hmis|D1", "area-1"}};
    struct Row {
        Json changes;
        int status;
        const char *path, *message;
    };
    const std::vector<Row> rows{
        {{{"topics", {"planted"}}}, 400, "/topics/0", "is no topic: GET /subscriptions/topics lists them"},
        {{{"topics", {"notification.status"}}},
         422,
         "/topics",
         "notification.status is never told: what becomes of a notification is told to the client that sent it and to "
         "nobody else"},
        {{{"fields", {"child.name", "mother"}}}, 403, "/fields/1", "is more than was granted to you"},
        {{{"filters", {{"areas", {"hmis|D1", "planted"}}}}},
         400,
         "/filters/areas/1",
         "names a place that is not known"},
        {{{"filters", {{"offices", {"planted"}}}}}, 400, "/filters/offices/0", "names a place that is not known"},
        {{{"filters", {{"statuses", {"rejected"}}}}},
         400,
         "/filters/statuses",
         "only notification.status has a status"},
        {{{"callback", "https://elsewhere.org/"}},
         400,
         "/callback",
         "the host of the callback is not one that this mediator may call; its administrator allows them"},
        {{{"callback", "http://portal.example.org/"}}, 400, "/callback", "the callback has to begin with https://"},
        {{{"until", "2026-03-02T09:15:00Z"}}, 400, "/until", "is past"},
        {{{"replay_from", "2026-03-02T09:15:01Z"}}, 400, "/replay_from", "is to come"},
        {{{"planted", 1}}, 400, "/planted", "is no member of a subscription"},
    };
    for (const auto& row : rows) {
        const auto answer = subscribe(asked(row.changes));
        EXPECT_EQ(answer.response.status, row.status) << row.message;
        EXPECT_EQ(json(answer)["path"], row.path);
        EXPECT_EQ(json(answer)["message"], row.message);
    }
    EXPECT_EQ(call("POST", path, "callback=planted", client(), {{"Content-Type", "application/x-www-form-urlencoded"}})
                  .response.status,
              415);
    EXPECT_TRUE(upstream.calls.empty());
    EXPECT_TRUE(store.ops.empty());
}

TEST_F(OwnSubscriptions, FieldsNarrowWhatWasGranted) {
    ASSERT_EQ(subscribe(asked({{"fields", Json::array()}})).response.status, 201);
    EXPECT_EQ(only().fields, std::vector<std::string>{}) << "nothing of the record";
    ASSERT_EQ(call("DELETE", of(only())).response.status, 204);
    auto all = asked();
    all.erase("fields");
    ASSERT_EQ(subscribe(all).response.status, 201);
    EXPECT_EQ(only().fields, client().fields);
}

TEST_F(OwnSubscriptions, FiltersAreCodesOfTheSubscribersOwn) {
    places = {{"hmis|D1", "area-1"}, {"|O", "office-1"}};
    ASSERT_EQ(subscribe(asked({{"filters", {{"areas", {"hmis|D1"}}, {"offices", {"O"}}}}})).response.status, 201);
    EXPECT_EQ(only().areas, std::vector<std::string>{"area-1"});
    EXPECT_EQ(only().offices, std::vector<std::string>{"office-1"});
    EXPECT_FALSE(asks_for(only(), birth_registered(), clock.now(), {})) << "it lies in no area";
    EXPECT_EQ(shown()["filters"], parse_json(R"({"areas":["area-1"],"offices":["office-1"]})").value());
}

TEST_F(OwnSubscriptions, ThePastIsToldOnceWhereItIsAskedFor) {
    ASSERT_EQ(subscribe(asked({{"replay_from", "2026-01-01T00:00:00Z"}})).response.status, 201);
    ASSERT_EQ(replays.size(), 1u);
    EXPECT_EQ(replays[0].first, only().id);
    EXPECT_EQ(replays[0].second, parse_rfc3339("2026-01-01T00:00:00Z"));
    const auto again = subscribe(asked({{"replay_from", "2025-01-01T00:00:00Z"}}));
    EXPECT_EQ(again.response.status, 409);
    EXPECT_EQ(json(again)["path"], "/replay_from");
    EXPECT_EQ(replays.size(), 1u);
}

TEST_F(OwnSubscriptions, ArePausedAndResumed) {
    ASSERT_EQ(subscribe().response.status, 201);
    const auto set = [&](const char* body) { return call("PATCH", of(only()), body); };
    EXPECT_EQ(json(set(R"({"state":"paused"})"))["state"], "paused");
    EXPECT_EQ(only().state, SubscriptionState::paused);
    EXPECT_EQ(set(R"({"state":"paused"})").response.status, 200);
    EXPECT_EQ(json(set(R"({"state":"active"})"))["state"], "active");
    EXPECT_EQ(only().why, "");
    EXPECT_EQ(store.all<store_ops::PutSubscription>().size(), 3u);
    EXPECT_EQ(store.all<store_ops::PutSubscription>().back().record.action, "subscription.resume");
    EXPECT_EQ(json(set(R"({"state":"ended"})"))["path"], "/state");
    EXPECT_EQ(json(set(R"({"callback":"planted"})"))["message"], "only the state can be changed");
    EXPECT_EQ(set("[]").response.status, 400);

    auto paused = only();
    paused.state = SubscriptionState::paused;
    paused.why = "complaints";
    put(paused);
    EXPECT_EQ(set(R"({"state":"active"})").response.status, 409);
    EXPECT_EQ(only().state, SubscriptionState::paused);
    paused.state = SubscriptionState::ended;
    put(paused);
    EXPECT_EQ(set(R"({"state":"active"})").response.status, 409);
    EXPECT_EQ(subscribe().response.status, 201) << "asked for anew";
}

TEST_F(OwnSubscriptions, AnothersIsNotThere) {
    ASSERT_EQ(subscribe().response.status, 201);
    const auto other = client(store_ops::ClientKind::webhook, hospital);
    EXPECT_EQ(call("GET", of(only()), {}, other).response.status, 404);
    EXPECT_EQ(call("PATCH", of(only()), R"({"state":"paused"})", other).response.status, 404);
    EXPECT_EQ(call("DELETE", of(only()), {}, other).response.status, 404);
    EXPECT_TRUE(json(call("GET", path, {}, other))["subscriptions"].empty());
    EXPECT_EQ(json(call("GET", path))["subscriptions"].size(), 1u);
    EXPECT_TRUE(json(call("GET", "/webhooks"))["entries"].empty()) << "each contract shows its own";
    EXPECT_EQ(json(call("GET", "/fhir/Subscription"))["total"], 0);
    const auto one = only();
    EXPECT_EQ(call("DELETE", of(one)).response.status, 204);
    EXPECT_EQ(call("GET", of(one)).response.status, 404);
}

TEST_F(OwnSubscriptions, TellWhichTopicsAreTold) {
    open("1.8");
    const auto answer = call("GET", "/subscriptions/topics");
    EXPECT_EQ(answer.response.status, 200);
    std::map<std::string, Json> rows;
    const auto told = json(answer);
    for (const auto& each : told["topics"]) rows[each["topic"]] = each;
    EXPECT_EQ(rows.size(), topics().size());
    EXPECT_EQ(rows["birth.registered"]["source"], "native");
    EXPECT_EQ(rows["birth.registered"]["looked_up"], true);
    EXPECT_EQ(rows["marriage.registered"]["source"], "catch-up");
    EXPECT_EQ(rows["birth.corrected"]["source"], "refused");
    EXPECT_FALSE(rows["birth.corrected"]["why"].get<std::string>().empty());
    EXPECT_EQ(rows["notification.status"]["source"], "refused") << "it sends none";
    EXPECT_EQ(told["fields"], Json(client().fields));
    // Who subscribes is told what it has to know of its topics.
    const auto made = subscribe(asked({{"topics", {"marriage.registered"}}}));
    EXPECT_EQ(made.response.status, 201);
    EXPECT_EQ(json(made)["warnings"][0]["topic"], "marriage.registered");
    const auto refused = subscribe(asked({{"topics", {"birth.corrected"}}}));
    EXPECT_EQ(refused.response.status, 422);
}

TEST_F(OwnSubscriptions, TheSchemaIsForEverybody) {
    const auto answer = call("GET", "/schemas/subscription.json");
    EXPECT_EQ(answer.response.status, 200);
    EXPECT_EQ(answer.response.headers.get("content-type"), "application/schema+json");
    EXPECT_EQ(json(answer)["title"], "Subscription");
}
