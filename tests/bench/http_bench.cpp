// SPDX-License-Identifier: MPL-2.0
// What the HTTP server alone costs: a small JSON answer, clients in another process.
#include "http/server.hpp"
#include "support/http_client/http_client.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace ocm;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto run_time = std::chrono::seconds(2);

Task<HttpResponse> echo(HttpRequest request) {
    co_return json_response(200, R"({"received":)" + std::to_string(request.body.size()) + "}");
}

Task<HttpResponse> refuse(http::Refusal refusal) {
    co_return text_response(refusal.status, refusal.reason);
}

double cpu_microseconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto micros = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
    };
    return micros(used.ru_utime) + micros(used.ru_stime);
}

/// One client: raw bytes, so that as little as possible of the machine goes to it. Appends latencies in microseconds.
void client(std::uint16_t port, bool keep_alive, std::vector<double>& latencies) {
    const std::string body(700, 'x');
    const std::string request =
        std::string("POST /notification HTTP/1.1\r\nHost: mediator\r\nContent-Type: application/json\r\n") +
        (keep_alive ? "" : "Connection: close\r\n") + "Content-Length: 700\r\n\r\n" + body;
    std::unique_ptr<test::RawConnection> connection;
    const auto end = Clock::now() + run_time;
    while (Clock::now() < end) {
        const auto start = Clock::now();
        if (!keep_alive || !connection) connection = std::make_unique<test::RawConnection>("127.0.0.1", port);
        connection->send(request);
        if (test::status_of(connection->read_until("}")) != 200) std::abort();
        latencies.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    }
}

/// The client process: waits for the port, runs, writes how many requests and the p50 and p99.
void client_process(int port_pipe, int result_pipe, unsigned connections, bool keep_alive) {
    std::uint16_t port = 0;
    if (read(port_pipe, &port, sizeof port) != sizeof port) _exit(1);
    std::vector<std::vector<double>> each(connections);
    std::vector<std::thread> threads;
    for (auto& latencies : each) threads.emplace_back([&] { client(port, keep_alive, latencies); });
    for (auto& thread : threads) thread.join();
    std::vector<double> all;
    for (auto& latencies : each) all.insert(all.end(), latencies.begin(), latencies.end());
    std::sort(all.begin(), all.end());
    const std::array<double, 3> result{static_cast<double>(all.size()), all[all.size() / 2],
                                       all[all.size() * 99 / 100]};
    _exit(write(result_pipe, result.data(), sizeof result) == sizeof result ? 0 : 1);
}

void measure(unsigned connections, bool keep_alive) {
    std::array<int, 2> port_pipe{};
    std::array<int, 2> result_pipe{};
    if (pipe(port_pipe.data()) != 0 || pipe(result_pipe.data()) != 0) std::abort();
    const pid_t child = fork();  // before there are threads
    if (child == 0) client_process(port_pipe[0], result_pipe[1], connections, keep_alive);
    IoPool pool(1);
    http::Server server(pool, {}, echo, refuse);
    if (!server.listen()) std::abort();
    pool.start();
    const auto before = cpu_microseconds();
    const auto start = Clock::now();
    const auto port = server.port();
    if (write(port_pipe[1], &port, sizeof port) != sizeof port) std::abort();
    std::array<double, 3> result{};
    if (read(result_pipe[0], result.data(), sizeof result) != sizeof result) std::abort();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const double cpu = cpu_microseconds() - before;
    int status = 0;
    waitpid(child, &status, 0);
    pool.stop();
    for (const int fd : {port_pipe[0], port_pipe[1], result_pipe[0], result_pipe[1]}) close(fd);
    std::printf(
        "%2u connections, keep-alive %-3s  %8.0f req/s  p50 %6.0f us  p99 %6.0f us  server CPU %5.1f us/request\n",
        connections, keep_alive ? "on" : "off", result[0] / seconds, result[1], result[2], cpu / result[0]);
    std::fflush(stdout);
}

}  // namespace

int main() {
    for (const unsigned connections : {1u, 8u}) {
        for (const bool keep_alive : {true, false}) measure(connections, keep_alive);
    }
}
