// SPDX-License-Identifier: MPL-2.0
#include "app/operations.hpp"
#include "channels/webhook/event_json.hpp"
#include "channels/webhook/publish.hpp"
#include "support/fakes/fakes.hpp"
#include "unit/store/store_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::app;
using namespace ocm::test;

namespace {

/// Deliveries of two subscriptions in a store as it is.
class DeliveryCommands : public StoreTest {
  protected:
    DeliveryCommands() : store(open()), operations({*store, clock, ids, {}, [this] { ++woken; }}) {}

    Result<Json> call(const std::string& command, Json args) {
        return run(operations.run("deliveries." + command, std::move(args), "cli:tester"));
    }
    store_ops::Enqueue queued(const std::string& subscription, Milliseconds ago = {}) {
        const auto id = new_id();
        auto op = enqueue(id, "ministry-id");
        op.kind = "webhook";
        op.destination = "https://ministry.example.org";
        op.subscription = subscription;
        op.payload.clear();
        op.at = fakes::FakeClock::start - ago;
        store_ops::Publish publish;
        publish.once_key = publish.event = id;
        publish.topic = "birth.registered";
        publish.transaction = id;
        publish.at = op.at;
        publish.payload = "{}";
        publish.deliveries = {op};
        store_ops::Unit unit;
        unit.emplace_back(receive(id));
        unit.emplace_back(std::move(publish));
        unit.emplace_back(answer(id));
        EXPECT_TRUE(commit(*store, std::move(unit)));
        return op;
    }
    void subscribe(const std::string& id) {
        Subscription made;
        made.id = id;
        made.client = "ministry-id";
        made.state = SubscriptionState::active;
        store_ops::PutSubscription put{made, {wall_now(), "t", "subscription.add", "{}"}};
        EXPECT_TRUE(commit(*store, unit_of(std::move(put))));
    }
    void step(const store_ops::Enqueue& of, DeliveryStep what, ErrorCode why = ErrorCode::bad_gateway) {
        store_ops::StepDelivery op;
        op.delivery = of.delivery;
        op.transaction = of.transaction;
        op.at = wall_now();
        op.step = what;
        op.due = op.at;
        op.why = {why, "as told", "", {}};
        EXPECT_TRUE(commit(*store, unit_of(std::move(op))));
    }
    store_ops::Enqueue dead(const std::string& subscription, Milliseconds ago = {}) {
        auto out = queued(subscription, ago);
        step(out, DeliveryStep::start);
        step(out, DeliveryStep::bury);
        return out;
    }
    store_ops::Enqueue unclear(const std::string& subscription) {
        auto out = queued(subscription);
        step(out, DeliveryStep::start);
        step(out, DeliveryStep::park, ErrorCode::target_timeout);
        return out;
    }
    DeliveryState state(const store_ops::Enqueue& of) { return run(store->delivery(of.delivery)).value().state; }

    fakes::FakeClock clock;
    fakes::FakeIds ids;
    int woken = 0;
    std::unique_ptr<store::Store> store;
    Operations operations;
};

TEST_F(DeliveryCommands, FindWhatIsDeadOfASubscriptionSinceATime) {
    subscribe("one");
    subscribe("two");
    dead("one", Milliseconds(7'200'000));
    const auto late = dead("one");
    dead("two");
    queued("one");

    const Json wanted{{"subscription", "one"}, {"since", "2026-03-02T09:00:00Z"}};
    auto narrowed = wanted;
    narrowed["state"] = "dead";
    const auto listed = call("list", narrowed).value();
    ASSERT_EQ(listed["deliveries"].size(), 1U);
    EXPECT_EQ(listed["deliveries"][0]["id"], late.delivery);
    EXPECT_EQ(listed["deliveries"][0]["subscription"], "one");
    EXPECT_EQ(listed["deliveries"][0]["error"], "bad_gateway");

    auto counting = wanted;
    counting["dry_run"] = true;
    const auto counted = call("retry", counting).value();
    EXPECT_EQ(counted["matching"], 1) << "dead letters where no state is said";
    EXPECT_EQ(counted["states"], (Json{{"dead", 1}}));
    EXPECT_EQ(state(late), DeliveryState::dead) << "counting changes nothing";
    EXPECT_EQ(woken, 0);

    EXPECT_EQ(call("retry", wanted).value()["retried"], 1);
    EXPECT_EQ(state(late), DeliveryState::pending);
    EXPECT_EQ(woken, 1);
    counting.erase("since");
    EXPECT_EQ(call("retry", counting).value()["matching"], 1) << "the older one is left";
    const Json before{{"until", "2026-03-02T09:00:00Z"}, {"dry_run", true}};
    EXPECT_EQ(call("retry", before).value()["matching"], 1);
    const Json of_another{{"error", "conflict"}, {"dry_run", true}};
    EXPECT_EQ(call("retry", of_another).value()["matching"], 0);
}

TEST_F(DeliveryCommands, TakeManyInBatchesAndNoneThatWasNotCounted) {
    subscribe("one");
    for (int i = 0; i < 150; ++i) dead("one");
    const auto counted = call("discard", {{"dead", true}, {"dry_run", true}}).value();
    EXPECT_EQ(counted["matching"], 150);
    const auto later = dead("one");

    Json args{{"dead", true}, {"through", counted["through"]}, {"reason", "told by telephone"}};
    auto first = call("discard", args).value();
    EXPECT_EQ(first["discarded"], 100);
    args["after"] = first["next"];
    const auto second = call("discard", args).value();
    EXPECT_EQ(second["discarded"], 50);
    EXPECT_FALSE(second.contains("next"));
    EXPECT_EQ(state(later), DeliveryState::dead);

    store->close();
    store::Database database(path(), store::Database::Mode::read_only, {}, 1000);
    EXPECT_EQ(database.integer("SELECT count(*) FROM entry WHERE canonical LIKE '%\"step\":\"discard\"%' AND canonical "
                               "LIKE '%cli:tester%'"),
              150)
        << "each is recorded";
    EXPECT_EQ(database.integer("SELECT count(*) FROM part WHERE name = 'reason'"), 150);
    EXPECT_EQ(database.integer("SELECT count(*) FROM entry WHERE canonical LIKE '%telephone%'"), 0)
        << "a person's words can be erased";
    expect_sound();
}

TEST_F(DeliveryCommands, LeaveWhatIsUnclearUnlessItIsAskedFor) {
    subscribe("one");
    const auto which = unclear("one");
    EXPECT_EQ(call("retry", {{"state", "parked"}}).value()["retried"], 0);
    EXPECT_EQ(state(which), DeliveryState::parked);
    EXPECT_EQ(call("discard", {{"state", "parked"}, {"error", "target_timeout"}}).value()["discarded"], 1);
    EXPECT_EQ(state(which), DeliveryState::discarded);
}

TEST_F(DeliveryCommands, TakeOneByItsId) {
    subscribe("one");
    const auto which = dead("one");
    EXPECT_EQ(call("discard", {{"id", which.delivery}, {"dry_run", true}}).value()["matching"], 1);
    EXPECT_EQ(call("discard", {{"id", which.delivery}}).value(), (Json{{"discarded", 1}}));
    EXPECT_EQ(call("retry", {{"id", which.delivery}}).error().code, ErrorCode::conflict);
    EXPECT_EQ(call("retry", {{"id", which.delivery}, {"dry_run", true}}).error().code, ErrorCode::conflict);
    EXPECT_EQ(call("retry", {{"id", "none"}}).error().code, ErrorCode::not_found);
}

TEST_F(DeliveryCommands, ShowOpenHimWhatWasDiscarded) {
    subscribe("one");
    const auto which = dead("one");
    std::vector<Ended> shown;
    Operations::Deps deps{*store, clock, ids, {}, [this] { ++woken; }};
    deps.show = [&shown](const Ended& ended) {
        shown.push_back(ended);
        return delivery_report(ended, Reported::all, {});
    };
    Operations showing(std::move(deps));
    ASSERT_TRUE(run(showing.run("deliveries.retry", {{"id", which.delivery}}, "cli:tester")));
    EXPECT_TRUE(shown.empty()) << "it is not over";
    const Json args{{"id", which.delivery}, {"reason", "told by telephone"}};
    ASSERT_TRUE(run(showing.run("deliveries.discard", args, "cli:tester")));
    ASSERT_EQ(shown.size(), 1U);
    EXPECT_EQ(shown[0].delivery.id, which.delivery);
    EXPECT_EQ(shown[0].why.message, "discarded by an administrator");
    const auto report = run(store->delivery(shown[0].report));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->state, DeliveryState::pending);
    EXPECT_EQ(run(store->delivery_payload(shown[0].report)).value().find("telephone"), std::string::npos);
    expect_sound();
}

/// A notification of which it is not known whether OpenCRVS took it, while a registration is heard.
class ResolvedNotifications : public DeliveryCommands {
  protected:
    ResolvedNotifications()
        : telling([this] {
              Operations::Deps deps{*store, clock, ids, {}, [this] { ++woken; }};
              deps.publish = [this](const RegistrationEvent& event, const std::string& transaction, WallTime now) {
                  told.push_back(event);
                  store_ops::Unit ops;
                  ops.emplace_back(webhook::publish(event, {}, transaction, now));
                  return ops;
              };
              return Operations(std::move(deps));
          }()) {}

    Result<Json> resolve(const store_ops::Enqueue& which, const std::string& tracking_id) {
        return run(
            telling.run("deliveries.resolve", {{"id", which.delivery}, {"tracking_id", tracking_id}}, "cli:tester"));
    }
    store_ops::Enqueue notified() {
        const auto id = new_id();
        auto op = enqueue(id, hospital);
        auto received = receive(id);
        auto answered = answer(id, 202);
        answered.subjects.source_id = "ward-7";
        store_ops::Unit unit;
        unit.emplace_back(std::move(received));
        unit.emplace_back(op);
        unit.emplace_back(std::move(answered));
        EXPECT_TRUE(commit(*store, std::move(unit)));
        step(op, DeliveryStep::start);
        step(op, DeliveryStep::park, ErrorCode::target_timeout);
        return op;
    }
    void hear(const std::string& tracking_id, const std::string& number) {
        const auto id = new_id();
        RegistrationEvent event;
        event.topic = {Change::registered, VitalKind::death};
        event.target = "main";
        event.record = "33333333-3333-4333-8333-333333333301";
        event.occurrence = number;
        event.event.kind = VitalKind::death;
        event.event.registration = Registration{};
        event.event.registration->tracking_id = tracking_id;
        event.event.registration->registration_number = number;
        auto answered = answer(id, 200);
        answered.subjects.tracking_id = tracking_id;
        store_ops::Unit unit;
        unit.emplace_back(receive(id));
        unit.emplace_back(webhook::publish(event, {}, id, wall_now()));
        unit.emplace_back(std::move(answered));
        EXPECT_TRUE(commit(*store, std::move(unit)));
    }

    const std::string hospital = receive("").client;
    std::vector<RegistrationEvent> told;
    Operations telling;
};

TEST_F(ResolvedNotifications, TellTheirSenderOfARegistrationThatWasHeardBefore) {
    const auto which = notified();
    hear("D7Q2K1", "2026D0001");
    ASSERT_TRUE(resolve(which, "D7Q2K1"));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].topic, (Topic{Change::notification_status, VitalKind::death}));
    EXPECT_EQ(told[0].status, NotificationStatus::registered);
    EXPECT_EQ(told[0].event.registration->registration_number, "2026D0001");
    EXPECT_EQ(told[0].notifier, (Notifier{hospital, which.transaction, "ward-7"}));
    const auto known = run(store->last_published("notification.status", {"D7Q2K1", ""})).value();
    ASSERT_TRUE(known) << "and whoever asks what became of it is told, too";
    EXPECT_EQ(webhook::read_event(*known)->notifier, told[0].notifier);
    EXPECT_EQ(woken, 1);
    expect_sound();
}

TEST_F(ResolvedNotifications, TellNothingThatWasNotHeardOrIsOfAnotherRecord) {
    const auto which = notified();
    hear("D7Q2K2", "2026D0002");
    ASSERT_TRUE(resolve(which, "D7Q2K1"));
    EXPECT_TRUE(told.empty());
    EXPECT_FALSE(run(store->last_published("notification.status", {"D7Q2K1", ""})).value());
}

struct BadArguments {
    const char* what;
    Json args;
    const char* path;
    const char* message;
};

class WrongFilters : public DeliveryCommands, public testing::WithParamInterface<BadArguments> {};

TEST_P(WrongFilters, AreRefused) {
    const auto refused = call("discard", GetParam().args);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::bad_request);
    EXPECT_EQ(refused.error().path, GetParam().path);
    EXPECT_EQ(refused.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongFilters,
    testing::Values(
        BadArguments{"nothing", Json::object(), "id", "name a delivery, or what the deliveries have in common"},
        BadArguments{"unknown_state",
                     {{"state", "lost"}},
                     "state",
                     "one of pending, sending, parked, delivered, dead, discarded, replaced"},
        BadArguments{"a_state_that_is_over",
                     {{"state", "delivered"}},
                     "state",
                     "only deliveries that are pending, parked or dead are retried or discarded"},
        BadArguments{"no_instant", {{"since", "monday"}}, "since", "an instant looks like 2026-01-15T00:00:00Z"},
        BadArguments{
            "a_long_reason", {{"dead", true}, {"reason", std::string(501, 'x')}}, "reason", "at most 500 bytes"}),
    [](const auto& param) { return std::string(param.param.what); });

}  // namespace
