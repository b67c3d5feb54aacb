// SPDX-License-Identifier: MPL-2.0
#include "core/route.hpp"

#include <gtest/gtest.h>

#include <regex>

using namespace ocm;

namespace {

Route route(std::string method, std::string pattern) {
    return Route{std::move(method), std::move(pattern), "", {}, nullptr, nullptr};
}

const std::vector<ChannelDefinition> channels{
    {"notification",
     "Notification",
     "",
     "r",
     {route("POST", "/notification"), route("GET", "/notifications/{id}"), route("GET", "/.well-known")}},
    {"search", "Search", "", "r", {route("POST", "/fhir/Patient/_search"), route("PUT", "/notification")}},
};

}  // namespace

TEST(Routes, MatchWithAndWithoutThePrefix) {
    for (const char* path : {"/notification", "/crvs/notification"}) {
        const auto match = match_route(channels, "/crvs", "POST", path);
        ASSERT_TRUE(match) << path;
        EXPECT_EQ(match->channel->name, "notification");
    }
    const auto match = match_route(channels, "/crvs", "GET", "/crvs/notifications/abc");
    ASSERT_TRUE(match);
    EXPECT_EQ(match->values.at("id"), "abc");
}

TEST(Routes, VersionPrefixIsStrippedOnce) {
    for (const char* path : {"/v1/notification", "/crvs/v1/notification"}) {
        EXPECT_TRUE(match_route(channels, "/crvs", "POST", path)) << path;
    }
    for (const char* path :
         {"/v1/v1/notification", "/v1notification", "/v1", "/v1/", "/v2/notification", "/v1/crvs/notification"}) {
        EXPECT_EQ(match_route(channels, "/crvs", "POST", path).error().code, ErrorCode::not_found) << path;
    }
    EXPECT_EQ(match_route(channels, "/crvs", "DELETE", "/v1/notification").error().code, ErrorCode::method_not_allowed);
    // A path that begins with it in its own right.
    std::vector<ChannelDefinition> both = channels;
    both[1].routes.push_back(route("GET", "/v1/notifications/{id}"));
    EXPECT_EQ(match_route(both, "", "GET", "/v1/notifications/a")->channel->name, "search");
    EXPECT_EQ(match_route(both, "", "GET", "/notifications/a")->channel->name, "notification");
}

TEST(Routes, NameTheMethodsOfAPath) {
    for (const char* path : {"/notification", "/crvs/notification", "/crvs/v1/notification"}) {
        EXPECT_EQ(methods_at(channels, "/crvs", path), "POST, PUT") << path;
    }
    EXPECT_EQ(methods_at(channels, "/crvs", "/notifications/abc"), "GET");
    EXPECT_EQ(methods_at(channels, "/crvs", "/nothing"), "");
}

TEST(Routes, TellWhatIsNotThereFromWhatTakesAnotherMethod) {
    EXPECT_EQ(match_route(channels, "/crvs", "GET", "/nothing").error().code, ErrorCode::not_found);
    for (const char* path : {"/notifications/", "/notifications", "/notification/", "/crvsnotification", "", "/"}) {
        EXPECT_FALSE(match_route(channels, "/crvs", "GET", path)) << path;
    }
    const auto wrong = match_route(channels, "/crvs", "DELETE", "/notification");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, ErrorCode::method_not_allowed);
    EXPECT_EQ(wrong.error().message, "this path takes POST, PUT");
}

TEST(Routes, PatternIsAnchoredAndEscaped) {
    const auto pattern = url_pattern(channels[0], "/crvs");
    EXPECT_EQ(pattern, R"(^/crvs(?:/v1)?(?:/\.well-known|/notification|/notifications/[^/]+)$)");
    const std::regex regex(pattern, std::regex::ECMAScript);
    EXPECT_TRUE(std::regex_search("/crvs/notification", regex));
    EXPECT_TRUE(std::regex_search("/crvs/notifications/x", regex));
    EXPECT_TRUE(std::regex_search("/crvs/v1/notification", regex));
    EXPECT_FALSE(std::regex_search("/crvs/v1/v1/notification", regex));
    for (const char* path : {"/notification", "/crvs/notificationx", "/x/crvs/notification", "/crvs/xwell-known",
                             "/crvs/notifications/a/b"}) {
        EXPECT_FALSE(std::regex_search(path, regex)) << path;
    }
    EXPECT_EQ(methods(channels[0]), (std::vector<std::string>{"GET", "POST"}));
}
