// SPDX-License-Identifier: MPL-2.0
#include "integration/http/server_fixture.hpp"

#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <filesystem>

using namespace ocm;
using namespace ocm::test;
using ClientCertificate = http::TlsOptions::ClientCertificate;

namespace {

class TlsTest : public ServerTest {
  protected:
    void secure(ClientCertificate wanted = ClientCertificate::none) {
        http::ServerOptions options;
        options.tls = http::TlsOptions{server_certificate.certificate_file, server_certificate.key_file,
                                       authority.certificate_file, wanted};
        options.limits.header_timeout = 500ms;
        serve(std::move(options));
    }
    FetchOptions client(const Certificate* own = nullptr) const {
        FetchOptions options;
        options.tls = true;
        options.tls_options.ca_file = authority.certificate_file;
        if (own != nullptr) {
            options.tls_options.certificate_file = own->certificate_file;
            options.tls_options.key_file = own->key_file;
        }
        return options;
    }

    TempDir directory;
    Certificate authority = make_certificate(directory, "authority", {.authority = true});
    Certificate server_certificate = make_certificate(directory, "server", {.issuer = &authority});
    Certificate openhim = make_certificate(directory, "openhim", {.issuer = &authority});
    Certificate stranger = make_certificate(directory, "stranger");
    Certificate expired =
        make_certificate(directory, "expired", {.issuer = &authority, .first_day = -2, .last_day = -1});
};

}  // namespace

TEST_F(TlsTest, AnswersOverTls) {
    secure();
    EXPECT_EQ(post(host, port(), "/a", std::string(200'000, 'x'), "text/plain", client()).body,
              R"({"path":"/a","body":200000})");
    EXPECT_EQ(get(host, port(), "/large", client()).body.size(), 8u << 20);
    const auto peer = requests().at(0).peer;
    EXPECT_TRUE(peer.tls);
    EXPECT_EQ(peer.certificate_sha256, "");
    HttpConnection kept(host, port(), client());
    HttpRequest request;
    request.target = "/k";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(kept.send(request).status, 200);
}

TEST_F(TlsTest, KnowsTheClientByItsCertificate) {
    for (const auto wanted : {ClientCertificate::optional, ClientCertificate::required}) {
        secure(wanted);
        EXPECT_EQ(get(host, port(), "/", client(&openhim)).status, 200);
        const auto peer = requests().back().peer;
        EXPECT_EQ(peer.certificate_sha256.size(), 64u);
        EXPECT_EQ(peer.certificate_subject, "CN=openhim,O=Test");
        TearDown();
    }
}

TEST_F(TlsTest, RequiredMeansRequired) {
    secure(ClientCertificate::required);
    EXPECT_THROW(get(host, port(), "/", client()), std::runtime_error);
    EXPECT_THROW(get(host, port(), "/", client(&stranger)), std::runtime_error);
    EXPECT_THROW(get(host, port(), "/", client(&expired)), std::runtime_error);
    EXPECT_TRUE(requests().empty());
    EXPECT_TRUE(eventually([&] { return stats().tls_failures_total == 3; }));
}

TEST_F(TlsTest, OptionalTakesUnverifiedCertificatesForNone) {
    secure(ClientCertificate::optional);
    for (const Certificate* own :
         {static_cast<const Certificate*>(nullptr), &std::as_const(stranger), &std::as_const(expired)}) {
        EXPECT_EQ(get(host, port(), "/", client(own)).status, 200);
        EXPECT_EQ(requests().back().peer.certificate_sha256, "");
        EXPECT_EQ(requests().back().peer.certificate_subject, "");
    }
}

TEST_F(TlsTest, PlainHttpIsToldSo) {
    secure();
    const auto answer = exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(answer), 400);
    EXPECT_NE(answer.find("https"), std::string::npos);
    EXPECT_TRUE(requests().empty());
}

TEST_F(TlsTest, HandshakesThatDoNotComeAreGivenUp) {
    secure();
    RawConnection silent(host, port());
    RawConnection stuck(host, port());
    stuck.send("\x16\x03\x01");
    EXPECT_EQ(silent.read_all(), "");
    EXPECT_TRUE(silent.closed());
    stuck.read_all();
    EXPECT_TRUE(stuck.closed());
}

TEST_F(TlsTest, OldVersionsAreRefused) {
    secure();
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    const auto version_with = [&](int most) {
        SSL_CTX_set_security_level(context.get(), 0);
        SSL_CTX_set_max_proto_version(context.get(), most);
        const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new_ssl_connect(context.get()), &BIO_free_all);
        BIO_set_conn_hostname(bio.get(), ("127.0.0.1:" + std::to_string(port())).c_str());
        return BIO_do_connect(bio.get()) == 1 && BIO_do_handshake(bio.get()) == 1;
    };
    EXPECT_FALSE(version_with(TLS1_1_VERSION));
    EXPECT_TRUE(version_with(TLS1_2_VERSION));
    EXPECT_TRUE(version_with(TLS1_3_VERSION));
}

TEST_F(TlsTest, CertificatesAreReadAgain) {
    secure();
    auto options = client();
    options.tls_options.server_name = "new.example";
    EXPECT_THROW(get(host, port(), "/", options), std::runtime_error);
    make_certificate(directory, "server", {.issuer = &authority, .alternatives = {"new.example"}});
    ASSERT_TRUE(server_->reload_tls());
    EXPECT_EQ(get(host, port(), "/", options).status, 200);
    std::filesystem::remove(server_certificate.certificate_file);
    const auto failed = server_->reload_tls();
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().message.find("server.crt"), std::string::npos);
    EXPECT_EQ(get(host, port(), "/", options).status, 200);
}

TEST_F(TlsTest, UnusableFilesAreNamed) {
    const auto failure = [&](http::TlsOptions tls) {
        IoPool pool(1);
        http::Server server(pool, {.tls = std::move(tls)}, nullptr, nullptr);
        const auto listening = server.listen();
        return listening ? std::string() : listening.error().message;
    };
    EXPECT_NE(failure({directory.file("absent.crt"), server_certificate.key_file, {}, {}}).find("absent.crt"),
              std::string::npos);
    EXPECT_NE(failure({server_certificate.certificate_file, directory.file("absent.key"), {}, {}}).find("absent.key"),
              std::string::npos);
    EXPECT_NE(failure({server_certificate.certificate_file, openhim.key_file, {}, {}}).find("openhim.key"),
              std::string::npos);
    EXPECT_NE(failure({server_certificate.certificate_file, server_certificate.key_file, directory.file("absent-ca"),
                       ClientCertificate::required})
                  .find("absent-ca"),
              std::string::npos);
}
