// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"
#include "http/server.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace ocm::http {

/// TLS 1.2 and 1.3 with forward secrecy only, as the options say. Fails naming the file that cannot be used.
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const TlsOptions& options);

/// Fills in who the client proved to be, after the handshake.
void describe_certificate(SSL* ssl, Peer& peer);

}  // namespace ocm::http
