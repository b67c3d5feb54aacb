// SPDX-License-Identifier: MPL-2.0
#include "unit/webhook/channel_fixture.hpp"

using namespace ocm;
using namespace ocm::test;
using namespace ocm::webhook;

namespace {

Json hub(Json changes = Json::object()) {
    Json out{{"callback", "https://ministry.example.org/hear"},
             {"mode", "subscribe"},
             {"topic", "BIRTH_REGISTERED"},
             {"secret", "planted-secret"}};
    out.update(changes);
    return {{"hub", out}};
}

class WebhookChannel : public WebhookChannelTest {
  protected:
    WebhookChannel() {
        upstream.answer = [this](const UpstreamCall& call) -> Result<UpstreamReply> {
            if (broken) return fail(ErrorCode::unavailable, "nobody is there");
            const auto challenge = query_value(call.url.substr(call.url.find('?') + 1), "challenge").value_or("");
            return UpstreamReply{200, {}, dump_json({{"challenge", wrong_answer ? "other" : challenge}})};
        };
    }
    Answer subscribe(const Json& body = hub(), const store_ops::Client& by = client()) {
        return call("POST", "/webhooks", dump_json(body), by);
    }
    Json entries(const store_ops::Client& by = client()) { return json(call("GET", "/webhooks", {}, by))["entries"]; }

    bool broken = false, wrong_answer = false;
};

}  // namespace

TEST_F(WebhookChannel, TakesEitherSecretWhileOneIsRotated) {
    auto by = client();
    by.old_signing_secret = "old-secret";
    by.old_signing_until = clock.now() + std::chrono::hours(1);
    EXPECT_EQ(subscribe(hub({{"secret", "old-secret"}}), by).response.status, 202);
    ASSERT_EQ(directory->all().size(), 1u);
    const auto& with_old = directory->all()[0];
    EXPECT_EQ(with_old.secret, "planted-secret");
    EXPECT_EQ(with_old.old_secret, "old-secret") << "who asks with it checks by it";
    EXPECT_EQ(with_old.old_until, by.old_signing_until);
    EXPECT_NE(with_old.old_key_id, with_old.key_id);

    EXPECT_EQ(subscribe(hub({{"topic", "DEATH_REGISTERED"}}), by).response.status, 202);
    ASSERT_EQ(directory->all().size(), 2u);
    for (const auto& one : directory->all()) {
        if (one.topics.front() != "death.registered") continue;
        EXPECT_EQ(one.old_secret, "") << "who asks with the new one checks by that";
    }
    clock.advance(std::chrono::hours(1));
    EXPECT_EQ(subscribe(hub({{"secret", "old-secret"}, {"topic", "BIRTH_CORRECTED"}}), by).response.status, 400);
    by.old_signing_until.reset();
    by.old_signing_secret.clear();
    EXPECT_EQ(subscribe(hub({{"secret", ""}, {"topic", "BIRTH_CORRECTED"}}), by).response.status, 400);
}

TEST_F(WebhookChannel, SubscribesAsIn1x) {
    const auto answer = subscribe();
    EXPECT_EQ(answer.response.status, 202);
    EXPECT_EQ(answer.response.body, "");
    ASSERT_EQ(upstream.calls.size(), 1u);
    EXPECT_TRUE(upstream.calls[0].url.starts_with("https://ministry.example.org/hear?mode=subscribe&challenge="));
    EXPECT_TRUE(upstream.calls[0].url.ends_with("&topic=BIRTH_REGISTERED"));
    EXPECT_TRUE(upstream.calls[0].public_only);
    ASSERT_EQ(directory->all().size(), 1u);
    const auto& made = directory->all()[0];
    EXPECT_TRUE(is_uuid(made.id));
    EXPECT_EQ(made.client, ministry);
    EXPECT_EQ(made.contract, SubscriptionContract::opencrvs_1);
    EXPECT_EQ(made.state, SubscriptionState::active);
    EXPECT_EQ(made.topics, std::vector<std::string>{"birth.registered"});
    EXPECT_EQ(made.secret, "planted-secret");
    EXPECT_EQ(made.key_id.find("planted"), std::string::npos);
    EXPECT_EQ(made.fields, std::vector<std::string>{"child-details"});
    EXPECT_EQ(changes, 1);
    const auto put = store.all<store_ops::PutSubscription>();
    EXPECT_EQ(put[0].record.action, "subscription.add");
    EXPECT_EQ(put[0].record.detail, canonical_json({{"subscription", made.id}}));
    // Recorded before the callback was asked.
    EXPECT_TRUE(std::holds_alternative<store_ops::Receive>(store.ops.front()));

    // Once more is no second one, and nobody is asked.
    EXPECT_EQ(subscribe().response.status, 202);
    EXPECT_EQ(upstream.calls.size(), 1u);
    EXPECT_EQ(directory->all().size(), 1u);
    // Another topic is another.
    EXPECT_EQ(subscribe(hub({{"topic", "DEATH_REGISTERED"}})).response.status, 202);
    EXPECT_EQ(directory->all().size(), 2u);
}

TEST_F(WebhookChannel, RefusesIn1xWordsAndOrder) {
    const auto denied = [](const std::string& topic, const std::string& reason) {
        return dump_json({{"hub", {{"mode", "denied"}, {"topic", topic}, {"reason", reason}}}});
    };
    auto old = client();
    old.contract_version = store_ops::ContractVersion::v1_3;
    auto without = client();
    without.signing_secret.clear();
    struct Row {
        Json body;
        store_ops::Client by;
        std::string answer;
    };
    const Json all_wrong{{"topic", "MARRIAGE_REGISTERED"}, {"secret", "x"}, {"mode", "x"}, {"callback", "x"}};
    const std::string failed = "Subscription callback check failed";
    const std::vector<Row> rows{
        {hub(all_wrong), client(), denied("MARRIAGE_REGISTERED", "Unsupported topic: MARRIAGE_REGISTERED")},
        {hub({{"topic", "0"}}), client(), denied("0", "Unsupported topic: 0")},
        {hub({{"secret", "x"}, {"mode", "x"}}), client(), denied("BIRTH_REGISTERED", "hub.secret is incorrect")},
        {hub({{"secret", "x"}}), old, denied("BIRTH_REGISTERED", "hub.secret is incorrrect")},
        {hub({{"secret", ""}}), without, denied("BIRTH_REGISTERED", "hub.secret is incorrect")},
        {hub({{"mode", "unsubscribe"}}), client(), denied("BIRTH_REGISTERED", "hub.mode must be set to subscribe")},
        {hub({{"callback", "https://elsewhere.org/"}}), client(), failed},
        {hub({{"callback", "https://127.0.0.1/"}}), client(), failed},
        {hub({{"callback", "http://ministry.example.org/"}}), client(), failed},
        {hub({{"callback", ""}}), client(), failed},
    };
    for (const auto& row : rows) {
        const auto answer = subscribe(row.body, row.by);
        EXPECT_EQ(answer.response.status, 400);
        EXPECT_EQ(answer.response.body, row.answer);
        ASSERT_TRUE(answer.error);
        EXPECT_EQ(answer.error->code, ErrorCode::bad_request);
    }
    EXPECT_TRUE(upstream.calls.empty());
    EXPECT_TRUE(store.ops.empty());
}

TEST_F(WebhookChannel, RefusesWhatTheTargetNeverTells) {
    open("1.8");
    const auto answer = subscribe(hub({{"topic", "BIRTH_CERTIFIED"}}));
    EXPECT_EQ(answer.response.status, 400);
    EXPECT_EQ(answer.response.body,
              R"({"hub":{"mode":"denied","reason":"Unsupported topic: BIRTH_CERTIFIED","topic":"BIRTH_CERTIFIED"}})");
    EXPECT_TRUE(answer.response.headers.get("Mediator-Reason").starts_with("OpenCRVS 1.x dispatches only births"));
    EXPECT_EQ(subscribe().response.status, 202);
    open("2.0");
    EXPECT_EQ(subscribe(hub({{"topic", "BIRTH_CERTIFIED"}})).response.status, 202);
}

TEST_F(WebhookChannel, RefusesWhatIsNoSubscription) {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"", ""},
        {"[]", "\"value\" must be of type object"},
        {R"({"hub":"planted"})", "\"hub\" must be of type object"},
        {R"({"other":{}})", "a member other than \"hub\" is not allowed"},
        {R"({"hub":{"lease":"planted"}})", "this member of \"hub\" is not allowed"},
        {R"({"hub":{"topic":["planted"]}})", "\"hub.topic\" must be a string"},
    };
    for (const auto& [body, message] : rows) {
        const auto answer = call("POST", "/webhooks", body);
        EXPECT_EQ(answer.response.status, 400) << body;
        EXPECT_EQ(answer.response.body.find("planted"), std::string::npos) << body;
        const auto told = parse_json(answer.response.body).value();
        EXPECT_EQ(told["statusCode"], 400);
        if (!message.empty()) {
            EXPECT_EQ(told["message"], message);
        }
    }
    EXPECT_TRUE(store.ops.empty());
}

TEST_F(WebhookChannel, ACallbackHasToProveItself) {
    wrong_answer = true;
    auto answer = subscribe();
    EXPECT_EQ(answer.response.status, 400);
    EXPECT_EQ(answer.response.body, "Subscription callback check failed");
    EXPECT_EQ(answer.response.headers.get("mediator-reason"),
              "the callback did not answer with a JSON object that holds the challenge");
    wrong_answer = false;
    broken = true;
    answer = subscribe();
    EXPECT_EQ(answer.response.status, 400);
    EXPECT_EQ(answer.response.headers.get("mediator-reason"), "the callback could not be reached");
    EXPECT_TRUE(store.all<store_ops::PutSubscription>().empty());
    EXPECT_TRUE(entries().empty());
}

TEST_F(WebhookChannel, NothingIsMadeThatCannotBeRecorded) {
    store.failures = {{ErrorCode::storage, "the disk is full", "", {}}};
    EXPECT_EQ(subscribe().response.status, 503);
    EXPECT_TRUE(upstream.calls.empty());
}

TEST_F(WebhookChannel, ListsTheCallersOwn) {
    ASSERT_EQ(subscribe().response.status, 202);
    const auto national = client(store_ops::ClientKind::national_id, hospital);
    ASSERT_EQ(subscribe(hub({{"topic", "DEATH_REGISTERED"}}), national).response.status, 202);
    const auto own = entries();
    ASSERT_EQ(own.size(), 1u);
    const auto& id = directory->all()[0].client == ministry ? directory->all()[0].id : directory->all()[1].id;
    EXPECT_EQ(own[0],
              (Json{{"id", id},
                    {"callback", "https://ministry.example.org/hear"},
                    {"createdAt", "2026-03-02T09:15:00.000Z"},
                    {"createdBy",
                     {{"client_id", ministry}, {"name", "Ministry"}, {"type", "webhook"}, {"username", "Ministry"}}},
                    {"topic", "BIRTH_REGISTERED"}}));
    ASSERT_EQ(entries(national).size(), 1u);
    EXPECT_EQ(entries(national)[0]["createdBy"]["type"], "nationalId");
    EXPECT_EQ(entries(national)[0]["topic"], "DEATH_REGISTERED");
}

TEST_F(WebhookChannel, RemovesTheCallersOwnOnly) {
    ASSERT_EQ(subscribe().response.status, 202);
    const auto path = "/webhooks/" + directory->all()[0].id;
    const auto other = client(store_ops::ClientKind::webhook, hospital);
    EXPECT_EQ(call("DELETE", path, {}, other).response.status, 204);
    EXPECT_EQ(entries().size(), 1u) << "another's stays";
    EXPECT_EQ(call("DELETE", "/webhooks/unknown").response.status, 204);
    const auto removed = call("DELETE", path);
    EXPECT_EQ(removed.response.status, 204);
    EXPECT_EQ(removed.response.body, "");
    EXPECT_TRUE(entries().empty());
    EXPECT_EQ(call("DELETE", path).response.status, 204);
    // What has ended or was removed can be asked for anew.
    EXPECT_EQ(subscribe().response.status, 202);
    EXPECT_EQ(entries().size(), 1u);
}

TEST_F(WebhookChannel, IsForClientsThatAreTold) {
    EXPECT_EQ(channel.name, "webhook");
    for (const auto& route : channel.routes) {
        const bool of_1x = route.pattern.starts_with("/webhooks");
        const std::vector<store_ops::ClientKind> both{store_ops::ClientKind::webhook,
                                                      store_ops::ClientKind::national_id};
        // A notifier hears what became of what it sent.
        const std::vector<store_ops::ClientKind> told_of_theirs{store_ops::ClientKind::webhook,
                                                                store_ops::ClientKind::event_notification};
        if (route.pattern == "/schemas/subscription.json") {
            EXPECT_TRUE(route.allowed.empty()) << "it is for everybody";
            continue;
        }
        EXPECT_EQ(route.allowed, of_1x ? both : told_of_theirs) << route.pattern;
    }
    EXPECT_FALSE(channel.routes[0].keeps_bodies) << "its body holds a secret";
}
