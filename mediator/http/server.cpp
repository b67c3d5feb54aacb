// SPDX-License-Identifier: MPL-2.0
#include "http/server.hpp"

#include "http/log.hpp"
#include "http/session.hpp"
#include "http/tls.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ocm::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr Milliseconds accept_backoff{100};
constexpr Milliseconds drain_step{5};
constexpr std::size_t max_backlog_drained = 1024;

/// The listening socket; touched on the first io thread only, once it listens.
struct Listener {
    explicit Listener(asio::io_context& context) : acceptor(context), pause(context) {}
    tcp::acceptor acceptor;
    asio::steady_timer pause;
    std::size_t next_slot = 0;
    std::atomic<bool> closed{true};
};

Slot& next_slot(Shared& shared, Listener& listener) {
    return *shared.slots[listener.next_slot++ % shared.slots.size()];
}

/// An error that says something of one connection, not of the listening socket.
bool concerns_connection_only(const error_code& error) {
    return error == asio::error::connection_aborted || error == asio::error::connection_reset ||
           error == asio::error::interrupted || error == boost::system::errc::protocol_error;
}

/// Takes one connection over. The error is the listening socket's.
Task<error_code> accept_one(std::shared_ptr<Shared> shared, std::shared_ptr<Listener> listener) {
    auto& slot = next_slot(*shared, *listener);
    error_code error;
    auto socket =
        co_await listener->acceptor.async_accept(*slot.context, asio::redirect_error(asio::use_awaitable, error));
    if (!error) start_session(shared, slot, std::move(socket));
    co_return error;
}

Task<void> accept_connections(std::shared_ptr<Shared> shared, std::shared_ptr<Listener> listener) {
    bool complained = false;
    while (!shared->stopping) {
        error_code error;
        std::string problem;
        try {
            const auto accepted = co_await accept_one(shared, listener);
            error = accepted;
            if (error) problem = error.message();
        } catch (const std::exception& exception) {  // out of memory: the server must not go deaf over it
            problem = exception.what();
        }
        if (problem.empty()) {
            complained = false;
            continue;
        }
        if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) break;
        ++shared->stats.accept_errors_total;
        if (concerns_connection_only(error)) continue;
        // Out of descriptors or memory: the connection stays in the backlog, so trying again at once would spin.
        if (!complained) warn(shared->options.name, "cannot accept connections: " + problem);
        complained = true;
        listener->pause.expires_after(accept_backoff);
        co_await listener->pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
}

/// Connections the kernel has already taken would be reset by closing; they are taken over first.
void close_listener(const std::shared_ptr<Shared>& shared, Listener& listener) {
    error_code error;
    if (listener.acceptor.is_open()) {
        listener.acceptor.cancel(error);
        listener.acceptor.non_blocking(true, error);
        for (std::size_t i = 0; !error && i < max_backlog_drained; ++i) {
            auto& slot = next_slot(*shared, listener);
            auto socket = listener.acceptor.accept(*slot.context, error);
            if (!error) start_session(shared, slot, std::move(socket));
        }
        listener.acceptor.close(error);
    }
    listener.pause.cancel();
    listener.closed = true;
}

Error cannot_listen(const ServerOptions& options, const std::string& why) {
    return Error{ErrorCode::unavailable,
                 "cannot listen on " + options.host + " port " + std::to_string(options.port) + ": " + why,
                 {},
                 {}};
}

void abort_all(const std::shared_ptr<Shared>& shared) {
    shared->aborted = true;
    for (auto& slot : shared->slots) {
        asio::post(*slot->context, [shared, raw = slot.get()] { abort_sessions(*raw); });
    }
}

Task<bool> drained(std::shared_ptr<Shared> shared, std::shared_ptr<Listener> listener, Milliseconds grace) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    const auto end = std::chrono::steady_clock::now() + grace;
    bool done = listener->closed && shared->owing == 0;
    while (!done && std::chrono::steady_clock::now() < end) {
        timer.expires_after(drain_step);
        error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        done = listener->closed && shared->owing == 0;
    }
    abort_all(shared);
    co_return done;
}

}  // namespace

struct Server::Impl {
    std::shared_ptr<Shared> shared = std::make_shared<Shared>();
    std::shared_ptr<Listener> listener;
    std::uint16_t port = 0;
};

Server::Server(IoPool& pool, ServerOptions options, RequestHandler on_request, RefusalHandler on_refusal)
    : impl_(std::make_shared<Impl>()) {
    auto& shared = *impl_->shared;
    shared.options = std::move(options);
    shared.on_request = std::move(on_request);
    shared.on_refusal = std::move(on_refusal);
    for (std::size_t i = 0; i < pool.size(); ++i) {
        shared.slots.push_back(std::make_unique<Slot>());
        shared.slots.back()->context = &pool.context(i);
        // The first socket of a context opens its reactor's descriptors: now, not when they have run out.
        const tcp::socket opens_reactor(pool.context(i));
    }
    impl_->listener = std::make_shared<Listener>(pool.context(0));
}

Server::~Server() {
    stop_accepting();
    abort();
}

Result<void> Server::listen() {
    auto& shared = *impl_->shared;
    const auto& options = shared.options;
    if (options.tls) {
        if (auto loaded = reload_tls(); !loaded) return fail(loaded.error());
    }
    error_code error;
    const auto address = asio::ip::make_address(options.host, error);
    if (error) return fail(cannot_listen(options, "the host must be an address such as 127.0.0.1, 0.0.0.0 or ::"));
    auto& acceptor = impl_->listener->acceptor;
    const tcp::endpoint endpoint(address, options.port);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && address.is_v6() && address.is_unspecified()) acceptor.set_option(asio::ip::v6_only(false), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
    if (!error) impl_->port = acceptor.local_endpoint(error).port();
    if (error) {
        error_code ignored;
        acceptor.close(ignored);
        return fail(cannot_listen(options, error.message()));
    }
    impl_->listener->closed = false;
    asio::co_spawn(*shared.slots.front()->context, accept_connections(impl_->shared, impl_->listener), asio::detached);
    return {};
}

std::uint16_t Server::port() const {
    return impl_->port;
}

void Server::stop_accepting() {
    const auto& shared = impl_->shared;
    if (shared->stopping.exchange(true)) return;
    asio::post(*shared->slots.front()->context,
               [shared, listener = impl_->listener] { close_listener(shared, *listener); });
    for (auto& slot : shared->slots) {
        asio::post(*slot->context, [shared, raw = slot.get()] { stop_sessions(*raw); });
    }
}

Task<bool> Server::drain(Milliseconds grace) {
    return drained(impl_->shared, impl_->listener, grace);
}

void Server::abort() {
    abort_all(impl_->shared);
}

const ServerStats& Server::stats() const {
    return impl_->shared->stats;
}

Result<void> Server::reload_tls() {
    auto& shared = *impl_->shared;
    if (!shared.options.tls) return {};
    auto context = make_tls_context(*shared.options.tls);
    if (!context) return fail(context.error());
    const std::lock_guard lock(shared.tls_mutex);
    shared.tls_context = std::move(*context);
    return {};
}

}  // namespace ocm::http
