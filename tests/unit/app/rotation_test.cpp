// SPDX-License-Identifier: MPL-2.0
#include "app/callers.hpp"
#include "app/operations.hpp"
#include "support/fakes/fakes.hpp"
#include "unit/store/store_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::app;
using namespace ocm::test;

namespace {

class Rotation : public StoreTest {
  protected:
    Rotation()
        : store(open()),
          operations(
              {*store, clock, ids, [this] { ++clients_read; }, {}, {}, nullptr, [this] { ++subscriptions_read; }}) {}

    Result<Json> call(const std::string& command, Json args) {
        return run(operations.run("clients." + command, std::move(args), "cli:tester"));
    }
    Json added(const std::string& kind) {
        const auto made = call("add", {{"name", "Ministry"}, {"kind", kind}});
        EXPECT_TRUE(made) << made.error().message;
        return made.value_or(Json());
    }
    void subscribe(const std::string& id, SubscriptionState state = SubscriptionState::active) {
        Subscription made;
        made.id = id;
        made.client = stored().id;
        made.state = state;
        made.secret = stored().signing_secret;
        made.key_id = "before";
        store_ops::PutSubscription put{made, {clock.now(), "t", "subscription.add", "{}"}};
        EXPECT_TRUE(commit(*store, unit_of(std::move(put))));
    }
    store_ops::Client stored() { return run(store->clients()).value().front(); }
    Subscription subscription(const std::string& id) {
        const auto all = run(store->subscriptions()).value();
        const auto found = std::ranges::find(all, id, &Subscription::id);
        return found == all.end() ? Subscription{} : *found;
    }

    fakes::FakeClock clock;
    fakes::FakeIds ids;
    int clients_read = 0;
    int subscriptions_read = 0;
    std::unique_ptr<store::Store> store;
    Operations operations;
};

TEST_F(Rotation, ReachesTheClientAndItsSubscriptionsAtOnce) {
    const auto before = added("webhook");
    subscribe("one");
    subscribe("paused", SubscriptionState::paused);
    subscribe("ended", SubscriptionState::ended);
    const auto old_secret = std::string(text_member(before, "signing_secret"));
    clients_read = 0;
    const auto rotated = call("rotate", {{"client", "Ministry"}, {"overlap", "24h"}});
    ASSERT_TRUE(rotated) << rotated.error().message;
    const auto secret = std::string(text_member(*rotated, "signing_secret"));
    EXPECT_NE(secret, old_secret);
    EXPECT_EQ((*rotated)["subscriptions"], 2);
    EXPECT_EQ((*rotated)["old_signing_key_id"], before["signing_key_id"]);
    EXPECT_EQ(clients_read, 1);
    EXPECT_EQ(subscriptions_read, 1);

    const auto client = stored();
    const auto until = clock.now() + std::chrono::hours(24);
    EXPECT_EQ(client.signing_secret, secret);
    EXPECT_EQ(client.old_signing_secret, old_secret);
    EXPECT_EQ(client.old_signing_until, until);
    EXPECT_EQ(client.key_sha256, hash_client_key(text_member(*rotated, "key")));
    EXPECT_EQ(client.old_key_sha256, hash_client_key(text_member(before, "key")));
    for (const auto* id : {"one", "paused"}) {
        const auto one = subscription(id);
        EXPECT_EQ(one.secret, secret);
        EXPECT_EQ(one.key_id, text_member(*rotated, "signing_key_id"));
        EXPECT_EQ(one.old_secret, old_secret);
        EXPECT_EQ(one.old_key_id, text_member(before, "signing_key_id"));
        EXPECT_EQ(one.old_until, until);
    }
    EXPECT_EQ(subscription("paused").state, SubscriptionState::paused);
    EXPECT_EQ(subscription("ended").secret, old_secret) << "it signs nothing any more";
    EXPECT_EQ(dump_json(call("list", Json::object()).value()).find(secret), std::string::npos);
}

TEST_F(Rotation, IsFinishedEarly) {
    added("national-id");
    subscribe("one");
    ASSERT_TRUE(call("rotate", {{"client", "Ministry"}, {"overlap", "24h"}}));
    const auto secret = stored().signing_secret;
    const auto key = stored().key_sha256;
    const auto finished = call("rotate", {{"client", "Ministry"}, {"finish", true}});
    ASSERT_TRUE(finished) << finished.error().message;
    EXPECT_FALSE(finished->contains("key"));
    EXPECT_FALSE(finished->contains("signing_secret"));
    EXPECT_FALSE(finished->contains("old_key_until"));
    EXPECT_EQ(stored().signing_secret, secret);
    EXPECT_EQ(stored().key_sha256, key);
    EXPECT_EQ(stored().old_signing_secret, "");
    EXPECT_EQ(stored().old_key_sha256, "");
    EXPECT_FALSE(stored().old_signing_until);
    EXPECT_EQ(subscription("one").secret, secret);
    EXPECT_EQ(subscription("one").old_secret, "");
    EXPECT_FALSE(subscription("one").old_until);
}

TEST_F(Rotation, WithoutAnOverlapLeavesNothingOfTheOldOnes) {
    added("webhook");
    subscribe("one");
    ASSERT_TRUE(call("rotate", {{"client", "Ministry"}, {"overlap", "0s"}}));
    EXPECT_EQ(stored().old_signing_secret, "");
    EXPECT_EQ(stored().old_key_sha256, "");
    EXPECT_EQ(subscription("one").old_secret, "");
    EXPECT_EQ(subscription("one").secret, stored().signing_secret);
}

TEST_F(Rotation, IsOfTheKeyOrOfTheSecretWhereOneIsNamed) {
    added("webhook");
    const auto first = stored();
    ASSERT_TRUE(call("rotate", {{"client", "Ministry"}, {"overlap", "1h"}, {"only", "key"}}));
    EXPECT_EQ(stored().signing_secret, first.signing_secret);
    EXPECT_NE(stored().key_sha256, first.key_sha256);
    const auto second = stored();
    const auto rotated = call("rotate", {{"client", "Ministry"}, {"overlap", "1h"}, {"only", "signing-secret"}});
    ASSERT_TRUE(rotated);
    EXPECT_FALSE(rotated->contains("key"));
    EXPECT_EQ(stored().key_sha256, second.key_sha256);
    EXPECT_EQ(stored().old_key_sha256, first.key_sha256);
    EXPECT_NE(stored().signing_secret, first.signing_secret);
}

TEST_F(Rotation, OfAClientThatIsToldNothingIsOfItsKey) {
    added("record-search");
    const auto rotated = call("rotate", {{"client", "Ministry"}, {"overlap", "1h"}});
    ASSERT_TRUE(rotated);
    EXPECT_TRUE(rotated->contains("key"));
    EXPECT_FALSE(rotated->contains("signing_secret"));
    const auto refused = call("rotate", {{"client", "Ministry"}, {"overlap", "1h"}, {"only", "signing-secret"}});
    EXPECT_EQ(refused.error().message, "the client has no signing secret");
}

TEST_F(Rotation, IsRecordedWithTheKeysNameAndWithoutTheSecret) {
    added("webhook");
    subscribe("one");
    const auto rotated = call("rotate", {{"client", "Ministry"}, {"overlap", "1h"}}).value();
    const auto secret = std::string(text_member(rotated, "signing_secret"));
    const auto key_id = std::string(text_member(rotated, "signing_key_id"));
    for (const auto& [args, path] : {std::pair{Json{{"client", "Nobody"}, {"overlap", "1h"}}, "client"},
                                     {Json{{"client", "Ministry"}, {"overlap", "soon"}}, "overlap"},
                                     {Json{{"client", "Ministry"}, {"overlap", "91d"}}, "overlap"},
                                     {Json{{"client", "Ministry"}, {"overlap", "1h"}, {"only", "all"}}, "only"}}) {
        EXPECT_EQ(call("rotate", args).error().path, path);
    }
    store->close();
    store::Database database(path(), store::Database::Mode::read_only, {}, 1000);
    const auto count = [&](const std::string& what) {
        return database.integer("SELECT count(*) FROM entry WHERE canonical LIKE '%" + what + "%'");
    };
    EXPECT_EQ(count("client.rotate"), 1);
    EXPECT_EQ(count("subscription.rotate"), 1);
    EXPECT_EQ(count(key_id), 2);
    EXPECT_EQ(count(secret), 0);
    expect_sound();
}

}  // namespace
