// SPDX-License-Identifier: MPL-2.0
#include "upstream/options.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

using namespace ocm::upstream;

TEST(UpstreamOptions, TrustIsForAServerNotForATextPrefix) {
    const auto options = checked({.trust = {{.url_prefix = "https://openhim.example.org:8080/api"},
                                            {.url_prefix = "https://crvs.example.org"}}});
    const auto trust_of = [&options](const char* url) { return trust_for(options, ocm::split_url(url).value()); };
    const auto* openhim = &options.trust[0];
    const auto* crvs = &options.trust[1];
    EXPECT_EQ(trust_of("https://openhim.example.org:8080/heartbeat"), openhim);
    EXPECT_EQ(trust_of("https://OpenHIM.example.org:8080"), openhim);
    EXPECT_EQ(trust_of("https://crvs.example.org:443/events"), crvs);
    EXPECT_EQ(trust_of("https://crvs.example.org.evil.example/"), nullptr);
    EXPECT_EQ(trust_of("https://crvs.example.org:8443/"), nullptr);
    EXPECT_EQ(trust_of("http://crvs.example.org/"), nullptr);
    EXPECT_EQ(trust_of("https://openhim.example.org:80800/"), nullptr);
    EXPECT_EQ(trust_for({}, ocm::split_url("https://crvs.example.org/").value()), nullptr);
}

TEST(UpstreamOptions, BringsFingerprintsIntoOneForm) {
    std::string spelt;
    for (int i = 0; i < 32; ++i) spelt += i == 0 ? "Ab" : ":Ab";
    const auto options = checked({.trust = {{.url_prefix = "https://a", .pinned_sha256 = spelt}}});
    EXPECT_EQ(options.trust[0].pinned_sha256.size(), 64u);
    EXPECT_EQ(options.trust[0].pinned_sha256.substr(0, 4), "abab");
}

TEST(UpstreamOptions, RefusesWhatCannotBe) {
    const std::vector<UpstreamOptions> rows{
        {.trust = {{.url_prefix = "openhim.example.org"}}},
        {.trust = {{.url_prefix = "https://a", .pinned_sha256 = "abcd"}}},
        {.trust = {{.url_prefix = "https://a", .pinned_sha256 = std::string(64, 'g')}}},
        {.trust = {{.url_prefix = "https://a", .client_cert_file = "cert.pem"}}},
        {.connect_timeout = ocm::Milliseconds{0}},
        {.max_connections_per_host = 0},
    };
    for (const auto& row : rows) EXPECT_THROW(checked(row), std::invalid_argument);
}
