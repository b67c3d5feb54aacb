// SPDX-License-Identifier: MPL-2.0
#include "channels/all.hpp"

#include "registration/describe.hpp"
#include "unit/registration/harness.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::test;

TEST(AccessChannel, TakesTheRoutesWithCredentialsAndLeavesTheOthersTheirBodies) {
    ChannelDefinition channel{"notification", "OpenCRVS notification", "Births and deaths", "crvs-notification", {}};
    channel.routes = {test_route("POST", "/notification"), test_route("POST", "/token"),
                      test_route("GET", "/.well-known"), test_route("POST", "/auth/token"),
                      test_route("GET", "/notifications/{id}")};
    for (const auto at : {1u, 2u, 3u}) channel.routes[at].keeps_bodies = false;
    const auto access = access_channel(channel);
    ASSERT_TRUE(access);
    EXPECT_EQ(url_pattern(*access, "/crvs"), "^/crvs(?:/v1)?(?:/auth/token|/token)$");
    EXPECT_EQ(access->name, "notification") << "switched on and off with it";
    EXPECT_EQ(access->role, channel.role);
    EXPECT_NE(access->title, channel.title);
    ASSERT_EQ(channel.routes.size(), 3u);
    EXPECT_EQ(channel.routes[0].pattern, "/notification") << "in their order";
    EXPECT_EQ(channel.routes[2].pattern, "/notifications/{id}");
    EXPECT_EQ(registration::channel_config(channel, test_options())["requestBody"], true);
    EXPECT_EQ(registration::channel_config(*access, test_options())["requestBody"], false);
    EXPECT_EQ(registration::channel_config(*access, test_options())["responseBody"], false);
    EXPECT_FALSE(access_channel(channel)) << "nothing is left to take";
}
