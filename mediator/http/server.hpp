// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/io_pool.hpp"
#include "core/result.hpp"
#include "core/task.hpp"
#include "core/time.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

/// The HTTP/1.1 server: sockets, TLS, limits and timeouts. What the requests mean is the handler's.
namespace ocm::http {

struct TlsOptions {
    /// Whether a client must prove who it is. `optional`: a certificate that does not verify counts as none.
    enum class ClientCertificate { none, optional, required };

    std::string certificate_file;  // PEM, leaf first, then its chain
    std::string key_file;          // PEM
    std::string client_ca_file;    // PEM; needed unless client_certificate is none
    ClientCertificate client_certificate = ClientCertificate::none;
};

struct Limits {
    std::size_t max_body = 10u << 20;     // bytes; beyond it 413, before reading where Content-Length says so
    std::size_t max_header = 16u << 10;   // bytes of request line and headers; beyond it 431
    Milliseconds header_timeout{10'000};  // TLS handshake, and from the connection or first byte to the last header
    Milliseconds body_timeout{30'000};    // from the last header to the last byte of the body
    Milliseconds idle_timeout{15'000};    // between two requests
    Milliseconds write_timeout{30'000};   // to take an answer
    Milliseconds refusal_timeout{5'000};  // to make the answer to a refused request
    std::size_t max_connections = 1024;   // beyond it 503 and close
    std::size_t max_bytes_in_flight = 256u << 20;  // bodies held, of requests and answers; beyond it 503 and close
};

struct ServerOptions {
    std::string host = "127.0.0.1";  // an address; "0.0.0.0" or "::" for all
    std::uint16_t port = 0;          // 0: any free port
    std::optional<TlsOptions> tls = {};
    Limits limits = {};
    std::string name = "http";  // name of the log
    /// Bodies of GET, HEAD, DELETE, OPTIONS and TRACE are read too; else they are not waited for (OpenHIM announces
    /// some and sends none).
    bool reads_every_body = false;
    /// Of a request whose head was read and for whose body there is no room: whether its caller would take the 503 for
    /// "received". The connection is reset then, as `HttpResponse::reset` does.
    std::function<bool(const HttpRequest&)> resets_when_busy = {};
};

/// Answers a whole request. Runs on the connection's io thread; what it throws becomes a bare 500.
using RequestHandler = std::function<Task<HttpResponse>(HttpRequest)>;

/// What the server refused before there was a whole request: as much of it as was read (method, target, headers;
/// no body).
struct Refusal {
    HttpRequest request;
    int status = 400;
    std::string reason;  // plain words, no value of the request
};

/// Makes the answer to a refused request, and records it. The connection is closed after it. When it throws or takes
/// longer than `Limits::refusal_timeout`, the server answers with a plain text instead.
using RefusalHandler = std::function<Task<HttpResponse>(Refusal)>;

/// Counters since start; may be read from any thread.
struct ServerStats {
    std::atomic<std::uint64_t> accepted_total{0};
    std::atomic<std::uint64_t> requests_total{0};          // whole requests given to the handler
    std::atomic<std::uint64_t> handler_failures_total{0};  // handlers that threw
    std::atomic<std::uint64_t> accept_errors_total{0};
    std::atomic<std::uint64_t> tls_failures_total{0};  // handshakes that failed
    std::atomic<std::size_t> connections{0};
    std::atomic<std::size_t> active_requests{0};  // in the handler, or being answered
    std::atomic<std::size_t> bytes_in_flight{0};
    std::array<std::atomic<std::uint64_t>, 600> refused_by_status{};  // index: status
};

/// Listens on one address and serves it on the threads of a pool. The pool outlives the server.
class Server {
  public:
    Server(IoPool& pool, ServerOptions options, RequestHandler on_request, RefusalHandler on_refusal);
    /// Closes the listening socket and every connection.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Binds and starts accepting. Fails in plain words: address in use, unusable certificate.
    Result<void> listen();
    /// The bound port.
    std::uint16_t port() const;

    /// Closes the listening socket and idle connections; running requests are answered with `Connection: close`.
    /// Idempotent; any thread.
    void stop_accepting();
    /// After stop_accepting: waits until every running request is answered, at most `grace`, then closes what is
    /// left. False where something was cut off.
    Task<bool> drain(Milliseconds grace);
    /// Closes every connection now. Handlers that run go on, their answers are dropped. Any thread.
    void abort();

    const ServerStats& stats() const;
    /// Reads the certificate files again, for new connections. On failure the old ones stay. Any thread.
    Result<void> reload_tls();

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace ocm::http
