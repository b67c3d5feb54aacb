// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "support/http_client/http_client.hpp"

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ocm::test {

/// One accepted connection, blocking.
class Wire {
  public:
    Wire(int socket, SSL* ssl) : socket_(socket), ssl_(ssl) {}
    ~Wire();
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    /// Reads one request (head, and body by Content-Length); empty at the end of the connection.
    std::string read_request();
    void write(std::string_view bytes);
    void answer(int status, std::string_view body, std::string_view fields = {});
    void close();  // orderly
    void reset();  // RST
    /// Waits until the other side closes, for at most five seconds.
    bool wait_closed();

  private:
    long read_some(char* data, std::size_t size);
    int socket_;
    SSL* ssl_;
    std::string buffer_;
};

/// A server of raw connections on 127.0.0.1, a thread each: what a test says of the wire is what is on it.
class RawServer {
  public:
    using Script = std::function<void(Wire&)>;
    explicit RawServer(Script script, const Certificate* identity = nullptr,
                       const Certificate* client_authority = nullptr);
    ~RawServer();
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    int port() const { return port_; }
    std::string url(const std::string& path = "/", const std::string& scheme = "http") const {
        return scheme + "://127.0.0.1:" + std::to_string(port_) + path;
    }
    int connections() const { return connections_; }

  private:
    void accept_loop();
    int listener_ = -1;
    int port_ = 0;
    Script script_;
    SSL_CTX* tls_ = nullptr;
    std::atomic<int> connections_{0};
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::vector<int> open_;
    std::list<std::thread> threads_;
    std::thread acceptor_;
};

}  // namespace ocm::test
