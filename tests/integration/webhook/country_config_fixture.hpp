// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/clock.hpp"
#include "app/country_config.hpp"
#include "app/engine.hpp"
#include "core/io_pool.hpp"
#include "core/json.hpp"
#include "http/server.hpp"
#include "integration/webhook/keeping_server.hpp"
#include "support/http_client/http_client.hpp"
#include "support/paths/paths.hpp"
#include "unit/formats/fixtures.hpp"
#include "unit/opencrvs/fixtures.hpp"
#include "unit/store/store_fixture.hpp"
#include "unit/webhook/fixture.hpp"
#include "upstream/curl_upstream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <mutex>
#include <thread>

/// The mediator in front of the country configuration: real sockets on either side and a real store.
namespace ocm::test {

using namespace std::chrono_literals;

inline constexpr const char* host = "127.0.0.1";
inline constexpr const char* record = "e7e40000-0000-4000-8000-000000000001";
inline constexpr const char* number = "2026B7Q2K1";
/// Much longer than the store is waited for, and less than a locked one takes to give up.
inline constexpr Milliseconds bound{2'500};

inline const SigningKey& auth() {
    static const auto key = SigningKey::generate();
    return key;
}
inline const SigningKey& forger() {
    static const auto key = SigningKey::generate();
    return key;
}

/// Auth, country configuration or subscriber: keeps what it is asked and answers as told.
class Recorder {
  public:
    Recorder() = default;

    std::string url() const { return server_.url(); }
    void answers(HttpResponse response, Milliseconds after = {}) {
        const std::lock_guard lock(mutex_);
        reply_ = {std::move(response), after};
    }
    std::vector<HttpRequest> seen() const { return server_.seen(); }
    std::vector<HttpRequest> wait_for(std::size_t count) { return server_.wait_for(count); }

  private:
    static http::ServerOptions everything() {
        http::ServerOptions options;
        options.limits.max_body = 64u << 20;
        options.reads_every_body = true;
        return options;
    }

    std::mutex mutex_;
    KeepingServer::Reply reply_{json_response(200, "{}")};
    KeepingServer server_{everything(), [this](const HttpRequest&) {
                              const std::lock_guard lock(mutex_);
                              return reply_;
                          }};
};

/// The record of the fixture up to and with the last action of `type` that is asked for.
inline Json asked_for(const std::string& type) {
    auto document = json_file(support::source_dir() / "tests/unit/opencrvs/data/document-birth.json");
    auto& actions = document["actions"];
    for (auto i = actions.size(); i-- > 0;) {
        const bool asked = text_member(actions[i], "type") == type && text_member(actions[i], "status") == "Requested";
        // The second certificate of the fixture was never decided.
        if (!asked || i + 1 == actions.size()) continue;
        actions.erase(actions.begin() + static_cast<std::ptrdiff_t>(i) + 1, actions.end());
        return document;
    }
    ADD_FAILURE() << "no such action";
    return document;
}
inline Json whole() {
    return json_file(support::source_dir() / "tests/unit/opencrvs/data/document-birth.json");
}

inline Json claims_for(const Json& document) {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(wall_now().time_since_epoch()).count();
    return {{"iss", "opencrvs:auth-service"},
            {"aud", {"opencrvs:gateway-user", "opencrvs:countryconfig-user"}},
            {"exp", now + 604'800},
            {"eventId", document["id"]},
            {"actionId", document["actions"].back()["id"]}};
}

inline HttpRequest trigger(const Json& document, const std::string& token) {
    HttpRequest out;
    out.method = "POST";
    out.target = "/trigger/events/birth/actions/" + document["actions"].back()["type"].get<std::string>();
    out.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + token}};
    out.body = dump_json(document);
    return out;
}
inline HttpRequest registration() {
    const auto document = asked_for("REGISTER");
    return trigger(document, auth().sign(claims_for(document)));
}

class InFront : public StoreTest {
  protected:
    InFront() { config.answers(json_response(200, std::string(R"({"registrationNumber":")") + number + "\"}")); }
    ~InFront() override {
        stop();
        if (store) store->close();
    }
    /// Nothing runs any more.
    void stop() {
        if (server) server->abort();
        if (upstream) upstream->shutdown();
        pool.stop();
    }

    void stand(store::StoreOptions store_options = {}) {
        options.url = config.url();
        options.target = "national";
        stand_before(std::move(store_options), auth_service.url());
    }
    void stand_before(store::StoreOptions store_options, const std::string& auth_url) {
        auth_service.answers(text_response(200, auth().public_pem()));
        store_options.busy_ms = busy_ms;
        store = open(std::move(store_options));
        upstream = std::make_unique<upstream::CurlUpstream>(pool, upstream::UpstreamOptions{});
        const Ports ports{*upstream, *store, clock, ids};
        engine = std::make_unique<app::Engine>(std::vector<ChannelDefinition>{}, ports, metrics);
        key = std::make_unique<opencrvs::AuthKey>(opencrvs::AuthKeyOptions{auth_url}, *upstream, clock);
        front = std::make_unique<app::CountryConfigFront>(
            options, app::CountryConfigFront::Deps{ports, metrics, *engine, *key, gaps, [this] { ++queued; }});
        http::ServerOptions listener;
        listener.limits.max_body = options.max_body;
        listener.reads_every_body = true;
        server = std::make_unique<http::Server>(
            pool, listener, [this](HttpRequest request) { return front->handle(std::move(request)); },
            [this](http::Refusal refusal) { return front->refuse(std::move(refusal)); });
        ASSERT_TRUE(server->listen());
        pool.start();
    }
    HttpResponse send(const HttpRequest& request) { return fetch(host, server->port(), request); }
    /// Sends it, and fails where the answer takes longer than the store may be waited for.
    HttpResponse send_in_time(const HttpRequest& request) {
        const auto begun = std::chrono::steady_clock::now();
        auto response = send(request);
        EXPECT_LT(std::chrono::steady_clock::now() - begun, bound);
        return response;
    }
    std::vector<store::TransactionRow> recorded() { return run(store->list_transactions({})).value(); }
    /// Commits what is still to be recorded, as a running mediator does every second.
    void record_pending() {
        for (int i = 0; i < 200 && engine->unrecorded() != 0; ++i) {
            boost::asio::co_spawn(pool.context(0), engine->record_pending(), boost::asio::use_future).get();
            if (engine->unrecorded() != 0) std::this_thread::sleep_for(20ms);
        }
        EXPECT_EQ(engine->unrecorded(), 0U);
    }
    /// What was heard, once it is so much: kind of hearing and document.
    std::vector<std::pair<Heard, Json>> heard(std::size_t count) {
        std::vector<Delivery> deliveries;
        for (int i = 0; i < 250 && deliveries.size() < count; ++i) {
            deliveries = run(store->list_deliveries({})).value();
            if (deliveries.size() < count) std::this_thread::sleep_for(20ms);
        }
        EXPECT_EQ(deliveries.size(), count);
        std::vector<std::pair<Heard, Json>> out;
        for (const auto& delivery : deliveries) {
            auto message = webhook::read_heard(run(store->delivery_payload(delivery.id)).value()).value();
            out.emplace_back(message.heard, parse_json(message.body).value());
        }
        return out;
    }

    int busy_ms = 5'000;
    Recorder auth_service;
    Recorder config;
    app::CountryConfigOptions options;
    app::SystemClock clock;
    app::SystemIds ids;
    app::Metrics metrics;
    webhook::GapLog gaps;
    std::atomic<int> queued{0};
    IoPool pool{2};
    std::unique_ptr<store::Store> store;
    std::unique_ptr<upstream::CurlUpstream> upstream;
    std::unique_ptr<app::Engine> engine;
    std::unique_ptr<opencrvs::AuthKey> key;
    std::unique_ptr<app::CountryConfigFront> front;
    std::unique_ptr<http::Server> server;
};

}  // namespace ocm::test
