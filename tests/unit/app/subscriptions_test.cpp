// SPDX-License-Identifier: MPL-2.0
#include "app/operations.hpp"
#include "support/fakes/fakes.hpp"
#include "unit/store/store_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::app;
using namespace ocm::test;

namespace {

constexpr const char* callback = "https://ministry.example.org/hear";

/// Operators' words about clients and subscriptions, on a store as it is and a callback that echoes its challenge.
class SubscriptionCommands : public StoreTest {
  protected:
    SubscriptionCommands()
        : store(open()),
          operations({*store,
                      clock,
                      ids,
                      {},
                      [this] { ++woken; },
                      {},
                      nullptr,
                      [this] { ++reread; },
                      &upstream,
                      policy(),
                      nullptr,
                      "2.0"}) {
        upstream.answer = [](const UpstreamCall& call) -> Result<UpstreamReply> {
            const std::string_view name = "challenge=";
            const auto at = call.url.find(name);
            UpstreamReply reply;
            reply.status = 200;
            auto challenge = at == std::string::npos ? std::string() : call.url.substr(at + name.size());
            challenge = challenge.substr(0, challenge.find('&'));
            for (const auto& [escaped, plain] : {std::pair{"%3D", "="}, {"%2B", "+"}, {"%2F", "/"}}) {
                for (auto found = challenge.find(escaped); found != std::string::npos; found = challenge.find(escaped))
                    challenge.replace(found, 3, plain);
            }
            reply.body = dump_json({{"challenge", challenge}});
            reply.headers.set("WebHook-Allowed-Origin", "*");
            return reply;
        };
    }
    static webhook::ProofOptions policy() {
        webhook::ProofOptions out;
        out.fhir_base = "https://openhim.example.org/crvs/fhir";
        out.origin = "mediator.example.org";
        out.policy.allowed_hosts = {"ministry.example.org"};
        return out;
    }
    Result<Json> call(const std::string& command, Json args) {
        return run(operations.run(command, std::move(args), "cli:tester"));
    }
    Json client(const std::string& kind = "webhook", std::vector<std::string> fields = {"child-details"}) {
        Json args{{"name", "Ministry"}, {"kind", kind}};
        if (!fields.empty()) args["fields"] = fields;
        const auto added = call("clients.add", args);
        EXPECT_TRUE(added) << added.error().message;
        return added.value_or(Json());
    }
    static Json asking(const std::string& contract, std::vector<std::string> topics = {"birth.registered"}) {
        return {{"client", "Ministry"}, {"contract", contract}, {"topics", std::move(topics)}, {"callback", callback}};
    }
    std::vector<Subscription> kept() { return run(store->subscriptions()).value(); }

    fakes::FakeClock clock;
    fakes::FakeIds ids;
    fakes::FakeUpstream upstream;
    int woken = 0;
    int reread = 0;
    std::unique_ptr<store::Store> store;
    Operations operations;
};

TEST_F(SubscriptionCommands, AddOneOnceItsCallbackHasProvedItself) {
    const auto added_client = client();
    const auto added = call("subscriptions.add", asking("opencrvs-1", {"BIRTH_REGISTERED", "death.registered"}));
    ASSERT_TRUE(added) << added.error().message;
    ASSERT_EQ((*added)["subscriptions"].size(), 2U) << "one topic a subscription";
    EXPECT_EQ((*added)["subscriptions"][0]["client"], "Ministry");
    EXPECT_EQ(upstream.calls.size(), 2U) << "each was asked";
    EXPECT_TRUE(upstream.calls[0].public_only);
    EXPECT_EQ(reread, 1);

    const auto all = kept();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].state, SubscriptionState::active);
    EXPECT_EQ(all[0].topics, std::vector<std::string>{"birth.registered"});
    EXPECT_EQ(all[0].fields, std::vector<std::string>{"child-details"});
    EXPECT_EQ(all[0].secret, text_member(added_client, "signing_secret"));
    EXPECT_EQ(all[0].callback, callback);

    const auto again = call("subscriptions.add", asking("opencrvs-1"));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::conflict);
    EXPECT_EQ(upstream.calls.size(), 2U);
    store->close();
    store::Database database(path(), store::Database::Mode::read_only, {}, 1000);
    EXPECT_EQ(
        database.integer("SELECT count(*) FROM entry WHERE canonical LIKE '%subscription.add%' AND canonical LIKE "
                         "'%cli:tester%'"),
        2);
    expect_sound();
}

TEST_F(SubscriptionCommands, AddOneOfSeveralTopicsCutToAPartOfTheFields) {
    client("webhook", {"child", "registration.number"});
    auto args = asking("cloudevents", {"death.registered", "birth.registered", "birth.registered"});
    args["fields"] = {"child.name"};
    args["areas"] = {"area-7"};
    const auto added = call("subscriptions.add", args);
    ASSERT_TRUE(added) << added.error().message;
    const auto all = kept();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].topics, (std::vector<std::string>{"birth.registered", "death.registered"}));
    EXPECT_EQ(all[0].fields, std::vector<std::string>{"child.name"});
    EXPECT_EQ(all[0].areas, std::vector<std::string>{"area-7"});
}

TEST_F(SubscriptionCommands, AddNothingWhereTheCallbackDoesNotProveItself) {
    client();
    upstream.answer = [](const UpstreamCall&) -> Result<UpstreamReply> {
        UpstreamReply reply;
        reply.status = 200;
        reply.body = R"({"challenge":"another"})";
        return reply;
    };
    const auto refused = call("subscriptions.add", asking("opencrvs-1"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().path, "callback");
    EXPECT_EQ(refused.error().code, ErrorCode::bad_request);
    upstream.answer = [](const UpstreamCall&) { return Result<UpstreamReply>(fail(ErrorCode::unavailable, "no")); };
    EXPECT_FALSE(call("subscriptions.add", asking("opencrvs-1")));
    auto elsewhere = asking("opencrvs-1");
    elsewhere["callback"] = "https://10.0.0.1/";
    EXPECT_EQ(call("subscriptions.add", elsewhere).error().path, "callback");
    EXPECT_TRUE(kept().empty());
    EXPECT_EQ(reread, 0);
}

struct BadAdd {
    const char* what;
    const char* kind;
    Json changes;
    const char* path;
    const char* message;
};

class WrongSubscriptions : public SubscriptionCommands, public testing::WithParamInterface<BadAdd> {};

TEST_P(WrongSubscriptions, AreRefusedBeforeTheCallbackIsAsked) {
    client(GetParam().kind, std::string(GetParam().kind) == "webhook" ? std::vector<std::string>{"child-details"}
                                                                      : std::vector<std::string>{});
    auto args = asking("opencrvs-1");
    args.update(GetParam().changes);
    const auto refused = call("subscriptions.add", args);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().path, GetParam().path);
    EXPECT_EQ(refused.error().message, GetParam().message);
    EXPECT_TRUE(upstream.calls.empty());
    EXPECT_TRUE(kept().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongSubscriptions,
    testing::Values(
        BadAdd{"nobody", "webhook", {{"client", "Nobody"}}, "client", "there is no such client"},
        BadAdd{"no_contract",
               "webhook",
               {{"contract", "osia"}},
               "contract",
               "one of opencrvs-1, national-id, cloudevents, fhir-r4"},
        BadAdd{"contract_of_another_kind",
               "webhook",
               {{"contract", "national-id"}},
               "contract",
               "a client of kind webhook is not told in this contract"},
        BadAdd{"national_id_has_its_own",
               "national-id",
               {{"contract", "cloudevents"}},
               "contract",
               "a client of kind national-id is not told in this contract"},
        BadAdd{"fields_of_national_id",
               "national-id",
               {{"contract", "national-id"}, {"fields", {"child.name"}}},
               "fields",
               "the contract national-id has its own"},
        BadAdd{"told_nothing", "record-search", Json::object(), "client", "a client of its kind is told nothing"},
        BadAdd{"no_topic",
               "webhook",
               {{"topics", Json::array()}},
               "topics",
               "at least one topic, such as birth.registered"},
        BadAdd{"unknown_topic",
               "webhook",
               {{"topics", {"BIRTH_WISHED"}}},
               "topics",
               "a topic looks like birth.registered, death.corrected, marriage.registered"},
        BadAdd{"a_topic_without_a_word",
               "webhook",
               {{"topics", {"marriage.registered"}}},
               "topics",
               "marriage.registered is never told: the contract has no word for it"},
        BadAdd{"a_topic_of_notifiers",
               "webhook",
               {{"contract", "cloudevents"}, {"topics", {"notification.status"}}},
               "topics",
               "notification.status is never told: what becomes of a notification is told to the client that sent it "
               "and to nobody else"},
        BadAdd{"more_than_granted",
               "webhook",
               {{"fields", {"mother.name"}}},
               "fields",
               "one is more than was granted to the client"},
        BadAdd{"no_field",
               "webhook",
               {{"fields", {"child.shoe"}}},
               "fields",
               "names of fields such as child.name, or permission codes such as child-details"},
        BadAdd{"no_callback", "webhook", {{"callback", ""}}, "callback", "the URL that is told"},
        BadAdd{"no_instant",
               "webhook",
               {{"replay_from", "spring"}},
               "replay_from",
               "an instant looks like 2026-01-15T00:00:00Z"},
        BadAdd{
            "no_past",
            "webhook",
            {{"replay_from", "2026-01-15T00:00:00Z"}},
            "replay_from",
            "nothing is looked up: the mediator does not run, does not hear from OpenCRVS, or has no client that may "
            "search records there"}),
    [](const auto& param) { return std::string(param.param.what); });

TEST_F(SubscriptionCommands, RefuseATopicThatThisOpenCrvsNeverTells) {
    Operations of_1_4({*store, clock, ids, {}, {}, {}, nullptr, {}, &upstream, policy(), nullptr, "1.4"});
    client();
    const auto refused = run(of_1_4.run("subscriptions.add", asking("opencrvs-1", {"BIRTH_CORRECTED"}), "cli:tester"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().path, "topics");
    EXPECT_TRUE(upstream.calls.empty());
}

TEST_F(SubscriptionCommands, ListPauseResumeTestAndRemove) {
    client();
    ASSERT_TRUE(call("subscriptions.add", asking("opencrvs-1")));
    const auto id = kept().front().id;
    EXPECT_EQ(call("subscriptions.list", {{"client", "Ministry"}}).value()["subscriptions"].size(), 1U);
    EXPECT_TRUE(call("subscriptions.list", {{"client", "Other"}}).value()["subscriptions"].empty());
    const auto dumped = dump_json(call("subscriptions.list", Json::object()).value());
    EXPECT_EQ(dumped.find(kept().front().secret), std::string::npos);

    const auto paused = call("subscriptions.pause", {{"id", id}, {"reason", "they move house"}}).value();
    EXPECT_EQ(paused["state"], "paused");
    EXPECT_EQ(paused["why"], "they move house");
    const auto resumed = call("subscriptions.resume", {{"id", id}}).value();
    EXPECT_EQ(resumed["state"], "active");
    EXPECT_FALSE(resumed.contains("why"));
    EXPECT_EQ(woken, 1);

    EXPECT_EQ(call("subscriptions.test", {{"id", id}}).value()["verified"], true);
    upstream.answer = [](const UpstreamCall&) -> Result<UpstreamReply> {
        UpstreamReply reply;
        reply.status = 200;
        return reply;
    };
    EXPECT_EQ(call("subscriptions.test", {{"id", id}}).value()["verified"], false);

    EXPECT_EQ(call("subscriptions.remove", {{"id", id}}).value()["removed"], true);
    EXPECT_TRUE(kept().empty());
    EXPECT_EQ(call("subscriptions.pause", {{"id", id}}).error().code, ErrorCode::not_found);
    EXPECT_EQ(reread, 4);
    expect_sound();
}

TEST_F(SubscriptionCommands, GiveAClientItsFields) {
    const auto added = client("webhook", {"child.name", "mother-details"});
    EXPECT_EQ(added["fields"], (Json{"child.name", "mother-details"}));
    EXPECT_EQ(call("clients.list", Json::object()).value()["clients"][0]["fields"],
              (Json{"child.name", "mother-details"}));
    const auto unknown = call("clients.add", {{"name", "B"}, {"kind", "webhook"}, {"fields", {"child.shoe"}}});
    EXPECT_EQ(unknown.error().path, "fields");
    const auto not_its = call("clients.add", {{"name", "C"}, {"kind", "record-search"}, {"fields", {"child.name"}}});
    EXPECT_EQ(not_its.error().path, "fields");
}

TEST_F(SubscriptionCommands, TakeFieldsFromAClientAndItsSubscriptions) {
    client("webhook", {"child-details", "mother-details"});
    const auto listed = [this] { return call("subscriptions.list", Json::object()).value()["subscriptions"][0]; };
    ASSERT_TRUE(call("subscriptions.add", asking("cloudevents")));
    EXPECT_EQ(listed()["fields"], (Json{"child-details", "mother-details"}));

    const auto left = call("clients.fields", {{"client", "Ministry"}, {"fields", {"child.name"}}});
    ASSERT_TRUE(left) << left.error().message;
    EXPECT_EQ((*left)["fields"], Json{"child.name"});
    EXPECT_EQ(listed()["fields"], Json{"child.name"});
    EXPECT_EQ(kept()[0].fields.size(), 2u);

    const auto none = call("clients.fields", {{"client", "Ministry"}, {"fields", Json::array()}});
    EXPECT_FALSE(none.value().contains("fields"));
    EXPECT_EQ(listed()["fields"], Json::array());
    ASSERT_TRUE(call("clients.fields", {{"client", "Ministry"}, {"fields", {"mother-details"}}}));
    EXPECT_EQ(listed()["fields"], Json{"mother-details"}) << "what is given back is told again";

    for (const auto& [args, path] : std::vector<std::pair<Json, std::string>>{
             {{{"client", "Ministry"}, {"fields", {"child.shoe"}}}, "fields"},
             {{{"client", "Ministry"}}, "fields"},
             {{{"client", "Nobody"}, {"fields", {"child.name"}}}, "client"},
         })
        EXPECT_EQ(call("clients.fields", args).error().path, path);
    ASSERT_TRUE(call("clients.add", {{"name", "Office"}, {"kind", "national-id"}}));
    EXPECT_EQ(call("clients.fields", {{"client", "Office"}, {"fields", {"child.name"}}}).error().path, "client");
    expect_sound();
}

}  // namespace
