// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/target.hpp"

#include "unit/opencrvs_target/fakes.hpp"

#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;
using namespace std::chrono_literals;

namespace {

constexpr auto facility = "cccccccc-0000-4000-8000-000000000001";
constexpr auto office = "aaaaaaaa-0000-4000-8000-000000000001";

VitalEvent birth() {
    VitalEvent event;
    event.kind = VitalKind::birth;
    auto& child = event.persons[role::child];
    child.names.push_back({{"Tala"}, "Mwansa", "en"});
    child.gender = "female";
    child.birth_date = "2026-01-14";
    auto& mother = event.persons[role::mother];
    mother.names.push_back({{"Ruth"}, "Mwansa", "en"});
    mother.birth_date = "1998-05-02";
    event.place = Place{"HEALTH_FACILITY", facility, std::nullopt};
    event.informant.relation = "MOTHER";
    return event;
}

class TargetTest : public testing::Test {
  protected:
    TargetOptions options() {
        TargetOptions out;
        out.name = "national";
        out.version = "2.0";
        out.gateway_url = "https://gateway.example.org";
        out.auth_url = out.gateway_url + "/auth";
        out.client_id = "the-client";
        out.client_secret = "the-secret";
        out.on_refresh = [this](const RefreshReport& report) { reports.push_back(report); };
        return out;
    }
    static CountryMap map() { return CountryMap::parse(read_file("config/countries/farajaland/map.json")).value(); }

    std::unique_ptr<Exchange> exchange() {
        HttpRequest request;
        request.method = "POST";
        request.target = request.path = "/notification";
        auto out = std::make_unique<Exchange>(std::move(request), Caller{}, "notification", "/notification",
                                              clock.steady() + 30s, ports);
        EXPECT_TRUE(run(out->receive(std::nullopt)));
        return out;
    }

    Result<Sent> notify(const VitalEvent& event, NotifyIds keys = {"create-1", "notify-1"}) {
        last = exchange();
        return run(target->notify(*last, event, std::move(keys)));
    }

    FakeClock clock;
    FakeIds ids;
    FakeStore store;
    FakeOpenCrvs opencrvs{clock};
    Ports ports{opencrvs, store, clock, ids};
    std::vector<RefreshReport> reports;
    std::unique_ptr<Target> target = std::make_unique<Target>(options(), map(), ports);
    std::unique_ptr<Exchange> last;
};

}  // namespace

TEST_F(TargetTest, CreatesAndNotifies) {
    const auto event = birth();
    const auto sent = notify(event);
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(sent->tracking_id, "TRK101");
    EXPECT_EQ(sent->event_id, "33333333-3333-4333-8333-333333333101");
    EXPECT_EQ(sent->office_id, office);
    EXPECT_FALSE(sent->pending);
    EXPECT_FALSE(sent->account.carried.empty());

    const auto calls = opencrvs.calls();
    const auto& created = calls[calls.size() - 2];
    const auto& notified = calls.back();
    EXPECT_EQ(created.url, "https://gateway.example.org/events/events");
    EXPECT_EQ(parse_json(created.body).value(),
              (Json{{"type", "birth"}, {"transactionId", "create-1"}, {"createdAtLocation", office}}));
    EXPECT_EQ(notified.url, "https://gateway.example.org/events/events/33333333-3333-4333-8333-333333333101/notify");
    const auto body = parse_json(notified.body).value();
    for (const auto& [key, value] : body.items()) {
        const std::set<std::string> taken{"eventId",           "transactionId", "type",
                                          "createdAtLocation", "declaration",   "annotation"};
        EXPECT_TRUE(taken.contains(key)) << key << " would be a 400: unknown keys are refused";
    }
    EXPECT_EQ(body.at("transactionId"), "notify-1");
    EXPECT_EQ(body.at("createdAtLocation"), office);
    EXPECT_EQ(body.at("declaration").at("child.birthLocationId"), facility);
    EXPECT_EQ(body.at("declaration").at("child.name"), (Json{{"firstname", "Tala"}, {"surname", "Mwansa"}}));
    EXPECT_TRUE(created.repeatable);
    EXPECT_TRUE(notified.repeatable);

    // Only what belongs to the transaction is an orchestration; the token is already there from reading the forms.
    ASSERT_EQ(last->steps().size(), 2u);
    EXPECT_EQ(last->steps()[0].name, "Create event");
    EXPECT_EQ(last->steps()[1].name, "Notify event");
    EXPECT_EQ(last->steps()[1].headers.get("authorization"), "[redacted]");
}

TEST_F(TargetTest, APreviewSaysWhatWouldBeSentAndSendsNothing) {
    const auto event = birth();
    const auto sent = notify(event);
    ASSERT_TRUE(sent) << sent.error().message;
    const auto calls = opencrvs.calls().size();
    last = exchange();
    // Twice: what the first left behind is what the second would fall over.
    for (int i = 0; i < 2; ++i) {
        const auto previewed = run(target->preview(*last, event));
        ASSERT_TRUE(previewed) << previewed.error().message;
        EXPECT_EQ(previewed->carried, sent->account.carried);
    }
    EXPECT_EQ(opencrvs.calls().size(), calls);
    EXPECT_TRUE(last->steps().empty());
}

TEST_F(TargetTest, RepeatingTheSameIdsDoesNothingTwice) {
    const auto event = birth();
    const auto first = notify(event);
    const auto again = notify(event);
    ASSERT_TRUE(first && again);
    EXPECT_EQ(first->event_id, again->event_id);
    EXPECT_EQ(opencrvs.events.size(), 1u);
    EXPECT_EQ(opencrvs.count("POST /events/events/*/notify"), 1u) << "creating again shows that it is done";
}

TEST_F(TargetTest, AnUnclearNotifyIsSettledByRepeating) {
    const auto event = birth();
    // The first try is done, but its answer is lost on the way.
    opencrvs.script("POST /events/events/*/notify", fail(ErrorCode::target_timeout, "no whole answer in time"));
    const auto sent = notify(event);
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(last->steps().size(), 3u);
    EXPECT_EQ(last->steps()[1].error->code, ErrorCode::target_timeout);
}

TEST_F(TargetTest, AConflictAfterOurOwnNotificationIsSuccess) {
    const auto event = birth();
    ASSERT_TRUE(notify(event));
    // What create answered was from before: the record has moved on in between.
    const auto stale = opencrvs.events.at("create-1");
    auto without = stale;
    without["actions"].erase(1);
    without["actions"].erase(1);
    opencrvs.script("POST /events/events", 200, without);
    opencrvs.script(
        "POST /events/events/*/notify", 409,
        {{"message", "Action 'NOTIFY' cannot be performed on an event in 'DECLARED' state with [] flags."}});
    const auto sent = notify(event);
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(sent->tracking_id, "TRK101");
}

TEST_F(TargetTest, OtherContentForTheSameRecordIsAConflict) {
    const auto event = birth();
    ASSERT_TRUE(notify(event));
    const auto corrected = notify(event, {"create-1", "notify-2"});
    ASSERT_FALSE(corrected);
    EXPECT_EQ(corrected.error().code, ErrorCode::conflict);
    EXPECT_EQ(corrected.error().message,
              "OpenCRVS has this record already, with other content; a correction has to be made there");
}

TEST_F(TargetTest, AnEventAssignedToAUserIsAConflict) {
    const auto event = birth();
    opencrvs.script("POST /events/events/*/notify", 409, {{"message", "Event is assigned to another user"}});
    const auto sent = notify(event);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::conflict);
    EXPECT_EQ(sent.error().message, "OpenCRVS does not take the notification: a user is working on the record");
}

TEST_F(TargetTest, WhatTheCountryConfigurationSays) {
    const auto event = birth();
    ASSERT_TRUE(notify(event, {"create-0", "notify-0"}));
    const auto answer = [&](const char* status) {
        Json out = opencrvs.events.at("create-0");
        out["actions"][1]["transactionId"] = "notify-1";
        out["actions"][2]["status"] = status;
        if (status == std::string("Requested")) out["actions"].erase(2);
        return out;
    };
    opencrvs.script("POST /events/events/*/notify", 200, answer("Rejected"));
    auto sent = notify(event);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::bad_request);
    EXPECT_EQ(sent.error().message, "the country configuration of OpenCRVS rejected the notification");

    opencrvs.script("POST /events/events/*/notify", 200, answer("Requested"));
    sent = notify(event);
    ASSERT_TRUE(sent);
    EXPECT_TRUE(sent->pending);

    auto none = answer("Accepted");
    none["actions"].erase(1);
    none["actions"].erase(1);
    opencrvs.script("POST /events/events/*/notify", 200, none);
    EXPECT_EQ(notify(event, {"create-2", "notify-2"}).error().code, ErrorCode::bad_gateway);
}

TEST_F(TargetTest, DownAndSlowAreUnavailableWithATime) {
    const auto event = birth();
    ASSERT_TRUE(notify(event));
    const struct {
        Result<UpstreamReply> reply;
        ErrorCode code;
    } rows[] = {
        {fail(ErrorCode::unavailable, "the connection was refused"), ErrorCode::unavailable},
        {fail(ErrorCode::target_timeout, "no whole answer in time"), ErrorCode::unavailable},
        {UpstreamReply{200, {}, ""}, ErrorCode::unavailable},
        {FakeOpenCrvs::reply(500, {{"message", "Internal server error"}}), ErrorCode::unavailable},
        {FakeOpenCrvs::reply(503, {}), ErrorCode::unavailable},
        {fail(ErrorCode::bad_gateway, "the certificate is not trusted"), ErrorCode::bad_gateway},
        {fail(ErrorCode::cancelled, "stopping"), ErrorCode::cancelled},
        {UpstreamReply{200, {}, "<html>"}, ErrorCode::bad_gateway},
    };
    int n = 10;
    for (const auto& row : rows) {
        for (const auto* where : {"POST /events/events", "POST /events/events/*/notify"}) {
            const auto name = std::to_string(++n);
            for (int i = 0; i < 3; ++i) opencrvs.script(where, row.reply);
            const auto sent = notify(event, {"create-" + name, "notify-" + name});
            ASSERT_FALSE(sent) << where;
            EXPECT_EQ(sent.error().code, row.code) << sent.error().message;
            EXPECT_EQ(sent.error().retry_after.has_value(), row.code == ErrorCode::unavailable);
            opencrvs.script(where, row.reply);
            // The fault over, the same ids go through.
            for (int i = 0; i < 6; ++i) {
                if (notify(event, {"create-" + name, "notify-" + name})) break;
            }
            EXPECT_TRUE(notify(event, {"create-" + name, "notify-" + name}));
        }
    }
}

TEST_F(TargetTest, RetriesAreAsConfigured) {
    const auto event = birth();
    ASSERT_TRUE(notify(event));
    target->set_retry({.attempts = 1, .backoff = {}});
    opencrvs.script("POST /events/events", 503, {});
    EXPECT_FALSE(notify(event, {"create-2", "notify-2"}));
    EXPECT_EQ(last->steps().size(), 1u);
}

TEST_F(TargetTest, ExpiredTokenIsReplacedWithinTheTransaction) {
    const auto event = birth();
    ASSERT_TRUE(notify(event));
    opencrvs.forget_tokens();
    ASSERT_TRUE(notify(event, {"create-2", "notify-2"}));
    std::vector<std::string> names;
    for (const auto& step : last->steps()) names.push_back(step.name);
    EXPECT_EQ(names, (std::vector<std::string>{"Create event", "Get access token", "Create event", "Notify event"}));
    const auto& token = last->steps()[1];
    EXPECT_EQ(token.body.find("the-secret"), std::string::npos);
    EXPECT_EQ(token.response->body.find("eyJ"), std::string::npos);
    for (const auto& step : last->steps()) {
        for (const auto& [header, value] : step.headers) EXPECT_EQ(value.find("Bearer"), std::string::npos);
    }
}

TEST_F(TargetTest, MissingScopeIsToldToTheAdministrator) {
    opencrvs.scopes = {"type=record.create", "type=record.notify&event=death"};
    opencrvs.script("POST /events/events/*/notify", 403, {{"code", "FORBIDDEN"}, {"message", "Forbidden"}});
    const auto event = birth();
    const auto sent = notify(event);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::bad_gateway);
    EXPECT_NE(sent.error().message.find("lacks the scope type=record.notify&event=birth"), std::string::npos);
}

TEST_F(TargetTest, UnknownFacilityIsAskedForOnceInAWhile) {
    auto event = birth();
    event.place->location = "cccccccc-0000-4000-8000-0000000000ff";
    ASSERT_TRUE(notify(birth()));
    clock.advance(31s);
    const auto before = opencrvs.count("GET /events/locations");
    for (int i = 0; i < 5; ++i) {
        const auto sent = notify(event);
        ASSERT_FALSE(sent);
        EXPECT_EQ(sent.error().code, ErrorCode::bad_request);
        EXPECT_EQ(sent.error().path, "place.location");
    }
    EXPECT_EQ(opencrvs.count("GET /events/locations"), before + 1);
    EXPECT_EQ(opencrvs.count("POST /events/events"), 1u) << "nothing is sent for a place OpenCRVS does not have";

    // It is added there.
    auto locations = parse_json(opencrvs.locations).value();
    auto added = locations[5];
    added["id"] = *event.place->location;
    locations.push_back(added);
    opencrvs.locations = dump_json(locations);
    clock.advance(31s);
    EXPECT_TRUE(notify(event, {"create-2", "notify-2"}));
}

TEST_F(TargetTest, NothingKnownYet) {
    opencrvs.down = true;
    const auto event = birth();
    const auto sent = notify(event);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(sent.error().retry_after);
    EXPECT_EQ(target->snapshot(), nullptr);
    opencrvs.down = false;
    EXPECT_FALSE(notify(event)) << "not asked again at once";
    clock.advance(4s);
    EXPECT_TRUE(notify(event));
}

TEST_F(TargetTest, RestartWithOpenCrvsDownKnowsTheForms) {
    const auto event = birth();
    ASSERT_TRUE(notify(event));
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_TRUE(reports[0].changed);
    EXPECT_FALSE(reports[0].cache_error);
    const auto before = target->snapshot();

    opencrvs.down = true;
    target = std::make_unique<Target>(options(), map(), ports);
    run(target->start());
    ASSERT_NE(target->snapshot(), nullptr);
    EXPECT_TRUE(reports.back().from_cache);
    EXPECT_EQ(target->snapshot()->form, before->form);
    EXPECT_EQ(target->snapshot()->places.locations().size(), before->places.locations().size());
    EXPECT_EQ(target->snapshot()->places.areas().size(), before->places.areas().size());
    // The event is judged: a wrong facility is refused although OpenCRVS is down.
    auto wrong = event;
    wrong.place->location = "nowhere";
    EXPECT_EQ(notify(wrong).error().code, ErrorCode::bad_request);
    EXPECT_EQ(notify(event).error().code, ErrorCode::unavailable);

    // Another OpenCRVS under the same name is not taken for this one.
    auto moved = options();
    moved.gateway_url = "https://other.example.org";
    Target other(moved, map(), ports);
    run(other.start());
    EXPECT_EQ(other.snapshot(), nullptr);
}

TEST_F(TargetTest, SpoiltCacheIsAsGoodAsNone) {
    ASSERT_TRUE(notify(birth()));
    for (const auto* spoilt : {"", "{", "{}", R"({"locations":5,"areas":[]})"}) {
        for (auto& [key, value] : store.cache) value = spoilt;
        target = std::make_unique<Target>(options(), map(), ports);
        run(target->start());
        EXPECT_EQ(target->snapshot(), nullptr) << spoilt;
    }
}

TEST_F(TargetTest, KeepsCurrent) {
    clock.most_sleeps = 3;
    run(target->keep_current());
    ASSERT_EQ(reports.size(), 3u);
    EXPECT_TRUE(reports[0].changed);
    EXPECT_GT(reports[0].locations, 0u);
    EXPECT_FALSE(reports[1].changed) << "the same answers";
    EXPECT_EQ(clock.slept, (std::vector<Milliseconds>{900s, 900s, 900s}));
    const auto known = target->snapshot();

    // Trouble: what was known stays, and it is asked sooner.
    clock.slept.clear();
    opencrvs.config = "<html>";
    run(target->keep_current());
    EXPECT_EQ(target->snapshot(), known);
    ASSERT_TRUE(reports.back().error);
    EXPECT_EQ(reports.back().error->code, ErrorCode::bad_gateway);
    EXPECT_EQ(clock.slept, (std::vector<Milliseconds>{2s, 4s, 8s}));
}

TEST_F(TargetTest, MapThatDoesNotFitIsReported) {
    auto forms = parse_json(opencrvs.config).value();
    for (auto& form : forms) {
        for (auto& page : form["declaration"]["pages"]) {
            auto& fields = page["fields"];
            for (auto it = fields.begin(); it != fields.end();) {
                it = it->at("id") == "child.weightAtBirth" ? fields.erase(it) : it + 1;
            }
        }
    }
    opencrvs.config = dump_json(forms);
    ASSERT_TRUE(notify(birth()));
    const auto& problems = reports.at(0).problems;
    EXPECT_TRUE(std::any_of(problems.begin(), problems.end(), [](const MapProblem& problem) {
        return problem.message.find("child.weightAtBirth") != std::string::npos ||
               problem.path.find("child.weightAtBirth") != std::string::npos;
    }));
}

TEST_F(TargetTest, UnwritableCacheIsToldAndHarmless) {
    last = exchange();
    store.full = true;
    const auto event = birth();
    EXPECT_TRUE(run(target->notify(*last, event, {"create-1", "notify-1"})));
    EXPECT_EQ(reports.at(0).cache_error->code, ErrorCode::storage);
}

TEST_F(TargetTest, ParsesAside) {
    boost::asio::thread_pool pool(1);
    auto with_pool = options();
    with_pool.background = pool.get_executor();
    target = std::make_unique<Target>(with_pool, map(), ports);
    EXPECT_TRUE(notify(birth()));
    pool.join();
}

TEST_F(TargetTest, ManyAtOnceReadTheFormsOnce) {
    boost::asio::io_context context;
    std::vector<std::unique_ptr<Exchange>> exchanges;
    const auto event = birth();
    int taken = 0;
    for (int i = 0; i < 20; ++i) {
        exchanges.push_back(exchange());
        const auto name = std::to_string(i);
        boost::asio::co_spawn(context, target->notify(*exchanges.back(), event, {"create-" + name, "notify-" + name}),
                              [&](std::exception_ptr error, Result<Sent> sent) { taken += !error && sent ? 1 : 0; });
    }
    context.run();
    EXPECT_EQ(taken, 20);
    EXPECT_EQ(opencrvs.count("GET /events/config"), 1u);
    EXPECT_EQ(opencrvs.count("POST /auth/token"), 1u);
    EXPECT_EQ(opencrvs.events.size(), 20u);
}

TEST_F(TargetTest, OnlineCheck) {
    opencrvs.scopes = {"type=record.create", "type=record.notify&event=birth", "type=record.search"};
    const auto check = run(target->check_online(clock.steady() + 10s));
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_EQ(check->scopes.missing, std::vector<std::string>{"type=record.notify&event=death"});
    EXPECT_EQ(check->scopes.excess, std::vector<std::string>{"record.search"});
    EXPECT_GT(check->offices, 0u);
    EXPECT_GT(check->areas, 0u);
    EXPECT_GT(check->locations, check->offices);

    opencrvs.script("POST /auth/token", 401, {{"error", "invalid_client"}});
    clock.advance(3600s);
    EXPECT_EQ(run(target->check_online(clock.steady() + 10s)).error().code, ErrorCode::bad_gateway);
}

TEST_F(TargetTest, UnsupportedVersionIsABug) {
    auto wrong = options();
    wrong.version = "1.2";
    EXPECT_THROW(Target(wrong, map(), ports), std::logic_error);
}
