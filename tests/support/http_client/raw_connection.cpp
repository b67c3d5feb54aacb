// SPDX-License-Identifier: MPL-2.0
#include "support/http_client/http_client.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdlib>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace ocm::test {

TempDir::TempDir() {
    auto pattern = (std::filesystem::temp_directory_path() / "ocm-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
    path_ = pattern;
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

RawConnection::RawConnection() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (socket_ < 0) throw std::runtime_error("no socket can be made");
}

RawConnection::RawConnection(const std::string& host, std::uint16_t port) : RawConnection() {
    connect(host, port);
}

void RawConnection::connect(const std::string& host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1 ||
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("cannot connect to " + host + " port " + std::to_string(port));
    }
}

RawConnection::~RawConnection() {
    if (socket_ >= 0) ::close(socket_);
}

bool RawConnection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string RawConnection::read(std::string_view until, Milliseconds timeout) {
    const auto end = std::chrono::steady_clock::now() + timeout;
    std::string out;
    std::array<char, 16384> buffer;
    while (!closed_ && (until.empty() || out.find(until) == std::string::npos)) {
        const auto left = std::chrono::duration_cast<Milliseconds>(end - std::chrono::steady_clock::now()).count();
        if (left <= 0) break;
        pollfd wait{socket_, POLLIN, 0};
        if (::poll(&wait, 1, static_cast<int>(left)) <= 0) break;
        const auto count = ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (count <= 0) {
            closed_ = true;
        } else {
            out.append(buffer.data(), static_cast<std::size_t>(count));
        }
    }
    return out;
}

std::string RawConnection::read_until(std::string_view text, Milliseconds timeout) {
    return read(text, timeout);
}
std::string RawConnection::read_all(Milliseconds timeout) {
    return read({}, timeout);
}

void RawConnection::shutdown_send() {
    ::shutdown(socket_, SHUT_WR);
}

void RawConnection::reset() {
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(socket_);
    socket_ = -1;
    closed_ = true;
}

int status_of(std::string_view raw) {
    if (raw.size() < 12 || !raw.starts_with("HTTP/1.")) return 0;
    return std::atoi(std::string(raw.substr(9, 3)).c_str());
}

}  // namespace ocm::test
