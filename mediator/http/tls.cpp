// SPDX-License-Identifier: MPL-2.0
#include "http/tls.hpp"

#include "core/hash.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace ocm::http {
namespace {

constexpr const char* ciphers_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/// For `optional`: the handshake goes on, SSL_get_verify_result keeps the verdict.
int accept_unverified(int, X509_STORE_CTX*) {
    return 1;
}

std::string openssl_reason() {
    const auto code = ERR_peek_error();  // the first: those after it say only where it was noticed
    ERR_clear_error();
    if (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE) {
        return "there is none in it in PEM form";
    }
    const char* reason = ERR_reason_error_string(code);
    return reason == nullptr ? "unknown reason" : reason;
}

Error unusable(const char* what, const std::string& file) {
    return Error{
        ErrorCode::unavailable, std::string(what) + " '" + file + "' cannot be used: " + openssl_reason(), {}, {}};
}

}  // namespace

Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const TlsOptions& options) {
    namespace ssl = boost::asio::ssl;
    ERR_clear_error();
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    SSL_CTX* native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_set_cipher_list(native, ciphers_1_2) != 1) return fail(unusable("the cipher list", ciphers_1_2));
    constexpr std::string_view session_scope = "opencrvs-mediator";
    SSL_CTX_set_session_id_context(native, reinterpret_cast<const unsigned char*>(session_scope.data()),
                                   static_cast<unsigned>(session_scope.size()));
    if (SSL_CTX_use_certificate_chain_file(native, options.certificate_file.c_str()) != 1) {
        return fail(unusable("the certificate", options.certificate_file));
    }
    if (SSL_CTX_use_PrivateKey_file(native, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        return fail(unusable("the key", options.key_file));
    }
    if (SSL_CTX_check_private_key(native) != 1) {
        return fail(ErrorCode::unavailable, "the key '" + options.key_file + "' does not belong to the certificate '" +
                                                options.certificate_file + "'");
    }
    using ClientCertificate = TlsOptions::ClientCertificate;
    if (options.client_certificate == ClientCertificate::none) return context;
    if (SSL_CTX_load_verify_locations(native, options.client_ca_file.c_str(), nullptr) != 1) {
        return fail(unusable("the client CA file", options.client_ca_file));
    }
    auto* names = SSL_load_client_CA_file(options.client_ca_file.c_str());
    if (names == nullptr) return fail(unusable("the client CA file", options.client_ca_file));
    SSL_CTX_set_client_CA_list(native, names);
    if (options.client_certificate == ClientCertificate::required) {
        SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    } else {
        SSL_CTX_set_verify(native, SSL_VERIFY_PEER, &accept_unverified);
    }
    return context;
}

void describe_certificate(SSL* ssl, Peer& peer) {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(ssl), &X509_free);
    if (!certificate || SSL_get_verify_result(ssl) != X509_V_OK) return;
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate.get(), &der);
    if (size <= 0) return;
    peer.certificate_sha256 =
        sha256_hex(std::string_view(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)));
    OPENSSL_free(der);
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
    if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate.get()), 0,
                                   XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB)) < 0) {
        return;
    }
    char* text = nullptr;
    const long length = BIO_get_mem_data(out.get(), &text);
    if (length > 0) peer.certificate_subject.assign(text, static_cast<std::size_t>(length));
}

}  // namespace ocm::http
