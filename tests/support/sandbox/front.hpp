// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/io_pool.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace ocm::sandbox {

/// Header field by which the sandbox asks its front to cut an answer: "reset" or "truncate".
inline constexpr const char* cut_field = "x-sandbox-cut";

/// A relay in front of the HTTP server: it can do to a connection what a proper server never does.
class Front {
  public:
    /// Listens on `host`:`port` and relays to 127.0.0.1:`inner`. Throws boost::system::system_error where it cannot.
    Front(IoPool& pool, const std::string& host, std::uint16_t port, std::uint16_t inner);
    ~Front();
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;
    std::uint16_t port() const { return port_; }

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
    std::uint16_t port_ = 0;
};

}  // namespace ocm::sandbox
