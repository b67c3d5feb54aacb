// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/event_json.hpp"
#include "channels/webhook/publish.hpp"
#include "channels/webhook/subscribing.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "unit/webhook/channel_fixture.hpp"

using namespace ocm;
using namespace ocm::test;
using namespace ocm::webhook;

namespace {

constexpr const char* path = "/fhir/Subscription";
constexpr const char* filter_url =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria";

Json asked() {
    return parse_json(R"({
      "resourceType": "Subscription", "status": "requested", "reason": "vaccination reminders",
      "criteria": "https://mediator.example.org/fhir/SubscriptionTopic/birth-registered",
      "channel": {"type": "rest-hook", "endpoint": "https://ministry.example.org/hook",
        "payload": "application/fhir+json",
        "_payload": {"extension": [{
          "url": "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content",
          "valueCode": "full-resource"}]},
        "header": ["Authorization: Bearer planted-secret"]}})")
        .value();
}

Json filtered(const char* by) {
    auto out = asked();
    out["_criteria"]["extension"] = Json::array({{{"url", filter_url}, {"valueString", by}}});
    return out;
}

Json parameter(const Json& bundle, const std::string& name) {
    for (const auto& each : bundle["entry"][0]["resource"]["parameter"]) {
        if (each["name"] == name) return each;
    }
    return {};
}

class FhirSubscriptions : public WebhookChannelTest {
  protected:
    FhirSubscriptions() {
        upstream.answer = [this](const UpstreamCall&) -> Result<UpstreamReply> {
            if (status == 0) return fail(ErrorCode::unavailable, "connection to 10.0.0.7 refused");
            return UpstreamReply{status, {}, ""};
        };
    }
    Answer create(const Json& body = asked(), const store_ops::Client& by = client(), HttpHeaders headers = {}) {
        return call("POST", path, dump_json(body), by, std::move(headers));
    }
    std::string of(const Subscription& one, const std::string& rest = {}) { return path + ("/" + one.id) + rest; }
    Subscription only() {
        EXPECT_EQ(directory->all().size(), 1u);
        return directory->all().at(0);
    }
    Json shown() { return json(call("GET", of(only()))); }
    static std::string issue(const Answer& answer) { return json(answer)["issue"][0]["details"]["text"]; }
    static std::string place(const Answer& answer) {
        return json(answer)["issue"][0].value("expression", Json::array({""}))[0];
    }

    int status = 200;  // of the endpoint; 0: it is not reached
};

}  // namespace

TEST_F(FhirSubscriptions, AreActiveOnceTheEndpointTookTheHandshake) {
    const auto answer = create();
    EXPECT_EQ(answer.response.status, 201);
    const auto made = only();
    EXPECT_EQ(answer.response.headers.get("location"), "https://mediator.example.org/fhir/Subscription/" + made.id);
    EXPECT_EQ(json(answer)["status"], "active");
    EXPECT_EQ(json(answer)["id"], made.id);
    EXPECT_EQ(answer.response.body.find("planted"), std::string::npos);
    EXPECT_EQ(made.contract, SubscriptionContract::fhir_r4);
    EXPECT_EQ(made.state, SubscriptionState::active);
    EXPECT_EQ(made.client, ministry);
    EXPECT_EQ(made.topics, std::vector<std::string>{"birth.registered"});
    EXPECT_EQ(made.fields, client().fields);
    EXPECT_EQ(made.secret, "planted-secret");
    EXPECT_EQ(made.reason, "vaccination reminders");
    EXPECT_EQ(changes, 1);

    ASSERT_EQ(upstream.calls.size(), 1u);
    const auto& handshake = upstream.calls[0];
    EXPECT_EQ(handshake.method, "POST");
    EXPECT_EQ(handshake.url, "https://ministry.example.org/hook");
    EXPECT_TRUE(handshake.public_only);
    EXPECT_EQ(handshake.headers.get("authorization"), "Bearer planted-secret");
    EXPECT_EQ(handshake.headers.get("content-type"), "application/fhir+json; charset=utf-8");
    EXPECT_TRUE(
        opencrvs_v1::hub_signature_matches("planted-secret", handshake.body, handshake.headers.get("x-hub-signature")));
    const auto bundle = parse_json(handshake.body).value();
    EXPECT_EQ(parameter(bundle, "type")["valueCode"], "handshake");
    EXPECT_EQ(parameter(bundle, "status")["valueCode"], "requested");
    EXPECT_EQ(parameter(bundle, "subscription")["valueReference"]["reference"],
              "https://mediator.example.org/fhir/Subscription/" + made.id);
    // Recorded before the endpoint was asked.
    EXPECT_TRUE(std::holds_alternative<store_ops::Receive>(store.ops.front()));
    EXPECT_EQ(store.all<store_ops::PutSubscription>()[0].record.action, "subscription.add");
    EXPECT_EQ(shown()["criteria"], asked()["criteria"]);
    EXPECT_EQ(shown()["channel"]["header"][0], "Authorization: [kept]");
}

TEST_F(FhirSubscriptions, AnEndpointThatDoesNotTakeItIsAnError) {
    status = 404;
    auto answer = create();
    EXPECT_EQ(answer.response.status, 201);
    EXPECT_EQ(json(answer)["status"], "error");
    EXPECT_EQ(json(answer)["error"], "the callback answered 404 to the handshake");
    EXPECT_EQ(only().state, SubscriptionState::requested);
    EXPECT_FALSE(asks_for(only(), birth_registered(), clock.now(), {})) << "nothing is sent there";
    // Asked for again, the endpoint is asked again, and nothing is said of our network.
    status = 0;
    answer = create();
    EXPECT_EQ(json(answer)["error"], "the callback could not be reached");
    EXPECT_EQ(upstream.calls.size(), 2u);
    status = 204;
    EXPECT_EQ(json(create())["status"], "active");
    EXPECT_EQ(only().state, SubscriptionState::active);
    EXPECT_EQ(only().why, "");
}

TEST_F(FhirSubscriptions, AskingTwiceIsAskingOnce) {
    ASSERT_EQ(create().response.status, 201);
    const auto again = create();
    EXPECT_EQ(again.response.status, 200);
    EXPECT_EQ(json(again)["id"], only().id);
    EXPECT_EQ(upstream.calls.size(), 1u) << "nobody is asked";
    auto less = asked();
    less["channel"]["_payload"]["extension"][0]["valueCode"] = "id-only";
    const auto other = create(less);
    EXPECT_EQ(other.response.status, 409);
    EXPECT_EQ(place(other), "Subscription.channel.endpoint");
    EXPECT_NE(issue(other).find(only().id), std::string::npos);
    EXPECT_TRUE(only().full) << "it is as it was";
    auto deaths = asked();
    deaths["criteria"] = "https://mediator.example.org/fhir/SubscriptionTopic/death-registered";
    EXPECT_EQ(create(deaths).response.status, 201);
    EXPECT_EQ(directory->all().size(), 2u);
    // One that is gone is made anew.
    auto gone = directory->all()[0];
    gone.state = SubscriptionState::ended;
    put(gone);
    const auto topic = gone.topics[0] == "birth.registered" ? asked() : deaths;
    EXPECT_EQ(create(topic).response.status, 201);
    EXPECT_EQ(directory->by_id(gone.id)->state, SubscriptionState::active);
}

TEST_F(FhirSubscriptions, RefusesWithThePlace) {
    auto endpoint = [](const char* url) {
        auto out = asked();
        out["channel"]["endpoint"] = url;
        return out;
    };
    auto with = [](const char* key, Json value) {
        auto out = asked();
        out[key] = std::move(value);
        return out;
    };
    auto kept = asked();
    kept["channel"]["header"] = {"X-Key: [kept]"};
    struct Row {
        Json body;
        int status;
        std::string place, text;
    };
    const std::string not_allowed =
        "the host of the callback is not one that this mediator may call; its administrator allows them";
    const std::vector<Row> rows{
        {with("status", "off"), 400, "Subscription.status", "has to be requested"},
        {with("end", "2026-03-02T09:15:00Z"), 400, "Subscription.end", "is past"},
        {with("criteria", "planted"), 400, "Subscription.criteria",
         "is not the URL of a topic that is offered here: they are below "
         "https://mediator.example.org/fhir/SubscriptionTopic/"},
        {with("criteria", "https://mediator.example.org/fhir/SubscriptionTopic/notification-status"), 422,
         "Subscription.criteria",
         "what becomes of a notification is told to the client that sent it and to nobody else"},
        {endpoint("https://elsewhere.org/"), 400, "Subscription.channel.endpoint", not_allowed},
        {endpoint("https://127.0.0.1/"), 400, "Subscription.channel.endpoint", not_allowed},
        {endpoint("http://ministry.example.org/"), 400, "Subscription.channel.endpoint",
         "the callback has to begin with https://"},
        {endpoint("https://planted:secret@ministry.example.org/"), 400, "Subscription.channel.endpoint",
         "the callback is not an absolute http or https URL without credentials"},
        {filtered("Patient?area=planted"), 400, "Subscription._criteria.extension[0].valueString",
         "names a place that is not known"},
        {kept, 400, "Subscription.channel.header[0]", "has no value yet that could be kept"},
        {Json::array(), 400, "Subscription.resourceType", "has to be Subscription"},
    };
    for (const auto& row : rows) {
        const auto answer = create(row.body);
        EXPECT_EQ(answer.response.status, row.status) << row.text;
        EXPECT_EQ(json(answer)["resourceType"], "OperationOutcome");
        EXPECT_EQ(place(answer), row.place);
        EXPECT_EQ(issue(answer), row.text);
        EXPECT_EQ(answer.response.body.find("planted"), std::string::npos);
    }
    EXPECT_EQ(
        call("POST", path, "<Subscription/>", client(), {{"Content-Type", "application/fhir+xml"}}).response.status,
        415);
    EXPECT_EQ(create(asked(), client(), {{"Accept", "application/fhir+xml"}}).response.status, 406);
    policy.allowed_hosts = {"*"};
    EXPECT_EQ(issue(create(endpoint("https://10.1.2.3/"))), "the callback is not at a public address");
    EXPECT_TRUE(upstream.calls.empty());
    EXPECT_TRUE(store.ops.empty());
}

TEST_F(FhirSubscriptions, RefusesWhatTheTargetNeverTells) {
    open("1.8");
    auto corrected = asked();
    corrected["criteria"] = "https://mediator.example.org/fhir/SubscriptionTopic/birth-corrected";
    const auto answer = create(corrected);
    EXPECT_EQ(answer.response.status, 422);
    EXPECT_TRUE(issue(answer).starts_with("OpenCRVS 1.x dispatches only births"));
    open("2.0");
    EXPECT_EQ(create(corrected).response.status, 201);
}

TEST_F(FhirSubscriptions, PreferencesSayWhatIsAnswered) {
    auto body = asked();
    body["contact"] = Json::array({{{"system", "phone"}, {"value", "planted"}}});
    EXPECT_EQ(issue(create(body, client(), {{"Prefer", "handling=strict"}})),
              "would not be carried: nothing here makes use of it");
    EXPECT_TRUE(store.ops.empty());
    const auto outcome = create(body, client(), {{"Prefer", "return=OperationOutcome"}});
    EXPECT_EQ(outcome.response.status, 201);
    EXPECT_EQ(json(outcome)["issue"][0]["severity"], "warning");
    EXPECT_EQ(place(outcome), "Subscription.contact[0].system");
    EXPECT_NE(outcome.account.find("/contact/0/value"), std::string::npos) << "kept with the transaction";
    const auto minimal = create(body, client(), {{"Prefer", "return=minimal"}});
    EXPECT_EQ(minimal.response.body, "");
    EXPECT_FALSE(minimal.response.headers.get("location").empty());
}

TEST_F(FhirSubscriptions, FiltersAreCodesOfTheSubscribersOwn) {
    places = {{"hmis|D1", "area-1"}, {"|Area 2", "area-2"}, {"|office", "office-1"}};
    ASSERT_EQ(create(filtered("Patient?area=hmis%7CD1,Area+2&office=office")).response.status, 201);
    EXPECT_EQ(only().areas, (std::vector<std::string>{"area-1", "area-2"}));
    EXPECT_EQ(only().offices, std::vector<std::string>{"office-1"});
    auto event = birth_registered();
    EXPECT_FALSE(asks_for(only(), event, clock.now(), {}));
    EXPECT_TRUE(asks_for(only(), event, clock.now(), [](const auto&) { return std::vector<std::string>{"area-1"}; }));
    event.event.office = "office-2";
    EXPECT_FALSE(asks_for(only(), event, clock.now(), [](const auto&) { return std::vector<std::string>{"area-1"}; }));
    EXPECT_EQ(shown()["_criteria"]["extension"][0]["valueString"], "Patient?area=area-1,area-2");
}

TEST_F(FhirSubscriptions, AreSwitchedOffAndOn) {
    places = {{"|a", "area-1"}};
    ASSERT_EQ(create().response.status, 201);
    auto resource = shown();
    resource["status"] = "off";
    auto answer = call("PUT", of(only()), dump_json(resource));
    EXPECT_EQ(answer.response.status, 200);
    EXPECT_EQ(json(answer)["status"], "off");
    EXPECT_EQ(only().state, SubscriptionState::paused) << "what it is to be told waits";
    EXPECT_EQ(only().headers, std::vector<std::string>{"Authorization: Bearer planted-secret"}) << "was kept";
    EXPECT_TRUE(asks_for(only(), birth_registered(), clock.now(), {}));
    EXPECT_EQ(store.all<store_ops::PutSubscription>().back().record.action, "subscription.change");

    resource = filtered("Patient?area=a");
    resource["id"] = only().id;
    resource["status"] = "active";
    resource["channel"]["header"] = {"Authorization: [kept]", "X-Tenant: 7"};
    answer = call("PUT", of(only()), dump_json(resource));
    EXPECT_EQ(answer.response.status, 200);
    EXPECT_EQ(only().state, SubscriptionState::active);
    EXPECT_EQ(only().why, "");
    EXPECT_EQ(only().areas, std::vector<std::string>{"area-1"});
    EXPECT_EQ(only().headers, (std::vector<std::string>{"Authorization: Bearer planted-secret", "X-Tenant: 7"}));
    EXPECT_EQ(upstream.calls.size(), 1u) << "it has proved itself";
}

TEST_F(FhirSubscriptions, WhatAnAdministratorPausedStaysPaused) {
    ASSERT_EQ(create().response.status, 201);
    auto paused = only();
    paused.state = SubscriptionState::paused;
    paused.why = "complaints";
    put(paused);
    auto resource = asked();
    resource["id"] = paused.id;
    const auto answer = call("PUT", of(paused), dump_json(resource));
    EXPECT_EQ(answer.response.status, 409);
    EXPECT_EQ(place(answer), "Subscription.status");
    EXPECT_EQ(only().state, SubscriptionState::paused);
    resource["status"] = "off";
    EXPECT_EQ(call("PUT", of(paused), dump_json(resource)).response.status, 200);
    EXPECT_EQ(only().why, "complaints") << "still the administrator's";
}

TEST_F(FhirSubscriptions, OneThatEndedProvesItselfAgain) {
    ASSERT_EQ(create().response.status, 201);
    auto gone = only();
    gone.state = SubscriptionState::ended;
    gone.why = "the subscriber answered 410 Gone";
    put(gone);
    EXPECT_EQ(shown()["status"], "error");
    EXPECT_EQ(shown()["error"], "the subscriber answered 410 Gone");
    auto resource = asked();
    resource["id"] = gone.id;
    status = 500;
    EXPECT_EQ(json(call("PUT", of(gone), dump_json(resource)))["error"], "the callback answered 500 to the handshake");
    status = 200;
    EXPECT_EQ(json(call("PUT", of(gone), dump_json(resource)))["status"], "active");
    EXPECT_EQ(upstream.calls.size(), 3u);
}

TEST_F(FhirSubscriptions, AnUpdateChangesNeitherTopicNorEndpoint) {
    ASSERT_EQ(create().response.status, 201);
    auto resource = asked();
    EXPECT_EQ(place(call("PUT", of(only()), dump_json(resource))), "Subscription.id");
    resource["id"] = only().id;
    resource["criteria"] = "https://mediator.example.org/fhir/SubscriptionTopic/death-registered";
    auto answer = call("PUT", of(only()), dump_json(resource));
    EXPECT_EQ(answer.response.status, 422);
    EXPECT_EQ(place(answer), "Subscription.criteria");
    resource["criteria"] = asked()["criteria"];
    resource["channel"]["endpoint"] = "https://other.example.org/";
    answer = call("PUT", of(only()), dump_json(resource));
    EXPECT_EQ(answer.response.status, 422);
    EXPECT_EQ(place(answer), "Subscription.channel.endpoint");
}

TEST_F(FhirSubscriptions, AnothersIsNotThere) {
    ASSERT_EQ(create().response.status, 201);
    const auto other = client(store_ops::ClientKind::webhook, hospital);
    auto resource = asked();
    resource["id"] = only().id;
    for (const auto& [method, rest] : std::vector<std::pair<std::string, std::string>>{
             {"GET", ""}, {"PUT", ""}, {"DELETE", ""}, {"GET", "/$status"}, {"GET", "/$events"}}) {
        const auto answer = call(method, of(only(), rest), dump_json(resource), other);
        EXPECT_EQ(answer.response.status, 404) << method << rest;
        EXPECT_EQ(json(answer)["issue"][0]["code"], "not-found");
    }
    EXPECT_EQ(json(call("GET", path, {}, other))["total"], 0);
    EXPECT_EQ(json(call("GET", "/fhir/Subscription/$status", {}, other))["total"], 0);
    EXPECT_EQ(directory->all().size(), 1u);
    // Nor is one of another contract.
    auto of_1x = only();
    of_1x.contract = SubscriptionContract::opencrvs_1;
    put(of_1x);
    EXPECT_EQ(call("GET", of(of_1x)).response.status, 404);
}

TEST_F(FhirSubscriptions, AreSearchedAndRemoved) {
    ASSERT_EQ(create().response.status, 201);
    const auto found = [&](const std::string& query) { return json(call("GET", path + ("?" + query)))["total"]; };
    EXPECT_EQ(found(""), 1);
    EXPECT_EQ(found("status=active,error&url=https%3A%2F%2Fministry.example.org%2Fhook&_id=" + only().id), 1);
    EXPECT_EQ(found("criteria=https://mediator.example.org/fhir/SubscriptionTopic/birth-registered&_format=json"), 1);
    EXPECT_EQ(found("status=off"), 0);
    const auto answer = call("GET", path + std::string("?contact=planted"));
    EXPECT_EQ(answer.response.status, 400);
    EXPECT_EQ(issue(answer), "the query can hold _id, status, url, criteria and nothing else");

    const auto one = only();
    EXPECT_EQ(call("DELETE", of(one)).response.status, 204);
    EXPECT_TRUE(directory->all().empty());
    EXPECT_EQ(call("GET", of(one)).response.status, 404);
    EXPECT_EQ(call("DELETE", of(one)).response.status, 404);
}

TEST_F(FhirSubscriptions, TellTheirEventsAgain) {
    ASSERT_EQ(create().response.status, 201);
    for (const int number : {2, 3, 5}) {
        auto event = birth_registered();
        event.occurrence = "2026B000000" + std::to_string(number);
        store_ops::QueuedEvent one;
        one.delivery.id = "delivery-" + std::to_string(number);
        one.delivery.transaction = "transaction-" + std::to_string(number);
        one.delivery.subscription = only().id;
        one.delivery.sequence = number;
        one.payload = write_event(event);
        store.queued.push_back(std::move(one));
    }
    EXPECT_EQ(parameter(json(call("GET", of(only(), "/$status"))), "events-since-subscription-start")["valueString"],
              "5");

    const auto numbers = [](const Json& bundle) {
        std::vector<std::string> out;
        for (const auto& each : bundle["entry"][0]["resource"]["parameter"]) {
            if (each["name"] == "notification-event") out.push_back(each["part"][0]["valueString"]);
        }
        return out;
    };
    auto answer = call("GET", of(only(), "/$events?eventsSinceNumber=3&eventsUntilNumber=3"));
    EXPECT_EQ(answer.response.status, 200);
    auto bundle = json(answer);
    EXPECT_EQ(bundle["type"], "history");
    EXPECT_EQ(parameter(bundle, "type")["valueCode"], "query-event");
    EXPECT_EQ(numbers(bundle), std::vector<std::string>{"3"});
    EXPECT_TRUE(parameter(bundle, "error").is_null());
    // With what it may have and nothing else, and that is recorded.
    EXPECT_NE(answer.response.body.find("2026-02-20"), std::string::npos);
    EXPECT_EQ(answer.response.body.find("1234567890"), std::string::npos) << "the mother was not granted";
    ASSERT_EQ(answer.also.size(), 1u);
    const auto& disclosed = std::get<store_ops::Disclose>(answer.also[0]);
    EXPECT_EQ(disclosed.transaction, "transaction-3");
    EXPECT_EQ(disclosed.actor, ministry);
    EXPECT_THAT(disclosed.fields, testing::Contains("child.name"));

    answer = call("GET", of(only(), "/$events?content=id-only"));
    bundle = json(answer);
    EXPECT_EQ(numbers(bundle), (std::vector<std::string>{"2", "3", "5"}));
    EXPECT_EQ(parameter(bundle, "error")["valueCodeableConcept"]["text"],
              "2 of the events from number 1 to 5 are no longer kept");
    EXPECT_EQ(answer.response.body.find("Planted"), std::string::npos);
    EXPECT_TRUE(answer.also.empty()) << "ids say nothing of a person";

    // As client libraries ask.
    const auto post = [&](const char* body) { return call("POST", of(only(), "/$events"), body); };
    answer = post(R"({"resourceType":"Parameters","parameter":[{"name":"eventsSinceNumber","valueString":"3"},
        {"name":"eventsUntilNumber","valueInteger":3}]})");
    EXPECT_EQ(numbers(json(answer)), std::vector<std::string>{"3"});
    EXPECT_EQ(numbers(json(post(""))).size(), 3u);
    answer = post(R"({"resourceType":"Parameters","parameter":[{"name":"eventsSinceNumber","valuePeriod":{}}]})");
    EXPECT_EQ(answer.response.status, 400);
    EXPECT_EQ(place(answer), "Parameters.parameter[0]");
    EXPECT_EQ(place(post(R"({"resourceType":"Patient"})")), "Parameters.resourceType");
    EXPECT_EQ(parameter(json(call("POST", of(only(), "/$status"))), "type")["valueCode"], "query-status");

    for (const auto* query : {"eventsSinceNumber=planted", "eventsUntilNumber=-1", "since=1"}) {
        answer = call("GET", of(only(), std::string("/$events?") + query));
        EXPECT_EQ(answer.response.status, 400) << query;
        EXPECT_EQ(answer.response.body.find("planted"), std::string::npos);
    }
}

TEST_F(FhirSubscriptions, AnAnswerHoldsSoManyEventsAndSaysWhereToGoOn) {
    ASSERT_EQ(create().response.status, 201);
    for (int number = 1; number <= 120; ++number) {
        store_ops::QueuedEvent one;
        one.delivery.subscription = only().id;
        one.delivery.sequence = number;
        one.payload = write_event(birth_registered());
        store.queued.push_back(std::move(one));
    }
    EXPECT_EQ(parameter(json(call("GET", of(only(), "/$events"))), "error")["valueCodeableConcept"]["text"],
              "there are more events than one answer holds: ask for those after number 100");
    EXPECT_TRUE(parameter(json(call("GET", of(only(), "/$events?eventsSinceNumber=101"))), "error").is_null());
}

TEST_F(FhirSubscriptions, NothingIsMadeThatCannotBeRecorded) {
    store.failures = {{ErrorCode::storage, "the disk is full", "", {}}};
    const auto answer = create();
    EXPECT_EQ(answer.response.status, 503);
    EXPECT_TRUE(upstream.calls.empty());
}

TEST_F(FhirSubscriptions, AreOfferedWhereTheirAddressIsKnown) {
    const auto count = [&] {
        return std::ranges::count_if(
            channel.routes, [](const Route& route) { return route.pattern.starts_with("/fhir/Subscription"); });
    };
    EXPECT_EQ(count(), 11);
    for (const auto& route : channel.routes) {
        if (!route.pattern.starts_with("/fhir/")) continue;
        const bool of_resource =
            (route.method == "POST" || route.method == "PUT") && route.pattern.find('$') == std::string::npos;
        EXPECT_EQ(route.keeps_bodies, !of_resource && route.method != "DELETE") << "headers may be secrets";
    }
    open("", "");
    EXPECT_EQ(count(), 0);
}
