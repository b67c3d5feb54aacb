// SPDX-License-Identifier: MPL-2.0
#include "core/dispatch.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

using namespace ocm;
using namespace ocm::dispatch;
using namespace std::chrono_literals;

namespace {

constexpr WallTime start{Milliseconds(1'772'442'900'000)};

/// A clock, a store and destinations: the world a machine is driven in. What the machine may not do fails the test.
class World {
  public:
    explicit World(std::map<std::string, Policy> policies) : policies_(std::move(policies)) { configure(); }

    std::string queue(const std::string& client, const std::string& order_key = "", Milliseconds in = 0ms) {
        Delivery delivery;
        delivery.seq = static_cast<std::int64_t>(kept.size()) + 1;
        delivery.id = "d" + std::to_string(delivery.seq);
        delivery.kind = "notification";
        delivery.destination = "opencrvs";
        delivery.client = client;
        delivery.order_key = order_key;
        delivery.created = now.wall;
        delivery.due = now.wall + in;
        kept.push_back(delivery);
        send(Changed{});
        return delivery.id;
    }
    Delivery& at(const std::string& id) {
        return *std::find_if(kept.begin(), kept.end(), [&](const Delivery& one) { return one.id == id; });
    }
    void configure() { send(Configured{policies_, held_clients}); }
    void set(Policy policy) {
        policies_["notification"] = policy;
        configure();
    }

    void end(std::string id, const Outcome& outcome) {
        auto& delivery = at(id);
        const auto verdict = judge(delivery, outcome, policies_.at("notification"), now.wall, 0.0);
        EXPECT_TRUE(allowed(verdict.step, delivery.state));
        delivery.state = state_after(verdict.step);
        if (verdict.step == DeliveryStep::postpone) delivery.due = verdict.due;
        delivery.why = verdict.why.message;
        under_way.erase(std::find(under_way.begin(), under_way.end(), id));
        send(Ended{id, outcome.reached});
    }
    void advance(Milliseconds time) {
        now.wall += time;
        now.steady += time;
        send(Tick{});
    }
    /// Goes to the machine's next wake, if it asks for one.
    bool wake() {
        if (!last.wake) return false;
        advance(*last.wake);
        return true;
    }

    void send(const Event& event) {
        last = step(std::move(last.state), event, now);
        const auto actions = std::move(last.actions);
        last.actions.clear();
        for (const auto& action : actions) {
            if (const auto* run = std::get_if<Run>(&action)) begin(run->delivery.id);
        }
        for (const auto& action : actions) {
            if (const auto* load = std::get_if<Load>(&action)) asked = *load;
        }
        if (asked && !slow_store) answer_load();
    }
    void answer_load() {
        if (!asked) return;
        const auto load = *asked;
        asked.reset();
        send(page(load));
    }
    Loaded page(const Load& load) const {
        Loaded out;
        std::map<std::string, std::size_t> taken;
        auto by_due = kept;
        std::stable_sort(by_due.begin(), by_due.end(),
                         [](const Delivery& a, const Delivery& b) { return a.due < b.due; });
        for (const auto& delivery : by_due) {
            if (delivery.state != DeliveryState::pending) continue;
            if (std::count(load.kinds.begin(), load.kinds.end(), delivery.kind) == 0) continue;
            if (std::count(load.held_clients.begin(), load.held_clients.end(), delivery.client) != 0) continue;
            if (blocked(delivery)) continue;
            if (taken[delivery.client] == per_client) {
                out.more = true;
                continue;
            }
            ++taken[delivery.client];
            out.deliveries.push_back(delivery);
        }
        return out;
    }
    bool blocked(const Delivery& delivery) const {
        return !delivery.order_key.empty() && std::any_of(kept.begin(), kept.end(), [&](const Delivery& other) {
            return other.order_key == delivery.order_key && other.seq < delivery.seq && is_live(other.state);
        });
    }
    void begin(const std::string& id) {
        auto& delivery = at(id);
        EXPECT_EQ(delivery.state, DeliveryState::pending) << id << " runs twice or after its end";
        EXPECT_LE(delivery.due, now.wall) << id << " runs before it is due";
        EXPECT_FALSE(blocked(delivery)) << id << " overtakes";
        EXPECT_FALSE(held_clients.contains(delivery.client));
        delivery.state = DeliveryState::sending;
        ++delivery.attempts;
        under_way.push_back(id);
        began.push_back(id);
    }

    Now now{start, SteadyTime(std::chrono::hours(1))};
    std::vector<Delivery> kept;
    std::vector<std::string> under_way, began;
    std::set<std::string> held_clients;
    std::size_t per_client = 4;
    bool slow_store = false;
    std::optional<Load> asked;
    Step last;

  private:
    std::map<std::string, Policy> policies_;
};

Policy fast() {
    Policy policy;
    policy.rate = 1000;
    policy.concurrency = 1;
    policy.backoff = {.first = 1s, .cap = 8s, .factor = 2, .jitter = 0};
    policy.breaker = {.threshold = 3, .open_for = 10s};
    policy.max_age = 1h;
    return policy;
}

Outcome down(std::optional<std::chrono::seconds> retry_after = std::nullopt) {
    return {Outcome::Kind::again, Error{ErrorCode::unavailable, "it is down", "", retry_after}, false, false};
}

}  // namespace

TEST(Dispatch, SendsWhatIsDueAndWakesForWhatIsNot) {
    World world({{"notification", fast()}});
    EXPECT_FALSE(world.last.wake);
    const auto later = world.queue("a", "", 5s);
    EXPECT_TRUE(world.began.empty());
    EXPECT_EQ(world.last.wake, 5s);
    const auto now = world.queue("a");
    EXPECT_EQ(world.began, std::vector{now});
    world.end(now, {});
    EXPECT_EQ(world.at(now).state, DeliveryState::delivered);
    ASSERT_TRUE(world.wake());
    EXPECT_EQ(world.began.back(), later);
    world.end(later, {});
    EXPECT_FALSE(world.last.wake);
}

TEST(Dispatch, KeepsToItsRateAndConcurrency) {
    auto policy = fast();
    policy.rate = 2;
    policy.concurrency = 3;
    World world({{"notification", policy}});
    world.per_client = 100;
    for (int i = 0; i < 10; ++i) world.queue("a");
    EXPECT_EQ(world.began.size(), 1U);
    EXPECT_EQ(world.last.wake, 500ms);
    world.wake();
    world.wake();
    EXPECT_EQ(world.began.size(), 3U);
    world.advance(10s);
    EXPECT_EQ(world.began.size(), 3U) << "three are under way";
    world.end("d1", {});
    EXPECT_EQ(world.began.size(), 4U) << "no more than one for the time that passed";
    world.end("d2", {});
    EXPECT_EQ(world.began.size(), 4U);
    EXPECT_EQ(world.last.wake, 500ms);
}

TEST(Dispatch, LiveRequestsGoFirstButTheBacklogIsNotStarved) {
    auto policy = fast();
    policy.concurrency = 3;
    World world({{"notification", policy}});
    world.send(Live{"opencrvs", 2});
    for (int i = 0; i < 4; ++i) world.queue("a");
    for (int i = 0; i < 5; ++i) world.advance(1s);
    EXPECT_EQ(world.began.size(), 1U);
    world.send(Live{"opencrvs", 40});
    world.end("d1", {});
    EXPECT_EQ(world.began.size(), 2U);
    world.send(Live{"opencrvs", 0});
    for (int i = 0; i < 5; ++i) world.advance(1s);
    EXPECT_EQ(world.under_way.size(), 3U);
}

TEST(Dispatch, TheTurnGoesRoundAmongClients) {
    World world({{"notification", fast()}});
    for (int i = 0; i < 50; ++i) world.queue("big");
    world.queue("small");
    world.queue("tiny");
    for (int i = 0; i < 6; ++i) {
        world.end(world.under_way.front(), {});
        world.advance(1ms);
    }
    const std::vector<std::string> first(world.began.begin(), world.began.begin() + 4);
    EXPECT_EQ(first, (std::vector<std::string>{"d1", "d51", "d52", "d2"}));
}

TEST(Dispatch, AFailureWaitsLongerEachTimeAndNoLessThanItIsTold) {
    Delivery delivery;
    delivery.created = start;
    delivery.attempts = 1;
    const auto policy = fast();
    EXPECT_EQ(judge(delivery, down(), policy, start, 0).due, start + 1s);
    delivery.attempts = 3;
    EXPECT_EQ(judge(delivery, down(), policy, start, 0).due, start + 4s);
    delivery.attempts = 30;
    EXPECT_EQ(judge(delivery, down(), policy, start, 0).due, start + 8s);
    EXPECT_EQ(judge(delivery, down(60s), policy, start, 0).due, start + 60s);
    EXPECT_EQ(judge(delivery, down(1s), policy, start, 0).due, start + 8s);
}

TEST(Dispatch, TooOldOrRefusedIsADeadLetterWithItsReason) {
    Delivery delivery;
    delivery.created = start;
    delivery.attempts = 1;
    auto verdict = judge(delivery, down(), fast(), start + 1h, 0);
    EXPECT_EQ(verdict.step, DeliveryStep::bury);
    EXPECT_EQ(verdict.why.message, "given up: it could not be delivered for too long; at last: it is down");
    EXPECT_EQ(judge(delivery, down(), fast(), start + 1h - 1ms, 0).step, DeliveryStep::postpone);
    const Outcome refused{Outcome::Kind::refused, Error{ErrorCode::bad_request, "no", "child.dob", {}}, true, false};
    verdict = judge(delivery, refused, fast(), start, 0);
    EXPECT_EQ(verdict.step, DeliveryStep::bury);
    EXPECT_EQ(verdict.why.path, "child.dob");
    const Outcome parked{Outcome::Kind::park, Error{ErrorCode::bad_request, "unknown", "", {}}, true, false};
    EXPECT_EQ(judge(delivery, parked, fast(), start, 0).step, DeliveryStep::park);
    // What is part of the plan knows neither age nor backoff.
    const Outcome patient{Outcome::Kind::again, Error{ErrorCode::unavailable, "not yet", "", 2s}, true, true};
    EXPECT_EQ(judge(delivery, patient, fast(), start + 5h, 0).due, start + 5h + 2s);
}

TEST(Dispatch, ADestinationThatFailsIsLeftAloneThenProbed) {
    World world({{"notification", fast()}});
    for (int i = 0; i < 10; ++i) world.queue("a");
    for (int i = 0; i < 3; ++i) {
        world.end(world.under_way.front(), down());
        world.advance(1ms);
    }
    EXPECT_TRUE(is_down(world.last.state, "opencrvs"));
    EXPECT_EQ(world.began.size(), 3U);
    EXPECT_TRUE(world.under_way.empty());
    world.advance(9s);
    EXPECT_EQ(world.began.size(), 3U);
    world.advance(1s);
    ASSERT_EQ(world.under_way.size(), 1U) << "one probe";
    world.end(world.under_way.front(), down());
    world.advance(5s);
    EXPECT_TRUE(world.under_way.empty());
    world.advance(5s);
    ASSERT_EQ(world.under_way.size(), 1U);
    world.end(world.under_way.front(), {});
    EXPECT_FALSE(is_down(world.last.state, "opencrvs"));
    for (int i = 0; i < 50; ++i) {
        if (!world.under_way.empty()) world.end(world.under_way.front(), {});
        world.advance(1s);
    }
    EXPECT_TRUE(std::all_of(world.kept.begin(), world.kept.end(),
                            [](const Delivery& one) { return one.state == DeliveryState::delivered; }));
}

TEST(Dispatch, ARefusalDoesNotOpenTheBreaker) {
    World world({{"notification", fast()}});
    for (int i = 0; i < 6; ++i) world.queue("a");
    for (int i = 0; i < 6; ++i) {
        world.end(world.under_way.front(), {Outcome::Kind::refused, Error{ErrorCode::bad_request, "no", "", {}}, true});
        world.advance(1ms);
    }
    EXPECT_EQ(world.began.size(), 6U);
    EXPECT_FALSE(is_down(world.last.state, "opencrvs"));
}

TEST(Dispatch, HoldBeginsNothingUntilReleased) {
    auto policy = fast();
    policy.hold = true;
    World world({{"notification", policy}});
    for (int i = 0; i < 3; ++i) world.queue("a");
    world.advance(1h);
    EXPECT_TRUE(world.began.empty());
    EXPECT_FALSE(world.last.wake);
    policy.hold = false;
    world.set(policy);
    EXPECT_EQ(world.began.size(), 1U);
}

TEST(Dispatch, AClientThatIsDisabledIsHeld) {
    World world({{"notification", fast()}});
    world.held_clients = {"bad"};
    world.configure();
    world.queue("bad");
    const auto good = world.queue("good");
    EXPECT_EQ(world.began, std::vector{good});
    world.held_clients.clear();
    world.end(good, {});
    world.configure();
    world.advance(1s);
    EXPECT_EQ(world.began.size(), 2U);
}

TEST(Dispatch, AnotherKindOfWorkIsNotTouched) {
    World world({});
    world.queue("a");
    EXPECT_TRUE(world.began.empty());
    EXPECT_FALSE(world.asked);
}

TEST(Dispatch, APageThatWasReadBeforeAnEndBringsNothingBack) {
    World world({{"notification", fast()}});
    const auto id = world.queue("a");
    world.slow_store = true;
    const auto other = world.queue("a");
    ASSERT_TRUE(world.asked);
    auto stale = world.page(*world.asked);
    stale.deliveries.insert(stale.deliveries.begin(), world.at(id));
    stale.deliveries.front().state = DeliveryState::pending;
    world.asked.reset();
    world.end(id, {});
    world.send(stale);
    world.advance(1s);
    EXPECT_EQ(world.began, (std::vector{id, other}));
}

TEST(Dispatch, AReadThatFailedIsRepeated) {
    World world({{"notification", fast()}});
    world.slow_store = true;
    world.queue("a");
    ASSERT_TRUE(world.asked);
    world.asked.reset();
    world.send(LoadFailed{});
    EXPECT_FALSE(world.asked);
    EXPECT_EQ(world.last.wake, 1s);
    world.wake();
    EXPECT_TRUE(world.asked);
}

/// Random queues, ends, holds and times: nothing is lost, nothing runs twice at once, order is kept (World checks both)
/// and no client with work due waits for more turns than there are clients.
RC_GTEST_PROP(DispatchProperty, NothingIsLostAndOrderIsKept, ()) {
    auto policy = fast();
    policy.concurrency = static_cast<unsigned>(*rc::gen::inRange(1, 5));
    policy.rate = *rc::gen::element(5.0, 1000.0);
    World world({{"notification", policy}});
    world.per_client = static_cast<std::size_t>(*rc::gen::inRange(1, 6));
    const auto steps = *rc::gen::inRange(1, 120);
    for (int i = 0; i < steps; ++i) {
        switch (*rc::gen::inRange(0, 9)) {
            case 0:
            case 1:
            case 2:
                world.queue(std::string(1, static_cast<char>('a' + *rc::gen::inRange(0, 3))),
                            *rc::gen::element<std::string>("", "", "k1", "k2"),
                            Milliseconds(*rc::gen::inRange(0, 3000)));
                break;
            case 3:
            case 4:
                if (!world.under_way.empty()) world.end(world.under_way.front(), {});
                break;
            case 5:
                if (!world.under_way.empty()) world.end(world.under_way.back(), down());
                break;
            case 6:
                policy.hold = !policy.hold;
                world.set(policy);
                break;
            case 7:
                world.slow_store = !world.slow_store;
                world.answer_load();
                break;
            default:
                world.advance(Milliseconds(*rc::gen::inRange(1, 2000)));
        }
        RC_ASSERT(world.under_way.size() <= policy.concurrency);
    }
    policy.hold = false;
    world.slow_store = false;
    world.set(policy);
    world.answer_load();
    for (int i = 0; i < 5000; ++i) {
        if (!world.under_way.empty()) {
            world.end(world.under_way.front(), {});
        } else if (!world.wake()) {
            break;
        }
    }
    for (const auto& delivery : world.kept) RC_ASSERT(delivery.state == DeliveryState::delivered);
    RC_ASSERT(running(world.last.state) == 0U);
}

RC_GTEST_PROP(DispatchProperty, EachClientIsServedWithinOneRound, ()) {
    World world({{"notification", fast()}});
    world.per_client = 2;
    const auto clients = *rc::gen::inRange(2, 8);
    for (int client = 0; client < clients; ++client) {
        const auto count = *rc::gen::inRange(1, 12);
        for (int i = 0; i < count; ++i) world.queue("c" + std::to_string(client));
    }
    std::map<std::string, int> left;
    for (const auto& delivery : world.kept) ++left[delivery.client];
    std::map<std::string, int> waited;
    std::size_t seen = 0;
    while (!world.under_way.empty()) {
        for (; seen < world.began.size(); ++seen) {
            const auto served = world.at(world.began[seen]).client;
            --left[served];
            for (auto& [client, count] : left) {
                waited[client] = client == served || count == 0 ? 0 : waited[client] + 1;
                RC_ASSERT(waited[client] <= clients);
            }
        }
        world.end(world.under_way.front(), {});
        for (int i = 0; i < 5 && world.under_way.empty(); ++i) world.wake();
    }
    RC_ASSERT(world.began.size() == world.kept.size());
}

TEST(Dispatch, ASubscriberThatIsDownForAWeekIsToldEverythingInOrderOnceItIsBack) {
    Policy policy;  // as webhooks are shipped
    policy.rate = 1000;
    policy.concurrency = 16;
    policy.backoff = {.first = 1s, .cap = 1h};
    policy.max_age = 7 * 24h;
    World world({{"notification", policy}});
    world.per_client = 100;
    std::vector<std::string> told;
    for (int record = 0; record < 20; ++record) {
        for (int event = 0; event < 3; ++event) {
            told.push_back(world.queue("subscriber", "record " + std::to_string(record)));
        }
    }
    const auto back_at = start + 7 * 24h - 2h;
    std::size_t attempts = 0;
    std::vector<std::string> delivered;
    while (std::any_of(world.kept.begin(), world.kept.end(), [](const Delivery& one) { return is_live(one.state); })) {
        ASSERT_LT(world.now.wall, start + 30 * 24h) << "it never ends";
        while (!world.under_way.empty()) {
            const auto id = world.under_way.front();
            const bool up = world.now.wall >= back_at;
            ++attempts;
            if (up) delivered.push_back(id);
            world.end(id, up ? Outcome{} : down());
        }
        const bool live =
            std::any_of(world.kept.begin(), world.kept.end(), [](const Delivery& one) { return is_live(one.state); });
        ASSERT_TRUE(!live || world.wake()) << "something waits and nothing wakes";
    }
    EXPECT_EQ(delivered.size(), told.size()) << "each once";
    for (std::size_t i = 0; i < told.size(); ++i) {
        EXPECT_EQ(world.at(told[i]).state, DeliveryState::delivered);
        if (i % 3 == 0) continue;
        const auto place = [&](const std::string& id) { return std::find(delivered.begin(), delivered.end(), id); };
        EXPECT_LT(place(told[i - 1]), place(told[i])) << "a record's events are out of order";
    }
    // Jittered waits up to an hour, and a breaker before them: it was not called without end.
    EXPECT_LT(attempts, 20 * 7 * 24 * 3u);
    // All of it within one wait of its return.
    EXPECT_LE(world.now.wall, back_at + 1h + policy.breaker.open_for);
}

TEST(Dispatch, ASubscriberThatIsDownForLongerLeavesDeadLettersWithTheReason) {
    Policy policy;
    policy.backoff = {.first = 1s, .cap = 1h};
    policy.max_age = 7 * 24h;
    World world({{"notification", policy}});
    const auto first = world.queue("subscriber", "record");
    const auto second = world.queue("subscriber", "record");
    while (world.now.wall < start + 8 * 24h) {
        while (!world.under_way.empty()) world.end(world.under_way.front(), down());
        if (!world.wake()) break;
    }
    for (const auto& id : {first, second}) {
        EXPECT_EQ(world.at(id).state, DeliveryState::dead);
        EXPECT_EQ(world.at(id).why, "given up: it could not be delivered for too long; at last: it is down");
    }
}
