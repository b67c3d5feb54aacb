// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/options.hpp"

#include <gtest/gtest.h>

using namespace ocm::sandbox;

TEST(SandboxOptions, ReadsAClientWithItsScopes) {
    const std::string id = "dddddddd-0000-4000-8000-000000000009";
    const std::vector<std::string> two{"type=record.create", "type=record.notify&event=birth,death"};
    EXPECT_EQ(read_client(id + ":secret:type=record.create;type=record.notify&event=birth,death")->scopes, two);
    EXPECT_EQ(read_client(id + ":secret:type=record.create,type=record.notify&event=birth,death")->scopes, two);
    EXPECT_EQ(read_client(id + ":secret:")->scopes.size(), 0u);
    EXPECT_EQ(read_client(id + ":secret:record.read")->secret, "secret");
    for (const auto* bad : {"", "a", "a:b", "not-a-uuid:secret:x"}) EXPECT_FALSE(read_client(bad)) << bad;
    EXPECT_FALSE(read_client(id + "::x"));
    const auto webhook = read_client(id + ":secret:webhook:sha:child-details,mother-details");
    EXPECT_EQ(webhook->scopes, std::vector<std::string>{"webhook"});
    EXPECT_EQ(webhook->sha_secret, "sha");
    EXPECT_EQ(webhook->permissions, (std::vector<std::string>{"child-details", "mother-details"}));
    EXPECT_EQ(read_client(id + ":secret:webhook:sha")->sha_secret, "sha");
}

TEST(SandboxOptions, ScopesAsAuthTakesThem) {
    EXPECT_EQ(modern_scope("record.create"), "type=record.create");
    EXPECT_EQ(modern_scope("recordsearch"), "recordsearch");
    const auto scope = read_scope("type=record.notify&event=birth,death");
    EXPECT_EQ(scope.type, "record.notify");
    EXPECT_EQ(scope.events, (std::vector<std::string>{"birth", "death"}));
    EXPECT_TRUE(read_scope("notification-api").type.empty());
}
