// SPDX-License-Identifier: MPL-2.0
#include "integration/upstream/raw_server.hpp"
#include "upstream/curl_upstream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::upstream;
using ocm::test::Certificate;
using ocm::test::fingerprint;
using ocm::test::RawServer;
using ocm::test::TempDir;
using ocm::test::Wire;
using namespace std::chrono_literals;

namespace {

void answer_all(Wire& wire) {
    while (!wire.read_request().empty()) wire.answer(200, "ok");
}

class CurlUpstreamTls : public testing::Test {
  protected:
    CurlUpstreamTls() { pool.start(); }
    ~CurlUpstreamTls() override {
        client.reset();
        pool.stop();
    }

    /// One call under `trust`, over a client of its own unless `keep`.
    Result<UpstreamReply> send(const RawServer& peer, Trust trust, const std::string& host = "127.0.0.1",
                               const std::string& scheme = "https") {
        const auto origin = scheme + "://" + host + ":" + std::to_string(peer.port());
        trust.url_prefix = origin;
        client = std::make_unique<CurlUpstream>(pool, UpstreamOptions{.trust = {trust}});
        return again(origin);
    }

    Result<UpstreamReply> again(const std::string& origin) {
        UpstreamCall call;
        call.name = "test";
        call.method = "GET";
        call.url = origin + "/path";
        auto future = boost::asio::co_spawn(pool.context(0), client->send(call, std::chrono::steady_clock::now() + 5s),
                                            boost::asio::use_future);
        if (future.wait_for(10s) != std::future_status::ready) return fail(ErrorCode::internal, "the test hung");
        return future.get();
    }

    IoPool pool{1};
    std::unique_ptr<CurlUpstream> client;
    TempDir directory;
    Certificate authority = make_certificate(directory, "Test Authority", {.authority = true});
};

void expect_words(const Result<UpstreamReply>& result, std::initializer_list<std::string> words,
                  ErrorCode code = ErrorCode::bad_gateway) {
    ASSERT_FALSE(result);
    EXPECT_EQ(name(result.error().code), name(code)) << result.error().message;
    for (const auto& word : words) {
        EXPECT_NE(result.error().message.find(word), std::string::npos) << word << " in: " << result.error().message;
    }
}

}  // namespace

TEST_F(CurlUpstreamTls, TrustsTheAuthorityOfAFile) {
    const auto identity = make_certificate(directory, "server", {.issuer = &authority});
    RawServer peer(answer_all, &identity);
    const auto reply = send(peer, {.ca_file = authority.certificate_file});
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "ok");
    EXPECT_TRUE(again("https://127.0.0.1:" + std::to_string(peer.port())));
    EXPECT_EQ(peer.connections(), 1);
}

TEST_F(CurlUpstreamTls, AnUntrustedCertificateIsNamedByFingerprintAndIssuer) {
    const auto identity = make_certificate(directory, "server", {.issuer = &authority});
    RawServer peer(answer_all, &identity);
    expect_words(send(peer, {}), {"not trusted", fingerprint(identity), "\"Test Authority\"", "pin this fingerprint"});
    const auto self = make_certificate(directory, "self");
    RawServer other(answer_all, &self);
    expect_words(send(other, {.ca_file = authority.certificate_file}), {"not trusted", "self", fingerprint(self)});
}

TEST_F(CurlUpstreamTls, APinnedCertificateNeedsNoAuthorityAndNoName) {
    const auto identity = make_certificate(directory, "server", {.alternatives = {"elsewhere.example"}});
    RawServer peer(answer_all, &identity);
    auto spelt = fingerprint(identity);
    for (auto& c : spelt) c = static_cast<char>(std::toupper(c));
    spelt.insert(2, ":");
    const auto reply = send(peer, {.pinned_sha256 = spelt});
    ASSERT_TRUE(reply) << reply.error().message;

    const auto other = make_certificate(directory, "other");
    RawServer impostor(answer_all, &other);
    expect_words(send(impostor, {.pinned_sha256 = fingerprint(identity)}), {"not the pinned one", fingerprint(other)});
    // A good certificate is not enough where another one is pinned.
    const auto good = make_certificate(directory, "good", {.issuer = &authority});
    RawServer third(answer_all, &good);
    expect_words(send(third, {.ca_file = authority.certificate_file, .pinned_sha256 = fingerprint(identity)}),
                 {"not the pinned one", fingerprint(good)});
}

TEST_F(CurlUpstreamTls, ExpiredNotYetValidAndForAnotherName) {
    const auto expired =
        make_certificate(directory, "expired", {.issuer = &authority, .first_day = -2, .last_day = -1});
    RawServer old(answer_all, &expired);
    expect_words(send(old, {.ca_file = authority.certificate_file}), {"has expired", fingerprint(expired)});
    const auto future = make_certificate(directory, "future", {.issuer = &authority, .first_day = 1, .last_day = 2});
    RawServer early(answer_all, &future);
    expect_words(send(early, {.ca_file = authority.certificate_file}), {"not valid yet", "clock"});
    const auto elsewhere =
        make_certificate(directory, "elsewhere", {.issuer = &authority, .alternatives = {"crvs.example", "10.1.2.3"}});
    RawServer named(answer_all, &elsewhere);
    expect_words(send(named, {.ca_file = authority.certificate_file}), {"for other names", "crvs.example, 10.1.2.3"});
    EXPECT_TRUE(send(named, {.trust_any = true}));
}

TEST_F(CurlUpstreamTls, PlainHttpOnOneSideOnly) {
    RawServer plain([](Wire& wire) { wire.answer(400, "you are speaking TLS"); });
    expect_words(send(plain, {.trust_any = true}), {"speaks plain HTTP", "http://"});
    RawServer neither([](Wire& wire) { wire.write("220 mail.example ESMTP ready\r\n"); });
    expect_words(send(neither, {.trust_any = true}), {"does not speak TLS"});
    // Servers that answer a stray request with a TLS alert, and those that just close.
    RawServer alert([](Wire& wire) {
        wire.read_request();
        wire.write(std::string_view("\x15\x03\x01\x00\x02\x02\x46", 7));
    });
    expect_words(send(alert, {}, "127.0.0.1", "http"), {"speaks TLS", "https://"});
    const auto identity = make_certificate(directory, "server", {.issuer = &authority});
    RawServer secure(answer_all, &identity);
    // It closes without a word, as a server that is going down would.
    expect_words(send(secure, {}, "127.0.0.1", "http"), {"https://"}, ErrorCode::target_timeout);
}

TEST_F(CurlUpstreamTls, MutualTls) {
    const auto server = make_certificate(directory, "server", {.issuer = &authority});
    const auto client_identity =
        make_certificate(directory, "mediator", {.issuer = &authority, .alternatives = {"mediator"}});
    RawServer peer(answer_all, &server, &authority);
    EXPECT_TRUE(send(peer, {.ca_file = authority.certificate_file,
                            .client_cert_file = client_identity.certificate_file,
                            .client_key_file = client_identity.key_file}));
    expect_words(send(peer, {.ca_file = authority.certificate_file}), {"client certificate"});
    expect_words(send(peer, {.ca_file = authority.certificate_file,
                             .client_cert_file = "/nonexistent/cert.pem",
                             .client_key_file = client_identity.key_file}),
                 {"client certificate or key", "cannot be used"});
    expect_words(send(peer, {.ca_file = "/nonexistent/ca.pem"}), {"certificate authorities", "cannot be read"});
}

TEST_F(CurlUpstreamTls, TheHandshakeIsCutShort) {
    RawServer peer([](Wire& wire) {
        wire.wait_closed();  // until the first bytes of the handshake are there
        wire.reset();
    });
    const auto result = send(peer, {.trust_any = true});
    expect_words(result, {"TLS handshake", "nothing was sent"});
}
