// SPDX-License-Identifier: MPL-2.0
#include "registration/registrar.hpp"

#include "unit/registration/harness.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::registration;
using namespace ocm::test;
using namespace std::chrono_literals;

namespace {

struct RegistrarTest : testing::Test {
    FakeOpenHim core;
    VirtualClock clock;
    CountingIds ids;
    DirectUpstream upstream{core, clock};
    OpenHimOptions options = test_options();
    std::vector<Json> applied;
    std::optional<Error> rejection;
    std::function<void(std::size_t)> at_beat;  // before beat n = 1, 2...
    std::size_t beats = 0;
    std::size_t last_beat = 5;
    std::optional<Registrar> registrar;

    Task<Result<void>> apply(Json config) {
        applied.push_back(std::move(config));
        if (rejection) co_return fail(*rejection);
        co_return Result<void>{};
    }

    void go() {
        registrar.emplace(
            upstream, clock, ids, options,
            Registrar::Callbacks{test_description, [this](Json config) { return apply(std::move(config)); }, {}});
        upstream.before = [this](const UpstreamCall& call) {
            if (!call.url.ends_with("/heartbeat")) return;
            ++beats;
            if (at_beat) at_beat(beats);
            if (beats > last_beat) registrar->stop();
        };
        run(registrar->run());
    }
};

}  // namespace

TEST_F(RegistrarTest, RegistersBeatsAndTakesTheConfiguration) {
    go();
    const auto status = registrar->status();
    EXPECT_TRUE(status.registered);
    EXPECT_TRUE(status.last_beat);
    EXPECT_EQ(status.version_in_openhim, "0.1.0");
    EXPECT_EQ(status.trouble, std::nullopt);
    ASSERT_EQ(applied.size(), 1u);
    EXPECT_EQ(applied[0]["log__level"], "info");
    EXPECT_EQ(core.mediator(test_urn)["_uptime"], 50.0);
    EXPECT_EQ(core.channels().size(), 0u);
}

TEST_F(RegistrarTest, AChangeInTheConsoleIsApplied) {
    at_beat = [this](std::size_t n) {
        if (n == 3) core.save_config(test_urn, {{"log__level", "debug"}, {"notice", "Maintenance at noon"}});
    };
    go();
    ASSERT_EQ(applied.size(), 2u);
    EXPECT_EQ(applied[1], Json({{"log__level", "debug"}, {"notice", "Maintenance at noon"}}));
    EXPECT_TRUE(registrar->status().config_applied);
}

TEST_F(RegistrarTest, AChangeWhoseAnswerWasLostIsFetched) {
    at_beat = [this](std::size_t n) {
        if (n == 2) {
            core.save_config(test_urn, {{"log__level", "debug"}});
            core.misbehave(
                {.method = "POST", .path_end = "/heartbeat", .response = {}, .hang = true, .after_effect = true});
        }
    };
    go();
    ASSERT_EQ(applied.size(), 2u);
    EXPECT_EQ(applied[1], Json({{"log__level", "debug"}}));
}

TEST_F(RegistrarTest, AChangeThatIsNeverPushedIsFoundByTheForcedFetch) {
    options.forced_config_every = 4;
    at_beat = [this](std::size_t n) {
        if (n != 2) return;
        // The race of the core: changed and consumed by a beat of another replica before ours.
        core.save_config(test_urn, {{"log__level", "warn"}});
        HttpRequest other;
        other.method = "POST";
        other.path = "/mediators/" + test_urn + "/heartbeat";
        other.headers = {{"Content-Type", "application/json"},
                         {"Authorization", "Basic cm9vdEBvcGVuaGltLm9yZzpvcGVuaGltLXBhc3N3b3Jk"}};
        other.body = R"({"uptime":1})";
        core.handle(other);
    };
    go();
    ASSERT_EQ(applied.size(), 2u);
    EXPECT_EQ(applied[1], Json({{"log__level", "warn"}}));
}

TEST_F(RegistrarTest, ARefusedChangeIsShownAndServiceGoesOn) {
    at_beat = [this](std::size_t n) {
        rejection =
            n >= 2
                ? std::optional(Error{ErrorCode::bad_request, "must be one of debug, info", "log.level", std::nullopt})
                : std::nullopt;
        if (n == 2) core.save_config(test_urn, {{"log__level", "loud"}}, false);
    };
    go();
    EXPECT_EQ(applied.size(), 2u);
    const auto status = registrar->status();
    EXPECT_TRUE(status.registered);
    ASSERT_TRUE(status.config_rejected);
    EXPECT_EQ(status.config_rejected->path, "log.level");
}

TEST_F(RegistrarTest, ServesOnWhileTheCoreIsDownAtStart) {
    for (int i = 0; i < 6; ++i)
        upstream.failures.push_back(Error{ErrorCode::unavailable, "connection refused", {}, std::nullopt});
    at_beat = [this](std::size_t n) {
        if (n == 1) {
            EXPECT_FALSE(registrar->status().registered);
            EXPECT_NE(registrar->status().trouble->message.find("connection refused"), std::string::npos);
        }
    };
    go();
    EXPECT_TRUE(registrar->status().registered);
    EXPECT_EQ(registrar->status().trouble, std::nullopt);
    std::vector<Milliseconds> tries;
    for (const auto& sent : upstream.calls) {
        if (sent.call.url.ends_with("/mediators")) tries.push_back(sent.at);
    }
    EXPECT_EQ(tries, (std::vector<Milliseconds>{0s, 1s, 3s, 7s, 15s, 31s, 63s}));
}

TEST_F(RegistrarTest, ConcurrentRegistrationIsRetried) {
    core.misbehave({.method = "POST", .path_end = "/mediators", .response = FakeOpenHim::duplicate_key()});
    go();
    EXPECT_EQ(core.count("POST", "/mediators"), 2u);
    EXPECT_TRUE(registrar->status().registered);
}

TEST_F(RegistrarTest, RegistersAgainWhenForgotten) {
    options.install_channels = true;
    at_beat = [this](std::size_t n) {
        if (n == 3) core.forget_everything();
    };
    go();
    EXPECT_EQ(core.count("POST", "/mediators"), 2u);
    EXPECT_EQ(core.channels().size(), 3u);
    EXPECT_EQ(applied.size(), 1u);  // the same configuration came back
    EXPECT_TRUE(registrar->status().registered);
}

TEST_F(RegistrarTest, AVersionThatDidNotTakeEffectIsSeen) {
    auto newer = test_options();
    newer.version = "9.0.0";
    CoreApi api(upstream, clock, ids, newer);
    ASSERT_TRUE(run(api.register_mediator(describe(test_channels(), newer, test_settings()), clock.steady() + 5s)));
    go();
    EXPECT_TRUE(registrar->status().registered);
    EXPECT_EQ(registrar->status().version_in_openhim, "9.0.0");
}

TEST_F(RegistrarTest, AChannelSwitchedOnLaterIsInstalledToo) {
    auto before = test_description();
    before["defaultChannelConfig"].erase(2);
    CoreApi api(upstream, clock, ids, options);
    ASSERT_TRUE(run(api.register_mediator(before, clock.steady() + 5s)));
    options.install_channels = true;
    go();
    EXPECT_EQ(core.channels().size(), 3u);
    EXPECT_EQ(registrar->status().channels_failed, std::vector<std::string>{});
}

TEST_F(RegistrarTest, BeatsDoNotOverlapAndKeepTheirPace) {
    last_beat = 8;
    core.misbehave({.method = "POST", .path_end = "/heartbeat", .times = 2, .response = {}, .hang = true});
    go();
    std::vector<Milliseconds> at;
    for (const auto& sent : upstream.calls) {
        if (sent.call.url.ends_with("/heartbeat")) at.push_back(sent.at);
    }
    ASSERT_EQ(at.size(), 9u);
    for (std::size_t i = 0; i < at.size(); ++i) EXPECT_EQ(at[i], i * 10s);
}

TEST_F(RegistrarTest, AThrowingCallbackDoesNotEndIt) {
    int calls = 0;
    registrar.emplace(upstream, clock, ids, options,
                      Registrar::Callbacks{[&calls]() -> Json {
                                               if (++calls == 1) throw std::runtime_error("secret words");
                                               return test_description();
                                           },
                                           [this](Json config) { return apply(std::move(config)); },
                                           {}});
    upstream.before = [this](const UpstreamCall& call) {
        if (call.url.ends_with("/heartbeat") && ++beats > 2) registrar->stop();
    };
    run(registrar->run());
    EXPECT_EQ(calls, 2);
    EXPECT_TRUE(registrar->status().registered);
}

TEST_F(RegistrarTest, SecretsStayOutOfTheStatus) {
    options.password = "wrong-and-secret";
    registrar.emplace(
        upstream, clock, ids, options,
        Registrar::Callbacks{test_description, [this](Json config) { return apply(std::move(config)); }, {}});
    upstream.before = [this](const UpstreamCall&) {
        if (upstream.calls.size() > 8) registrar->stop();
    };
    run(registrar->run());
    const auto status = registrar->status();
    EXPECT_FALSE(status.registered);
    ASSERT_TRUE(status.trouble);
    EXPECT_EQ(status.trouble->code, ErrorCode::unauthenticated);
    EXPECT_EQ(status.trouble->message.find("wrong-and-secret"), std::string::npos);
    EXPECT_GE(clock.elapsed(), 2min);  // backs off for minutes
}
