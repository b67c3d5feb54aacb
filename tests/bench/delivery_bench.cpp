// SPDX-License-Identifier: MPL-2.0
//
// Deliveries benchmark: OpenCRVS 1.8 tells of registrations by its signed webhook, and the mediator tells ten
// subscribers of each. Stubs of OpenCRVS and of the subscribers are in a process of their own. Then ten more
// subscriptions lead to a host that is gone, and their deliveries pile up. Prints figures; asserts nothing.
//
//   ocm_delivery_bench MEDIATOR [registrations for throughput [registrations to pile up]]

#include "bench/tools.hpp"
#include "core/json.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "http/server.hpp"
#include "support/paths/paths.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <new>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>

namespace {

using namespace ocm;
using namespace ocm::bench;

constexpr std::size_t subscribers = 10;
constexpr std::size_t most_registrations = 200'000;
constexpr const char* sha_secret = "d04aec67-1ef4-467a-a5a8-fa5c89ad71ce";

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(SteadyClock::now().time_since_epoch()).count();
}

/// What the stubs' process tells this one.
struct Shared {
    std::atomic<std::uint64_t> arrived{0}, repeated{0};
    std::atomic<std::int64_t> at[most_registrations][subscribers];  // when a subscriber was told of a registration

    double wait_ms(std::size_t registration, std::size_t subscriber, std::int64_t since) const {
        return static_cast<double>(at[registration][subscriber].load() - since) / 1e6;
    }
};

struct Ports {
    std::uint16_t opencrvs = 0, gone = 0;
    std::uint16_t subscribers[::subscribers] = {};
};

Shared* shared = nullptr;

// --- the stubs -----------------------------------------------------------------------------------------------------

Task<HttpResponse> refuse(http::Refusal refusal) {
    co_return text_response(refusal.status, refusal.reason);
}

Task<HttpResponse> opencrvs(HttpRequest request) {
    if (request.path.ends_with("/token")) {
        co_return json_response(200, R"({"access_token":")" + fake_token() + R"(","token_type":"Bearer"})");
    }
    HttpResponse taken;
    taken.status = 202;
    if (request.path == "/webhooks" && request.method == "POST") co_return taken;
    if (request.path == "/webhooks") co_return json_response(200, R"({"entries":[]})");
    co_return json_response(404, "{}");
}

Task<HttpResponse> hear(std::size_t subscriber, HttpRequest request) {
    if (request.method == "GET") {
        const auto challenge = query_value(request.query, "challenge").value_or("");
        co_return json_response(200, dump_json({{"challenge", challenge}}));
    }
    constexpr std::string_view mark = "\"2026B";
    const auto found = request.body.find(mark);
    if (found != std::string::npos) {
        const auto n = std::strtoul(request.body.substr(found + mark.size(), 8).c_str(), nullptr, 16);
        std::int64_t never = 0;
        const bool first = n < most_registrations && shared->at[n][subscriber].compare_exchange_strong(never, now_ns());
        (first ? shared->arrived : shared->repeated).fetch_add(1);
    }
    co_return json_response(200, "{}");
}

std::unique_ptr<http::Server> serve(IoPool& pool, http::RequestHandler handler) {
    http::ServerOptions options;
    options.name = "stub";
    auto server = std::make_unique<http::Server>(pool, options, std::move(handler), refuse);
    if (!server->listen()) _exit(1);
    return server;
}

/// A byte on `commands` makes the host of the further subscriptions go away.
[[noreturn]] void run_stubs(int answers, int commands) {
    IoPool pool(1);
    Ports ports;
    const auto target = serve(pool, opencrvs);
    ports.opencrvs = target->port();
    std::vector<std::unique_ptr<http::Server>> servers;
    for (std::size_t i = 0; i < subscribers; ++i) {
        servers.push_back(serve(pool, [i](HttpRequest request) { return hear(i, std::move(request)); }));
        ports.subscribers[i] = servers.back()->port();
    }
    auto gone = serve(pool, [](HttpRequest request) { return hear(0, std::move(request)); });
    ports.gone = gone->port();
    pool.start();
    if (write(answers, &ports, sizeof ports) != sizeof ports) _exit(1);
    char command = 0;
    if (read(commands, &command, 1) == 1) gone->abort();
    for (;;) pause();
}

// --- the load ------------------------------------------------------------------------------------------------------

std::string registration() {
    auto text = read_file(support::source_dir() / "tests/unit/formats/data/webhook/record-1.8.json");
    const auto put = [&text](const std::string& what, const std::string& with) {
        for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
            text.replace(at, what.size(), with);
        }
    };
    put("2026B7Q2K1", "2026B@@@@@@@@");
    put("B7Q2K1A", "B@@@@@@@@");
    put("c0111000-0000-4000-8000-000000000001", "c0111000-0000-4000-8000-0000@@@@@@@@");
    return text;
}

std::atomic<unsigned> serial{1};

/// Tells the mediator of one more registration; its serial, or 0 where it was not taken.
unsigned tell(int fd, const std::string& message, std::string& buffer) {
    const auto n = serial.fetch_add(1);
    auto body = message;
    replace_marks(body, n);
    const auto request =
        "POST /public/webhooks/opencrvs HTTP/1.1\r\nHost: mediator\r\nContent-Type: application/json\r\n"
        "X-Hub-Signature: " +
        opencrvs_v1::hub_signature(sha_secret, body) + "\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body;
    return exchange(fd, request, buffer) == 200 ? n : 0;
}

/// As many registrations as told, by eight senders; the seconds until all are with the subscribers.
double run(std::uint16_t port, const std::string& message, unsigned count) {
    const auto wanted = shared->arrived.load() + std::uint64_t{count} * subscribers;
    std::atomic<unsigned> left{count};
    const auto begun = SteadyClock::now();
    std::vector<std::thread> senders;
    for (int i = 0; i < 8; ++i) {
        senders.emplace_back([&] {
            std::string buffer;
            int fd = connect_to(port);
            while (left.load() > 0) {
                if (left.fetch_sub(1) == 0 || left.load() > count) break;
                while (fd < 0 || tell(fd, message, buffer) == 0) {  // too busy: told again, as another one
                    close(fd);
                    usleep(20'000);
                    fd = connect_to(port);
                }
            }
            close(fd);
        });
    }
    for (auto& sender : senders) sender.join();
    while (shared->arrived.load() < wanted && SteadyClock::now() - begun < std::chrono::minutes(10)) usleep(1000);
    return ms(SteadyClock::now() - begun) / 1000;
}

/// One registration at a time, each once all ten have heard of the one before: milliseconds of each delivery.
std::vector<double> one_by_one(std::uint16_t port, const std::string& message, int count) {
    std::vector<double> out;
    std::string buffer;
    const int fd = connect_to(port);
    for (int i = 0; i < count; ++i) {
        const auto begun = now_ns();
        const auto n = tell(fd, message, buffer);
        for (std::size_t s = 0; n != 0 && s < subscribers; ++s) {
            while (shared->at[n][s].load() == 0 && now_ns() - begun < 10'000'000'000) usleep(200);
            out.push_back(shared->wait_ms(n, s, begun));
        }
        usleep(20'000);
    }
    close(fd);
    std::sort(out.begin(), out.end());
    return out;
}

/// Lets a client in and has it subscribe to births at each callback.
bool subscribe(const std::string& mediator, const std::string& config, std::uint16_t port,
               const std::vector<std::string>& callbacks, const fs::path& folder) {
    const auto file = (folder / "client.json").string();
    const auto add = mediator + " clients add --config " + config + " --name s" + std::to_string(callbacks.size()) +
                     std::to_string(callbacks[0].size()) + std::to_string(now_ns()) +
                     " --kind webhook --fields child-details,mother-details --json > " + file;
    if (std::system(add.c_str()) != 0) return false;
    const auto client = parse_json(read_file(file));
    if (!client) return false;
    for (const auto& callback : callbacks) {
        const auto body = dump_json({{"hub",
                                      {{"callback", callback},
                                       {"mode", "subscribe"},
                                       {"topic", "BIRTH_REGISTERED"},
                                       {"secret", text_member(*client, "signing_secret")}}}});
        std::string buffer;
        const int fd = connect_to(port);
        const auto request =
            "POST /webhooks HTTP/1.1\r\nHost: mediator\r\nContent-Type: application/json\r\nX-API-Key: " +
            std::string(text_member(*client, "key")) + "\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n" + body;
        const int status = exchange(fd, request, buffer);
        close(fd);
        if (status != 202) {
            std::fprintf(stderr, "a subscription was answered %d: %s\n", status, buffer.c_str());
            return false;
        }
    }
    return true;
}

std::string url_of(std::uint16_t port) {
    return "http://127.0.0.1:" + std::to_string(port);
}

Json configuration(const fs::path& folder, const Ports& ports, std::uint16_t port, std::uint16_t admin) {
    const auto secret = (folder / "secret").string();
    return {
        {"server", {{"host", "127.0.0.1"}, {"port", port}, {"public_host", "127.0.0.1"}}},
        {"admin", {{"host", "127.0.0.1"}, {"port", admin}}},
        {"store", {{"path", (folder / "mediator.db").string()}}},
        {"log", {{"level", "warn"}}},
        {"country", {{"map_file", support::source_dir() / "config/countries/farajaland/map.json"}}},
        {"channels",
         {{"webhook",
           {{"enabled", true},
            {"callbacks", {{"allowed_hosts", {"127.0.0.1"}}, {"allow_private", true}, {"allow_plaintext", true}}}}},
          {"webhook-inbound", {{"enabled", true}}}}},
        {"targets",
         {{"stub",
           {{"version", "1.8"},
            {"gateway_url", url_of(ports.opencrvs)},
            {"auth_url", url_of(ports.opencrvs)},
            {"webhooks_url", url_of(ports.opencrvs)},
            {"clients",
             {{"notification", {{"client_id", "bench"}, {"client_secret_file", secret}}},
              {"webhook", {{"client_id", "bench"}, {"client_secret_file", secret}, {"sha_secret_file", secret}}}}}}}}}};
}

void print_latency(const char* when, std::vector<double> sorted) {
    std::printf("%-34s p50 %6.2f ms, p99 %6.2f ms, slowest %6.2f ms (%zu deliveries)\n", when, percentile(sorted, 0.5),
                percentile(sorted, 0.99), sorted.empty() ? 0 : sorted.back(), sorted.size());
    std::fflush(stdout);
}

void measure(pid_t pid, const char* what, std::uint16_t port, const std::string& message, unsigned count) {
    const auto cpu = cpu_seconds(pid);
    const auto took = run(port, message, count);
    const double deliveries = static_cast<double>(count) * subscribers;
    std::printf("%-34s %8.0f deliveries/s, %5.0f us of CPU each, %4.1f s, RSS %.1f MB, %llu told twice\n", what,
                deliveries / took, (cpu_seconds(pid) - cpu) / deliveries * 1e6, took, rss_mb(pid),
                static_cast<unsigned long long>(shared->repeated.load()));
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: %s MEDIATOR [registrations for throughput [registrations to pile up]]\n", argv[0]);
        return 2;
    }
    const std::string mediator = argv[1];
    const auto count = static_cast<unsigned>(argc > 2 ? std::atoi(argv[2]) : 2000);
    const auto pile = static_cast<unsigned>(argc > 3 ? std::atoi(argv[3]) : 10'000);
    void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 1;
    shared = new (memory) Shared;

    int answers[2], commands[2];
    if (pipe(answers) != 0 || pipe(commands) != 0) return 1;
    const pid_t stubs = fork();
    if (stubs == 0) run_stubs(answers[1], commands[0]);
    Ports ports;
    if (read(answers[0], &ports, sizeof ports) != sizeof ports) return 1;

    const auto folder = fs::temp_directory_path() / ("ocm-delivery-bench-" + std::to_string(getpid()));
    fs::create_directories(folder);
    std::ofstream(folder / "secret") << sha_secret;
    fs::permissions(folder / "secret", fs::perms::owner_read | fs::perms::owner_write);
    const auto port = free_port();
    const auto admin = free_port();
    const auto config = (folder / "mediator.json").string();
    std::ofstream(config) << dump_json(configuration(folder, ports, port, admin));
    const pid_t pid = fork();
    if (pid == 0) {
        execl(mediator.c_str(), mediator.c_str(), "serve", "--config", config.c_str(), nullptr);
        _exit(127);
    }
    const auto started = SteadyClock::now();
    while (!ready(admin) && SteadyClock::now() - started < std::chrono::seconds(20)) usleep(2000);

    bool good = true;
    for (const auto each : ports.subscribers) {
        good = good && subscribe(mediator, config, port, {url_of(each) + "/heard"}, folder);
    }
    if (good) {
        const auto message = registration();
        std::printf(
            "registration of %zu bytes told to %zu subscribers; %u cores; fdatasync of 8 KB p50 %.2f ms; RSS idle"
            " %.1f MB\n",
            message.size(), subscribers, std::thread::hardware_concurrency(), fsync_p50(folder), rss_mb(pid));
        print_latency("idle", one_by_one(port, message, 200));
        measure(pid, "as fast as it is told", port, message, count);
        measure(pid, "the same again", port, message, count);
        std::vector<std::string> callbacks;
        for (std::size_t i = 0; i < subscribers; ++i) callbacks.push_back(url_of(ports.gone) + "/" + std::to_string(i));
        good = pile == 0 || subscribe(mediator, config, port, callbacks, folder);
        if (good && pile > 0 && write(commands[1], "g", 1) == 1) {
            for (unsigned quarter = 1; quarter <= 4; ++quarter) {
                const auto what = "while " + std::to_string(pile / 4 * quarter * subscribers) + " pile up";
                measure(pid, what.c_str(), port, message, pile / 4);
            }
            print_latency("with those queued", one_by_one(port, message, 200));
        }
    }
    kill(pid, SIGTERM);
    waitpid(pid, nullptr, 0);
    kill(stubs, SIGKILL);
    waitpid(stubs, nullptr, 0);
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return good ? 0 : 1;
}
