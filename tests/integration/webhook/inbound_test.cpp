// SPDX-License-Identifier: MPL-2.0
// What OpenCRVS delivers, over real sockets into a real store.
#include "channels/webhook/inbound.hpp"

#include "app/clock.hpp"
#include "app/engine.hpp"
#include "core/io_pool.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "http/server.hpp"
#include "store/store.hpp"
#include "support/fakes/fakes.hpp"
#include "support/http_client/http_client.hpp"

#include <gtest/gtest.h>

#include <atomic>

using namespace ocm;
using namespace ocm::test;

namespace {

constexpr const char* host = "127.0.0.1";
constexpr const char* sha_secret = "d04aec67-1ef4-467a-a5a8-fa5c89ad71ce";
constexpr const char* path_secret = "b3dc1f3e7a_forwarded-copies";
constexpr const char* hooks = "/public/webhooks/opencrvs";

/// The store, with a disk that can be full.
class StoreWithADisk final : public StorePort {
  public:
    explicit StoreWithADisk(store::Store& store) : store_(store) {}
    Task<Result<store_ops::UnitResult>> commit(store_ops::Unit unit) override {
        if (full) co_return fail(ErrorCode::storage, "the disk is full");
        auto committed = co_await store_.commit(std::move(unit));
        co_return committed;
    }
    Task<Result<store_ops::RecordedAnswer>> recorded_answer(std::string id) override {
        return store_.recorded_answer(std::move(id));
    }
    Task<Result<void>> wait_answered(std::string id, SteadyTime deadline) override {
        return store_.wait_answered(std::move(id), deadline);
    }
    Task<Result<store_ops::TransactionState>> transaction_state(std::string id) override {
        return store_.transaction_state(std::move(id));
    }
    Task<Result<std::optional<std::string>>> cached(std::string key) override { return store_.cached(std::move(key)); }
    Task<Result<store_ops::QueuedEvents>> queued_events(store_ops::QueuedQuery query) override {
        return store_.queued_events(std::move(query));
    }
    Task<Result<std::optional<store_ops::Notified>>> notified(std::string channel,
                                                              store_ops::RecordIds record) override {
        return store_.notified(std::move(channel), std::move(record));
    }
    Task<Result<std::optional<std::string>>> last_published(std::string topic, store_ops::RecordIds record) override {
        return store_.last_published(std::move(topic), std::move(record));
    }

    std::atomic<bool> full{false};

  private:
    store::Store& store_;
};

class InboundServer : public testing::Test {
  protected:
    InboundServer() {
        store::StoreOptions options;
        options.path = folder.file("store.db");
        store = store::Store::open(std::move(options)).value();
        disk = std::make_unique<StoreWithADisk>(*store);
        webhook::InboundDeps deps;
        deps.target = "national";
        deps.sha_secret = sha_secret;
        deps.topics = {"BIRTH_REGISTERED"};
        deps.forwarded_secret = path_secret;
        deps.forwarded_peer = [](const std::string& address) { return address == host; };
        engine = std::make_unique<app::Engine>(std::vector{webhook::make_inbound_channel(deps)},
                                               Ports{upstream, *disk, clock, ids}, metrics);
        app::EngineSettings settings;
        settings.enabled_channels = {"webhook-inbound"};
        engine->apply(std::make_shared<const app::EngineSettings>(settings));
        engine->on_queued([this] { ++told; });
        server = std::make_unique<http::Server>(
            pool, http::ServerOptions{}, [this](HttpRequest request) { return engine->handle(std::move(request)); },
            [this](http::Refusal refusal) {
                return engine->refuse(std::move(refusal.request), refusal.status, std::move(refusal.reason));
            });
        EXPECT_TRUE(server->listen());
        pool.start();
    }
    ~InboundServer() override {
        server->abort();
        pool.stop();
        store->close();
    }

    static HttpRequest delivery(const std::string& signature) {
        HttpRequest request;
        request.method = "POST";
        request.target = hooks;
        request.headers = {{"Content-Type", "application/json"}, {"X-Hub-Signature", signature}};
        request.body = body;
        return request;
    }
    std::vector<Delivery> queued() { return store->reader().value()->list_deliveries({}).value(); }
    std::vector<store::TransactionRow> recorded() { return store->reader().value()->list_transactions({}).value(); }

    static constexpr const char* body = R"({"event":{"hub":{"topic":"BIRTH_REGISTERED"},"context":["Zo\u00eb"]}})";
    TempDir folder;
    app::SystemClock clock;
    app::SystemIds ids;
    app::Metrics metrics;
    fakes::FakeUpstream upstream;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<StoreWithADisk> disk;
    std::unique_ptr<app::Engine> engine;
    IoPool pool{2};
    std::unique_ptr<http::Server> server;
    std::atomic<int> told{0};
};

TEST_F(InboundServer, CommitsASignedDeliveryBeforeItIsAnswered) {
    const auto response = fetch(host, server->port(), delivery(opencrvs_v1::hub_signature(sha_secret, body)));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "{}");
    EXPECT_EQ(told, 1);
    const auto deliveries = queued();
    ASSERT_EQ(deliveries.size(), 1U);
    EXPECT_EQ(deliveries[0].kind, "heard");
    EXPECT_EQ(deliveries[0].transaction, response.headers.get("x-transaction-id"));
    EXPECT_EQ(store->reader().value()->delivery_payload(deliveries[0].id).value(), std::string("webhook\n") + body);
    ASSERT_EQ(recorded().size(), 1U);
    EXPECT_EQ(recorded()[0].http_status, 200);
    EXPECT_EQ(recorded()[0].status, TransactionStatus::processing);
}

TEST_F(InboundServer, RecordsAForgedOneAndTakesNothing) {
    const auto response = fetch(host, server->port(), delivery(opencrvs_v1::hub_signature("another", body)));
    EXPECT_EQ(response.status, 401);
    EXPECT_TRUE(queued().empty());
    ASSERT_EQ(recorded().size(), 1U);
    EXPECT_EQ(recorded()[0].http_status, 401);
    EXPECT_EQ(recorded()[0].error_code, "unauthenticated");
    const auto record = store->reader().value()->show_transaction(recorded()[0].id, store::PartBytes::read).value();
    for (const auto& part : record.parts) EXPECT_EQ(part.bytes.find("Zo"), std::string::npos) << part.name;
}

TEST_F(InboundServer, ResetsWhatItCannotCommit) {
    disk->full = true;
    const auto signature = opencrvs_v1::hub_signature(sha_secret, body);
    RawConnection connection(host, server->port());
    connection.send("POST " + std::string(hooks) + " HTTP/1.1\r\nHost: a\r\nX-Hub-Signature: " + signature +
                    "\r\nContent-Length: " + std::to_string(std::string(body).size()) + "\r\n\r\n" + body);
    EXPECT_EQ(connection.read_all(), "") << "any answer would count as delivered";
    EXPECT_TRUE(connection.closed());
    disk->full = false;
    EXPECT_TRUE(queued().empty());
    EXPECT_EQ(fetch(host, server->port(), delivery(signature)).status, 200) << "OpenCRVS tries again";
    EXPECT_EQ(queued().size(), 1U);
}

TEST_F(InboundServer, KeepsThePathSecretOutOfTheStore) {
    const std::string event = R"({"id":"c0de0000-0000-4000-8000-000000000001","type":"birth","actions":[]})";
    const auto path = "/public/forwarded-actions/" + std::string(path_secret);
    EXPECT_EQ(post(host, server->port(), path, event).status, 200);
    EXPECT_EQ(post(host, server->port(), path + "/more", event).status, 404);
    EXPECT_EQ(get(host, server->port(), path).status, 405);
    EXPECT_EQ(queued().size(), 1U);
    ASSERT_EQ(recorded().size(), 3U);
    for (const auto& row : recorded()) {
        const auto record = store->reader().value()->show_transaction(row.id, store::PartBytes::read).value();
        for (const auto& part : record.parts) EXPECT_EQ(part.bytes.find(path_secret), std::string::npos) << part.name;
        for (const auto& entry : record.entries) EXPECT_EQ(entry.canonical.find(path_secret), std::string::npos);
    }
}

}  // namespace
