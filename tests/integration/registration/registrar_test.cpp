// SPDX-License-Identifier: MPL-2.0
#include "registration/registrar.hpp"

#include "core/io_pool.hpp"
#include "registration/channels.hpp"
#include "support/fake_openhim/server.hpp"
#include "support/http_client/http_client.hpp"
#include "unit/registration/harness.hpp"
#include "upstream/curl_upstream.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <regex>
#include <thread>

using namespace ocm;
using namespace ocm::registration;
using namespace ocm::test;
using namespace std::chrono_literals;

namespace {

class RealClock final : public Clock {
  public:
    WallTime now() const override {
        return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
    }
    SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
    Task<bool> sleep(Milliseconds time) override {
        auto executor = co_await boost::asio::this_coro::executor;
        boost::asio::steady_timer timer(executor, time);
        boost::system::error_code error;
        co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
        co_return !error;
    }
};

bool eventually(const std::function<bool()>& holds, Milliseconds limit = 10s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < end) {
        if (holds()) return true;
        std::this_thread::sleep_for(10ms);
    }
    return holds();
}

/// The registrar on a real client against the fake core on a real socket.
struct RegistrarOnSockets : testing::Test {
    FakeOpenHimServer server;
    upstream::UpstreamOptions client_options;
    IoPool pool{1};
    std::optional<upstream::CurlUpstream> client;
    RealClock clock;
    CountingIds ids;
    OpenHimOptions options = test_options();
    std::mutex mutex;
    std::vector<Json> applied;
    std::optional<Registrar> registrar;
    std::future<void> ended;

    void SetUp() override {
        ASSERT_TRUE(server.start());
        options.api_url = server.url();
        options.heartbeat_interval = 200ms;
        options.call_timeout = 3s;
    }

    void TearDown() override {
        if (registrar) {
            registrar->stop();
            EXPECT_EQ(ended.wait_for(5s), std::future_status::ready);
        }
        if (client) client->shutdown();
        pool.stop();
    }

    Task<Result<void>> apply(Json config) {
        const std::lock_guard lock(mutex);
        applied.push_back(std::move(config));
        co_return Result<void>{};
    }

    upstream::CurlUpstream& upstream() {
        if (!client) {
            client.emplace(pool, client_options);
            pool.start();
        }
        return *client;
    }

    void start() {
        registrar.emplace(
            upstream(), clock, ids, options,
            Registrar::Callbacks{test_description, [this](Json config) { return apply(std::move(config)); }, {}});
        registrar->policy().failed = BackoffPolicy{.first = 50ms, .cap = 200ms};
        auto done = std::make_shared<std::promise<void>>();
        ended = done->get_future();
        boost::asio::co_spawn(pool.context(0), registrar->run(), [done](std::exception_ptr) { done->set_value(); });
    }

    bool registered() const { return registrar->status().registered; }
    std::string trouble() const {
        const auto error = registrar->status().trouble;
        return error ? error->message : "";
    }
    std::size_t beats() { return server.core().count("POST", "/heartbeat"); }
    std::size_t configurations() {
        const std::lock_guard lock(mutex);
        return applied.size();
    }
    Json last_configuration() {
        const std::lock_guard lock(mutex);
        return applied.empty() ? Json() : applied.back();
    }
};

}  // namespace

TEST_F(RegistrarOnSockets, RegistersInstallsChannelsBeatsAndAppliesAPushedConfiguration) {
    options.install_channels = true;
    start();
    ASSERT_TRUE(eventually([this] { return registered() && server.core().channels().size() == 3; })) << trouble();
    ASSERT_TRUE(eventually([this] { return beats() >= 3; }));
    EXPECT_EQ(configurations(), 1u);
    ASSERT_EQ(server.core().save_config(test_urn, {{"log__level", "debug"}}).status, 200);
    ASSERT_TRUE(eventually([this] { return configurations() == 2; }));
    EXPECT_EQ(last_configuration(), Json({{"log__level", "debug"}}));
    const auto seen = server.core().seen();
    EXPECT_EQ(seen.front().headers.get("content-type"), "application/json");
    EXPECT_EQ(server.core().save_config(test_urn, {{"log__level", 7}}).status, 400);
}

TEST_F(RegistrarOnSockets, OddAnswersToABeatDoNotHurt) {
    start();
    ASSERT_TRUE(eventually([this] { return registered(); })) << trouble();
    for (const auto& odd : {FakeOpenHim::web_page(), FakeOpenHim::plain(200, "OK"), FakeOpenHim::plain(500, "boom"),
                            json_response(200, "\x01\x02{"), FakeOpenHim::web_page(404), FakeOpenHim::plain(503, ""),
                            FakeOpenHim::plain(200, "")}) {
        const auto before = beats();
        server.core().misbehave({.method = "POST", .path_end = "/heartbeat", .response = odd});
        ASSERT_TRUE(eventually([&] { return beats() >= before + 3; }));
        EXPECT_TRUE(eventually([this] { return trouble().empty(); })) << trouble();
    }
    EXPECT_EQ(server.core().count("POST", "/mediators"), 1u);
    EXPECT_EQ(configurations(), 1u);
}

TEST_F(RegistrarOnSockets, ABeatThatHangsIsGivenUpBeforeTheNext) {
    start();
    ASSERT_TRUE(eventually([this] { return registered(); })) << trouble();
    server.core().misbehave({.method = "POST", .path_end = "/heartbeat", .times = 3, .response = {}, .hang = true});
    ASSERT_TRUE(eventually([this] { return !trouble().empty(); }));
    ASSERT_TRUE(eventually([this] { return trouble().empty(); }));
}

TEST_F(RegistrarOnSockets, AWrongPasswordIsToldOnceAndNotRepeated) {
    options.password = "wrong";
    start();
    ASSERT_TRUE(eventually([this] { return !trouble().empty(); }));
    EXPECT_NE(trouble().find("the password is wrong"), std::string::npos);
    std::this_thread::sleep_for(500ms);
    EXPECT_EQ(server.core().count("POST", "/mediators"), 2u);  // Basic and token, once each
}

TEST_F(RegistrarOnSockets, ALostConfigurationIsPickedUpByTheForcedFetch) {
    options.forced_config_every = 5;
    start();
    ASSERT_TRUE(eventually([this] { return configurations() == 1; })) << trouble();
    // Changed, and the change consumed by an answer that never arrives.
    server.core().misbehave(
        {.method = "POST", .path_end = "/heartbeat", .response = FakeOpenHim::plain(200, ""), .after_effect = true});
    server.core().save_config(test_urn, {{"log__level", "warn"}});
    ASSERT_TRUE(eventually([this] { return configurations() == 2; }));
    EXPECT_EQ(last_configuration(), Json({{"log__level", "warn"}}));
}

TEST_F(RegistrarOnSockets, AnIgnoredVersionIsSeen) {
    auto newer = test_options();
    newer.version = "3.0.0";
    newer.api_url = server.url();
    CoreApi api(upstream(), clock, ids, newer);
    auto asked = boost::asio::co_spawn(pool.context(0),
                                       api.register_mediator(describe(test_channels(), newer, {}), clock.steady() + 5s),
                                       boost::asio::use_future);
    ASSERT_TRUE(asked.get());
    start();
    ASSERT_TRUE(eventually([this] { return registered(); })) << trouble();
    EXPECT_EQ(registrar->status().version_in_openhim, "3.0.0");
}

TEST_F(RegistrarOnSockets, AConcurrentRegistrationIsRetried) {
    server.core().misbehave({.method = "POST", .path_end = "/mediators", .response = FakeOpenHim::duplicate_key()});
    start();
    ASSERT_TRUE(eventually([this] { return registered(); })) << trouble();
    EXPECT_EQ(server.core().count("POST", "/mediators"), 2u);
}

TEST_F(RegistrarOnSockets, TheCoreMayComeLaterAndComeBackEmpty) {
    server.stop();
    options.install_channels = true;
    start();
    ASSERT_TRUE(eventually([this] { return !trouble().empty(); }));
    EXPECT_FALSE(registered());
    ASSERT_TRUE(server.start());
    ASSERT_TRUE(eventually([this] { return registered() && server.core().channels().size() == 3; })) << trouble();
    server.stop();
    ASSERT_TRUE(eventually([this] { return !trouble().empty(); }));
    server.core().forget_everything();
    ASSERT_TRUE(server.start());
    ASSERT_TRUE(eventually([this] { return server.core().channels().size() == 3; })) << trouble();
    ASSERT_TRUE(eventually([this] { return trouble().empty() && registered(); })) << trouble();
}

TEST_F(RegistrarOnSockets, TheTokenSchemeSurvivesAClockAMinuteOff) {
    for (const auto skew : {60'000ms, -60'000ms}) {
        FakeOptions fake;
        fake.authentication_types = {"token"};
        fake.clock_ahead = skew;
        FakeOpenHimServer old_core(fake);
        ASSERT_TRUE(old_core.start());
        options.api_url = old_core.url();
        start();
        EXPECT_TRUE(eventually([this] { return registered(); })) << trouble();
        EXPECT_TRUE(eventually([&] { return old_core.core().count("POST", "/heartbeat") >= 3; }));
        registrar->stop();
        ASSERT_EQ(ended.wait_for(5s), std::future_status::ready);
        registrar.reset();
    }
}

TEST_F(RegistrarOnSockets, StopsWithinASecondWhateverItIsDoing) {
    options.heartbeat_interval = 30s;
    options.call_timeout = 30s;
    for (const bool hanging : {false, true}) {
        const auto before = beats();
        if (hanging)
            server.core().misbehave({.method = "POST", .path_end = "/heartbeat", .response = {}, .hang = true});
        start();
        ASSERT_TRUE(eventually([&] { return beats() > before; })) << trouble();
        const auto from = std::chrono::steady_clock::now();
        registrar->stop();
        registrar->stop();
        ASSERT_EQ(ended.wait_for(5s), std::future_status::ready);
        EXPECT_LT(std::chrono::steady_clock::now() - from, 1s);
        registrar.reset();
    }
    start();
    registrar->stop();
    ASSERT_EQ(ended.wait_for(5s), std::future_status::ready);
    registrar.reset();
}

TEST_F(RegistrarOnSockets, HttpsOnAPlainPortIsSaidInWords) {
    options.api_url = "https://127.0.0.1:" + std::to_string(server.port());
    start();
    ASSERT_TRUE(eventually([this] { return !trouble().empty(); }));
    EXPECT_NE(trouble().find("plain HTTP"), std::string::npos) << trouble();
    EXPECT_EQ(registrar->status().trouble->path, "openhim.api_url");
}

TEST_F(RegistrarOnSockets, AnUntrustedCertificateIsToldWithItsFingerprintAndCanBePinned) {
    const TempDir directory;
    const auto certificate = make_certificate(directory, "openhim");
    FakeOpenHimServer secure({}, "127.0.0.1", 0,
                             http::TlsOptions{certificate.certificate_file, certificate.key_file, {}, {}});
    ASSERT_TRUE(secure.start());
    options.api_url = secure.url();
    start();
    ASSERT_TRUE(eventually([this] { return !trouble().empty(); }));
    const auto words = trouble();
    std::smatch fingerprint;
    ASSERT_TRUE(std::regex_search(words, fingerprint, std::regex("[0-9a-f]{64}"))) << words;
    registrar->stop();
    ASSERT_EQ(ended.wait_for(5s), std::future_status::ready);
    registrar.reset();

    IoPool other_pool(1);
    upstream::UpstreamOptions pinned;
    pinned.trust.push_back({.url_prefix = secure.url(), .pinned_sha256 = fingerprint.str()});
    upstream::CurlUpstream pinning(other_pool, pinned);
    other_pool.start();
    CoreApi api(pinning, clock, ids, options);
    auto asked = boost::asio::co_spawn(
        other_pool.context(0), api.register_mediator(test_description(), clock.steady() + 5s), boost::asio::use_future);
    EXPECT_TRUE(asked.get());

    options.api_url = "http://127.0.0.1:" + std::to_string(secure.port());
    start();
    ASSERT_TRUE(eventually([this] { return !trouble().empty(); }));
    EXPECT_EQ(registrar->status().registered, false);
    pinning.shutdown();
    other_pool.stop();
}
