// SPDX-License-Identifier: MPL-2.0
#include "registration/core_api.hpp"

#include "unit/registration/harness.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::registration;
using namespace ocm::test;
using namespace std::chrono_literals;

namespace {

struct CoreApiTest : testing::Test {
    FakeOptions fake_options;
    OpenHimOptions options = test_options();
    std::optional<FakeOpenHim> core_;
    VirtualClock clock;
    CountingIds ids;
    std::optional<DirectUpstream> upstream_;
    std::optional<CoreApi> api_;

    FakeOpenHim& core() {
        if (!core_) core_.emplace(fake_options);
        return *core_;
    }
    DirectUpstream& upstream() {
        if (!upstream_) upstream_.emplace(core(), clock);
        return *upstream_;
    }
    CoreApi& api() {
        if (!api_) api_.emplace(upstream(), clock, ids, options);
        return *api_;
    }
    SteadyTime deadline() const { return clock.steady() + 5s; }
    Result<void> register_now() { return run(api().register_mediator(test_description(), deadline())); }
};

std::string message(const Result<void>& result) {
    return result ? "(none)" : result.error().message;
}

}  // namespace

TEST_F(CoreApiTest, RegistersReadsAndBeats) {
    ASSERT_TRUE(register_now());
    const auto held = run(api().mediator(deadline()));
    ASSERT_TRUE(held) << held.error().message;
    EXPECT_EQ((*held)["version"], "0.1.0");
    auto reply = run(api().heartbeat(12.5s, false, deadline()));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->kind, BeatReply::Config::none);
    reply = run(api().heartbeat(22.5s, true, deadline()));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->kind, BeatReply::Config::given);
    EXPECT_EQ(reply->config["log__level"], "info");
    EXPECT_EQ(core().mediator(test_urn)["_uptime"], 22.5);
    for (const auto& sent : upstream().calls) {
        EXPECT_EQ(sent.call.headers.get("content-type"), "application/json");
        EXPECT_TRUE(sent.call.credentials);
    }
    EXPECT_FALSE(api().uses_token());
}

TEST_F(CoreApiTest, AnUnknownMediatorIsNotFound) {
    EXPECT_EQ(run(api().mediator(deadline())).error().code, ErrorCode::not_found);
    EXPECT_EQ(run(api().heartbeat(1s, false, deadline())).error().code, ErrorCode::not_found);
}

struct OddBeat {
    std::string label;
    HttpResponse answer;
    std::optional<BeatReply::Config> kind;  // absent: an error
    ErrorCode code = ErrorCode::bad_gateway;
};
std::ostream& operator<<(std::ostream& out, const OddBeat& row) {
    return out << row.label;
}

class OddBeatAnswer : public CoreApiTest, public testing::WithParamInterface<OddBeat> {};

TEST_P(OddBeatAnswer, IsTolerated) {
    ASSERT_TRUE(register_now());
    core().misbehave({.method = "POST", .path_end = "/heartbeat", .response = GetParam().answer});
    const auto reply = run(api().heartbeat(1s, true, deadline()));
    if (GetParam().kind) {
        ASSERT_TRUE(reply) << reply.error().message;
        EXPECT_EQ(reply->kind, *GetParam().kind);
    } else {
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().code, GetParam().code);
    }
}

using Config = BeatReply::Config;
INSTANTIATE_TEST_SUITE_P(
    Rows, OddBeatAnswer,
    testing::Values(OddBeat{"empty", FakeOpenHim::plain(200, ""), Config::none},
                    OddBeat{"ok", FakeOpenHim::plain(200, "OK"), Config::none},
                    OddBeat{"filler", FakeOpenHim::plain(200, "User Authenticated Successfully"), Config::none},
                    OddBeat{"json_as_text", FakeOpenHim::plain(200, R"({"a":1})"), Config::none},
                    OddBeat{"garbage_as_json", json_response(200, "\x01\xff{"), Config::unreadable},
                    OddBeat{"array", json_response(200, "[]"), Config::unreadable},
                    OddBeat{"empty_json", json_response(200, ""), Config::unreadable},
                    OddBeat{"deep", json_response(200, std::string(100'000, '[')), Config::unreadable},
                    OddBeat{"object", json_response(200, R"({"a":1})"), Config::given},
                    OddBeat{"web_page", FakeOpenHim::web_page(), std::nullopt},
                    OddBeat{"web_page_404", FakeOpenHim::web_page(404), std::nullopt},
                    OddBeat{"not_found", FakeOpenHim::plain(404, "Not Found"), std::nullopt, ErrorCode::not_found},
                    OddBeat{"forbidden", FakeOpenHim::plain(403, "User x is not an admin"), std::nullopt,
                            ErrorCode::forbidden},
                    OddBeat{"failed", FakeOpenHim::plain(500, ""), std::nullopt},
                    OddBeat{"busy", FakeOpenHim::plain(503, ""), std::nullopt, ErrorCode::unavailable}),
    [](const auto& row) { return row.param.label; });

TEST_F(CoreApiTest, ABeatThatHangsEndsAtItsDeadline) {
    ASSERT_TRUE(register_now());
    core().misbehave({.method = "POST", .path_end = "/heartbeat", .response = {}, .hang = true});
    const auto before = clock.elapsed();
    EXPECT_EQ(run(api().heartbeat(1s, false, deadline())).error().code, ErrorCode::target_timeout);
    EXPECT_EQ(clock.elapsed() - before, 5s);
}

TEST_F(CoreApiTest, FallsBackToTheTokenSchemeAndRemembersIt) {
    fake_options.authentication_types = {"token"};
    ASSERT_TRUE(register_now());
    EXPECT_TRUE(api().uses_token());
    ASSERT_EQ(upstream().calls.size(), 3u);  // Basic, challenge, token
    ASSERT_TRUE(run(api().heartbeat(1s, false, deadline())));
    EXPECT_EQ(upstream().calls.size(), 5u);  // challenge, token
    EXPECT_EQ(upstream().calls.back().call.headers.find("authorization"), nullptr);
    // The core moves to Basic only: found again.
    fake_options.authentication_types = {"basic"};
    core().change_options(fake_options);
    EXPECT_FALSE(run(api().heartbeat(1s, false, deadline())));
    EXPECT_TRUE(run(api().heartbeat(1s, false, deadline())));
    EXPECT_FALSE(api().uses_token());
}

TEST_F(CoreApiTest, TokenSurvivesClocksThatDiffer) {
    for (const auto skew : {60'000ms, -60'000ms}) {
        core_.reset();
        upstream_.reset();
        api_.reset();
        fake_options.authentication_types = {"token"};
        fake_options.clock_ahead = skew;
        options.auth = Auth::token;
        EXPECT_TRUE(register_now()) << message(register_now());
        ASSERT_TRUE(api().clock_skew());
        EXPECT_LT(std::chrono::abs(*api().clock_skew() - skew), 5s);
    }
}

TEST_F(CoreApiTest, NeverTriesAnotherSchemeThanTheOneAskedFor) {
    fake_options.authentication_types = {"token"};
    options.auth = Auth::basic;
    EXPECT_FALSE(register_now());
    EXPECT_EQ(upstream().count("/authenticate/root%40openhim.org"), 0u);
    api_.reset();
    options.auth = Auth::token;
    EXPECT_TRUE(register_now());
    EXPECT_EQ(upstream().calls.back().call.headers.find("authorization"), nullptr);
}

TEST_F(CoreApiTest, ToldApartWhyCredentialsAreRefused) {
    options.password = "wrong";
    EXPECT_NE(message(register_now()).find("the user exists, so the password is wrong"), std::string::npos);
    api_.reset();
    options.username = "nobody@openhim.org";
    EXPECT_NE(message(register_now()).find("has no user"), std::string::npos);
    api_.reset();
    fake_options.users["modern@openhim.org"] =
        FakeUser{.password = "right", .token_password = false, .permissions = {}};
    core().change_options(fake_options);
    options.username = "modern@openhim.org";
    EXPECT_NE(message(register_now()).find("Basic is missing"), std::string::npos);
    EXPECT_EQ(message(register_now()).find("wrong@"), std::string::npos);
}

TEST_F(CoreApiTest, PermissionsOfLaterCores) {
    fake_options.role_permissions = true;
    fake_options.users["root@openhim.org"].has_role = false;
    EXPECT_NE(message(register_now()).find("has no role"), std::string::npos);
    fake_options.users["root@openhim.org"].has_role = true;
    fake_options.users["root@openhim.org"].permissions = {"mediator-view-all"};
    core().change_options(fake_options);
    EXPECT_NE(message(register_now()).find("lacks the permission mediator-manage-all"), std::string::npos);
    fake_options.users["root@openhim.org"].permissions = {"mediator-manage-all"};
    core().change_options(fake_options);
    EXPECT_TRUE(register_now());
    EXPECT_TRUE(run(api().heartbeat(1s, false, deadline())));
}

TEST_F(CoreApiTest, PassesOnWhyNoConnectionWasMade) {
    upstream().failures.push_back(
        Error{ErrorCode::bad_gateway, "the port speaks plain HTTP: use http://", {}, std::nullopt});
    const auto result = register_now();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::bad_gateway);
    EXPECT_EQ(result.error().path, "openhim.api_url");
    EXPECT_NE(result.error().message.find("the port speaks plain HTTP"), std::string::npos);
}

TEST_F(CoreApiTest, InstallsAChannelOnce) {
    ASSERT_TRUE(register_now());
    const auto install = [this](std::string name) { return run(api().install_channel(std::move(name), deadline())); };
    EXPECT_EQ(install("OpenCRVS search"), InstallOutcome::installed);
    EXPECT_EQ(install("OpenCRVS search"), InstallOutcome::already_there);
    const auto unknown = install("OpenCRVS nothing");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::bad_request);
    EXPECT_NE(unknown.error().message.find("another version"), std::string::npos);
    core().forget_everything();
    EXPECT_EQ(install("OpenCRVS search").error().code, ErrorCode::not_found);
}

TEST_F(CoreApiTest, TheUrlMayEndWithASlashOrAPath) {
    options.api_url = "http://127.0.0.1:8080//";
    ASSERT_TRUE(register_now());
    EXPECT_EQ(upstream().calls.back().call.url, "http://127.0.0.1:8080/mediators");
}
