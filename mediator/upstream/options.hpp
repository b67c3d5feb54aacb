// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/time.hpp"

#include <string>
#include <vector>

namespace ocm::upstream {

/// How one server is trusted. It applies to the whole server (scheme, host and port of `url_prefix`; a path in it is
/// not compared), because one connection serves every path.
struct Trust {
    std::string url_prefix{};     // "https://openhim.example.org:8080"
    std::string ca_file{};        // PEM; empty: the system's certificate authorities
    std::string pinned_sha256{};  // of the server's certificate (DER), hex, colons allowed; replaces CA and name checks
    bool trust_any = false;       // no check at all: only ever an explicit opt-in
    std::string client_cert_file{};  // PEM, for mutual TLS
    std::string client_key_file{};
    UrlParts server{};  // of `url_prefix`: filled by `checked`
};

struct UpstreamOptions {
    using Trust = upstream::Trust;

    std::vector<Trust> trust{};  // the first that names the server wins
    Milliseconds connect_timeout{5'000};
    long max_connections_per_host = 64;        // on each io thread; more calls wait for a free one
    std::size_t max_header_bytes = 64u << 10;  // of an answer
};

/// Brings `pinned_sha256` into lower-case hex without colons. Throws std::invalid_argument naming what is wrong: a
/// prefix that is no http(s) URL, a fingerprint that is not 64 hex digits, a client certificate without its key.
UpstreamOptions checked(UpstreamOptions options);

/// The trust that applies to a server, or nullptr for the system's defaults. REQUIRES: options that are `checked`.
const Trust* trust_for(const UpstreamOptions& options, const UrlParts& target);

}  // namespace ocm::upstream
