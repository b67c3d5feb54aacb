// SPDX-License-Identifier: MPL-2.0
#include "app/clock.hpp"
#include "app/dispatcher.hpp"
#include "channels/webhook/channel.hpp"
#include "core/io_pool.hpp"
#include "core/json.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "http/server.hpp"
#include "unit/store/store_fixture.hpp"
#include "unit/webhook/fixture.hpp"
#include "upstream/curl_upstream.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

using namespace ocm;
using namespace ocm::test;

namespace {

/// A subscriber: keeps what it is sent and answers as told.
class Subscriber {
  public:
    Subscriber() : pool_(1) {
        server_ = std::make_unique<http::Server>(
            pool_, http::ServerOptions{}, [this](HttpRequest request) { return take(std::move(request)); },
            [](http::Refusal refusal) -> Task<HttpResponse> {
                co_return text_response(refusal.status, refusal.reason);
            });
        const auto listening = server_->listen();
        EXPECT_TRUE(listening) << listening.error().message;
        pool_.start();
    }
    ~Subscriber() {
        server_->abort();
        pool_.stop();
    }
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()) + "/hear?to=me"; }
    void answer(std::vector<int> statuses) {
        const std::lock_guard lock(mutex_);
        statuses_ = std::move(statuses);
    }
    /// What it was sent, once that is so many.
    std::vector<HttpRequest> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(more_.wait_for(lock, std::chrono::seconds(20), [&] { return seen_.size() >= count; }));
        return seen_;
    }

  private:
    Task<HttpResponse> take(HttpRequest request) {
        const std::lock_guard lock(mutex_);
        HttpResponse response;
        response.status = 204;
        if (!statuses_.empty()) {
            response.status = statuses_.front();
            statuses_.erase(statuses_.begin());
        }
        seen_.push_back(std::move(request));
        more_.notify_all();
        co_return response;
    }

    IoPool pool_;
    std::unique_ptr<http::Server> server_;
    std::mutex mutex_;
    std::condition_variable more_;
    std::vector<int> statuses_;
    std::vector<HttpRequest> seen_;
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
        deps.callbacks = [this] { return policy; };
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

}  // namespace

TEST_F(WebhookDeliveries, EverySubscriberIsToldOnceSignedAndInOrder) {
    Subscriber first;
    Subscriber second;
    first.answer({500, 503});  // it takes the third try
    const auto to_first = subscribe(first, "33333333-0000-4000-8000-000000000001");
    subscribe(second, "33333333-0000-4000-8000-000000000002");
    start();
    publish(birth_registered());
    publish(birth_registered());  // heard again
    auto corrected = birth_registered();
    corrected.topic.change = Change::corrected;
    corrected.occurrence = "action-2";
    publish(corrected);

    const auto told = first.wait_for(4);
    settled(DeliveryState::delivered, 4);
    ASSERT_EQ(told.size(), 4u);
    std::vector<std::string> topics;
    for (const auto& request : told) {
        EXPECT_EQ(request.target, "/hear?to=me");
        EXPECT_TRUE(
            opencrvs_v1::hub_signature_matches(to_first.secret, request.body, request.headers.get("x-hub-signature")));
        const auto body = parse_json(request.body).value();
        EXPECT_EQ(body["id"], to_first.id);
        topics.push_back(body["event"]["hub"]["topic"]);
        EXPECT_EQ(request.body.find("1234567890"), std::string::npos) << "more than was granted";
    }
    EXPECT_EQ(topics, (std::vector<std::string>{"BIRTH_REGISTERED", "BIRTH_REGISTERED", "BIRTH_REGISTERED",
                                                "BIRTH_CORRECTED"}));
    EXPECT_EQ(told[0].headers.get("mediator-delivery-id"), told[2].headers.get("mediator-delivery-id"));
    EXPECT_NE(told[2].headers.get("mediator-delivery-id"), told[3].headers.get("mediator-delivery-id"));
    EXPECT_EQ(second.wait_for(2).size(), 2u);

    const auto record =
        run(store->show_transaction(settled(DeliveryState::delivered, 4).back().transaction, store::PartBytes::leave));
    ASSERT_TRUE(record);
    const auto disclosed = std::count_if(record->entries.begin(), record->entries.end(),
                                         [](const auto& entry) { return entry.kind == "disclosed"; });
    EXPECT_EQ(disclosed, 4) << "three tries of the one, one of the other";
    expect_sound();
}

TEST_F(WebhookDeliveries, GoneEndsTheSubscriptionAndWhatWaitsForIt) {
    Subscriber subscriber;
    subscriber.answer({410});
    subscribe(subscriber, "33333333-0000-4000-8000-000000000001");
    publish(birth_registered());
    auto other = birth_registered();
    other.occurrence = "2026B0000002";
    publish(other);
    start();
    const auto dropped = settled(DeliveryState::discarded, 2);
    ASSERT_EQ(dropped.size(), 2u);
    EXPECT_EQ(dropped[1].why, "the subscriber answered 410: it wants nothing more");
    EXPECT_EQ(dropped[0].why, "its subscription has ended: the subscriber answered 410 Gone");
    EXPECT_EQ(subscriber.wait_for(1).size(), 1u);
    EXPECT_EQ(run(store->subscriptions()).value()[0].state, SubscriptionState::ended);
    expect_sound();
}

TEST_F(WebhookDeliveries, ASubscriberInsideIsNotReachedUnlessAllowed) {
    Subscriber subscriber;
    const auto made = subscribe(subscriber, "33333333-0000-4000-8000-000000000001");
    policy.allow_private = false;
    policy.allowed_hosts = {"localhost"};
    auto named = made;
    named.callback.replace(named.callback.find("127.0.0.1"), 9, "localhost");
    ASSERT_TRUE(
        commit(*store, unit_of(store_ops::PutSubscription{named, {wall_now(), "t", "subscription.add", "{}"}})));
    publish(birth_registered());
    start();
    std::vector<Delivery> tried;
    for (int i = 0; i < 400 && (tried.empty() || tried[0].why.empty()); ++i) {
        std::this_thread::sleep_for(Milliseconds(20));
        tried = run(store->list_deliveries({})).value();
    }
    ASSERT_EQ(tried.size(), 1u);
    EXPECT_NE(tried[0].why.find("is not at a public address"), std::string::npos) << tried[0].why;
    EXPECT_TRUE(subscriber.wait_for(0).empty());
}
