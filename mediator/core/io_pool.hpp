// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace ocm {

/// One io_context per thread, no strands: what runs on a context runs on its one thread (design section 11).
class IoPool {
  public:
    explicit IoPool(std::size_t threads);
    ~IoPool();
    IoPool(const IoPool&) = delete;
    IoPool& operator=(const IoPool&) = delete;

    std::size_t size() const { return contexts_.size(); }
    boost::asio::io_context& context(std::size_t index) { return *contexts_[index]; }
    /// The next context, round robin. Thread-safe.
    boost::asio::io_context& next();
    /// Index of the context whose thread this is; absent on other threads.
    std::optional<std::size_t> current() const;

    /// Starts the threads.
    void start();
    /// Makes every context return and joins the threads. Work still pending is abandoned.
    void stop();

  private:
    std::vector<std::unique_ptr<boost::asio::io_context>> contexts_;
    struct Guards;
    std::unique_ptr<Guards> guards_;
    std::vector<std::thread> threads_;
};

}  // namespace ocm
