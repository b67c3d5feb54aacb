// SPDX-License-Identifier: MPL-2.0
#include "registration/channels.hpp"

#include "unit/registration/harness.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::registration;
using namespace ocm::test;
using namespace std::chrono_literals;

namespace {

/// What a core holds after everything was installed.
Json installed() {
    FakeOpenHim core;
    for (const auto& channel : test_channels()) core.add_channel(channel_config(channel, test_options()));
    return core.channels();
}

ChannelReport compare(const Json& channels) {
    return compare_channels(channels, test_channels(), test_options());
}

Json other(std::string name, std::string pattern, Json rest = Json::object()) {
    Json out{
        {"name", name}, {"urlPattern", pattern}, {"methods", {"GET", "POST"}}, {"type", "http"}, {"status", "enabled"}};
    out.update(rest);
    return out;
}

/// A core without our channels, and its API.
class ChannelInstall : public testing::Test {
  protected:
    FakeOpenHim core;
    VirtualClock clock;
    CountingIds ids;
    DirectUpstream upstream{core, clock};
    const OpenHimOptions options = test_options();
    CoreApi api{upstream, clock, ids, options};
};

}  // namespace

TEST(ChannelDiff, NothingWhereJustInstalled) {
    const auto report = compare(installed());
    EXPECT_TRUE(report.clean());
}

TEST(ChannelDiff, NamesWhatIsMissing) {
    auto channels = installed();
    channels.erase(1);
    EXPECT_EQ(compare(channels).missing, std::vector<std::string>{"OpenCRVS search"});
    EXPECT_EQ(compare(Json::array()).missing.size(), 3u);
    EXPECT_EQ(compare(Json("x")).missing.size(), 0u);
}

struct DriftRow {
    std::string label;
    void (*change)(Json&);
    Drift drift;
};
std::ostream& operator<<(std::ostream& out, const DriftRow& row) {
    return out << row.label;
}

class DriftOfField : public testing::TestWithParam<DriftRow> {};

TEST_P(DriftOfField, IsFoundAndMended) {
    auto channels = installed();
    GetParam().change(channels[0]);
    const auto report = compare(channels);
    ASSERT_EQ(report.drifts.size(), 1u);
    EXPECT_EQ(report.drifts[0], GetParam().drift);

    FakeOpenHim core;
    core.add_channel(channels[0]);
    VirtualClock clock;
    CountingIds ids;
    DirectUpstream upstream(core, clock);
    const auto options = test_options();
    CoreApi api(upstream, clock, ids, options);
    ASSERT_TRUE(run(api.register_mediator(test_description(), clock.steady() + 5s)));
    const auto changes = run(install_and_update(api, test_channels(), clock.steady() + 5s));
    ASSERT_TRUE(changes) << changes.error().message;
    EXPECT_EQ((*changes)[0].kind, ChannelChange::Kind::updated) << (*changes)[0].error.value_or(Error{}).message;
    EXPECT_EQ((*changes)[1].kind, ChannelChange::Kind::installed);
    EXPECT_TRUE(compare(core.channels()).clean());
}

const std::string ours = "OpenCRVS notification";
INSTANTIATE_TEST_SUITE_P(
    Rows, DriftOfField,
    testing::Values(
        DriftRow{
            "pattern",
            [](Json& c) { c["urlPattern"] = "^/crvs/old$"; },
            {ours, "urlPattern", R"("^/crvs/old$")",
             R"("^/crvs(?:/v1)?(?:/\\.well-known|/fhir/\\$process-message|/notification|/notifications/[^/]+)$")"}},
        DriftRow{"method_lost",
                 [](Json& c) { c["methods"] = {"POST"}; },
                 {ours, "methods", R"(["POST"])", R"(["GET","POST"])"}},
        DriftRow{
            "disabled", [](Json& c) { c["status"] = "disabled"; }, {ours, "status", R"("disabled")", R"("enabled")"}},
        DriftRow{"opened_to_the_public",
                 [](Json& c) { c["authType"] = "public"; },
                 {ours, "authType", R"("public")", R"("private")"}},
        DriftRow{"another_role",
                 [](Json& c) { c["allow"] = {"crvs-notification", "everyone"}; },
                 {ours, "allow", R"(["crvs-notification","everyone"])", R"(["crvs-notification"])"}},
        DriftRow{"timeout_gone", [](Json& c) { c.erase("timeout"); }, {ours, "timeout", "", "60000"}},
        DriftRow{"endless_retries",
                 [](Json& c) { c["autoRetryMaxAttempts"] = 0; },
                 {ours, "autoRetryMaxAttempts", "0", "8"}},
        DriftRow{"moved_host",
                 [](Json& c) { c["routes"][0]["host"] = "localhost"; },
                 {ours, "routes.0.host", R"("localhost")", R"("mediator.example.org")"}},
        DriftRow{"fixed_path",
                 [](Json& c) { c["routes"][0]["path"] = "/notification"; },
                 {ours, "routes.0.path", R"("/notification")", ""}},
        DriftRow{"second_route",
                 [](Json& c) { c["routes"].push_back({{"name", "copy"}}); },
                 {ours, "routes.1", R"({"name":"copy"})", ""}},
        DriftRow{
            "no_route",
            [](Json& c) { c["routes"] = Json::array(); },
            {ours, "routes.0", "",
             R"({"host":"mediator.example.org","name":"OpenCRVS notification","port":3443,"primary":true,"secured":true,"status":"enabled","type":"http"})"}},
        DriftRow{"narrowed",
                 [](Json& c) { c["matchContentTypes"] = {"text/xml"}; },
                 {ours, "matchContentTypes", R"(["text/xml"])", ""}},
        DriftRow{"rewriting", [](Json& c) { c["rewriteUrls"] = true; }, {ours, "rewriteUrls", "true", ""}}),
    [](const auto& row) { return row.param.label; });

TEST(ChannelDiff, AnInstalledChannelThatStillKeepsCredentialsIsDriftAndMended) {
    auto wanted = test_channels();
    wanted[1].routes[0].keeps_bodies = false;
    const auto compared = [&](const Json& channels) {
        return compare_channels(channels, wanted, test_options()).drifts;
    };
    const std::string title = wanted[1].title;
    auto channels = installed();  // as before: bodies are kept
    const std::vector<Drift> kept{{title, "autoRetryEnabled", "true", "false"},
                                  {title, "requestBody", "true", "false"},
                                  {title, "responseBody", "true", "false"}};
    EXPECT_EQ(compared(channels), kept);
    channels[1].erase("requestBody");  // without a word OpenHIM keeps them
    channels[1]["responseBody"] = nullptr;
    channels[1]["autoRetryEnabled"] = false;
    const std::vector<Drift> unsaid{{title, "requestBody", "", "false"}, {title, "responseBody", "null", "false"}};
    EXPECT_EQ(compared(channels), unsaid);
    channels[1].update(channel_update(channels[1], wanted[1], test_options()));
    EXPECT_EQ(compared(channels), std::vector<Drift>{});

    auto notification = installed();
    notification[0].erase("requestBody");
    EXPECT_EQ(compare(notification).drifts, std::vector<Drift>{}) << "unset is as wanted where bodies are kept";
    notification[0]["requestBody"] = false;
    EXPECT_EQ(compare(notification).drifts, (std::vector<Drift>{{ours, "requestBody", "false", "true"}}));
}

TEST(ChannelDiff, OrderOfRolesAndWhatTheAdministratorAddsIsNoDrift) {
    auto channels = installed();
    channels[0]["methods"] = {"POST", "GET"};
    channels[0]["priority"] = 2;
    channels[0]["txViewAcl"] = {"auditors"};
    channels[0]["routes"][0]["cert"] = "0123456789abcdef01234567";
    channels[0]["routes"][0]["path"] = "";
    EXPECT_TRUE(compare(channels).clean());
}

TEST(ChannelDiff, AnUpdateKeepsTheCertificateOfTheRoute) {
    auto channels = installed();
    channels[0]["routes"][0]["cert"] = "0123456789abcdef01234567";
    channels[0]["routes"][0]["port"] = 1;
    const auto update = channel_update(channels[0], test_channels()[0], test_options());
    ASSERT_EQ(update.size(), 1u);
    EXPECT_EQ(update["routes"][0]["cert"], "0123456789abcdef01234567");
    EXPECT_EQ(update["routes"][0]["port"], 3443);
    EXPECT_EQ(channel_update(installed()[0], test_channels()[0], test_options()), Json::object());
}

struct OverlapRow {
    std::string label;
    Json other;
    std::optional<double> our_priority;
    std::optional<Overlap::Kind> kind;
};
std::ostream& operator<<(std::ostream& out, const OverlapRow& row) {
    return out << row.label;
}

class ChannelOverlap : public testing::TestWithParam<OverlapRow> {};

TEST_P(ChannelOverlap, IsTold) {
    auto channels = installed();
    if (GetParam().our_priority) {
        for (auto& channel : channels) channel["priority"] = *GetParam().our_priority;
    }
    channels.push_back(GetParam().other);
    const auto report = compare(channels);
    if (!GetParam().kind) {
        EXPECT_TRUE(report.overlaps.empty());
        return;
    }
    ASSERT_FALSE(report.overlaps.empty());
    EXPECT_EQ(report.overlaps[0].kind, *GetParam().kind);
    EXPECT_EQ(report.overlaps[0].other, "Other");
    EXPECT_EQ(report.overlaps[0].channel, ours);
}

using Kind = Overlap::Kind;
INSTANTIATE_TEST_SUITE_P(
    Rows, ChannelOverlap,
    testing::Values(
        OverlapRow{"ranked_before", other("Other", "^/crvs/.*$", {{"priority", 1}}), {}, Kind::before},
        OverlapRow{"same_rank", other("Other", "^/crvs/.*$"), {}, Kind::unclear},
        OverlapRow{"same_priority", other("Other", "^/crvs/.*$", {{"priority", 3}}), 3, Kind::unclear},
        OverlapRow{"unanchored", other("Other", "/notification"), {}, Kind::unclear},
        OverlapRow{"ranked_after", other("Other", "^/crvs/.*$"), 1, std::nullopt},
        OverlapRow{"elsewhere", other("Other", "^/fhir/.*$", {{"priority", 1}}), {}, std::nullopt},
        OverlapRow{"disabled", other("Other", "^/crvs/.*$", {{"status", "disabled"}}), {}, std::nullopt},
        OverlapRow{"deleted", other("Other", "^/crvs/.*$", {{"status", "deleted"}}), {}, std::nullopt},
        OverlapRow{"other_method", other("Other", "^/crvs/.*$", {{"methods", {"DELETE"}}}), {}, std::nullopt},
        OverlapRow{
            "no_methods_never_match", other("Other", "^/crvs/.*$", {{"methods", Json::array()}}), {}, std::nullopt},
        OverlapRow{"tcp", other("Other", "^/crvs/.*$", {{"type", "tcp"}}), {}, std::nullopt},
        OverlapRow{"unreadable_pattern", other("Other", "^/crvs/(?<name>.*)$"), {}, Kind::unknown},
        OverlapRow{"broken_pattern", other("Other", "(((("), {}, Kind::unknown},
        OverlapRow{"endless_pattern", other("Other", "^" + std::string(2000, '(')), {}, Kind::unknown}),
    [](const auto& row) { return row.param.label; });

TEST_F(ChannelInstall, InstallsOnlyWhatIsMissingOneByOne) {
    core.add_channel(channel_config(test_channels()[1], test_options()));
    ASSERT_TRUE(run(api.register_mediator(test_description(), clock.steady() + 5s)));
    core.misbehave({.method = "POST", .path_end = "/channels", .response = FakeOpenHim::plain(500, "Mongo is away")});
    auto changes = run(install_missing(api, test_wanted(), clock.steady() + 5s));
    ASSERT_TRUE(changes);
    EXPECT_EQ((*changes)[0].kind, ChannelChange::Kind::failed);
    EXPECT_NE((*changes)[0].error->message.find("Mongo is away"), std::string::npos);
    EXPECT_EQ((*changes)[1].kind, ChannelChange::Kind::already_there);
    EXPECT_EQ((*changes)[2].kind, ChannelChange::Kind::installed);
    changes = run(install_missing(api, test_wanted(), clock.steady() + 5s));
    EXPECT_EQ((*changes)[0].kind, ChannelChange::Kind::installed);
    const auto report = run(diff_channels(api, test_channels(), clock.steady() + 5s));
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->clean());
}

TEST_F(ChannelInstall, WhatTheRegistrationThereHasNotOrHasElsewhereIsAddedAsItShouldBe) {
    // Registered with the same version before a channel was switched on, and another one's route was moved.
    auto before = test_description();
    before["defaultChannelConfig"].erase(2);
    before["defaultChannelConfig"][1]["routes"][0]["host"] = "old.example.org";
    ASSERT_TRUE(run(api.register_mediator(before, clock.steady() + 5s)));
    ASSERT_TRUE(run(api.register_mediator(test_description(), clock.steady() + 5s))) << "which the core ignores";
    const auto changes = run(install_missing(api, test_wanted(), clock.steady() + 5s));
    ASSERT_TRUE(changes);
    for (const auto& change : *changes) EXPECT_EQ(change.kind, ChannelChange::Kind::installed) << change.channel;
    const auto report = run(diff_channels(api, test_channels(), clock.steady() + 5s));
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->clean());
    EXPECT_EQ(core.count("POST", "/mediators/" + test_urn + "/channels"), 1u) << "the one that is as registered";
}

TEST_F(ChannelInstall, LostRaceIsAlreadyThere) {
    ASSERT_TRUE(run(api.register_mediator(test_description(), clock.steady() + 5s)));
    bool once = false;
    upstream.before = [&](const UpstreamCall& call) {
        if (call.method == "POST" && !std::exchange(once, true))
            core.add_channel(channel_config(test_channels()[0], test_options()));
    };
    const auto changes = run(install_missing(api, test_wanted(), clock.steady() + 5s));
    ASSERT_TRUE(changes);
    EXPECT_EQ((*changes)[0].kind, ChannelChange::Kind::already_there);
}

TEST_F(ChannelInstall, FailsWhereTheChannelsCannotBeListed) {
    core.misbehave({.method = "GET", .path_end = "/channels", .response = FakeOpenHim::web_page()});
    EXPECT_FALSE(run(install_missing(api, test_wanted(), clock.steady() + 5s)));
    core.misbehave({.method = "GET", .path_end = "/channels", .response = json_response(200, "{}")});
    EXPECT_FALSE(run(diff_channels(api, test_channels(), clock.steady() + 5s)));
}
