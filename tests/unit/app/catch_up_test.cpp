// SPDX-License-Identifier: MPL-2.0
#include "app/catch_up.hpp"

#include "app/catch_up_report.hpp"
#include "channels/webhook/inbound.hpp"
#include "channels/webhook/publish.hpp"
#include "core/hash.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "support/fakes/fakes.hpp"
#include "unit/store/store_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace ocm;
using namespace ocm::app;
using namespace ocm::test;
using namespace std::chrono_literals;
using fakes::FakeClock;

namespace {

/// Registrations of an OpenCRVS of either generation, as its searches show them.
class Registry {
  public:
    void registers(int count, WallTime first) {
        for (int i = 0; i < count; ++i) {
            const auto n = std::to_string(all_.size());
            all_.push_back({"2026B" + n, first + std::chrono::seconds(15 * i)});
        }
    }

    Result<UpstreamReply> answer(const UpstreamCall& call) {
        if (call.url.find("/token") != std::string::npos) return reply({{"access_token", token()}});
        if (down) return fail(ErrorCode::unavailable, "no connection");
        ++searches;
        const auto body = parse_json(call.body).value();
        if (body.contains("variables")) return reply(graphql(body["variables"]));
        return reply(events(body));
    }

    bool down = false;
    bool quota = false;
    int searches = 0;

  private:
    struct One {
        std::string number;
        WallTime at;
    };

    /// Of a client; no more than when it expires is looked at.
    static std::string token() { return "e30." + base64url(R"({"exp":4102444800,"iat":1772442900})") + ".c2ln"; }
    static UpstreamReply reply(const Json& json) { return {200, {}, dump_json(json)}; }
    static std::string record_of(const One& one) { return uuid_v5("6f1f2c1e-0000-4000-8000-000000000001", one.number); }

    Json events(const Json& body) const {
        const auto& range = body["query"]["clauses"][0]["legalStatuses.REGISTERED.acceptedAt"];
        const auto from = parse_rfc3339(text_member(range, "gte")).value();
        const auto to = parse_rfc3339(text_member(range, "lte")).value();
        const auto offset = body["offset"].get<std::size_t>();
        Json results = Json::array();
        std::size_t total = 0;
        for (const auto& one : all_) {
            if (one.at < from || one.at > to) continue;
            if (total++ < offset || results.size() == body["limit"].get<std::size_t>()) continue;
            results.push_back(
                {{"id", record_of(one)},
                 {"type", "birth"},
                 {"trackingId", "B"},
                 {"legalStatuses",
                  {{"REGISTERED", {{"acceptedAt", rfc3339(one.at)}, {"registrationNumber", one.number}}}}},
                 {"declaration", Json::object()}});
        }
        return {{"results", std::move(results)}, {"total", total}};
    }

    Json graphql(const Json& variables) const {
        if (quota) {
            return {{"errors", Json::array({{{"message", "x"}, {"extensions", {{"code", "DAILY_QUOTA_EXCEEDED"}}}}})}};
        }
        const auto from = parse_rfc3339(text_member(variables["p"], "timePeriodFrom")).value();
        const auto skip = variables["skip"].get<std::size_t>();
        Json results = Json::array();
        std::size_t total = 0;
        for (const auto& one : all_) {
            if (one.at < from) continue;
            if (total++ < skip || results.size() == variables["count"].get<std::size_t>()) continue;
            results.push_back({{"id", record_of(one)},
                               {"type", "birth"},
                               {"registration", {{"registrationNumber", one.number}}},
                               {"operationHistories",
                                Json::array({{{"operationType", "REGISTERED"}, {"operatedOn", rfc3339(one.at)}}})}});
        }
        return {{"data", {{"searchEvents", {{"totalItems", total}, {"results", std::move(results)}}}}}};
    }

    std::vector<One> all_;
};

Task<bool> turned(CatchUp* catch_up) {
    co_await catch_up->turn();
    co_return true;
}

/// A mediator that is started, works for a while and stops; the store and the registry stay.
class CatchingUp : public StoreTest, public testing::WithParamInterface<const char*> {
  protected:
    CatchingUp() : store(open()) {
        upstream.answer = [this](const UpstreamCall& call) { return registry.answer(call); };
        start();
    }
    void start() {
        CatchUpOptions options;
        options.target = "national";
        options.search = {"national",
                          GetParam(),
                          "https://gateway.example.org",
                          {"national", "search", "https://auth.example.org", "id", "secret"}};
        options.every = 5min;
        options.overlap = 10min;
        CatchUp::Deps deps{*store, {upstream, *store, clock, ids}, {}};
        deps.kind_of = [](std::string_view type) {
            return type == "birth" ? std::optional(VitalKind::birth) : std::nullopt;
        };
        catch_up = std::make_unique<CatchUp>(std::move(options), std::move(deps));
    }
    void turn() { run(turned(catch_up.get())); }
    /// As long as there is work.
    void work() {
        turn();
        for (int i = 0; i < 50 && !catch_up->status().jobs.empty(); ++i) turn();
        EXPECT_TRUE(catch_up->status().jobs.empty());
    }
    std::size_t queued() {
        store::DeliveryFilter filter;
        filter.kind = webhook::heard_kind;
        filter.limit = 1000;
        return run(store->list_deliveries(filter)).value().size();
    }
    void expect_check(const CatchUp& looked_at, bool ok) {
        const auto check = catch_up_check(looked_at.status(), clock.now());
        EXPECT_EQ(check.ok, ok) << check.detail;
    }
    void publish(const std::string& number) {
        RegistrationEvent event;
        event.topic = {Change::registered, VitalKind::birth};
        event.target = "national";
        event.occurrence = number;
        const auto id = new_id();
        store_ops::Unit unit;
        unit.emplace_back(receive(id));
        unit.emplace_back(webhook::publish(event, {}, id, clock.now()));
        ASSERT_TRUE(commit(*store, std::move(unit)));
    }

    FakeClock clock;
    fakes::FakeIds ids;
    fakes::FakeUpstream upstream;
    Registry registry;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<CatchUp> catch_up;
};

TEST_P(CatchingUp, FindsOnceWhatWasRegisteredWhileTheMediatorWasDown) {
    registry.registers(5, clock.now() - 1h);
    work();
    EXPECT_EQ(queued(), 0U) << "registered before the mediator was first switched on";
    EXPECT_EQ(catch_up->status().trouble, "");

    catch_up.reset();
    registry.registers(200, clock.now() + 2min);
    clock.advance(1h);
    publish("2026B7");  // heard of in another way
    start();
    work();
    EXPECT_EQ(queued(), 199U);
    EXPECT_EQ(catch_up->status().cursor, clock.now());

    start();
    work();
    clock.advance(6min);
    work();
    EXPECT_EQ(queued(), 199U) << "after another restart there is nothing more";
    expect_check(*catch_up, true);
}

TEST_P(CatchingUp, GoesOnAfterAnOutageWithoutLosingAnything) {
    work();
    registry.registers(3, clock.now() + 1min);
    clock.advance(30min);
    registry.down = true;
    turn();
    EXPECT_NE(catch_up->status().trouble, "");
    expect_check(*catch_up, false);
    turn();
    EXPECT_EQ(registry.searches, 1) << "it is left alone for a while";
    registry.down = false;
    clock.advance(10min);
    work();
    EXPECT_EQ(queued(), 3U);
    expect_check(*catch_up, true);
}

TEST_P(CatchingUp, LooksBehindTheFirstStartOnlyWhereSomebodyAsks) {
    registry.registers(5, clock.now() - 1h);
    work();
    const auto job = catch_up->look_since(clock.now() - 2h);
    EXPECT_EQ(catch_up->status().jobs.at(0).id, job) << "it is shown at once";
    work();
    EXPECT_EQ(queued(), 5U);
    ASSERT_EQ(catch_up->status().ended.size(), 1U);
    EXPECT_EQ(catch_up->status().ended[0].id, job);
    EXPECT_EQ(catch_up->status().ended[0].queued, 5U);
    catch_up->look_since(clock.now() - 2h);
    work();
    EXPECT_EQ(queued(), 5U);
}

TEST_P(CatchingUp, FindsForOneSubscriptionWhatItWasNotToldYet) {
    registry.registers(3, clock.now() - 1h);
    work();
    publish("2026B0");
    catch_up->replay("sub-1", clock.now() - 2h);
    work();
    EXPECT_EQ(queued(), 3U) << "what everybody else was told too";
    catch_up->note_gap("another", clock.now() - 1h);
    catch_up->note_gap("national", clock.now() - 1h);
    work();
    EXPECT_EQ(queued(), 3U) << "a gap reaches back to the first start only";
}

INSTANTIATE_TEST_SUITE_P(Versions, CatchingUp, testing::Values("1.8", "1.9", "2.0"), [](const auto& row) {
    std::string out = row.param;
    out[1] = '_';
    return "V" + out;
});

class CatchingUpWithAQuota : public CatchingUp {};

TEST_P(CatchingUpWithAQuota, WaitsForTheNextDayAndGoesOn) {
    work();
    registry.registers(2, clock.now() + 1min);
    clock.advance(30min);
    registry.quota = true;
    turn();
    EXPECT_NE(catch_up->status().trouble.find("no more today"), std::string::npos);
    EXPECT_EQ(queued(), 0U);
    registry.quota = false;
    clock.advance(1h);
    work();
    EXPECT_EQ(queued(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Versions, CatchingUpWithAQuota, testing::Values("1.8"));

}  // namespace
