// SPDX-License-Identifier: MPL-2.0
#include "unit/store/store_fixture.hpp"

using namespace ocm;
using namespace ocm::store;
using namespace ocm::store_ops;
using namespace ocm::test;

namespace {

Subscription subscription(std::string id, std::string client = "ministry") {
    Subscription out;
    out.id = std::move(id);
    out.client = std::move(client);
    out.contract = SubscriptionContract::opencrvs_1;
    out.state = SubscriptionState::active;
    out.topics = {"birth.registered"};
    out.callback = "https://ministry.example.org/hear";
    out.secret = "planted-secret";
    out.key_id = "k1";
    out.fields = {"child.name", "mother-details"};
    out.areas = {"a1"};
    out.offices = {"o1"};
    out.statuses = {"rejected"};
    out.headers = {"X-Key: planted-secret"};
    out.full = false;
    out.family_list = true;
    out.created = wall_now();
    out.until = wall_now() + std::chrono::hours(1);
    out.reason = "vaccination reminders";
    return out;
}

PutSubscription put(Subscription made, bool existing = false) {
    return {std::move(made), {wall_now(), "ministry", "subscription.put", "{}"}, existing};
}

RemoveSubscription removal(std::string id) {
    return {std::move(id), {wall_now(), "cli:tester", "subscription.remove", "{}"}};
}

Publish publish(const std::string& transaction, const std::string& key, const std::vector<std::string>& to) {
    Publish op;
    op.once_key = key;
    op.event = "event of " + key;
    op.topic = "birth.registered";
    op.record = "planted-record";
    op.transaction = transaction;
    op.at = wall_now();
    op.payload = R"({"event":"planted-payload"})";
    for (const auto& id : to) {
        auto delivery = enqueue(transaction, "ministry");
        delivery.kind = "webhook";
        delivery.payload.clear();
        delivery.subscription = id;
        op.deliveries.push_back(std::move(delivery));
    }
    return op;
}

class Subscriptions : public StoreTest {
  protected:
    Subscriptions() : store(open()) {}
    /// Of a transaction of its own.
    std::vector<Enqueue> tell(const std::string& key, const std::vector<std::string>& to) {
        const auto id = new_id();
        auto op = publish(id, key, to);
        auto deliveries = op.deliveries;
        Unit unit;
        unit.emplace_back(receive(id));
        unit.emplace_back(std::move(op));
        unit.emplace_back(answer(id));
        const auto committed = commit(*store, std::move(unit));
        EXPECT_TRUE(committed) << committed.error().message;
        return deliveries;
    }
    std::vector<Subscription> all() { return run(store->subscriptions()).value(); }

    std::unique_ptr<Store> store;
};

}  // namespace

TEST_F(Subscriptions, AreKeptAsTheyWere) {
    const auto made = subscription("s1");
    ASSERT_TRUE(commit(*store, unit_of(put(made))));
    EXPECT_EQ(all(), std::vector{made});
    auto changed = made;
    changed.state = SubscriptionState::paused;
    changed.why = "by an administrator";
    ASSERT_TRUE(commit(*store, unit_of(put(changed))));
    EXPECT_EQ(all(), std::vector{changed});
    store->close();
    expect_sound();
    store = open();
    EXPECT_EQ(all(), std::vector{changed});
    ASSERT_TRUE(commit(*store, unit_of(removal("s1"))));
    EXPECT_TRUE(all().empty());
    const auto again = commit(*store, unit_of(removal("s1")));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::not_found);
    // What only ends an existing one makes none.
    ASSERT_TRUE(commit(*store, unit_of(put(changed, true))));
    EXPECT_TRUE(all().empty());
    store->close();
    expect_sound();
}

TEST_F(Subscriptions, GoWithTheirClient) {
    Client client;
    client.id = "ministry";
    client.name = "Ministry";
    client.kind = ClientKind::webhook;
    client.created = wall_now();
    client.signing_secret = "planted-secret";
    client.fields = {"child-details", "place"};
    ASSERT_TRUE(commit(*store, unit_of(PutClient{client, {wall_now(), "cli:tester", "client.add", "{}"}})));
    EXPECT_EQ(run(store->clients()).value(), std::vector{client});
    ASSERT_TRUE(commit(*store, unit_of(put(subscription("s1")))));
    ASSERT_TRUE(commit(*store, unit_of(put(subscription("s2", "other")))));
    ASSERT_TRUE(commit(*store, unit_of(RemoveClient{"ministry", {wall_now(), "cli:tester", "client.remove", "{}"}})));
    ASSERT_EQ(all().size(), 1u);
    EXPECT_EQ(all()[0].id, "s2");
    store->close();
    expect_sound();
}

TEST_F(Subscriptions, AnEventIsToldOnceHoweverOftenItIsHeard) {
    ASSERT_TRUE(commit(*store, unit_of(put(subscription("s1")))));
    ASSERT_TRUE(commit(*store, unit_of(put(subscription("s2")))));
    const auto first = tell("key 1", {"s1", "s2"});
    const auto repeated = tell("key 1", {"s1", "s2"});
    const auto second = tell("key 2", {"s1", "gone"});

    const auto one = run(store->delivery(first[0].delivery));
    ASSERT_TRUE(one) << one.error().message;
    EXPECT_EQ(one->subscription, "s1");
    EXPECT_EQ(one->sequence, 1);
    EXPECT_EQ(run(store->delivery(first[1].delivery))->sequence, 1);
    EXPECT_EQ(run(store->delivery(second[0].delivery))->sequence, 2) << "what was known used up no number";
    EXPECT_FALSE(run(store->delivery(repeated[0].delivery)));
    EXPECT_FALSE(run(store->delivery(second[1].delivery))) << "its subscription is gone";
    // One payload for all of them.
    for (const auto& delivery : {first[0], first[1], second[0]})
        EXPECT_EQ(run(store->delivery_payload(delivery.delivery)).value(), R"({"event":"planted-payload"})");

    ASSERT_EQ(all().size(), 2u);
    EXPECT_EQ(all()[0].sequence, 2);
    // Changing a subscription leaves its number alone.
    ASSERT_TRUE(commit(*store, unit_of(put(subscription("s1")))));
    EXPECT_EQ(tell("key 3", {"s1"}).size(), 1u);
    EXPECT_EQ(all()[1].sequence, 3);
    store->close();
    expect_sound();
}

TEST_F(Subscriptions, APublicationIsKeptWithWhatItStandsWithOrNotAtAll) {
    ASSERT_TRUE(commit(*store, unit_of(put(subscription("s1")))));
    const auto id = new_id();
    auto op = publish(id, "key 1", {"s1"});
    op.deliveries[0].transaction = new_id();
    Unit unit;
    unit.emplace_back(receive(id));
    unit.emplace_back(op);
    EXPECT_FALSE(commit(*store, unit)) << "a delivery of another transaction";
    unit.back() = publish(new_id(), "key 1", {"s1"});
    EXPECT_FALSE(commit(*store, unit)) << "a transaction that was never received";
    EXPECT_EQ(all()[0].sequence, 0);
    EXPECT_EQ(tell("key 1", {"s1"}).size(), 1u);
    EXPECT_EQ(all()[0].sequence, 1) << "nothing was left of what failed";
    store->close();
    expect_sound();
}

TEST_F(Subscriptions, ErasedAnEventIsStillKnownAndNothingOfItIsLeft) {
    ASSERT_TRUE(commit(*store, unit_of(put(subscription("s1")))));
    const auto first = tell("key 1", {"s1"});
    EraseRequest request;
    request.transactions = {first[0].transaction};
    request.actor = "cli:tester";
    ASSERT_TRUE(run(store->erase_parts(request)));
    EXPECT_FALSE(run(store->delivery(first[0].delivery)));
    tell("key 1", {"s1"});
    EXPECT_EQ(all()[0].sequence, 1) << "it was published before";
    store->close();
    expect_sound();
    Database database(path(), Database::Mode::read_only, {}, 1000);
    EXPECT_EQ(database.integer("SELECT count(*) FROM published"), 1);
    EXPECT_EQ(database.integer("SELECT count(*) FROM published WHERE record <> ''"), 0);
}

TEST_F(Subscriptions, OneIsToldOfThePastOnceAndWithAPayloadOfItsOwn) {
    ASSERT_TRUE(commit(*store, unit_of(put(subscription("s1")))));
    ASSERT_TRUE(commit(*store, unit_of(put(subscription("s2")))));
    const auto known = tell("key 1", {"s1"});
    const auto tell_one = [&](Enqueue delivery) {
        delivery.transaction = new_id();
        delivery.payload = R"({"event":"told again"})";
        Unit unit;
        unit.emplace_back(receive(delivery.transaction));
        unit.emplace_back(Tell{delivery});
        const auto committed = commit(*store, std::move(unit));
        EXPECT_TRUE(committed) << committed.error().message;
    };
    tell_one(known[0]);
    EXPECT_EQ(all()[0].sequence, 1) << "it was told of it before";
    auto other = publish(new_id(), "key 1", {"s2"}).deliveries[0];
    tell_one(other);
    tell_one(other);
    EXPECT_EQ(all()[1].sequence, 1);
    EXPECT_EQ(run(store->delivery_payload(other.delivery)).value(), R"({"event":"told again"})");
    auto gone = publish(new_id(), "key 1", {"gone"}).deliveries[0];
    tell_one(gone);
    EXPECT_EQ(run(store->known_deliveries({known[0].delivery, other.delivery, gone.delivery})).value(),
              (std::set<std::string>{known[0].delivery, other.delivery}));

    // Told before it was made known, it is not told again when it is.
    auto ahead = publish(new_id(), "key 2", {"s1"});
    tell_one(ahead.deliveries[0]);
    Unit unit;
    unit.emplace_back(receive(ahead.transaction));
    unit.emplace_back(ahead);
    ASSERT_TRUE(commit(*store, std::move(unit)));
    EXPECT_EQ(all()[0].sequence, 2);
    EXPECT_EQ(run(store->published({"key 1", "key 2", "key 3"})).value(), (std::set<std::string>{"key 1", "key 2"}));
    store->close();
    expect_sound();
}

TEST_F(Subscriptions, WhoNotifiedARecordIsFoundByItsIds) {
    const auto of = [&](const std::string& channel, const RecordIds& ids) {
        return run(store->notified(channel, ids)).value();
    };
    const auto transaction = [&](const std::string& channel, const std::string& client, const std::string& source,
                                 const RecordIds& ids) {
        const auto id = new_id();
        auto received = receive(id);
        received.channel = channel;
        received.client = client;
        auto answered = answer(id);
        answered.subjects.tracking_id = ids.tracking_id;
        answered.subjects.event_id = ids.record;
        answered.subjects.source_id = source;
        Unit unit;
        unit.emplace_back(std::move(received));
        unit.emplace_back(std::move(answered));
        EXPECT_TRUE(commit(*store, std::move(unit)));
        return id;
    };
    const RecordIds ids{"B7Q2K1", "record-1"};
    EXPECT_FALSE(of("notification", ids));
    EXPECT_FALSE(of("notification", {}));
    transaction("notification", "hospital", "H-1", ids);
    const auto last = transaction("notification", "hospital", "H-2", ids);
    transaction("webhook-inbound", "", "", ids);
    EXPECT_EQ(of("notification", ids), (Notified{last, "hospital", "H-2"}));
    EXPECT_FALSE(of("notification", {"B7Q2K2", "record-2"}));
    EXPECT_FALSE(of("webhook", ids));
    // OpenCRVS 1.3 to 1.5 gave it no tracking id.
    const auto old = transaction("notification", "clinic", "", {"", "record-3"});
    EXPECT_EQ(of("notification", {"B7Q2K3", "record-3"}), (Notified{old, "clinic", ""}));
}

TEST_F(Subscriptions, WhatWasLastMadeKnownOfARecordIsFound) {
    const auto last = [&](const std::string& topic) {
        return run(store->last_published(topic, {"", "planted-record"})).value();
    };
    const auto tell_of = [&](const std::string& key, const std::string& topic, const std::string& payload) {
        const auto id = new_id();
        auto op = publish(id, key, {});
        op.topic = topic;
        op.payload = payload;
        Unit unit;
        unit.emplace_back(receive(id));
        unit.emplace_back(std::move(op));
        auto answered = answer(id);
        answered.subjects.tracking_id = "B7Q2K1";
        unit.emplace_back(std::move(answered));
        EXPECT_TRUE(commit(*store, std::move(unit)));
    };
    EXPECT_FALSE(last("notification.status"));
    tell_of("key 1", "notification.status", "rejected");
    tell_of("key 2", "notification.status", "registered");
    tell_of("key 3", "birth.corrected", "corrected");
    EXPECT_EQ(last("notification.status"), "registered");
    EXPECT_EQ(last("birth.corrected"), "corrected");
    EXPECT_EQ(run(store->last_published("notification.status", {"B7Q2K1", ""})).value(), "registered")
        << "a person found it there and knows no more";
    EXPECT_FALSE(run(store->last_published("notification.status", {"B7Q2K2", "another"})).value());
    EXPECT_FALSE(run(store->last_published("notification.status", {})).value());

    EraseRequest request;
    request.older_than = wall_now() + std::chrono::hours(1);
    request.actor = "tester";
    ASSERT_TRUE(run(store->erase_parts(std::move(request))));
    EXPECT_FALSE(last("notification.status"));
    store->close();
    expect_sound();
}

TEST_F(Subscriptions, WhatWasQueuedForOneIsFoundByItsNumbers) {
    const auto found = [&](const QueuedQuery& query) { return run(store->queued_events(query)).value(); };
    const auto numbers = [&](const QueuedEvents& events) {
        std::vector<std::int64_t> out;
        for (const auto& each : events.events) out.push_back(each.delivery.sequence);
        return out;
    };
    using Numbers = std::vector<std::int64_t>;
    // One of the same id was removed with what it had.
    ASSERT_TRUE(commit(*store, unit_of(put(subscription("s1")))));
    for (const auto* key : {"old 1", "old 2", "old 3"}) tell(key, {"s1"});
    ASSERT_TRUE(commit(*store, unit_of(removal("s1"))));
    ASSERT_TRUE(commit(*store, unit_of(put(subscription("s1")))));
    ASSERT_TRUE(commit(*store, unit_of(put(subscription("s2")))));
    EXPECT_EQ(found({"s1", 1, 100, 100}).last, 0);
    std::vector<Enqueue> told;
    for (const auto* key : {"key 1", "key 2", "key 3", "key 4"}) told.push_back(tell(key, {"s1", "s2"})[0]);

    const auto all = found({"s1", 1, 100, 100});
    EXPECT_EQ(all.last, 4);
    EXPECT_EQ(numbers(all), (Numbers{1, 2, 3, 4}));
    EXPECT_EQ(all.events[0].delivery.id, told[0].delivery);
    EXPECT_EQ(all.events[0].delivery.transaction, told[0].transaction);
    EXPECT_EQ(all.events[0].payload, R"({"event":"planted-payload"})");
    EXPECT_EQ(numbers(found({"s1", 2, 3, 100})), (Numbers{2, 3}));
    EXPECT_EQ(numbers(found({"s1", 2, 100, 2})), (Numbers{2, 3})) << "the first ones";
    EXPECT_EQ(numbers(found({"s1", 5, 100, 100})), Numbers{});
    EXPECT_EQ(found({"s1", 1, 100, 0}).last, 4);
    EXPECT_EQ(numbers(found({"s1", 1, 100, 0})), Numbers{});
    EXPECT_EQ(found({"gone", 1, 100, 100}).last, 0);

    EraseRequest request;
    request.transactions = {told[1].transaction};
    request.actor = "cli:tester";
    for (const auto& each : told) {
        StepDelivery step;
        step.delivery = each.delivery;
        step.transaction = each.transaction;
        step.at = wall_now();
        step.step = DeliveryStep::discard;
        step.actor = "cli:tester";
        ASSERT_TRUE(commit(*store, unit_of(step)));
    }
    ASSERT_TRUE(run(store->erase_parts(request)));
    EXPECT_EQ(numbers(found({"s1", 1, 100, 100})), (Numbers{1, 3, 4})) << "erased";
    EXPECT_EQ(found({"s1", 1, 100, 100}).last, 4);
}

TEST_F(Subscriptions, CheckRebuildsThem) {
    ASSERT_TRUE(commit(*store, unit_of(put(subscription("s1")))));
    tell("key 1", {"s1"});
    store->close();
    expect_sound();
    for (const std::string change :
         {"UPDATE subscription SET sequence = 7", "UPDATE subscription SET state = 'ended'",
          "UPDATE published SET once_key = 'other'", "UPDATE outbox SET sequence = 9", "DELETE FROM published"}) {
        sql("CREATE TABLE kept AS SELECT * FROM subscription");
        sql("CREATE TABLE kept_published AS SELECT * FROM published");
        sql(change);
        EXPECT_FALSE(checked().sound()) << change;
        sql("UPDATE outbox SET sequence = 1");
        sql("DELETE FROM subscription; INSERT INTO subscription SELECT * FROM kept; DROP TABLE kept");
        sql("DELETE FROM published; INSERT INTO published SELECT * FROM kept_published; DROP TABLE kept_published");
        expect_sound();
    }
}

TEST_F(Subscriptions, NoEntryHoldsASecretOrARecord) {
    ASSERT_TRUE(commit(*store, unit_of(put(subscription("s1")))));
    tell("key 1", {"s1"});
    store->close();
    Database database(path(), Database::Mode::read_only, {}, 1000);
    EXPECT_GT(database.integer("SELECT count(*) FROM entry"), 3);
    EXPECT_EQ(database.integer("SELECT count(*) FROM entry WHERE canonical LIKE '%planted%'"), 0);
}
