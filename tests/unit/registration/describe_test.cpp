// SPDX-License-Identifier: MPL-2.0
#include "registration/describe.hpp"

#include "support/paths/paths.hpp"
#include "unit/registration/harness.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

using namespace ocm;
using namespace ocm::registration;
using namespace ocm::test;

namespace {

std::string golden(const std::string& name) {
    std::ifstream file(ocm::support::source_dir() / "tests/unit/registration/golden" / name);
    std::stringstream out;
    out << file.rdbuf();
    return out.str();
}

std::string path_of(const Route& route, const std::string& value) {
    std::string path = route.pattern;
    const auto open = path.find('{');
    if (open != std::string::npos) path.replace(open, path.find('}') - open + 1, value);
    return path;
}

std::vector<std::string> matching(const Json& description, const std::string& method, const std::string& path) {
    std::vector<std::string> out;
    for (const auto& channel : description["defaultChannelConfig"]) {
        const auto methods = channel["methods"].get<std::vector<std::string>>();
        const std::regex pattern(channel["urlPattern"].get<std::string>());
        if (std::find(methods.begin(), methods.end(), method) != methods.end() && std::regex_search(path, pattern)) {
            out.push_back(channel["name"]);
        }
    }
    return out;
}

}  // namespace

TEST(Describe, MatchesTheGoldenFile) {
    EXPECT_EQ(pretty_json(test_description()) + "\n", golden("description.json"));
}

TEST(Describe, MatchesTheGoldenFileWithoutChannelsAndSettings) {
    EXPECT_EQ(pretty_json(describe({}, test_options(), {})) + "\n", golden("description-empty.json"));
}

TEST(Describe, EachRouteMatchesExactlyItsChannel) {
    const auto description = test_description();
    for (const auto& channel : test_channels()) {
        for (const auto& route : channel.routes) {
            for (const std::string value : {"0", "b51f7a2e-3b0c", "a.b~c%20d", "\u00e9"}) {
                const auto path = "/crvs" + path_of(route, value);
                EXPECT_EQ(matching(description, route.method, path), std::vector<std::string>{channel.title}) << path;
            }
        }
    }
}

TEST(Describe, LookAlikesMatchNothing) {
    const auto description = test_description();
    for (const std::string path :
         {"/notification", "/crvs/notification/", "/crvs/notificationx", "/x/crvs/notification", "/crvs/notifications/",
          "/crvs/notifications/a/b", "/crvs//notification", "/crvs/xwell-known", "/crvs/fhir/process-message",
          "/CRVS/notification", "/crvsnotification", "/crvs/notification\n", "/crvs", "/"}) {
        for (const std::string method : {"GET", "POST"}) {
            EXPECT_TRUE(matching(description, method, path).empty()) << method << " " << path;
        }
    }
    EXPECT_TRUE(matching(description, "DELETE", "/crvs/notification").empty());
}

TEST(Describe, CarriesNoPassword) {
    auto options = test_options();
    options.password = "very-secret-words";
    EXPECT_EQ(dump_json(describe(test_channels(), options, test_settings())).find("very-secret-words"),
              std::string::npos);
}

TEST(Describe, PublicChannelsNeverAdmitEveryone) {
    auto options = test_options();
    auto channel = channel_config(test_channels()[2], options);
    EXPECT_EQ(channel["authType"], "public");
    EXPECT_EQ(channel["whitelist"], Json({"127.0.0.1", "::ffff:127.0.0.1", "::1"}));
    options.public_callers = {"192.0.2.7", "2001:db8::1"};
    channel = channel_config(test_channels()[2], options);
    EXPECT_EQ(channel["whitelist"], Json({"192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"}));
}

TEST(Describe, IsTakenByTheCore) {
    FakeOpenHim core;
    HttpRequest request;
    request.method = "POST";
    request.path = "/mediators";
    request.headers = {{"Content-Type", "application/json"},
                       {"Authorization", "Basic cm9vdEBvcGVuaGltLm9yZzpvcGVuaGltLXBhc3N3b3Jk"}};
    request.body = dump_json(test_description());
    EXPECT_EQ(core.handle(request).response.status, 201);
}

TEST(Describe, OptionValuesAreStrings) {
    const ConsoleSetting setting{"mode", "Mode", "", ConsoleSetting::Type::option, {"1", "2"}, 2};
    EXPECT_EQ(describe({}, test_options(), {setting})["config"]["mode"], "2");
}

TEST(OpenHimOptions, GoodOnesPass) {
    EXPECT_TRUE(check(test_options()).empty());
    auto options = test_options();
    options.version = "1.20.3-rc.1+build5";
    options.path_prefix = "";
    EXPECT_TRUE(check(options).empty());
}

struct BadOption {
    const char* path;
    void (*spoil)(OpenHimOptions&);
};

class OpenHimOptionsRefusal : public testing::TestWithParam<BadOption> {};

TEST_P(OpenHimOptionsRefusal, NamesTheSetting) {
    auto options = test_options();
    GetParam().spoil(options);
    const auto wrong = check(options);
    ASSERT_EQ(wrong.size(), 1u);
    EXPECT_EQ(wrong[0].path, GetParam().path);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, OpenHimOptionsRefusal,
    testing::Values(BadOption{"openhim.api_url", [](OpenHimOptions& o) { o.api_url = "openhim:8080"; }},
                    BadOption{"openhim.api_url", [](OpenHimOptions& o) { o.api_url = "https://u:p@openhim:8080"; }},
                    BadOption{"openhim.username", [](OpenHimOptions& o) { o.username = ""; }},
                    BadOption{"openhim.password_file", [](OpenHimOptions& o) { o.password = ""; }},
                    BadOption{"openhim.urn", [](OpenHimOptions& o) { o.urn = "urn:mediator/x"; }},
                    BadOption{"openhim.urn", [](OpenHimOptions& o) { o.urn = ""; }},
                    BadOption{"version", [](OpenHimOptions& o) { o.version = "1.0"; }},
                    BadOption{"version", [](OpenHimOptions& o) { o.version = "01.0.0"; }},
                    BadOption{"version", [](OpenHimOptions& o) { o.version = "1.0.0-"; }},
                    BadOption{"server.public_host", [](OpenHimOptions& o) { o.public_host = ""; }},
                    BadOption{"server.port", [](OpenHimOptions& o) { o.public_port = 0; }},
                    BadOption{"openhim.path_prefix", [](OpenHimOptions& o) { o.path_prefix = "crvs"; }},
                    BadOption{"openhim.path_prefix", [](OpenHimOptions& o) { o.path_prefix = "/crvs/"; }},
                    BadOption{"openhim.route_timeout", [](OpenHimOptions& o) { o.route_timeout = Milliseconds{0}; }},
                    BadOption{"openhim.heartbeat_interval",
                              [](OpenHimOptions& o) { o.heartbeat_interval = Milliseconds{60'000}; }}));

TEST(Describe, AChannelThatTakesCredentialsKeepsNoBodies) {
    ChannelDefinition channel{"webhook", "OpenCRVS webhook", "Subscriptions", "crvs-webhook", {}};
    channel.routes = {test_route("POST", "/webhooks"), test_route("GET", "/webhooks")};
    const auto keeping = channel_config(channel, test_options());
    EXPECT_EQ(keeping["requestBody"], true);
    EXPECT_EQ(keeping["responseBody"], true);

    channel.routes[1].keeps_bodies = false;  // what is asked for has no body
    EXPECT_EQ(channel_config(channel, test_options()), keeping);

    for (const auto* method : {"POST", "PUT", "PATCH"}) {
        channel.routes[0] = test_route(method, "/webhooks");
        channel.routes[0].keeps_bodies = false;
        const auto config = channel_config(channel, test_options());
        EXPECT_EQ(config["requestBody"], false);
        EXPECT_EQ(config["responseBody"], false);
        EXPECT_EQ(config["autoRetryEnabled"], false) << "there is nothing to send again";
        for (const auto* with_bodies : {"maxBodyAgeDays", "autoRetryPeriodMinutes", "autoRetryMaxAttempts"})
            EXPECT_FALSE(config.contains(with_bodies)) << with_bodies;
    }
}
