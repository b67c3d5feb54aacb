// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "upstream/transfer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <unordered_map>
#include <vector>

namespace ocm::upstream {

/// One libcurl multi handle on one io thread. Every member but the constructor runs on that thread.
class Multi : public std::enable_shared_from_this<Multi> {
  public:
    Multi(boost::asio::io_context& context, const UpstreamOptions& options);
    ~Multi();
    Multi(const Multi&) = delete;
    Multi& operator=(const Multi&) = delete;

    boost::asio::io_context& context() { return context_; }

    void start(std::shared_ptr<Transfer> transfer);
    void cancel(const std::shared_ptr<Transfer>& transfer);
    /// Ends everything in flight, and what is started later, with `cancelled`.
    void close();

  private:
    /// A socket of libcurl's. It stays registered with the reactor until libcurl closes it, not only while a transfer
    /// uses it, which saves most of the system calls of a kept connection.
    struct Watch {
        explicit Watch(boost::asio::io_context& context) : descriptor(context) {}
        boost::asio::posix::stream_descriptor descriptor;
        bool foreign = false;  // opened by libcurl itself (name resolver): released, never closed here
        bool wants_read = false, wants_write = false;
        bool reading = false, writing = false;  // a wait is under way
    };

    static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* watch);
    static int on_timer(CURLM* multi, long milliseconds, void* self);
    static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
    static int on_close(void* self, curl_socket_t socket);

    /// Sets on a new or reset handle what is the same for every call.
    void prepare(CURL* easy);
    void want(curl_socket_t socket, int what);
    void wait(curl_socket_t socket, const std::shared_ptr<Watch>& watch);
    void ready(curl_socket_t socket, const std::shared_ptr<Watch>& watch, bool write, bool failed);
    void set_timer(long milliseconds);
    void act(curl_socket_t socket, int events);
    /// libcurl does not watch the time of a call that waits for a free connection: while there may be such, we do.
    void sweep();
    void end(Transfer& transfer, Result<UpstreamReply> result);

    boost::asio::io_context& context_;
    CURLM* multi_;
    boost::asio::steady_timer timer_;
    unsigned long timer_round_ = 0;
    bool starting_ = false;  // libcurl is being given a call
    bool due_ = false;       // and wants to begin at once: done when it has returned, without a round of the context
    std::size_t free_connections_for_sure_;  // so many calls never wait for a connection
    boost::asio::steady_timer sweep_timer_;
    bool sweeping_ = false;
    bool closed_ = false;
    std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches_;
    std::unordered_map<Transfer*, std::shared_ptr<Transfer>> transfers_;
    std::vector<CURL*> idle_;
};

}  // namespace ocm::upstream
