// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/clock.hpp"
#include "app/dispatcher.hpp"
#include "channels/webhook/channel.hpp"
#include "core/http_message.hpp"
#include "core/io_pool.hpp"
#include "core/json.hpp"
#include "integration/webhook/keeping_server.hpp"
#include "unit/store/store_fixture.hpp"
#include "unit/webhook/fixture.hpp"
#include "upstream/curl_upstream.hpp"

#include <mutex>
#include <thread>

namespace ocm::test {

/// A subscriber: keeps what it is sent and answers as told.
class Subscriber {
  public:
    Subscriber() = default;

    std::string url() const { return server_.url() + "/hear?to=me"; }
    void answer(std::vector<int> statuses) {
        const std::lock_guard lock(mutex_);
        statuses_ = std::move(statuses);
    }
    /// Whom it allows to send it CloudEvents.
    void allow(std::string origin) {
        const std::lock_guard lock(mutex_);
        allows_ = std::move(origin);
    }
    /// What it was sent, once that is so many.
    std::vector<HttpRequest> wait_for(std::size_t count) { return server_.wait_for(count); }

  private:
    KeepingServer::Reply reply_to(const HttpRequest& request) {
        const std::lock_guard lock(mutex_);
        HttpResponse response;
        response.status = 204;
        if (request.method == "OPTIONS") response.headers.set("WebHook-Allowed-Origin", allows_);
        if (request.method == "GET") {
            response = json_response(
                200, dump_json({{"challenge", query_value(request.query, "challenge").value_or(std::string())}}));
        }
        if (!statuses_.empty()) {
            response.status = statuses_.front();
            statuses_.erase(statuses_.begin());
        }
        return {std::move(response)};
    }

    std::mutex mutex_;
    std::vector<int> statuses_;
    std::string allows_ = "mediator.example.org";
    KeepingServer server_{{}, [this](const HttpRequest& request) { return reply_to(request); }};
};

/// Store, dispatcher, libcurl and subscriber as they are.
class WebhookDeliveries : public StoreTest {
  protected:
    WebhookDeliveries() : store(open()), pool(1), upstream(pool, {}) {
        pool.start();
        webhook::WebhookDeps deps;
        deps.subscriptions = [this] {
            return std::make_shared<const webhook::SubscriptionDirectory>(run(store->subscriptions()).value());
        };
        deps.client = [this](const std::string& id) -> std::shared_ptr<const store_ops::Client> {
            const auto all = run(store->clients()).value();
            for (const auto& one : all) {
                if (one.id == id) return std::make_shared<const store_ops::Client>(one);
            }
            return nullptr;
        };
        deps.callbacks = [this] { return policy; };
        grant({"child-details"});
        policy.allowed_hosts = {"127.0.0.1"};
        policy.allow_private = policy.allow_plaintext = true;
        dispatcher = std::make_unique<app::Dispatcher>(app::Dispatcher::Deps{*store,
                                                                             {upstream, *store, clock, ids},
                                                                             metrics,
                                                                             {webhook::make_webhook_kind(deps)},
                                                                             [] { return EnvelopeOptions{}; },
                                                                             {}},
                                                       pool.context(0).get_executor());
    }
    ~WebhookDeliveries() override {
        upstream.shutdown();
        pool.stop();
        store->close();
    }

    void start() {
        dispatch::Policy fast;
        fast.rate = 1000;
        fast.backoff = {.first = Milliseconds{20}, .cap = Milliseconds{50}};
        fast.breaker.threshold = 100;
        dispatcher->configure({{"webhook", fast}}, {});
    }
    Subscription subscribe(const Subscriber& subscriber, const std::string& id) {
        auto made = wants("birth.registered", id);
        made.callback = subscriber.url();
        made.topics.emplace_back("birth.corrected");
        EXPECT_TRUE(
            commit(*store, unit_of(store_ops::PutSubscription{made, {wall_now(), "t", "subscription.add", "{}"}})));
        return made;
    }
    /// What the ministry has from now on.
    void grant(std::vector<std::string> fields) {
        store_ops::Client client;
        client.id = ministry;
        client.name = "Ministry";
        client.kind = store_ops::ClientKind::webhook;
        client.fields = std::move(fields);
        EXPECT_TRUE(commit(*store, unit_of(store_ops::PutClient{client, {wall_now(), "t", "client.fields", "{}"}})));
    }
    void publish(const RegistrationEvent& event) {
        const auto id = new_id();
        store_ops::Unit unit;
        unit.emplace_back(receive(id));
        const webhook::SubscriptionDirectory directory(run(store->subscriptions()).value());
        unit.emplace_back(webhook::publish(event, directory, id, wall_now()));
        unit.emplace_back(answer(id, 200));
        EXPECT_TRUE(commit(*store, std::move(unit)));
        dispatcher->changed();
    }
    std::vector<Delivery> settled(DeliveryState state, std::size_t count) {
        store::DeliveryFilter filter;
        filter.state = state;
        for (int i = 0; i < 400; ++i) {
            auto found = run(store->list_deliveries(filter)).value();
            if (found.size() >= count) return found;
            std::this_thread::sleep_for(Milliseconds(20));
        }
        ADD_FAILURE() << "no " << count << " deliveries are " << name(state);
        return {};
    }

    std::unique_ptr<store::Store> store;
    IoPool pool;
    upstream::CurlUpstream upstream;
    app::SystemClock clock;
    app::SystemIds ids;
    app::Metrics metrics;
    webhook::CallbackPolicy policy;
    std::unique_ptr<app::Dispatcher> dispatcher;
};

}  // namespace ocm::test
