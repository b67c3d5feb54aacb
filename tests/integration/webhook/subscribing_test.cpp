// SPDX-License-Identifier: MPL-2.0
// Subscriptions asked for over HTTP, proved by a real callback, and what they are then told.
#include "app/engine.hpp"
#include "app/operations.hpp"
#include "core/hash.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "integration/webhook/deliveries_fixture.hpp"
#include "support/http_client/http_client.hpp"

#include <set>

using namespace ocm;
using namespace ocm::test;

namespace {

constexpr const char* key = "the ministry's key";
constexpr const char* base = "https://mediator.example.org/fhir";

class Subscribing : public WebhookDeliveries {
  protected:
    Subscribing() {
        webhook::WebhookDeps deps;
        deps.subscriptions = [this] {
            return std::make_shared<const webhook::SubscriptionDirectory>(run(store->subscriptions()).value());
        };
        deps.client = [](const std::string&) { return std::make_shared<const store_ops::Client>(ministry_client()); };
        deps.callbacks = [this] { return policy; };
        deps.fhir_base = base;
        deps.origin = "mediator.example.org";
        deps.place = [](const PlaceCode& code, WallTime) -> Result<std::string> {
            if (code.code == "D1" || code.code == "office-1") return std::string("office-1");
            return fail(ErrorCode::bad_request, "names an office that is not known");
        };
        engine = std::make_unique<app::Engine>(std::vector{webhook::make_webhook_channel(deps)},
                                               Ports{upstream, *store, clock, ids}, metrics);
        app::EngineSettings settings;
        settings.path_prefix = "/crvs";
        settings.enabled_channels = {"webhook"};
        engine->apply(std::make_shared<const app::EngineSettings>(settings));
        engine->set_clients(std::make_shared<const app::ClientDirectory>(std::vector{ministry_client()}));
        server = std::make_unique<http::Server>(
            server_pool, http::ServerOptions{},
            [this](HttpRequest request) { return engine->handle(std::move(request)); },
            [this](http::Refusal refusal) {
                return engine->refuse(std::move(refusal.request), refusal.status, std::move(refusal.reason));
            });
        EXPECT_TRUE(server->listen());
        server_pool.start();
        dispatcher = std::make_unique<app::Dispatcher>(app::Dispatcher::Deps{*store,
                                                                             {upstream, *store, clock, ids},
                                                                             metrics,
                                                                             {webhook::make_webhook_kind(deps)},
                                                                             [] { return EnvelopeOptions{}; },
                                                                             {}},
                                                       pool.context(0).get_executor());
        start();
    }
    ~Subscribing() override {
        server->abort();
        server_pool.stop();
    }

    static store_ops::Client ministry_client() {
        store_ops::Client out;
        out.id = ministry;
        out.name = "Ministry";
        out.kind = store_ops::ClientKind::webhook;
        out.key_sha256 = sha256_hex(key);
        out.signing_secret = "planted-secret";
        out.fields = {"child-details", "mother-details"};
        return out;
    }

    HttpResponse ask(const std::string& method, const std::string& target, const Json& body = nullptr) {
        HttpRequest request;
        request.method = method;
        request.target = target;
        request.headers = {{"Authorization", "Basic " + base64(std::string(ministry) + ":" + key)}};
        if (!body.is_null()) {
            request.headers.set("Content-Type", "application/json");
            request.body = dump_json(body);
        }
        return HttpConnection("127.0.0.1", server->port()).send(request);
    }
    static Json json(const HttpResponse& answer) { return parse_json(answer.body).value_or(Json()); }
    static Json fhir(const std::string& endpoint) {
        return parse_json(R"({"resourceType":"Subscription","status":"requested","reason":"test",
          "criteria":"https://mediator.example.org/fhir/SubscriptionTopic/birth-registered",
          "_criteria":{"extension":[{"valueString":"Patient?office=D1",
            "url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria"}]},
          "channel":{"type":"rest-hook","payload":"application/fhir+json","header":["X-Tenant: 7"],
            "_payload":{"extension":[{"valueCode":"full-resource",
              "url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content"}]}}})")
            .value()
            .patch(Json::array({{{"op", "add"}, {"path", "/channel/endpoint"}, {"value", endpoint}}}));
    }
    static std::string parameter(const Json& bundle, const std::string& name, const std::string& type) {
        for (const auto& each : bundle["entry"][0]["resource"]["parameter"]) {
            if (each["name"] == name) return each[type].get<std::string>();
        }
        return {};
    }
    void register_birth(const std::string& number, const std::string& office = "office-1") {
        auto event = birth_registered();
        event.record = event.occurrence = number;
        event.event.office = office;
        publish(event);
    }

    IoPool server_pool{1};
    std::unique_ptr<app::Engine> engine;
    std::unique_ptr<http::Server> server;
};

}  // namespace

TEST_F(Subscribing, AFhirSubscriptionIsProvedToldAndToldAgain) {
    Subscriber subscriber;
    auto answer = ask("POST", "/crvs/fhir/Subscription", fhir(subscriber.url()));
    ASSERT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(json(answer)["status"], "active");
    const auto path = "/crvs/fhir/Subscription/" + json(answer)["id"].get<std::string>();
    EXPECT_EQ(ask("POST", "/crvs/fhir/Subscription", fhir(subscriber.url())).status, 200);

    register_birth("2026B0000001");
    register_birth("2026B0000002", "office-2");  // filtered out
    register_birth("2026B0000003");
    const auto seen = subscriber.wait_for(3);
    ASSERT_EQ(seen.size(), 3u);
    for (const auto& request : seen) {
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.headers.get("x-tenant"), "7");
        EXPECT_TRUE(
            opencrvs_v1::hub_signature_matches("planted-secret", request.body, request.headers.get("x-hub-signature")));
    }
    EXPECT_EQ(parameter(parse_json(seen[0].body).value(), "type", "valueCode"), "handshake");
    EXPECT_EQ(parameter(parse_json(seen[2].body).value(), "type", "valueCode"), "event-notification");
    EXPECT_EQ(settled(DeliveryState::delivered, 2).size(), 2u);

    answer = ask("GET", path + "/$status");
    EXPECT_EQ(parameter(json(answer), "events-since-subscription-start", "valueString"), "2");
    answer = ask("GET", path + "/$events?eventsSinceNumber=2");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(parameter(json(answer), "type", "valueCode"), "query-event");
    EXPECT_NE(answer.body.find("\"valueString\":\"2\""), std::string::npos);
    EXPECT_EQ(answer.body.find("2026B0000002"), std::string::npos);

    auto off = json(ask("GET", path));
    off["status"] = "off";
    EXPECT_EQ(json(ask("PUT", path, off))["status"], "off");
    register_birth("2026B0000004");
    settled(DeliveryState::pending, 1);
    EXPECT_EQ(subscriber.wait_for(3).size(), 3u) << "it waits";
    EXPECT_EQ(ask("DELETE", path).status, 204);
    EXPECT_EQ(ask("GET", path).status, 404);
}

TEST_F(Subscribing, OurOwnIsProvedAndToldAsCloudEvents) {
    Subscriber subscriber;
    const Json asked{{"callback", subscriber.url()},
                     {"topics", {"birth.registered"}},
                     {"fields", {"child.name"}},
                     {"filters", {{"offices", {"D1"}}}}};
    subscriber.allow("elsewhere.example.org");
    auto answer = ask("POST", "/crvs/subscriptions", asked);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(json(answer)["path"], "/callback");
    subscriber.allow("*");
    answer = ask("POST", "/crvs/subscriptions", asked);
    ASSERT_EQ(answer.status, 201) << answer.body;
    const auto path = std::string(answer.headers.get("location"));
    EXPECT_EQ(path, "/crvs/subscriptions/" + json(answer)["id"].get<std::string>());
    EXPECT_EQ(json(ask("GET", path))["filters"]["offices"][0], "office-1");

    register_birth("2026B0000001");
    register_birth("2026B0000002", "office-2");  // filtered out
    register_birth("2026B0000003");
    const auto seen = subscriber.wait_for(4);
    ASSERT_EQ(seen.size(), 4u);
    EXPECT_EQ(seen[0].method, "OPTIONS");
    EXPECT_EQ(seen[1].headers.get("webhook-request-origin"), "mediator.example.org");
    for (std::size_t i = 2; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i].method, "POST");
        EXPECT_TRUE(
            opencrvs_v1::hub_signature_matches("planted-secret", seen[i].body, seen[i].headers.get("x-hub-signature")));
        const auto event = parse_json(seen[i].body).value();
        EXPECT_EQ(event["type"], "org.opencrvs.mediator.birth.registered.v1");
        EXPECT_NE(seen[i].body.find("Planted"), std::string::npos);
        EXPECT_EQ(seen[i].body.find("1234567890"), std::string::npos) << "the mother was not asked for";
    }
    EXPECT_EQ(json(ask("PATCH", path, {{"state", "paused"}}))["state"], "paused");
    EXPECT_EQ(ask("DELETE", path).status, 204);
    EXPECT_TRUE(json(ask("GET", "/subscriptions"))["subscriptions"].empty());
}

TEST_F(Subscribing, AnAdministratorAsksEachCallbackAgain) {
    Subscriber subscriber;
    const Json hub{{"callback", subscriber.url()},
                   {"mode", "subscribe"},
                   {"topic", "BIRTH_REGISTERED"},
                   {"secret", "planted-secret"}};
    ASSERT_EQ(ask("POST", "/webhooks", {{"hub", hub}}).status, 202);
    ASSERT_EQ(ask("POST", "/fhir/Subscription", fhir(subscriber.url())).status, 201);
    ASSERT_EQ(ask("POST", "/subscriptions", {{"callback", subscriber.url()}, {"topics", {"birth.registered"}}}).status,
              201);
    app::Operations::Deps deps{*store, clock, ids, {}};
    deps.upstream = &upstream;
    deps.callbacks = {base, "mediator.example.org", policy};
    app::Operations operations(std::move(deps));
    const auto test = [&](const Subscription& one) {
        return run(operations.run("subscriptions.test", {{"id", one.id}}, "cli:tester"));
    };
    const auto all = run(store->subscriptions()).value();
    ASSERT_EQ(all.size(), 3u);
    for (const auto& one : all) {
        const auto asked = test(one);
        ASSERT_TRUE(asked) << asked.error().message;
        EXPECT_EQ((*asked)["verified"], true) << name(one.contract);
    }
    const auto seen = subscriber.wait_for(6);
    std::multiset<std::string> methods;
    for (const auto& request : seen) methods.insert(request.method);
    EXPECT_EQ(methods, (std::multiset<std::string>{"GET", "GET", "OPTIONS", "OPTIONS", "POST", "POST"}));

    subscriber.allow("");
    for (const auto& one : all) {
        if (one.contract == SubscriptionContract::fhir_r4) subscriber.answer({500});
        const auto asked = test(one);
        ASSERT_TRUE(asked);
        if (one.contract == SubscriptionContract::opencrvs_1) continue;
        EXPECT_EQ((*asked)["verified"], false) << name(one.contract);
        EXPECT_EQ((*asked)["why"], one.contract == SubscriptionContract::fhir_r4
                                       ? "the callback answered 500 to the handshake"
                                       : "the callback does not allow us in WebHook-Allowed-Origin");
    }
}

TEST_F(Subscribing, AnEndpointInsideIsNotReachedUnlessAllowed) {
    Subscriber subscriber;
    auto url = subscriber.url();
    url.replace(url.find("127.0.0.1"), 9, "localhost");
    policy.allowed_hosts = {"localhost"};
    policy.allow_private = false;
    const auto answer = ask("POST", "/fhir/Subscription", fhir(url));
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(json(answer)["status"], "error");
    EXPECT_EQ(json(answer)["error"], "the callback could not be reached");
    policy.allow_private = true;
    EXPECT_EQ(json(ask("POST", "/fhir/Subscription", fhir(url)))["status"], "active");
    EXPECT_EQ(subscriber.wait_for(1).size(), 1u);
}

TEST_F(Subscribing, NobodyElseSubscribes) {
    Subscriber subscriber;
    HttpRequest request;
    request.method = "POST";
    request.target = "/fhir/Subscription";
    request.body = dump_json(fhir(subscriber.url()));
    const auto answer = HttpConnection("127.0.0.1", server->port()).send(request);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(json(answer)["resourceType"], "OperationOutcome");
}
