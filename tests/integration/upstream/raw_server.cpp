// SPDX-License-Identifier: MPL-2.0
#include "integration/upstream/raw_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace ocm::test {
Wire::~Wire() {
    close();
    if (ssl_ != nullptr) SSL_free(ssl_);
}

long Wire::read_some(char* data, std::size_t size) {
    return ssl_ != nullptr ? SSL_read(ssl_, data, static_cast<int>(size)) : ::recv(socket_, data, size, 0);
}

std::string Wire::read_request() {
    std::size_t need = 0;
    while (true) {
        const auto end = buffer_.find("\r\n\r\n");
        if (end != std::string::npos && need == 0) {
            need = end + 4;
            const auto length = buffer_.find("Content-Length: ");
            if (length < end) need += std::strtoul(buffer_.c_str() + length + 16, nullptr, 10);
        }
        if (need != 0 && buffer_.size() >= need) {
            auto out = buffer_.substr(0, need);
            buffer_.erase(0, need);
            return out;
        }
        char data[4096];
        const auto got = read_some(data, sizeof data);
        if (got <= 0) return {};
        buffer_.append(data, static_cast<std::size_t>(got));
    }
}

void Wire::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto put = ssl_ != nullptr
                             ? static_cast<long>(SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())))
                             : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (put <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
}

void Wire::answer(int status, std::string_view body, std::string_view fields) {
    write("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
          std::string(fields) + "\r\n" + std::string(body));
}

void Wire::close() {
    if (socket_ < 0) return;
    if (ssl_ != nullptr) SSL_shutdown(ssl_);
    ::shutdown(socket_, SHUT_RDWR);
    socket_ = -1;
}

void Wire::reset() {
    // The descriptor is closed by the acceptor; lingering for zero seconds makes that a reset.
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket_ = -1;
}

bool Wire::wait_closed() {
    pollfd one{socket_, POLLIN | POLLRDHUP, 0};
    return ::poll(&one, 1, 5000) == 1;
}

RawServer::RawServer(Script script, const Certificate* identity, const Certificate* client_authority)
    : script_(std::move(script)) {
    std::signal(SIGPIPE, SIG_IGN);
    if (identity != nullptr) {
        tls_ = SSL_CTX_new(TLS_server_method());
        SSL_CTX_use_certificate_file(tls_, identity->certificate_file.c_str(), SSL_FILETYPE_PEM);
        SSL_CTX_use_PrivateKey_file(tls_, identity->key_file.c_str(), SSL_FILETYPE_PEM);
        if (client_authority != nullptr) {
            SSL_CTX_load_verify_file(tls_, client_authority->certificate_file.c_str());
            SSL_CTX_set_verify(tls_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        }
    }
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 256) != 0) {
        throw std::runtime_error("cannot listen");
    }
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_loop(); });
}

RawServer::~RawServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
        const std::lock_guard lock(mutex_);
        for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
    SSL_CTX_free(tls_);
}

void RawServer::accept_loop() {
    while (!stopping_) {
        const int socket = ::accept(listener_, nullptr, nullptr);
        if (socket < 0) return;
        ++connections_;
        const std::lock_guard lock(mutex_);
        open_.push_back(socket);
        threads_.emplace_back([this, socket] {
            SSL* ssl = nullptr;
            bool ready = true;
            if (tls_ != nullptr) {
                ssl = SSL_new(tls_);
                SSL_set_fd(ssl, socket);
                ready = SSL_accept(ssl) == 1;
            }
            {
                Wire wire(socket, ssl);
                if (ready) script_(wire);
            }
            const std::lock_guard guard(mutex_);
            std::erase(open_, socket);
            ::close(socket);
        });
    }
}

}  // namespace ocm::test
