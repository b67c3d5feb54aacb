// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/hash.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <netinet/tcp.h>
#include <sstream>
#include <string>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <vector>

/// What the benchmarks of a whole mediator share: a plain client, and what the system says of a process.
namespace ocm::bench {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

inline std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

inline double ms(SteadyClock::duration d) {
    return std::chrono::duration<double, std::milli>(d).count();
}

/// A token of a day that nobody signed.
inline std::string fake_token() {
    const auto now = std::time(nullptr);
    const Json payload{{"scope", {"type=record.create", "type=record.notify", "type=record.read"}},
                       {"sub", "0198c1f2-7c1a-7000-8000-0000000000aa"},
                       {"userType", "system"},
                       {"iat", now},
                       {"exp", now + 86'400},
                       {"iss", "opencrvs:auth-service"},
                       {"aud", {"opencrvs:gateway-user"}}};
    return base64url(R"({"alg":"RS256","typ":"JWT"})") + "." + base64url(dump_json(payload)) + ".c2lnbmF0dXJl";
}

/// Puts a number of eight digits in the place of each mark of eight "@".
inline void replace_marks(std::string& text, unsigned n) {
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", n);
    for (auto at = text.find("@@@@@@@@"); at != std::string::npos; at = text.find("@@@@@@@@", at + 8)) {
        text.replace(at, 8, digits);
    }
}

inline int connect_to(std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        close(fd);
        return -1;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/// Sends one request and reads one answer with a Content-Length; the status, or 0 when the connection failed.
inline int exchange(int fd, const std::string& request, std::string& buffer) {
    for (std::size_t sent = 0; sent < request.size();) {
        const auto n = send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) return 0;
        sent += static_cast<std::size_t>(n);
    }
    buffer.clear();
    std::size_t want = std::string::npos;
    char chunk[65536];
    while (want == std::string::npos || buffer.size() < want) {
        const auto n = recv(fd, chunk, sizeof chunk, 0);
        if (n <= 0) return 0;
        buffer.append(chunk, static_cast<std::size_t>(n));
        if (want != std::string::npos) continue;
        const auto end = buffer.find("\r\n\r\n");
        if (end == std::string::npos) continue;
        auto at = buffer.find("ontent-");
        for (; at != std::string::npos && at < end; at = buffer.find("ontent-", at + 1)) {
            if (strncasecmp(buffer.data() + at, "ontent-length:", 14) == 0) {
                want = end + 4 + std::strtoul(buffer.data() + at + 14, nullptr, 10);
                break;
            }
        }
        if (want == std::string::npos) return 0;
    }
    return std::atoi(buffer.data() + 9);
}

inline double cpu_seconds(pid_t pid) {
    clockid_t clock{};
    timespec used{};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

inline double rss_mb(pid_t pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) / 1024.0;
    }
    return 0;
}

inline double percentile(std::vector<double>& sorted, double p) {
    if (sorted.empty()) return 0;
    return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(p * static_cast<double>(sorted.size())))];
}

inline std::uint16_t free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(fd, reinterpret_cast<const sockaddr*>(&address), size);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    close(fd);
    return ntohs(address.sin_port);
}

inline double fsync_p50(const fs::path& folder) {
    const int fd = open((folder / "fsync").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    std::vector<double> took;
    const std::string block(8192, 'x');
    for (int i = 0; i < 500; ++i) {
        const auto begun = SteadyClock::now();
        if (write(fd, block.data(), block.size()) < 0 || fdatasync(fd) != 0) break;
        took.push_back(ms(SteadyClock::now() - begun));
    }
    close(fd);
    std::sort(took.begin(), took.end());
    return percentile(took, 0.5);
}

inline bool ready(std::uint16_t admin) {
    const int fd = connect_to(admin);
    if (fd < 0) return false;
    std::string buffer;
    const int status = exchange(fd, "GET /health/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", buffer);
    close(fd);
    return status == 200;
}

}  // namespace ocm::bench
