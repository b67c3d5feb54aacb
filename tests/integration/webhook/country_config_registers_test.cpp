// SPDX-License-Identifier: MPL-2.0
// Registrations through us: the sandbox's own, and the way of a trigger to its subscriber.
#include "app/dispatcher.hpp"
#include "channels/webhook/channel.hpp"
#include "channels/webhook/heard.hpp"
#include "channels/webhook/publish.hpp"
#include "integration/webhook/country_config_fixture.hpp"
#include "support/sandbox/triggers.hpp"

using namespace ocm;
using namespace ocm::test;
using namespace std::chrono_literals;

namespace {

/// OpenCRVS with a record that can be registered.
std::string notified(const sandbox::Sandbox& opencrvs) {
    const auto port = opencrvs.port();
    const auto client = sandbox::default_client();
    const auto token =
        parse_json(post(host, port, "/token",
                        "grant_type=client_credentials&client_id=" + client.id + "&client_secret=" + client.secret,
                        "application/x-www-form-urlencoded")
                       .body)
            .value();
    HttpRequest create;
    create.method = "POST";
    create.target = "/events/events";
    create.headers = {{"Authorization", "Bearer " + std::string(text_member(token, "access_token"))},
                      {"Content-Type", "application/json"}};
    create.body =
        R"({"type":"birth","transactionId":"t-1","createdAtLocation":"aaaaaaaa-0000-4000-8000-000000000001"})";
    return std::string(text_member(parse_json(fetch(host, port, create).body).value(), "id"));
}

TEST_F(InFront, OpenCrvsRegistersThroughUs) {
    sandbox::Sandbox opencrvs;
    sandbox::CountryConfig country(opencrvs);
    options.url = country.url();
    options.target = "national";
    stand_before({}, opencrvs.url());
    const auto here = "http://127.0.0.1:" + std::to_string(server->port());
    const auto id = notified(opencrvs);

    country.answers(202);
    EXPECT_EQ(sandbox::trigger(opencrvs, id, "REGISTER", here).told, 200);
    EXPECT_EQ(opencrvs.event(id)["status"], "CREATED") << "not decided yet";
    country.answers(500);
    EXPECT_EQ(sandbox::trigger(opencrvs, id, "REGISTER", here).told, 500);
    country.answers(400);
    EXPECT_EQ(sandbox::trigger(opencrvs, id, "REGISTER", here).status, 400);
    country.answers(200);
    const auto done = sandbox::trigger(opencrvs, id, "REGISTER", here);
    EXPECT_EQ(done.told, 200);
    EXPECT_EQ(opencrvs.event(id)["status"], "REGISTERED");
    ASSERT_EQ(country.triggers().size(), 4U);
    EXPECT_EQ(country.triggers().back()["actions"].back()["id"], done.action);
    const auto copies = heard(2);
    EXPECT_EQ(gaps.total(), 0U);
    const auto accepted = std::find_if(copies.begin(), copies.end(), [&done](const auto& copy) {
        return copy.second["actions"].back()["id"] == done.action;
    });
    ASSERT_NE(accepted, copies.end());
    const auto registered = opencrvs.event(id);
    EXPECT_EQ(accepted->second["actions"].back()["registrationNumber"],
              registered["actions"].back()["registrationNumber"]);
    EXPECT_EQ(get(host, server->port(), "/ping").body, R"({"success":true})");
}

/// The way of a trigger to its subscriber.
class TriggerToSubscriber : public InFront {
  protected:
    ~TriggerToSubscriber() override { stop(); }  // before the dispatcher goes
    void start() {
        webhook::WebhookDeps to;
        to.subscriptions = [this] {
            return std::make_shared<const webhook::SubscriptionDirectory>(run(store->subscriptions()).value());
        };
        to.client = [](const std::string& id) {
            store_ops::Client client;
            client.id = id;
            client.kind = store_ops::ClientKind::webhook;
            client.fields = wants("birth.registered").fields;
            return std::make_shared<const store_ops::Client>(std::move(client));
        };
        to.callbacks = [] {
            webhook::CallbackPolicy policy;
            policy.allowed_hosts = {host};
            policy.allow_private = policy.allow_plaintext = true;
            return policy;
        };
        webhook::HeardDeps hear;
        hear.target = "national";
        hear.read_document = [](const Json& document, const opencrvs::About& about) {
            return opencrvs::read_document(document, about, opencrvs::test::farajaland_map(),
                                           opencrvs::test::farajaland_form(), opencrvs::test::places());
        };
        hear.event = [](Exchange&, const std::string&) -> Task<Result<Json>> { co_return whole(); };
        hear.publish = [this](const RegistrationEvent& event, const std::string& transaction, WallTime now) {
            const webhook::SubscriptionDirectory all(run(store->subscriptions()).value());
            std::vector<store_ops::Op> ops;
            ops.emplace_back(webhook::publish(event, all, transaction, now));
            return ops;
        };
        std::vector<DeliveryKind> kinds;
        kinds.push_back(webhook::make_webhook_kind(to));
        kinds.push_back(webhook::make_heard_delivery(hear));
        dispatcher = std::make_unique<app::Dispatcher>(app::Dispatcher::Deps{*store,
                                                                             {*upstream, *store, clock, ids},
                                                                             metrics,
                                                                             std::move(kinds),
                                                                             [] { return EnvelopeOptions{}; },
                                                                             {}},
                                                       pool.context(0).get_executor());
        dispatch::Policy fast;
        fast.rate = 1000;
        fast.backoff = {.first = 20ms, .cap = 50ms};
        dispatcher->configure({{"webhook", fast}, {"heard", fast}}, {});
    }
    void subscribe() {
        auto made = wants("birth.registered");
        made.callback = subscriber.url() + "/hear";
        made.topics.emplace_back("birth.corrected");
        made.topics.emplace_back("birth.certified");
        made.contract = SubscriptionContract::cloudevents;
        ASSERT_TRUE(
            commit(*store, unit_of(store_ops::PutSubscription{made, {wall_now(), "t", "subscription.add", "{}"}})));
    }
    std::vector<std::string> told(std::size_t count) {
        std::vector<std::string> out;
        for (const auto& request : subscriber.wait_for(count)) {
            out.emplace_back(text_member(parse_json(request.body).value(), "type"));
        }
        std::sort(out.begin(), out.end());
        return out;
    }

    Recorder subscriber;
    std::unique_ptr<app::Dispatcher> dispatcher;
};

TEST_F(TriggerToSubscriber, ARegistrationIsToldOnceHoweverOftenItIsReplayed) {
    stand();
    subscribe();
    start();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(send(registration()).status, 200);
    EXPECT_EQ(config.seen().size(), 3U) << "whether it is one is for the country configuration to say";
    dispatcher->changed();
    EXPECT_EQ(told(1), std::vector<std::string>{"org.opencrvs.mediator.birth.registered.v1"});
    store::DeliveryFilter done;
    done.state = DeliveryState::delivered;
    for (int i = 0; i < 400; ++i) {
        dispatcher->changed();
        if (run(store->list_deliveries(done)).value().size() == 4) break;
        std::this_thread::sleep_for(20ms);
    }
    EXPECT_EQ(run(store->list_deliveries(done)).value().size(), 4U) << "three were heard, one was told";
    EXPECT_EQ(subscriber.seen().size(), 1U);
    expect_sound();
}

TEST_F(TriggerToSubscriber, TriggersOutOfOrderAreEachToldOnce) {
    stand();
    subscribe();
    start();
    for (const char* type : {"APPROVE_CORRECTION", "PRINT_CERTIFICATE", "REGISTER"}) {
        const auto document = asked_for(type);
        EXPECT_EQ(send(trigger(document, auth().sign(claims_for(document)))).status, 200) << type;
    }
    dispatcher->changed();
    EXPECT_EQ(told(3), (std::vector<std::string>{"org.opencrvs.mediator.birth.certified.v1",
                                                 "org.opencrvs.mediator.birth.corrected.v1",
                                                 "org.opencrvs.mediator.birth.registered.v1"}));
}

}  // namespace
