// SPDX-License-Identifier: MPL-2.0
#include "support/http_client/http_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <optional>
#include <stdexcept>

namespace ocm::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

struct HttpConnection::Impl {
    asio::io_context context{1};
    asio::ssl::context tls_context{asio::ssl::context::tls_client};
    std::optional<beast::tcp_stream> plain;
    std::optional<asio::ssl::stream<beast::tcp_stream>> tls;
    beast::flat_buffer buffer;
    std::string host;
    FetchOptions options;
    bool keep_alive = true;

    beast::tcp_stream& lowest() { return tls ? tls->next_layer() : *plain; }

    /// Runs one operation to its end, with the timeout of the stream.
    template <class Start>
    void run(const char* what, Start start) {
        error_code error;
        lowest().expires_after(options.timeout);
        start([&error](error_code result, auto&&...) { error = result; });
        context.restart();
        context.run();
        if (error) throw std::runtime_error(std::string("http client: ") + what + ": " + error.message());
    }

    void connect(std::uint16_t port) {
        const tcp::endpoint endpoint(asio::ip::make_address(host), port);
        if (!options.tls) {
            plain.emplace(context);
            run("connect", [&](auto done) { plain->async_connect(endpoint, done); });
            return;
        }
        const auto& with = options.tls_options;
        if (!with.ca_file.empty()) {
            tls_context.load_verify_file(with.ca_file);
            tls_context.set_verify_mode(asio::ssl::verify_peer);
        }
        if (!with.certificate_file.empty()) {
            tls_context.use_certificate_chain_file(with.certificate_file);
            tls_context.use_private_key_file(with.key_file, asio::ssl::context::pem);
        }
        tls.emplace(context, tls_context);
        const auto& name = with.server_name.empty() ? host : with.server_name;
        if (!with.ca_file.empty()) tls->set_verify_callback(asio::ssl::host_name_verification(name));
        run("connect", [&](auto done) { tls->next_layer().async_connect(endpoint, done); });
        run("TLS handshake", [&](auto done) { tls->async_handshake(asio::ssl::stream_base::client, done); });
    }

    template <class Stream>
    HttpResponse exchange(Stream& stream, const http::request<http::string_body>& request) {
        run("write", [&](auto done) { http::async_write(stream, request, done); });
        http::response_parser<http::string_body> parser;
        parser.body_limit(64u << 20);
        parser.skip(request.method() == http::verb::head);
        run("read", [&](auto done) { http::async_read(stream, buffer, parser, done); });
        keep_alive = parser.keep_alive();
        auto response = parser.release();
        HttpResponse out;
        out.status = static_cast<int>(response.result_int());
        for (const auto& field : response) {
            out.headers.add(std::string(field.name_string()), std::string(field.value()));
        }
        out.body = std::move(response.body());
        return out;
    }
};

HttpConnection::HttpConnection(const std::string& host, std::uint16_t port, FetchOptions options)
    : impl_(std::make_unique<Impl>()) {
    impl_->host = host;
    impl_->options = std::move(options);
    impl_->connect(port);
}

HttpConnection::~HttpConnection() = default;
HttpConnection::HttpConnection(HttpConnection&&) noexcept = default;
HttpConnection& HttpConnection::operator=(HttpConnection&&) noexcept = default;

HttpResponse HttpConnection::send(const HttpRequest& request) {
    http::request<http::string_body> out;
    out.version(11);
    out.method_string(request.method.empty() ? "GET" : request.method);
    out.target(request.target.empty() ? "/" : request.target);
    for (const auto& [name, value] : request.headers) out.insert(name, value);
    if (out.find(http::field::host) == out.end()) out.set(http::field::host, impl_->host);
    out.body() = request.body;
    out.prepare_payload();
    return impl_->tls ? impl_->exchange(*impl_->tls, out) : impl_->exchange(*impl_->plain, out);
}

bool HttpConnection::keeps_alive() const {
    return impl_->keep_alive;
}

HttpResponse fetch(const std::string& host, std::uint16_t port, const HttpRequest& request, FetchOptions options) {
    auto closing = request;
    if (closing.headers.find("connection") == nullptr) closing.headers.add("Connection", "close");
    return HttpConnection(host, port, std::move(options)).send(closing);
}

HttpResponse get(const std::string& host, std::uint16_t port, const std::string& target, FetchOptions options) {
    HttpRequest request;
    request.method = "GET";
    request.target = target;
    return fetch(host, port, request, std::move(options));
}

HttpResponse post(const std::string& host, std::uint16_t port, const std::string& target, std::string body,
                  const std::string& content_type, FetchOptions options) {
    HttpRequest request;
    request.method = "POST";
    request.target = target;
    request.headers.add("Content-Type", content_type);
    request.body = std::move(body);
    return fetch(host, port, request, std::move(options));
}

}  // namespace ocm::test
