// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/front.hpp"

#include "core/task.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <string_view>

namespace ocm::sandbox {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

struct Pair {
    Pair(tcp::socket client, asio::io_context& context) : outer(std::move(client)), inner(context) {}
    tcp::socket outer, inner;

    void close() {
        boost::system::error_code ignored;
        outer.close(ignored);
        inner.close(ignored);
    }
};

enum class Cut { none, reset, truncate };

Cut cut_in(std::string_view head) {
    const auto found = head.find("x-sandbox-cut: ");
    if (found == head.npos) return Cut::none;
    return head.substr(found + 15).starts_with("reset") ? Cut::reset : Cut::truncate;
}

/// Head and half of what came of the body.
std::string_view half_of(std::string_view answer) {
    const auto end = answer.find("\r\n\r\n");
    return end == answer.npos ? answer : answer.substr(0, end + 4 + (answer.size() - end - 4) / 2);
}

Task<void> upwards(std::shared_ptr<Pair> pair) {
    std::array<char, 16'384> data{};
    while (true) {
        const auto [read_error, size] = co_await pair->outer.async_read_some(asio::buffer(data), quietly);
        if (read_error) break;
        const auto [write_error, done] = co_await asio::async_write(pair->inner, asio::buffer(data, size), quietly);
        if (write_error || done != size) break;
    }
    pair->close();
}

Task<void> downwards(std::shared_ptr<Pair> pair) {
    std::array<char, 65'536> data{};
    while (true) {
        const auto [read_error, size] = co_await pair->inner.async_read_some(asio::buffer(data), quietly);
        if (read_error) break;
        std::string_view answer(data.data(), size);
        const auto cut = cut_in(answer);
        if (cut == Cut::reset) {
            boost::system::error_code ignored;
            pair->outer.set_option(asio::socket_base::linger(true, 0), ignored);
            break;
        }
        if (cut == Cut::truncate) answer = half_of(answer);
        const auto [write_error, done] = co_await asio::async_write(pair->outer, asio::buffer(answer), quietly);
        if (write_error || done != answer.size() || cut == Cut::truncate) break;
    }
    pair->close();
}

}  // namespace

struct Front::Impl {
    Impl(IoPool& pool, tcp::endpoint where, std::uint16_t to)
        : context(pool.context(0)), acceptor(context, where), inner(asio::ip::address_v4::loopback(), to) {}
    asio::io_context& context;
    tcp::acceptor acceptor;
    tcp::endpoint inner;

    static Task<void> relay(tcp::socket client, tcp::endpoint to, asio::io_context& on) {
        auto pair = std::make_shared<Pair>(std::move(client), on);
        const auto [error] = co_await pair->inner.async_connect(to, quietly);
        if (error) co_return;
        boost::system::error_code ignored;
        pair->outer.set_option(tcp::no_delay(true), ignored);
        pair->inner.set_option(tcp::no_delay(true), ignored);
        asio::co_spawn(on, upwards(pair), asio::detached);
        co_await downwards(pair);
    }

    static Task<void> accept(std::shared_ptr<Impl> self) {
        while (self->acceptor.is_open()) {
            auto [error, client] = co_await self->acceptor.async_accept(quietly);
            if (error == asio::error::operation_aborted) co_return;
            if (!error)
                asio::co_spawn(self->context, relay(std::move(client), self->inner, self->context), asio::detached);
        }
    }
};

Front::Front(IoPool& pool, const std::string& host, std::uint16_t port, std::uint16_t inner)
    : impl_(std::make_shared<Impl>(pool, tcp::endpoint(asio::ip::make_address(host), port), inner)),
      port_(impl_->acceptor.local_endpoint().port()) {
    asio::co_spawn(impl_->context, Impl::accept(impl_), asio::detached);
}

Front::~Front() {
    asio::post(impl_->context, [impl = impl_] {
        boost::system::error_code ignored;
        impl->acceptor.close(ignored);
    });
}

}  // namespace ocm::sandbox
