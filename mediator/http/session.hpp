// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "http/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

/// Inside of the server: what its connections share.
namespace ocm::http {

class Session;

/// The connections of one io thread; `sessions` is touched on that thread only.
struct Slot {
    boost::asio::io_context* context = nullptr;
    std::unordered_set<Session*> sessions;
};

struct Shared {
    ServerOptions options;
    RequestHandler on_request;
    RefusalHandler on_refusal;
    ServerStats stats;
    std::atomic<bool> stopping{false};
    std::atomic<bool> aborted{false};
    std::atomic<std::size_t> owing{0};      // connections that may still be owed an answer
    std::atomic<std::size_t> rejecting{0};  // connections over the cap that are being told so
    std::vector<std::unique_ptr<Slot>> slots;

    std::shared_ptr<boost::asio::ssl::context> tls() const {
        const std::lock_guard lock(tls_mutex);
        return tls_context;
    }
    mutable std::mutex tls_mutex;
    std::shared_ptr<boost::asio::ssl::context> tls_context;
};

/// Serves a connection on the slot's thread until it ends. Counts it; beyond the cap it is only told 503.
void start_session(std::shared_ptr<Shared> shared, Slot& slot, boost::asio::ip::tcp::socket socket);

/// What stopping and aborting do to the connections of a slot. On the slot's thread.
void stop_sessions(Slot& slot);
void abort_sessions(Slot& slot);

}  // namespace ocm::http
