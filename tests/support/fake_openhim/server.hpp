// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/io_pool.hpp"
#include "http/server.hpp"
#include "support/fake_openhim/fake_openhim.hpp"

#include <memory>
#include <string>

namespace ocm::test {

/// The fake on a real socket, with its own thread. Besides the API, `GET /fake/seen` lists what came (without
/// credentials) and `POST /fake/forget` empties it.
class FakeOpenHimServer {
  public:
    explicit FakeOpenHimServer(FakeOptions options = {}, std::string host = "127.0.0.1", std::uint16_t port = 0,
                               std::optional<http::TlsOptions> tls = std::nullopt);
    ~FakeOpenHimServer();

    /// Starts it, again after `stop`, on the same port. Fails where the port cannot be had.
    Result<void> start();
    /// As if the core were down: nothing listens. What it holds stays.
    void stop();

    FakeOpenHim& core() { return core_; }
    std::uint16_t port() const { return port_; }
    std::string url() const;

  private:
    FakeOpenHim core_;
    std::string host_;
    std::uint16_t port_;
    std::optional<http::TlsOptions> tls_;
    std::unique_ptr<IoPool> pool_;
    std::unique_ptr<http::Server> server_;
};

}  // namespace ocm::test
