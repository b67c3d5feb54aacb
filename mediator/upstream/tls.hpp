// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "upstream/options.hpp"

#include <memory>
#include <string>

struct ssl_ctx_st;
using SSL_CTX = ssl_ctx_st;

namespace ocm::upstream {

/// What was learnt about the other side during a TLS handshake, for the words an administrator gets.
struct TlsReport {
    std::string pinned;  // fingerprint asked for, empty where the usual checks apply
    bool trust_any = false;

    bool checked = false;  // a certificate was presented
    bool accepted = false;
    long verify_result = 0;   // X509_V_OK or why it was refused
    std::string sha256;       // of the certificate, lower-case hex
    std::string issuer;       // CN of its issuer
    std::string names;        // the hosts it is for, as far as listed
    int alert = -1;           // TLS alert the other side sent last (RFC 8446 6), -1: none
    bool plain_http = false;  // the other side answered the handshake in plain HTTP
};

/// Puts our certificate check in front of OpenSSL's on a context libcurl is about to use. The context keeps the report
/// alive as long as it may still write to it.
void watch_handshake(SSL_CTX* context, std::shared_ptr<TlsReport> report);

}  // namespace ocm::upstream
