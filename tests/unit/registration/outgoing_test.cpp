// SPDX-License-Identifier: MPL-2.0
#include "registration/outgoing.hpp"

#include "core/json.hpp"
#include "support/fakes/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <regex>

using namespace ocm;
using namespace ocm::fakes;
using namespace ocm::registration;

namespace {

OpenHimOptions api() {
    OpenHimOptions out;
    out.api_url = "https://openhim:8080";
    out.auth = Auth::basic;
    out.path_prefix = "/crvs";
    out.install_channels = true;
    return out;
}

UrlParts place(const std::string& url) {
    return split_url(url).value();
}

UpstreamCall call(const std::string& url) {
    UpstreamCall out;
    out.method = "POST";
    out.url = url;
    out.headers.set("X-Hub-Signature", "sha256=0");
    out.body = "signed";
    out.public_only = true;
    return out;
}

class OutgoingCalls : public testing::Test {
  protected:
    OutgoingCalls() {
        upstream.answer = [this](const UpstreamCall& asked) -> Result<UpstreamReply> {
            if (asked.method == "GET")
                return UpstreamReply{200, {{"content-type", "application/json"}}, dump_json(channels)};
            channels.push_back(parse_json(asked.body).value());
            return UpstreamReply{201, {{"content-type", "text/plain"}}, "Channel successfully created"};
        };
    }
    Result<UpstreamCall> through(UpstreamCall given) {
        Runner runner;
        return runner.run(outgoing.through(std::move(given), clock.steady() + std::chrono::seconds(30)));
    }
    Outgoing make(OpenHimOptions options) {
        return {upstream, clock, ids, std::move(options), {"https://openhim:5000/", "mediator", "planted-secret"}};
    }

    FakeClock clock;
    FakeIds ids;
    FakeUpstream upstream;
    Json channels = Json::array();
    Outgoing outgoing = make(api());
};

}  // namespace

/// As core does it (openhim.md 4.2): the path is matched, then s/from/to/ is applied to it.
TEST(OutgoingChannel, TakesWhatIsForItsPlaceAndNothingElse) {
    const auto channel = outgoing_channel(place("https://ministry.example.org/hear"), api());
    EXPECT_EQ(channel["name"], "OpenCRVS webhook to https://ministry.example.org:443");
    EXPECT_EQ(channel["allow"], Json::array({"opencrvs-webhook-out"}));
    EXPECT_EQ(channel["requestBody"], false);
    EXPECT_EQ(channel["responseBody"], false);
    EXPECT_EQ(channel["autoRetryEnabled"], false) << "the outbox repeats";
    const std::regex pattern(channel["urlPattern"].get<std::string>());
    EXPECT_TRUE(std::regex_search("/crvs/out/https/ministry.example.org/443/hear", pattern));
    for (const auto* other :
         {"/crvs/out/https/ministry.example.org/4430/hear", "/x/crvs/out/https/ministry.example.org/443",
          "/crvs/out/https/ministryxexample.org/443/hear", "/crvs/out/http/ministry.example.org/443/"})
        EXPECT_FALSE(std::regex_search(other, pattern)) << other;

    const auto& route = channel["routes"][0];
    EXPECT_EQ(route["secured"], true);
    EXPECT_EQ(route["host"], "ministry.example.org");
    EXPECT_EQ(route["port"], 443);
    EXPECT_EQ(route["pathTransform"], R"(s/^\/crvs\/out\/https\/ministry\.example\.org\/443//)");
    EXPECT_EQ(outgoing_channel(place("http://10.0.0.7:8080/x"), api())["routes"][0]["secured"], false);
}

TEST_F(OutgoingCalls, GoToTheRouterUnderOurOwnCredentials) {
    const auto taken = through(call("https://Ministry.example.org/hear?a=1"));
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_EQ(taken->url, "https://openhim:5000/crvs/out/https/ministry.example.org/443/hear?a=1");
    EXPECT_EQ(taken->headers.get("authorization"), "Basic bWVkaWF0b3I6cGxhbnRlZC1zZWNyZXQ=");
    EXPECT_EQ(taken->headers.get("x-hub-signature"), "sha256=0");
    EXPECT_EQ(taken->body, "signed");
    EXPECT_FALSE(taken->public_only);
    ASSERT_EQ(channels.size(), 1U);
    EXPECT_TRUE(through(call("https://ministry.example.org/elsewhere")));
    EXPECT_EQ(channels.size(), 1U) << "one for each place";
    EXPECT_EQ(upstream.calls.size(), 2U) << "and asked for once";
    EXPECT_TRUE(through(call("https://ministry.example.org:8443/hear")));
    EXPECT_EQ(channels.size(), 2U);
}

TEST_F(OutgoingCalls, LeaveAChannelThatIsThereAsItIs) {
    channels.push_back({{"name", "OpenCRVS webhook to https://ministry.example.org:443"}});
    EXPECT_TRUE(through(call("https://ministry.example.org/hear")));
    EXPECT_EQ(channels.size(), 1U);
}

TEST_F(OutgoingCalls, SayWhyTheyCannotGo) {
    auto with_own = call("https://ministry.example.org/hear");
    with_own.headers.set("Authorization", "Bearer planted-secret");
    EXPECT_EQ(through(std::move(with_own)).error().code, ErrorCode::bad_request);
    EXPECT_EQ(through(call("https://[2001:db8::1]/hear")).error().code, ErrorCode::bad_request);

    auto options = api();
    options.install_channels = false;
    auto forbidden = make(std::move(options));
    Runner runner;
    const auto refused = runner.run(
        forbidden.through(call("https://ministry.example.org/hear"), clock.steady() + std::chrono::seconds(30)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::forbidden);
    EXPECT_EQ(refused.error().message,
              "OpenHIM has no channel \"OpenCRVS webhook to https://ministry.example.org:443\", and "
              "openhim.install_channels does not let it be made");
}

TEST_F(OutgoingCalls, TellOpenHimsAnswerFromTheSubscribers) {
    const std::string url = "https://ministry.example.org/hear";
    ASSERT_TRUE(through(call(url)));
    const HttpHeaders passed{{"X-OpenHIM-TransactionID", "65a4f0c2e1b2c3d4e5f60718"}};
    EXPECT_TRUE(outgoing.passed(url, {410, passed, ""}));
    const auto refused = outgoing.passed(url, {401, {}, ""});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable) << "nothing was told to anybody";
    channels.clear();
    EXPECT_TRUE(through(call(url)));
    EXPECT_EQ(channels.size(), 1U) << "it may be gone, and is looked for again";
}
