// SPDX-License-Identifier: MPL-2.0
#include "support/fake_openhim/server.hpp"

#include "core/redact.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ocm::test {
namespace {

HttpResponse seen_list(const FakeOpenHim& core) {
    Json list = Json::array();
    for (const auto& request : core.seen()) {
        list.push_back(
            {{"method", request.method}, {"path", request.path}, {"body", request.body}, {"status", request.status}});
    }
    return json_response(200, dump_json(list));
}

Task<HttpResponse> serve(FakeOpenHim& core, HttpRequest request) {
    if (request.method == "GET" && request.path == "/fake/seen") co_return seen_list(core);
    if (request.method == "POST" && request.path == "/fake/forget") {
        core.forget_everything();
        co_return text_response(200, "forgotten");
    }
    auto answer = core.handle(request);
    if (answer.hang) {
        auto executor = co_await boost::asio::this_coro::executor;
        boost::asio::steady_timer timer(executor, std::chrono::minutes(10));
        boost::system::error_code error;
        co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
    }
    co_return std::move(answer.response);
}

Task<HttpResponse> refuse(http::Refusal refusal) {
    co_return text_response(refusal.status, refusal.reason);
}

}  // namespace

FakeOpenHimServer::FakeOpenHimServer(FakeOptions options, std::string host, std::uint16_t port,
                                     std::optional<http::TlsOptions> tls)
    : core_(std::move(options)), host_(std::move(host)), port_(port), tls_(std::move(tls)) {}

FakeOpenHimServer::~FakeOpenHimServer() {
    stop();
}

Result<void> FakeOpenHimServer::start() {
    pool_ = std::make_unique<IoPool>(1);
    http::ServerOptions options;
    options.host = host_;
    options.port = port_;
    options.tls = tls_;
    options.limits.max_body = 50u << 20;
    options.name = "fake-openhim";
    server_ = std::make_unique<http::Server>(
        *pool_, options, [this](HttpRequest request) { return serve(core_, std::move(request)); }, refuse);
    if (auto listening = server_->listen(); !listening) return listening;
    port_ = server_->port();
    pool_->start();
    return {};
}

void FakeOpenHimServer::stop() {
    if (!server_) return;
    server_->stop_accepting();
    server_->abort();
    pool_->stop();
    server_.reset();
    pool_.reset();
}

std::string FakeOpenHimServer::url() const {
    return std::string(tls_ ? "https://" : "http://") + host_ + ":" + std::to_string(port_);
}

}  // namespace ocm::test
