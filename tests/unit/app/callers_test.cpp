// SPDX-License-Identifier: MPL-2.0
#include "app/callers.hpp"

#include "core/hash.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::app;

namespace {

const WallTime now = *parse_rfc3339("2026-01-15T09:30:00Z");
constexpr const char* id = "0198c1f2-7c1a-7000-8000-000000000001";

struct Callers : testing::Test {
    std::string key = make_client_key(id);
    std::string old_key = make_client_key(id);
    store_ops::Client client;
    PeerPolicy peers{{"10.1.0.0/16", "fd00::/8", "192.0.2.7"}, {"ab12"}};

    Callers() {
        client.id = id;
        client.name = "hospital";
        client.openhim_client = "hospital-core";
        client.key_sha256 = hash_client_key(key);
    }

    Result<Caller> ask(const HttpRequest& request) const {
        return identify(request, ClientDirectory({client}), peers, now);
    }

    static HttpRequest from(std::string address, HttpHeaders headers) {
        HttpRequest request;
        request.peer.address = std::move(address);
        request.headers = std::move(headers);
        return request;
    }

    HttpRequest direct(const std::string& with) const { return from("198.51.100.9", {{"x-api-key", with}}); }
};

}  // namespace

TEST_F(Callers, OpenHimNamesAClientOfOurs) {
    for (const char* address : {"10.1.2.3", "fd00::1", "192.0.2.7"}) {
        const auto caller =
            ask(from(address, {{"X-OpenHIM-TransactionID", "t"}, {"X-OpenHIM-ClientID", "hospital-core"}}));
        ASSERT_TRUE(caller) << address;
        EXPECT_EQ(caller->through, Caller::Through::openhim);
        EXPECT_EQ(caller->client->name, "hospital");
    }
}

TEST_F(Callers, NobodyElseSpeaksForOpenHim) {
    const HttpHeaders spoofed{{"X-OpenHIM-TransactionID", "t"}, {"X-OpenHIM-ClientID", "hospital-core"}};
    for (const char* address : {"10.2.0.1", "198.51.100.9", "fe80::1", "", "10.1.0.0/16"}) {
        EXPECT_FALSE(ask(from(address, spoofed))) << address;
    }
    auto certified = from("198.51.100.9", spoofed);
    certified.peer.certificate_sha256 = "ab12";
    EXPECT_TRUE(ask(certified));
    certified.peer.certificate_sha256 = "ab13";
    EXPECT_FALSE(ask(certified));
}

TEST_F(Callers, NoPeerIsTrustedUntilNamed) {
    peers = {};
    EXPECT_FALSE(ask(from("127.0.0.1", {{"X-OpenHIM-TransactionID", "t"}, {"X-OpenHIM-ClientID", "hospital-core"}})));
}

TEST_F(Callers, OpenHimClientsMustBeLinked) {
    EXPECT_FALSE(ask(from("10.1.2.3", {{"X-OpenHIM-TransactionID", "t"}, {"X-OpenHIM-ClientID", "stranger"}})));
    EXPECT_FALSE(ask(from("10.1.2.3", {{"X-OpenHIM-TransactionID", "t"}})));
}

TEST_F(Callers, ARepeatedClientHeaderIsNotBelieved) {
    EXPECT_FALSE(ask(from("10.1.2.3", {{"X-OpenHIM-TransactionID", "t"},
                                       {"X-OpenHIM-ClientID", "hospital-core"},
                                       {"x-openhim-clientid", "stranger"}})));
}

TEST_F(Callers, DirectWithKeyOrBasic) {
    EXPECT_TRUE(ask(direct(key)));
    std::string credentials = id;
    credentials += ':';
    credentials += key;
    HttpHeaders headers;
    headers.add("Authorization", "Basic " + base64(credentials));
    const auto caller = ask(from("198.51.100.9", std::move(headers)));
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->through, Caller::Through::direct);
}

TEST_F(Callers, WrongCredentialsAreRefused) {
    EXPECT_FALSE(ask(direct(make_client_key(id))));
    EXPECT_FALSE(ask(direct("ocm1.short")));
    EXPECT_FALSE(ask(direct("")));
    EXPECT_FALSE(ask(from("198.51.100.9", {})));
    EXPECT_FALSE(ask(from("198.51.100.9", {{"Authorization", "Basic !!!"}})));
    EXPECT_FALSE(ask(from("198.51.100.9", {{"Authorization", "Basic bm9jb2xvbg=="}})));  // "nocolon"
    HttpHeaders bearer;
    bearer.add("Authorization", "Bearer " + key);
    EXPECT_FALSE(ask(from("198.51.100.9", std::move(bearer))));
}

TEST_F(Callers, DisabledMeansNow) {
    client.enabled = false;
    EXPECT_FALSE(ask(direct(key)));
    EXPECT_FALSE(ask(from("10.1.2.3", {{"X-OpenHIM-TransactionID", "t"}, {"X-OpenHIM-ClientID", "hospital-core"}})));
}

TEST_F(Callers, ARotatedKeyOverlaps) {
    client.old_key_sha256 = hash_client_key(old_key);
    client.old_key_until = now + std::chrono::hours(1);
    EXPECT_TRUE(ask(direct(old_key)));
    client.old_key_until = now;
    EXPECT_FALSE(ask(direct(old_key)));
    EXPECT_TRUE(ask(direct(key)));
}
