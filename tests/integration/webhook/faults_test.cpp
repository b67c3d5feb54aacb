// SPDX-License-Identifier: MPL-2.0
// Subscribers that misbehave, on real sockets: what they are to be told waits and is not lost, and nobody else waits
// for them.
#include "core/json.hpp"
#include "integration/upstream/raw_server.hpp"
#include "integration/webhook/deliveries_fixture.hpp"

using namespace ocm;
using namespace ocm::test;
using namespace std::chrono_literals;

namespace {

std::string id_of(int n) {
    std::string tail = std::to_string(n);
    return "33333333-0000-4000-8000-" + std::string(12 - tail.size(), '0') + tail;
}

class SubscriberFaults : public WebhookDeliveries {
  protected:
    Subscription subscribe_at(const std::string& url, int n) {
        auto made = wants("birth.registered", id_of(n));
        made.callback = url;
        EXPECT_TRUE(
            commit(*store, unit_of(store_ops::PutSubscription{made, {wall_now(), "t", "subscription.add", "{}"}})));
        return made;
    }
    RegistrationEvent birth(int n) {
        auto out = birth_registered();
        out.record = "record-" + std::to_string(n);
        out.occurrence = "2026B" + std::to_string(1'000'000 + n);
        return out;
    }
    std::vector<Delivery> of(const std::string& subscription, std::size_t limit = 50) {
        store::DeliveryFilter filter;
        filter.limit = limit;
        auto all = run(store->list_deliveries(filter)).value();
        std::erase_if(all, [&](const Delivery& one) { return one.subscription != subscription; });
        return all;
    }
};

}  // namespace

TEST_F(SubscriberFaults, OneThatBreaksItsFirstAnswersIsToldAgainUnderTheSameId) {
    struct Row {
        const char* name;
        void (*spoil)(Wire&);
    };
    const std::vector<Row> rows{
        {"500", [](Wire& wire) { wire.answer(500, "no"); }},
        {"a redirect", [](Wire& wire) { wire.answer(302, "", "Location: http://127.0.0.1:1/\r\n"); }},
        {"closed without an answer", [](Wire& wire) { wire.close(); }},
        {"reset in the middle of its body",
         [](Wire& wire) {
             wire.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
             wire.reset();
         }},
        {"what is no HTTP", [](Wire& wire) { wire.write("SSH-2.0-OpenSSH\r\n\r\n"); }},
    };
    struct Broken {
        std::mutex mutex;
        std::vector<std::string> seen;
    };
    std::vector<std::unique_ptr<Broken>> states;
    std::vector<std::unique_ptr<RawServer>> servers;
    std::vector<Subscription> subscriptions;
    for (const auto& row : rows) {
        auto& state = *states.emplace_back(std::make_unique<Broken>());
        servers.push_back(std::make_unique<RawServer>([&state, spoil = row.spoil](Wire& wire) {
            for (;;) {
                auto request = wire.read_request();
                if (request.empty()) return;
                std::size_t before = 0;
                {
                    const std::lock_guard lock(state.mutex);
                    before = state.seen.size();
                    state.seen.push_back(std::move(request));
                }
                if (before < 2) return spoil(wire);
                wire.answer(200, "{}");
            }
        }));
        subscriptions.push_back(subscribe_at(servers.back()->url("/heard"), static_cast<int>(servers.size())));
    }
    start();
    publish(birth(1));
    settled(DeliveryState::delivered, rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        SCOPED_TRACE(rows[i].name);
        const std::lock_guard lock(states[i]->mutex);
        const auto& seen = states[i]->seen;
        ASSERT_EQ(seen.size(), 3u);
        EXPECT_EQ(of(subscriptions[i].id).at(0).attempts, 3u);
        const auto delivery_id = of(subscriptions[i].id).at(0).id;
        for (const auto& request : seen) EXPECT_NE(request.find(delivery_id), std::string::npos);
    }
    expect_sound();
}

TEST_F(SubscriberFaults, OneThatDripsOrHasAWrongCertificateKeepsNobodyWaiting) {
    TempDir directory;
    const auto identity = make_certificate(directory, "somebody-else", {.alternatives = {"other.example.org"}});
    std::atomic<int> read_over_tls{0};
    const RawServer impostor([&](Wire& wire) { read_over_tls += wire.read_request().empty() ? 0 : 1; }, &identity);
    std::atomic<bool> stop{false};
    const RawServer dripping([&stop](Wire& wire) {
        wire.read_request();
        wire.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while (!stop) {
            wire.write("x");
            std::this_thread::sleep_for(50ms);
        }
    });
    Subscriber healthy;
    const auto to_impostor = subscribe_at(impostor.url("/heard", "https"), 1);
    const auto to_dripping = subscribe_at(dripping.url("/heard"), 2);
    subscribe(healthy, id_of(3));
    start();
    const auto begun = std::chrono::steady_clock::now();
    constexpr int events = 40;  // more than are under way to one subscriber at a time
    for (int i = 0; i < events; ++i) publish(birth(i));
    healthy.wait_for(events);
    settled(DeliveryState::delivered, events);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 12s) << "it waited for one that drips";

    const auto refused = of(to_impostor.id, 500);
    ASSERT_EQ(refused.size(), static_cast<std::size_t>(events));
    const auto tried =
        std::find_if(refused.begin(), refused.end(), [](const Delivery& one) { return !one.why.empty(); });
    ASSERT_NE(tried, refused.end());
    EXPECT_NE(tried->why.find("certificate"), std::string::npos) << tried->why;
    EXPECT_EQ(read_over_tls, 0) << "personal data went to somebody else";
    for (const auto& one : of(to_dripping.id, 500)) {
        EXPECT_TRUE(one.state == DeliveryState::sending || one.state == DeliveryState::pending) << name(one.state);
    }
    stop = true;
}

TEST_F(SubscriberFaults, TenThousandForAHostThatIsGoneDoNotSlowTheOthers) {
    constexpr int queued = 10'000;
    constexpr int a_unit = 100;
    // A port that was free a moment ago, with nobody behind it.
    auto gone = std::make_unique<RawServer>([](Wire&) {});
    const auto dead = subscribe_at(gone->url("/heard"), 1);
    gone.reset();
    const webhook::SubscriptionDirectory directory(run(store->subscriptions()).value());
    for (int i = 0; i < queued; i += a_unit) {
        store_ops::Unit unit;
        for (int n = i; n < i + a_unit; ++n) {
            const auto id = new_id();
            unit.emplace_back(receive(id));
            unit.emplace_back(webhook::publish(birth(n), directory, id, wall_now()));
            unit.emplace_back(answer(id, 200));
        }
        ASSERT_TRUE(commit(*store, std::move(unit)));
    }
    ASSERT_EQ(of(dead.id, queued + 1).size(), static_cast<std::size_t>(queued));
    start();
    dispatcher->changed();
    Subscriber healthy;
    subscribe(healthy, id_of(2));
    // One at a time: each arrives soon, though the others wait.
    std::vector<std::chrono::steady_clock::duration> waits;
    for (int i = 0; i < 50; ++i) {
        const auto begun = std::chrono::steady_clock::now();
        publish(birth(queued + i));
        healthy.wait_for(static_cast<std::size_t>(i) + 1);
        waits.push_back(std::chrono::steady_clock::now() - begun);
    }
    std::sort(waits.begin(), waits.end());
    EXPECT_LT(waits[waits.size() / 2], 250ms) << "the median, on a machine that may be slow";
    settled(DeliveryState::delivered, 50);
    const auto counted = run(store->count_deliveries()).value();
    std::int64_t pending = 0;
    for (const auto& each : counted) pending += each.state == DeliveryState::delivered ? 0 : each.count;
    EXPECT_EQ(pending, queued + 50) << "nothing for the host that is gone was given up";
}
