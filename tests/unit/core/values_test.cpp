// SPDX-License-Identifier: MPL-2.0
#include "core/hash.hpp"
#include "core/http_message.hpp"
#include "core/ids.hpp"
#include "core/redact.hpp"
#include "core/result.hpp"
#include "core/retry.hpp"
#include "core/time.hpp"

#include <gtest/gtest.h>

#include <set>

using namespace ocm;

TEST(Time, RoundTripsAndRefusesTheImpossible) {
    for (const char* text : {"2026-01-15T09:30:00.123Z", "1970-01-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z"}) {
        ASSERT_TRUE(parse_rfc3339(text)) << text;
        EXPECT_EQ(rfc3339(*parse_rfc3339(text)), text);
    }
    EXPECT_EQ(rfc3339(*parse_rfc3339("2026-01-15T01:30:00+02:00")), "2026-01-14T23:30:00.000Z");
    EXPECT_EQ(rfc3339(*parse_rfc3339("2026-01-15T01:30:00.5-00:30")), "2026-01-15T02:00:00.500Z");
    for (const char* text :
         {"", "2026-02-30T00:00:00Z", "2026-01-15 09:30:00Z", "2026-01-15T24:00:00Z", "2026-01-15T09:30:00",
          "2026-01-15T09:30:00.Z", "2026-01-15T09:30:00+0200", "2026-01-15T09:30:00Zx"}) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
    EXPECT_TRUE(parse_date("2024-02-29"));
    for (const char* text : {"2023-02-29", "2026-13-01", "2026-1-1", "2026/01/01", "20260101", "2026-01-01T"}) {
        EXPECT_FALSE(parse_date(text)) << text;
    }
}

TEST(Ids, NameBasedIdsFollowTheStandard) {
    // RFC 9562 appendix A.4: version 5 of www.example.com in the DNS space.
    EXPECT_EQ(uuid_v5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com"),
              "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    EXPECT_TRUE(is_uuid("2ED6657D-e927-568b-95e1-2665a8aea6a2"));
    EXPECT_FALSE(is_uuid("2ed6657de927568b95e12665a8aea6a2"));
    EXPECT_FALSE(is_uuid("2ed6657d-e927-568b-95e1-2665a8aea6ag"));
}

TEST(Ids, TimeOrderedIdsAreUniqueAndOrdered) {
    const auto at = *parse_rfc3339("2026-01-15T09:30:00.123Z");
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(uuid_v7(at));
    EXPECT_EQ(seen.size(), 1000u);
    EXPECT_LT(uuid_v7(at), uuid_v7(at + Milliseconds(1)));
    EXPECT_EQ(uuid_v7(at)[14], '7');
}

TEST(Hash, KnownAnswers) {
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha256("a", "bc")), sha256_hex("abc"));
    EXPECT_EQ(sha512_hex("").substr(0, 16), "cf83e1357eefb8bd");
    EXPECT_EQ(hex(hmac_sha256("key", "The quick brown fox jumps over the lazy dog")),
              "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
    EXPECT_EQ(base64("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
    EXPECT_EQ(base64_decode("YW55IGNhcm5hbCBwbGVhcw=="), "any carnal pleas");
    EXPECT_EQ(base64_decode("YW55IGNhcm5hbCBwbGVhcw"), "any carnal pleas");
    EXPECT_FALSE(base64_decode("a"));
    EXPECT_FALSE(base64_decode("ab!d"));
    EXPECT_EQ(base64url("\xfb\xff"), "-_8");
    EXPECT_TRUE(constant_time_equal("ab", "ab"));
    EXPECT_FALSE(constant_time_equal("ab", "ac"));
    EXPECT_FALSE(constant_time_equal("ab", "abc"));
}

TEST(Headers, CompareWithoutCase) {
    HttpHeaders headers{{"Content-Type", "a"}, {"X", "1"}, {"x", "2"}};
    EXPECT_EQ(headers.get("content-type"), "a");
    headers.set("X", "3");
    EXPECT_EQ(headers.size(), 2u);
    EXPECT_EQ(headers.get("x"), "3");
    EXPECT_EQ(headers.find("absent"), nullptr);
    EXPECT_EQ(media_type(" Application/JSON ; charset=utf-8"), "application/json");
}

TEST(Targets, DecodeOnlyWhatIsWellFormed) {
    EXPECT_EQ(decode_path("/a%20b+c"), "/a b+c");
    EXPECT_FALSE(decode_path("/a%2"));
    EXPECT_FALSE(decode_path("/a%zz"));
    EXPECT_FALSE(decode_path("/a%00"));
    EXPECT_EQ(query_value("a=1&b=x+y%26&c", "b"), "x y&");
    EXPECT_EQ(query_value("a=1&c", "c"), "");
    EXPECT_FALSE(query_value("a=1", "b"));
    EXPECT_EQ(encode_query_value("a b&é"), "a%20b%26%C3%A9");
}

TEST(Urls, Split) {
    const auto url = split_url("https://Gateway.example:8443/events/events?x=1#f");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "Gateway.example");
    EXPECT_EQ(url->port, "8443");
    EXPECT_EQ(url->path, "/events/events");
    EXPECT_EQ(url->query, "x=1");
    EXPECT_EQ(split_url("http://[::1]")->port, "80");
    for (const char* text : {"ftp://a", "//a", "http://", "http://u:p@a/", "http://a:99999x/", "http://a:"}) {
        EXPECT_FALSE(split_url(text)) << text;
    }
}

TEST(Hash, RandomBytesAreNeverGivenTwice) {
    // Small ones are drawn ahead: more of them than are drawn at once, and sizes that do not divide it.
    std::set<std::string> seen;
    for (int i = 0; i < 500; ++i) {
        for (const std::size_t size : {16u, 32u, 33u, 64u, 65u, 5000u}) {
            const auto bytes = random_bytes(size);
            ASSERT_EQ(bytes.size(), size);
            EXPECT_TRUE(seen.insert(bytes.substr(0, 16)).second);
            EXPECT_TRUE(seen.insert(bytes.substr(size - 16)).second || size < 32);
        }
    }
    EXPECT_TRUE(random_bytes(0).empty());
}

TEST(Redaction, KnowsWhatNamesACredential) {
    for (const char* name : {"Authorization", "Proxy-AUTHORIZATION", "set-cookie", "x-api_key", "MyApiKey", "passwd2",
                             "client_secret", "Auth-Whatever", "a-very-long-name-of-a-header-field-with-a-Token"}) {
        EXPECT_TRUE(holds_a_credential(name)) << name;
    }
    for (const char* name : {"", "a", "api", "x-auth-user", "tok", "toke", "author", "Token_Type",
                             "X-OPENHIM-TransactionID", "passw", "coookie", "a-pi-key"}) {
        EXPECT_FALSE(holds_a_credential(name)) << name;
    }
}

TEST(Redaction, TakesCredentialsOutOfEverything) {
    const auto headers = redact_headers(HttpHeaders{{"Authorization", "Basic x"},
                                                    {"Cookie", "s"},
                                                    {"X-Api-Key", "k"},
                                                    {"auth-token", "t"},
                                                    {"X-OpenHIM-TransactionID", "5"},
                                                    {"Accept", "*/*"}});
    for (const auto& [name, value] : headers) {
        const bool open = name == "Accept" || name == "X-OpenHIM-TransactionID";
        EXPECT_EQ(value == redacted, !open) << name;
    }
    EXPECT_EQ(redact_query("grant_type=client_credentials&client_secret=abc&client_id=7"),
              "grant_type=client_credentials&client_secret=[redacted]&client_id=7");
    EXPECT_EQ(redact_query("Client%5FSecret=abc"), "Client%5FSecret=[redacted]");
    EXPECT_EQ(redact_target("/crvs/public/forwarded-actions/s3cret?client_secret=a&b=c"),
              "/crvs/public/forwarded-actions/[redacted]?client_secret=[redacted]&b=c");
    for (const char* target : {"/public/forwarded-actions/s3cret/more", "/public/forwarded%2Dactions%2fs3cret",
                               "/Forwarded-Actions/s3cret", "/forwarded-actions/s3%zzcret"}) {
        EXPECT_EQ(redact_target(target).find("cret"), std::string::npos) << target;
    }
    EXPECT_EQ(redact_target("/notifications/a%20b?x=1"), "/notifications/a%20b?x=1");
    EXPECT_EQ(redact_credentials_body("application/json", R"({"access_token":"a.b.c","token_type":"Bearer"})"),
              R"({"access_token":"[redacted]","token_type":"Bearer"})");
    EXPECT_EQ(redact_credentials_body("application/json", "not json: secret"), redacted);
}

TEST(Backoff, GrowsToItsCapAndStaysWithinItsJitter) {
    const BackoffPolicy policy{.first = Milliseconds(100), .cap = Milliseconds(1000), .factor = 2, .jitter = 0.5};
    EXPECT_EQ(backoff(policy, 1, 0.0), Milliseconds(100));
    EXPECT_EQ(backoff(policy, 3, 0.0), Milliseconds(400));
    EXPECT_EQ(backoff(policy, 3, 0.999), Milliseconds(200));
    EXPECT_EQ(backoff(policy, 60, 0.0), Milliseconds(1000));
}

TEST(Retry, StopsAtItsLimits) {
    const RetryPolicy policy{.attempts = 3, .backoff = {.first = Milliseconds(100), .cap = Milliseconds(1000)}};
    EXPECT_TRUE(next_attempt(policy, 1, true, Milliseconds(5000), 0));
    EXPECT_FALSE(next_attempt(policy, 3, true, Milliseconds(5000), 0));
    EXPECT_FALSE(next_attempt(policy, 1, false, Milliseconds(5000), 0));
    EXPECT_FALSE(next_attempt(policy, 1, true, Milliseconds(100), 0));
}

TEST(BreakerMachine, OpensProbesAndCloses) {
    Breaker breaker({.threshold = 2, .open_for = Milliseconds(100)});
    SteadyTime now{};
    EXPECT_TRUE(breaker.allow(now));
    breaker.failed(now);
    EXPECT_TRUE(breaker.allow(now));
    breaker.failed(now);
    EXPECT_FALSE(breaker.allow(now));
    EXPECT_EQ(breaker.retry_in(now), Milliseconds(100));
    now += Milliseconds(100);
    EXPECT_TRUE(breaker.allow(now));
    EXPECT_FALSE(breaker.allow(now)) << "one probe at a time";
    breaker.failed(now);
    EXPECT_FALSE(breaker.allow(now));
    now += Milliseconds(100);
    EXPECT_TRUE(breaker.allow(now));
    breaker.succeeded();
    EXPECT_TRUE(breaker.allow(now));
}

TEST(Errors, MapToStatusesInOnePlace) {
    EXPECT_EQ(http_status(ErrorCode::bad_request), 400);
    EXPECT_EQ(http_status(ErrorCode::storage), 503);
    EXPECT_TRUE(is_transient(ErrorCode::target_timeout));
    EXPECT_FALSE(is_transient(ErrorCode::conflict));
    EXPECT_EQ(name(ErrorCode::headers_too_large), "headers_too_large");
}
