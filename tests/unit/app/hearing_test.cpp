// SPDX-License-Identifier: MPL-2.0
#include "app/hearing.hpp"

#include "config/report.hpp"
#include "unit/config/support.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::app;
using namespace ocm::config::test;

namespace {

std::shared_ptr<const config::Config> configured(const std::string& version, const std::string& target,
                                                 const std::string& clients, const std::string& channels) {
    const auto files = usual_files();
    std::string text = R"({"server":{"public_host":"mediator.example.org"},"country":{"map_file":"/etc/m/map.json"},
        "targets":{"central":{"version":")";
    text += version + R"(","gateway_url":"https://g.example.org")" + target;
    text += R"(,"clients":{"notification":{"client_id":"c","client_secret_file":"/etc/m/secret"})" + clients;
    text += R"(}}},"channels":{)" + channels + "}}";
    const auto loaded = config::load({"mediator.json", std::move(text), "/etc/m", {}, &files});
    EXPECT_TRUE(loaded.config) << config::format_problems(loaded.errors);
    return loaded.config;
}

constexpr const char* webhook_client =
    R"(,"webhook":{"client_id":"w","client_secret_file":"/etc/m/secret","sha_secret_file":"/etc/m/secret"})";
constexpr const char* search_client = R"(,"search":{"client_id":"s","client_secret_file":"/etc/m/secret"})";
constexpr const char* webhooks = R"(,"webhooks_url":"https://webhooks.example.org")";
constexpr const char* enabled = R"("webhook-inbound":{"enabled":true})";
constexpr const char* forwarded =
    R"("webhook-inbound":{"enabled":true},"webhook":{"forwarded_secret_file":"/etc/m/path-secret",
    "forwarded_peers":["10.0.0.0/30"]})";

TEST(HearingOptions, AreNoneWhereTheChannelIsOff) {
    const auto config = configured("1.8", webhooks, webhook_client, "");
    EXPECT_FALSE(inbound_deps(*config));
    EXPECT_FALSE(ask_options(*config));
    EXPECT_FALSE(subscription_options(*config, 8480));
}

TEST(HearingOptions, SubscribeToWhat1xDispatches) {
    const auto config = configured("1.8", webhooks, webhook_client, enabled);
    const auto inbound = inbound_deps(*config);
    ASSERT_TRUE(inbound);
    EXPECT_EQ(inbound->sha_secret, "client-secret");
    EXPECT_EQ(inbound->topics, (std::vector<std::string>{"BIRTH_REGISTERED", "DEATH_REGISTERED"}));
    EXPECT_FALSE(inbound->forwarded_peer("10.0.0.1"));
    EXPECT_FALSE(ask_options(*config)) << "what is signed needs no asking";
    const auto subscribes = subscription_options(*config, 8480);
    ASSERT_TRUE(subscribes);
    EXPECT_EQ(subscribes->callback, "http://mediator.example.org:8480/public/webhooks/opencrvs");
    EXPECT_EQ(subscribes->token.client_id, "w");
    EXPECT_TRUE(subscribes->token.in_query);
}

TEST(HearingOptions, BelieveForwardedActionsOfTheConfiguredAddresses) {
    const auto config = configured("2.0", "", webhook_client, forwarded);
    const auto inbound = inbound_deps(*config);
    ASSERT_TRUE(inbound);
    EXPECT_TRUE(inbound->topics.empty());
    EXPECT_EQ(inbound->forwarded_secret, "b3dc1f3e7a_forwarded-copies");
    EXPECT_EQ(inbound->finality, webhook::Finality::confirmed);
    EXPECT_TRUE(inbound->forwarded_peer("10.0.0.3"));
    EXPECT_FALSE(inbound->forwarded_peer("10.0.0.4"));
    EXPECT_EQ(ask_options(*config)->token.client_id, "w");
    EXPECT_FALSE(ask_options(*config)->token.in_query);
    EXPECT_FALSE(subscription_options(*config, 8480));
}

TEST(HearingOptions, AskWithTheSearchClientWhereThereIsOne) {
    const auto config = configured("1.9", "", std::string(webhook_client) + search_client, forwarded);
    EXPECT_EQ(ask_options(*config)->token.client_id, "s");
    EXPECT_EQ(ask_options(*config)->token.client, "search");
}

TEST(HearingOptions, StandInFrontOfTheCountryConfiguration) {
    EXPECT_FALSE(country_config_options(*configured("2.0", "", webhook_client, forwarded)));
    const auto config = configured("2.0", R"(,"auth_url":"https://auth.example.org")", webhook_client,
                                   R"("webhook-inbound":{"enabled":true},"webhook":{"country_config":{"enabled":true,
        "url":"https://countryconfig:3040/","ca_file":"/etc/m/ca.pem","peers":["10.0.0.7"],"timeout":"1m",
        "max_body":"200MiB","port":3040,"tls":{"certificate_file":"/etc/m/cert.pem","key_file":"/etc/m/key.pem"}}})");
    const auto options = country_config_options(*config);
    ASSERT_TRUE(options);
    EXPECT_EQ(options->url, "https://countryconfig:3040");
    EXPECT_EQ(options->auth_url, "https://auth.example.org");
    EXPECT_EQ(options->target, "central");
    EXPECT_EQ(options->timeout, Milliseconds{60'000});
    EXPECT_EQ(options->patience, Milliseconds{250});
    EXPECT_TRUE(options->peer("10.0.0.7"));
    EXPECT_FALSE(options->peer("10.0.0.8"));
    const auto server = country_config_server(*config);
    EXPECT_EQ(server.host, "127.0.0.1");
    EXPECT_EQ(server.port, 3040);
    EXPECT_EQ(server.tls->key_file, "/etc/m/key.pem");
    EXPECT_EQ(server.limits.max_body, 200U << 20);
    EXPECT_GE(server.limits.max_bytes_in_flight, 400U << 20);
    EXPECT_TRUE(server.reads_every_body);
    EXPECT_TRUE(inbound_deps(*config)) << "it is heard the same way";
    EXPECT_TRUE(ask_options(*config));
}

TEST(HearingOptions, LookUpWhatWasMissedWhereAClientMaySearch) {
    EXPECT_FALSE(catch_up_options(*configured("1.8", webhooks, search_client, ""))) << "the channel is off";
    EXPECT_FALSE(catch_up_options(*configured("1.8", webhooks, webhook_client, enabled)))
        << "of 1.x only a client of the kind record search may";
    const auto legacy =
        catch_up_options(*configured("1.8", webhooks, std::string(webhook_client) + search_client, enabled));
    ASSERT_TRUE(legacy);
    EXPECT_EQ(legacy->search.token.client_id, "s");
    EXPECT_FALSE(legacy->reads);
    EXPECT_EQ(legacy->every, std::chrono::minutes(5));
    EXPECT_EQ(legacy->overlap, std::chrono::minutes(10));
    EXPECT_EQ(legacy->daily_searches, 1000U);
    const auto now = catch_up_options(*configured("2.0", "", webhook_client, forwarded));
    ASSERT_TRUE(now);
    EXPECT_EQ(now->search.token.client_id, "w");
    EXPECT_TRUE(now->reads);
    EXPECT_FALSE(catch_up_options(*configured(
        "2.0", "", webhook_client, R"("webhook-inbound":{"enabled":true},"webhook":{"catch_up":{"enabled":false}})")));
}

}  // namespace
