// SPDX-License-Identifier: MPL-2.0
//
// What recording costs: a transaction is two awaited commits, *received* with a body of 7 KB, then two attempts and the
// answer. Prints commits per second, latency and CPU time at 1, 8 and 32 at once; asserts nothing.
//
//   ocm_store_bench [FOLDER] [seconds per row]

#include "core/io_pool.hpp"
#include "unit/store/fixture.hpp"

#include <boost/asio/detached.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <sys/resource.h>
#include <vector>

namespace {

using namespace ocm;
using Clock = std::chrono::steady_clock;

/// About as compressible as a FHIR document: repeated member names, values that differ.
std::string document(std::size_t bytes) {
    std::string out;
    for (unsigned i = 0; out.size() < bytes; ++i) {
        out += R"({"resourceType":"Observation","id":")" + std::to_string(i * 2654435761U) + R"(","value":)" +
               std::to_string(i * 40503U) + "},";
    }
    return out;
}

struct Shared {
    store::Store& store;
    const std::string body = document(7000);
    Clock::time_point end;
    std::mutex mutex{};
    std::vector<double> latencies_ms{};
    std::atomic<int> running{0};
    std::atomic<std::uint64_t> failed{0};
};

Task<void> client(Shared& shared) {
    std::vector<double> mine;
    while (Clock::now() < shared.end) {
        const auto id = test::new_id();
        auto first = test::unit_of(test::receive(id, shared.body));
        const auto begun = Clock::now();
        auto received = co_await shared.store.commit(std::move(first));
        const auto between = Clock::now();
        store_ops::Unit rest;
        rest.emplace_back(test::attempt(id));
        rest.emplace_back(test::attempt(id));
        rest.emplace_back(test::answer(id));
        auto answered = co_await shared.store.commit(std::move(rest));
        const auto done = Clock::now();
        if (!received || !answered) ++shared.failed;
        mine.push_back(std::chrono::duration<double, std::milli>(between - begun).count());
        mine.push_back(std::chrono::duration<double, std::milli>(done - between).count());
    }
    const std::lock_guard lock(shared.mutex);
    shared.latencies_ms.insert(shared.latencies_ms.end(), mine.begin(), mine.end());
    --shared.running;
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double percentile(const std::vector<double>& sorted, double share) {
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
    const std::filesystem::path folder = argc > 1 ? argv[1] : ".";
    const int seconds = argc > 2 ? std::atoi(argv[2]) : 5;
    std::printf("%8s %12s %14s %10s %10s %16s %12s\n", "at once", "commits/s", "transactions/s", "p50 ms", "p99 ms",
                "CPU us/transaction", "units/batch");
    for (const int at_once : {1, 8, 32}) {
        const auto path = (folder / ("store_bench_" + std::to_string(at_once) + ".db")).string();
        for (const auto* suffix : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path + suffix);
        auto store = store::Store::open({.path = path});
        if (!store) {
            std::fprintf(stderr, "%s\n", store.error().message.c_str());
            return 1;
        }
        IoPool pool(2);
        Shared shared{**store, document(7000), Clock::now() + std::chrono::seconds(seconds)};
        shared.running = at_once;
        const auto cpu = cpu_seconds();
        const auto begun = Clock::now();
        pool.start();
        for (int i = 0; i < at_once; ++i) boost::asio::co_spawn(pool.next(), client(shared), boost::asio::detached);
        while (shared.running > 0) std::this_thread::sleep_for(Milliseconds(10));
        const double wall = std::chrono::duration<double>(Clock::now() - begun).count();
        const double used = cpu_seconds() - cpu;
        pool.stop();
        (*store)->close();
        auto& sorted = shared.latencies_ms;
        std::sort(sorted.begin(), sorted.end());
        const auto commits = static_cast<double>(sorted.size());
        const auto metrics = (*store)->metrics().writer;
        std::printf("%8d %12.0f %14.0f %10.2f %10.2f %18.0f %12.1f\n", at_once, commits / wall, commits / 2 / wall,
                    percentile(sorted, 0.5), percentile(sorted, 0.99), used / (commits / 2) * 1e6,
                    static_cast<double>(metrics.committed) / static_cast<double>(metrics.batches));
        if (shared.failed > 0) std::printf("%llu failed\n", static_cast<unsigned long long>(shared.failed.load()));
        for (const auto* suffix : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path + suffix);
    }
    return 0;
}
