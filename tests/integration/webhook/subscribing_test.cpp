// SPDX-License-Identifier: MPL-2.0
// Subscriptions asked for over HTTP, proved by a real callback, and what they are then told.
#include "app/engine.hpp"
#include "core/hash.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "integration/webhook/deliveries_fixture.hpp"
#include "support/http_client/http_client.hpp"

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
