// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/webhook_subscriptions.hpp"

#include "core/json.hpp"
#include "unit/opencrvs_target/fakes.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;

namespace {

constexpr const char* callback = "https://mediator.example.org/public/webhooks/opencrvs";
const std::vector<std::string> both{"BIRTH_REGISTERED", "DEATH_REGISTERED"};

HubSubscription ours(const std::string& id, const std::string& topic) {
    return {id, callback, topic};
}

TEST(HubReconciliation, BringsTheListToWhatIsWanted) {
    EXPECT_EQ(reconcile({}, both, callback), (Reconciliation{both, {}}));
    EXPECT_EQ(reconcile({ours("1", both[0]), ours("2", both[1])}, both, callback), Reconciliation{});
    // Lost: subscribed again. Twice: the second goes, or every delivery would come twice.
    EXPECT_EQ(reconcile({ours("1", both[0]), ours("2", both[0])}, both, callback), (Reconciliation{{both[1]}, {"2"}}));
    // Stale: of a topic that is not wanted, or of where a mediator was before.
    EXPECT_EQ(reconcile({ours("1", both[0]),
                         ours("2", both[1]),
                         ours("3", "BIRTH_CORRECTED"),
                         {"4", "http://old.example.org/public/webhooks/opencrvs", both[0]}},
                        both, callback),
              (Reconciliation{{}, {"3", "4"}}));
    // Somebody else's stays.
    EXPECT_EQ(reconcile({{"1", "https://registry.example.org/hook", both[0]}}, both, callback),
              (Reconciliation{both, {}}));
    EXPECT_EQ(reconcile({ours("1", both[0])}, {}, callback), (Reconciliation{{}, {"1"}}));
}

TEST(HubList, IsReadWithoutItsTimes) {
    const auto read = read_subscriptions(
        {200, {}, R"({"entries":[{"id":"1","callback":"http://a/b","createdAt":"+057974-03-16T17:46:40.000Z",
                      "createdBy":{"type":"webhook"},"topic":"BIRTH_REGISTERED"},{"id":"2"},"x"]})"});
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, (std::vector<HubSubscription>{{"1", "http://a/b", "BIRTH_REGISTERED"}}));
    EXPECT_EQ(read_subscriptions({400, {}, "Current client details cannot be found"}).error().message,
              "OpenCRVS says that the webhook client is not active");
    EXPECT_EQ(read_subscriptions({200, {}, "[]"}).error().code, ErrorCode::bad_gateway);
    EXPECT_EQ(read_subscriptions({500, {}, ""}).error().message,
              "OpenCRVS answered 500 where its webhooks service was asked to list subscriptions");
}

TEST(HubAnswers, AreExplained) {
    EXPECT_TRUE(read_subscribed({202, {}, ""}, both[0]));
    const auto denied = [](const char* reason) {
        return R"({"hub":{"mode":"denied","topic":"BIRTH_REGISTERED","reason":")" + std::string(reason) + "\"}}";
    };
    const std::string begins = "OpenCRVS did not take the subscription to BIRTH_REGISTERED: ";
    struct Row {
        int status;
        std::string body, why;
    };
    for (const auto& row : {
             Row{400, denied("hub.secret is incorrrect"), "its SHA secret is not that of the webhook client"},
             Row{400, denied("hub.secret is incorrect"), "its SHA secret is not that of the webhook client"},
             Row{400, denied("Active system details cannot be found.  This system is no longer authorized"),
                 "the webhook client is not active"},
             Row{400, denied("Unsupported topic: X"), "it does not know the topic"},
             Row{400, "Subscription callback check failed",
                 "it could not reach this mediator at the callback; see channels.webhook-inbound.public_url"},
             Row{400, "", "it gave no reason that is known"},
             Row{200, "", "it answered 200"},
         }) {
        EXPECT_EQ(read_subscribed({row.status, {}, row.body}, both[0]).error().message, begins + row.why);
    }
}

class HubSync : public testing::Test {
  protected:
    HubSync() : target(clock), subscriptions(options(), {target, store, clock, ids}) {}
    static WebhookSubscriptionOptions options() {
        WebhookSubscriptionOptions out;
        out.target = "national";
        out.webhooks_url = "https://gateway.example.org";
        out.callback = callback;
        out.sha_secret = "a-sha-secret";
        out.topics = both;
        out.token = {"national", "webhook", "https://gateway.example.org/auth", "id", "secret"};
        return out;
    }
    FakeClock clock;
    FakeIds ids;
    FakeStore store;
    FakeOpenCrvs target;
    WebhookSubscriptions subscriptions;
};

TEST_F(HubSync, ListsFirstThenSubscribesWhatIsMissing) {
    target.script("GET /webhooks", 200,
                  parse_json(R"({"entries":[{"id":"1","callback":
        "https://mediator.example.org/public/webhooks/opencrvs","topic":"BIRTH_REGISTERED"},{"id":"2","callback":
        "https://mediator.example.org/public/webhooks/opencrvs","topic":"BIRTH_REGISTERED"}]})")
                      .value());
    target.script("DELETE /webhooks/2", UpstreamReply{204, {}, ""});
    target.script("POST /webhooks", UpstreamReply{202, {}, ""});
    const auto done = run(subscriptions.sync());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->subscribed, std::vector<std::string>{"DEATH_REGISTERED"});
    EXPECT_EQ(done->removed, 1U);
    EXPECT_TRUE(done->failed.empty());
    const auto calls = target.calls();
    ASSERT_EQ(calls.size(), 4U);
    EXPECT_EQ(calls[3].body, R"({"hub":{"callback":"https://mediator.example.org/public/webhooks/opencrvs",)"
                             R"("mode":"subscribe","secret":"a-sha-secret","topic":"DEATH_REGISTERED"}})");
}

TEST_F(HubSync, SubscribesNothingWithoutAList) {
    target.script("GET /webhooks", 500, Json::object());
    const auto done = run(subscriptions.sync());
    EXPECT_EQ(done.error().code, ErrorCode::bad_gateway);
    EXPECT_EQ(target.count("POST /webhooks"), 0U);
}

TEST_F(HubSync, TriesAgainSoonerAfterAFailure) {
    target.script("GET /webhooks", UpstreamReply{200, {}, R"({"entries":[]})"});
    target.script("POST /webhooks", UpstreamReply{400, {}, "Subscription callback check failed"});
    target.script("POST /webhooks", UpstreamReply{202, {}, ""});
    target.script("GET /webhooks", UpstreamReply{200, {}, R"({"entries":[]})"});
    target.script("POST /webhooks", UpstreamReply{202, {}, ""});
    target.script("POST /webhooks", UpstreamReply{202, {}, ""});
    clock.most_sleeps = 2;
    std::vector<std::size_t> failed;
    run(subscriptions.keep_current([&](const auto& done) { failed.push_back(done ? done->failed.size() : 99U); }));
    EXPECT_EQ(failed, (std::vector<std::size_t>{1, 0}));
    ASSERT_EQ(clock.slept.size(), 2U);
    EXPECT_LE(clock.slept[0], std::chrono::seconds(5));
    EXPECT_EQ(clock.slept[1], std::chrono::minutes(5));
}

}  // namespace
