// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/fhir.hpp"

#include "channels/notification/channel.hpp"
#include "channels/notification/fhir_metadata.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "core/json.hpp"
#include "support/fakes/fakes.hpp"
#include "unit/formats/fixtures.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>

using namespace ocm;
using namespace ocm::fakes;
using namespace ocm::test;

namespace {

Json fixture(const std::string& name) {
    return json_file(format_data() / "fhir_r4" / (name + ".json"));
}

struct Given {
    Answer answer;
    std::string transaction;
    int status() const { return answer.response.status; }
    std::string header(std::string_view name) const { return std::string(answer.response.headers.get(name)); }
    Json body() const { return parse_json(answer.response.body).value_or(Json()); }
};

/// An OpenCRVS that keeps what it is sent and fails as told, and an engine that runs parts.
class Fhir : public testing::Test {
  protected:
    Task<Result<opencrvs::Sent>> notify(const VitalEvent& event) {
        if (failure) co_return fail(*failure);
        events.push_back(event);
        opencrvs::Sent sent;
        sent.tracking_id = "TRK" + std::to_string(events.size());
        sent.event_id = "33333333-3333-4333-8333-333333333301";
        sent.account.dropped.push_back({"child.nid", "the form has no place for it"});
        co_return sent;
    }
    Task<Result<Account>> preview(const VitalEvent& event) {
        ++previews;
        if (preview_failure && event.kind == VitalKind::death) co_return fail(*preview_failure);
        co_return Account{};
    }

    Task<Given> through(Exchange& exchange, const Route& route) {
        auto answer = co_await route.handler(exchange);
        Given given{answer, exchange.id()};
        store_ops::Unit unit;
        if (!exchange.received()) unit.emplace_back(exchange.receive_op(std::nullopt));
        unit.emplace_back(answer_op(exchange, answer, clock.now()));
        for (auto& op : answer.also) unit.emplace_back(op);
        auto committed = co_await store.commit(std::move(unit));
        EXPECT_TRUE(committed);
        co_return given;
    }

    Task<HttpResponse> run_part(HttpRequest part) {
        parts.push_back(part);
        auto& exchange = open(std::move(part));
        auto given = co_await through(exchange, route(exchange.request().path));
        co_return given.answer.response;
    }

    const Route& route(const std::string& path) const {
        for (const auto& each : channel.routes) {
            if (each.pattern == path) return each;
        }
        throw std::logic_error("no route " + path);
    }

    Exchange& open(HttpRequest request) {
        Caller caller;
        caller.through = Caller::Through::direct;
        store_ops::Client client;
        client.id = "c0ffee00-0000-4000-8000-00000000000c";
        client.name = "Hilltop hospital";
        client.on_outage = on_outage;
        caller.client = std::make_shared<const store_ops::Client>(std::move(client));
        const auto path = request.path;
        exchanges_.push_back(std::make_unique<Exchange>(std::move(request), std::move(caller), "notification", path,
                                                        clock.steady() + std::chrono::seconds(30),
                                                        Ports{upstream, store, clock, ids}));
        return *exchanges_.back();
    }

    Given send_text(std::string body, HttpHeaders headers = {{"Content-Type", "application/fhir+json"}},
                    const std::string& path = "/fhir", std::string query = "") {
        HttpRequest request{"POST", path, path, std::move(query), std::move(headers), std::move(body), {}};
        auto& exchange = open(std::move(request));
        exchange.part_runner = [this](Exchange&, HttpRequest part) { return run_part(std::move(part)); };
        Runner runner;
        return runner.run(through(exchange, route(path)));
    }
    Given send(const Json& message, HttpHeaders more = {}, const std::string& path = "/fhir") {
        more.set("Content-Type", "application/fhir+json");
        return send_text(dump_json(message), std::move(more), path);
    }

    notification::NotificationDeps deps() {
        notification::NotificationDeps out{
            [this](Exchange&, const VitalEvent& event, opencrvs::NotifyIds) { return notify(event); },
            [this](Exchange&, const VitalEvent& event) { return preview(event); }, "main", hold};
        out.stillbirths_as_death = &as_death;
        return out;
    }

    FakeClock clock;
    FakeIds ids;
    FakeUpstream upstream;
    FakeStore store{clock};
    std::atomic<bool> hold{false}, as_death{false};
    store_ops::OnOutage on_outage = store_ops::OnOutage::queue;
    std::vector<VitalEvent> events;
    std::vector<HttpRequest> parts;
    std::optional<Error> failure, preview_failure;
    int previews = 0;
    ChannelDefinition channel = notification::make_notification_channel(deps());

  private:
    std::vector<std::unique_ptr<Exchange>> exchanges_;
};

Json first_issue(const Json& outcome) {
    return outcome.value("issue", Json::array({Json()}))[0];
}

TEST_F(Fhir, DocumentIsCreated) {
    const auto given = send(fixture("bfdr-birth"), {{"X-Request-Id", "req-1"}});
    EXPECT_EQ(given.status(), 201);
    EXPECT_EQ(given.header("location"), "/notifications/" + given.transaction);
    EXPECT_EQ(given.header("content-type"), "application/fhir+json; charset=utf-8");
    EXPECT_EQ(given.header("x-request-id"), "req-1");
    const auto body = given.body();
    EXPECT_EQ(body["resourceType"], "OperationOutcome");
    EXPECT_EQ(first_issue(body)["details"]["coding"][0]["code"], "TRK1");
    EXPECT_EQ(events.at(0).persons.at(role::mother).names.at(0).family, "Tembo");
    // What was lost is said by element and by field of the form, and never with a value.
    const auto text = dump_json(body);
    EXPECT_NE(text.find("Bundle.entry[2].resource.multipleBirthInteger"), std::string::npos);
    EXPECT_NE(text.find("child.nid"), std::string::npos);
    EXPECT_EQ(text.find("Tembo"), std::string::npos);
    EXPECT_EQ(given.answer.claim, ClaimState::delivered);
}

TEST_F(Fhir, IsAnsweredAgainAsBefore) {
    const auto first = send(fixture("bfdr-birth"));
    const auto again = send(fixture("bfdr-birth"), {}, "/fhir/Bundle");
    EXPECT_EQ(again.status(), 201);
    EXPECT_EQ(again.header("idempotency-replayed"), "true");
    EXPECT_EQ(again.answer.response.body, first.answer.response.body);
    EXPECT_EQ(again.header("location"), "/notifications/" + first.transaction);
    EXPECT_EQ(events.size(), 1u);
}

TEST_F(Fhir, IsQueuedWhileOpenCrvsIsDown) {
    failure = Error{ErrorCode::unavailable, "connection refused", "", std::nullopt};
    const auto given = send(fixture("bfdr-birth"));
    EXPECT_EQ(given.status(), 202);
    EXPECT_EQ(given.header("location"), "/notifications/" + given.transaction);
    EXPECT_NE(first_issue(given.body())["details"]["text"].get<std::string>().find("delivered later"),
              std::string::npos);
}

TEST_F(Fhir, AMessageIsAnsweredByAMessage) {
    for (const auto* path : {"/fhir", "/fhir/$process-message"}) {
        auto message = fixture("message-birth");
        message["entry"][0]["resource"]["id"] = path;
        const auto given = send(message, {}, path);
        EXPECT_EQ(given.status(), 200);
        const auto body = given.body();
        EXPECT_EQ(body["type"], "message");
        const auto& header = body["entry"][0]["resource"];
        EXPECT_EQ(header["response"]["identifier"], path);
        EXPECT_EQ(header["response"]["code"], "ok");
        EXPECT_EQ(header["response"]["details"]["reference"], body["entry"][1]["fullUrl"]);
        EXPECT_EQ(header["destination"][0]["endpoint"], "http://hospital.example.org/fhir");
        EXPECT_EQ(body["entry"][1]["resource"]["resourceType"], "OperationOutcome");
    }
}

TEST_F(Fhir, ARefusedMessageIsAnsweredByAMessage) {
    failure = Error{ErrorCode::bad_request, "OpenCRVS does not have it", std::string(opencrvs::refusal::location),
                    std::nullopt};
    auto given = send(fixture("message-birth"), {}, "/fhir/$process-message");
    EXPECT_EQ(given.status(), 400);
    EXPECT_EQ(given.body()["entry"][0]["resource"]["response"]["code"], "fatal-error");
    EXPECT_EQ(first_issue(given.body()["entry"][1]["resource"])["expression"][0],
              "Bundle.entry[2].resource.entry[6].resource.identifier[0].value");
    failure = Error{ErrorCode::unavailable, "down", "", std::nullopt};
    on_outage = store_ops::OnOutage::refuse;
    given = send(fixture("message-birth"), {}, "/fhir/$process-message");
    EXPECT_EQ(given.status(), 503);
    EXPECT_FALSE(given.header("retry-after").empty());
    EXPECT_EQ(given.body()["entry"][0]["resource"]["response"]["code"], "transient-error");
}

TEST_F(Fhir, OnlyMessagesAreProcessed) {
    const auto given = send(fixture("bfdr-birth"), {}, "/fhir/$process-message");
    EXPECT_EQ(given.status(), 400);
    EXPECT_EQ(first_issue(given.body())["expression"][0], "Bundle.type");
}

TEST_F(Fhir, ATransactionIsAnsweredEntryByEntry) {
    const auto given = send(fixture("plain-birth"));
    EXPECT_EQ(given.status(), 200);
    const auto body = given.body();
    EXPECT_EQ(body["type"], "transaction-response");
    ASSERT_EQ(body["entry"].size(), 7u);
    EXPECT_EQ(body["entry"][3]["response"]["status"], "201 Created");
    EXPECT_EQ(body["entry"][3]["response"]["location"], "/notifications/" + given.transaction);
    EXPECT_EQ(body["entry"][0]["response"]["outcome"]["resourceType"], "OperationOutcome");
}

TEST_F(Fhir, ABatchRunsEachNotificationByItself) {
    auto batch = fixture("several");
    batch["entry"][5]["resource"]["valueQuantity"]["value"] = 9000;
    batch["entry"][9]["resource"]["birthDate"] = "2030";
    const auto given = send(batch, {{"Idempotency-Key", "k"}, {"Prefer", "handling=lenient"}});
    EXPECT_EQ(given.status(), 200);
    EXPECT_EQ(events.size(), 3u);
    ASSERT_EQ(parts.size(), 4u);
    EXPECT_EQ(parts[1].headers.get("idempotency-key"), "k#2");
    const auto body = given.body();
    EXPECT_EQ(body["type"], "batch-response");
    ASSERT_EQ(body["entry"].size(), 12u);
    std::vector<std::string> said;
    for (const auto& entry : body["entry"]) said.push_back(entry["response"]["status"].get<std::string>().substr(0, 3));
    EXPECT_THAT(
        said, testing::ElementsAre("201", "201", "201", "201", "201", "201", "201", "201", "201", "400", "201", "422"));
    EXPECT_EQ(first_issue(body["entry"][9]["response"]["outcome"])["expression"][0],
              "Bundle.entry[9].resource.deceasedDateTime");
    EXPECT_NE(dump_json(body["entry"][1]["response"]["outcome"]).find("Bundle.entry[5].resource.valueQuantity.value"),
              std::string::npos);
    EXPECT_EQ(given.answer.status, TransactionStatus::completed_with_errors);
}

TEST_F(Fhir, ATransactionOfSeveralIsCheckedWholeFirst) {
    auto transaction = fixture("several");
    transaction["type"] = "transaction";
    preview_failure =
        Error{ErrorCode::bad_request, "OpenCRVS does not have it", std::string(opencrvs::refusal::kind), std::nullopt};
    auto given = send(transaction);
    EXPECT_EQ(given.status(), 400);
    EXPECT_EQ(given.body()["resourceType"], "OperationOutcome");
    EXPECT_TRUE(events.empty());
    preview_failure.reset();
    parts.clear();
    given = send(transaction);
    EXPECT_EQ(given.status(), 200);
    EXPECT_EQ(given.body()["type"], "transaction-response");
    EXPECT_EQ(parts.size(), 8u);
    EXPECT_EQ(parts[0].path, "/fhir/$validate");
    EXPECT_EQ(parts[7].path, "/fhir/Bundle");
    EXPECT_EQ(events.size(), 4u);
}

TEST_F(Fhir, ATransactionThatFailsHalfWaySaysThatItMayBeSentAgain) {
    auto transaction = fixture("several");
    transaction["type"] = "transaction";
    on_outage = store_ops::OnOutage::refuse;
    failure = Error{ErrorCode::unavailable, "down", "", std::nullopt};
    auto given = send(transaction);
    EXPECT_EQ(given.status(), 503);
    EXPECT_FALSE(given.header("retry-after").empty());
    EXPECT_EQ(given.body()["resourceType"], "OperationOutcome");
    failure.reset();
    given = send(transaction);
    EXPECT_EQ(given.status(), 200);
    EXPECT_EQ(events.size(), 4u);
    given = send(transaction);
    EXPECT_EQ(given.status(), 200);
    EXPECT_EQ(events.size(), 4u) << "nothing is sent twice";
}

TEST_F(Fhir, ATransactionOfSeveralIsQueuedWhileOpenCrvsIsDown) {
    auto transaction = fixture("several");
    transaction["type"] = "transaction";
    failure = preview_failure = Error{ErrorCode::unavailable, "down", "", std::nullopt};
    const auto given = send(transaction);
    EXPECT_EQ(given.status(), 200);
    EXPECT_EQ(given.body()["entry"][9]["response"]["status"], "202 Accepted");
}

TEST_F(Fhir, ABundleInsideABatchHoldsOne) {
    Json outer{{"resourceType", "Bundle"}, {"type", "batch"}};
    outer["entry"] = Json::array({{{"resource", fixture("several")}}, {{"resource", fixture("bfdr-birth")}}});
    const auto body = send(outer).body();
    EXPECT_EQ(body["entry"][0]["response"]["status"], "400 Bad Request");
    EXPECT_EQ(first_issue(body["entry"][0]["response"]["outcome"])["expression"][0], "Bundle.entry[0].resource");
    EXPECT_EQ(body["entry"][1]["response"]["status"], "201 Created");
}

TEST_F(Fhir, AnUnsoundEntryOfABatchFailsAlone) {
    auto batch = fixture("plain-birth");
    batch["type"] = "batch";
    batch["entry"].push_back({{"request", {{"method", "GET"}, {"url", "Patient/1"}}}});
    batch["entry"].push_back("x");
    const auto body = send(batch).body();
    EXPECT_EQ(events.size(), 1u);
    EXPECT_EQ(body["type"], "batch-response");
    ASSERT_EQ(body["entry"].size(), 9u);
    EXPECT_EQ(body["entry"][0]["response"]["status"], "201 Created");
    EXPECT_EQ(body["entry"][7]["response"]["status"], "400 Bad Request");
    EXPECT_EQ(first_issue(body["entry"][7]["response"]["outcome"])["expression"][0], "Bundle.entry[7].request.method");
    EXPECT_EQ(first_issue(body["entry"][8]["response"]["outcome"])["expression"][0], "Bundle.entry[8]");
    batch["entry"] = Json::array({"x", 1});
    EXPECT_EQ(send(batch).body()["entry"][1]["response"]["status"], "400 Bad Request");
}

TEST_F(Fhir, AStrictTransactionLosesNoEntry) {
    auto transaction = fixture("several");
    transaction["type"] = "transaction";
    const auto given = send(transaction, {{"Prefer", "handling=strict"}});
    EXPECT_EQ(given.status(), 422);
    EXPECT_EQ(first_issue(given.body())["expression"][0], "Bundle.entry[11]");
    EXPECT_TRUE(events.empty());
}

TEST_F(Fhir, ValidatesAndSendsNothing) {
    const auto given = send(fixture("bfdr-birth"), {}, "/fhir/$validate");
    EXPECT_EQ(given.status(), 200);
    EXPECT_EQ(given.body()["resourceType"], "OperationOutcome");
    EXPECT_GT(given.body()["issue"].size(), 3u);
    EXPECT_TRUE(events.empty());
    EXPECT_EQ(previews, 1);
    const auto several = send(fixture("several"), {}, "/fhir/$validate");
    EXPECT_EQ(several.status(), 200);
    EXPECT_EQ(several.body()["entry"][0]["response"]["status"], "200 OK");
    EXPECT_TRUE(events.empty());
}

TEST_F(Fhir, ADryRunIsAValidation) {
    const HttpHeaders fhir{{"Content-Type", "application/fhir+json"}};
    for (const char* message : {"bfdr-birth", "several"}) {
        const auto text = dump_json(fixture(message));
        const auto dry = send_text(text, fhir, "/fhir", "dry-run");
        EXPECT_EQ(dry.status(), 200);
        EXPECT_EQ(dry.body(), send_text(text, fhir, "/fhir/$validate").body());
    }
    EXPECT_TRUE(events.empty());
}

TEST_F(Fhir, WarnsOfWhatHasNoDocument) {
    const auto given = send(fixture("plain-death"));
    EXPECT_EQ(given.status(), 201);
    EXPECT_NE(given.answer.response.body.find("send a document"), std::string::npos);
    const auto bare = send(fixture("bare-death"));
    EXPECT_EQ(bare.status(), 201);
    EXPECT_NE(bare.answer.response.body.find("Patient.managingOrganization"), std::string::npos);
}

TEST_F(Fhir, HonoursPreferences) {
    EXPECT_EQ(send(fixture("bfdr-birth"), {{"Prefer", "return=minimal"}}).answer.response.body, "");
    auto other = fixture("vrdr-death");
    EXPECT_EQ(send(other, {{"Prefer", "return=representation"}}).body(), other);
    auto strict = fixture("message-birth");
    const auto refused = send(strict, {{"Prefer", "respond-async; handling=strict"}});
    EXPECT_EQ(refused.status(), 422);
    EXPECT_EQ(events.size(), 2u);
    const auto async = send(fixture("plain-death"), {{"Prefer", "respond-async"}});
    EXPECT_EQ(async.status(), 202);
    EXPECT_EQ(async.header("content-location"), "/notifications/" + async.transaction);
}

TEST_F(Fhir, CreatesOnlyWhatIsNotThere) {
    constexpr auto identifier = "identifier=urn:ietf:rfc:3986|urn:uuid:d0c00000-0000-4000-8000-0000000000b1";
    auto document = fixture("bfdr-birth");
    EXPECT_EQ(send(document, {{"If-None-Exist", identifier}}).status(), 201);
    document["entry"][7]["resource"]["valueQuantity"]["value"] = 3200;
    EXPECT_EQ(send(document).status(), 409);
    const auto existing = send(document, {{"If-None-Exist", identifier}});
    EXPECT_EQ(existing.status(), 200);
    EXPECT_EQ(first_issue(existing.body())["details"]["coding"][0]["code"], "TRK1");
    EXPECT_EQ(events.size(), 1u);
    for (const auto* other : {"identifier=http://x|1", "name=Tembo", "identifier=http://x|1&gender=male"}) {
        const auto refused = send(document, {{"If-None-Exist", other}});
        EXPECT_EQ(refused.status(), 400);
        EXPECT_EQ(first_issue(refused.body())["location"][0], "http.If-None-Exist");
    }
}

struct Negotiated {
    const char* label;
    HttpHeaders headers;
    const char* query;
    int status;
};
class Negotiation : public Fhir, public testing::WithParamInterface<Negotiated> {};

TEST_P(Negotiation, IsAnswered) {
    const auto given = send_text(dump_json(fixture("bfdr-birth")), GetParam().headers, "/fhir", GetParam().query);
    EXPECT_EQ(given.status(), GetParam().status);
    EXPECT_EQ(given.body()["resourceType"], "OperationOutcome");
    EXPECT_EQ(given.header("content-type"), "application/fhir+json; charset=utf-8");
}

INSTANTIATE_TEST_SUITE_P(
    Types, Negotiation,
    testing::Values(
        Negotiated{"fhir_json", {{"Content-Type", "application/fhir+json; charset=UTF-8"}}, "", 201},
        Negotiated{"json", {{"Content-Type", "application/json"}, {"Accept", "application/json"}}, "", 201},
        Negotiated{"anything", {{"Content-Type", "application/json"}, {"Accept", "text/html, */*;q=0.1"}}, "", 201},
        Negotiated{"xml", {{"Content-Type", "application/fhir+xml"}}, "", 415},
        Negotiated{"latin", {{"Content-Type", "application/fhir+json; charset=latin1"}}, "", 415},
        Negotiated{"wants_xml", {{"Content-Type", "application/json"}, {"Accept", "application/fhir+xml"}}, "", 406},
        Negotiated{"format_xml", {{"Content-Type", "application/json"}, {"Accept", "*/*"}}, "_format=xml", 406},
        Negotiated{"format_json",
                   {{"Content-Type", "application/json"}, {"Accept", "text/html"}},
                   "_format=application/fhir+json",
                   201}),
    [](const auto& row) { return row.param.label; });

struct Broken {
    const char* label;
    const char* body;
    const char* code;
    const char* expression;
};
class BrokenText : public Fhir, public testing::WithParamInterface<Broken> {};

TEST_P(BrokenText, IsRefusedWithItsPlace) {
    const auto given = send_text(GetParam().body);
    EXPECT_EQ(given.status(), 400);
    const auto issue = first_issue(given.body());
    EXPECT_EQ(issue["severity"], "error");
    EXPECT_EQ(issue["code"], GetParam().code);
    EXPECT_EQ(issue.value("expression", Json::array({""}))[0], GetParam().expression);
    EXPECT_EQ(given.answer.response.body.find("Ruth"), std::string::npos);
    EXPECT_TRUE(events.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, BrokenText,
    testing::Values(
        Broken{"empty", "", "structure", ""}, Broken{"xml", "<Bundle/>", "structure", ""},
        Broken{"cut_off", R"({"resourceType":"Bundle","type":"document","entry":[{"resource":{"name":"Ruth)", "value",
               "Bundle.entry[0].resource.name"},
        Broken{"twice", R"({"resourceType":"Bundle","type":"a","type":"b"})", "value", "Bundle.type"},
        Broken{"text", R"("Ruth")", "value", "Bundle"},
        Broken{"no_type", R"({"name":"Ruth"})", "required", "Bundle.resourceType"},
        Broken{"empty_bundle", R"({"resourceType":"Bundle","type":"transaction","entry":[]})", "value", "Bundle.entry"},
        Broken{"other_resource", R"({"resourceType":"Observation","status":"final"})", "value", "Observation"}),
    [](const auto& row) { return row.param.label; });

TEST_F(Fhir, StillbirthsFollowThePolicy) {
    failure = Error{ErrorCode::bad_request, "OpenCRVS has no form for this kind of event",
                    std::string(opencrvs::refusal::kind), std::nullopt};
    const auto refused = send(fixture("stillbirth"));
    EXPECT_EQ(refused.status(), 400);
    EXPECT_NE(first_issue(refused.body())["details"]["text"].get<std::string>().find("stillbirth"), std::string::npos);
    EXPECT_EQ(first_issue(refused.body())["expression"][0], "Bundle.entry[0].resource.type");
    failure.reset();
    as_death = true;
    EXPECT_EQ(send(fixture("stillbirth")).status(), 201);
    EXPECT_EQ(events.at(0).kind, VitalKind::death);
    EXPECT_EQ(events.at(0).persons.at(role::deceased).birth_date, "2026-02-20");
    EXPECT_EQ(events.at(0).date, "2026-02-20");
    EXPECT_FALSE(events.at(0).persons.contains(role::child));
}

TEST(FhirMetadata, IsComposedOfTheRoutesOfAllChannels) {
    std::atomic<bool> hold{false};
    std::vector<ChannelDefinition> channels{
        notification::make_notification_channel({{}, {}, "main", hold, nullptr, nullptr})};
    ChannelDefinition later;
    later.name = "search";
    later.routes = {{"POST", "/fhir/Patient/_search", "", {}, {}, {}},
                    {"GET", "/fhir/Subscription/{id}", "", {}, {}, {}},
                    {"GET", "/fhir/Subscription/{id}/$events", "", {}, {}, {}}};
    channels.push_back(later);
    const auto told = notification::capability_statement(channels);
    EXPECT_EQ(told["fhirVersion"], "4.0.1");
    std::vector<std::string> types;
    for (const auto& each : told["rest"][0]["resource"]) types.push_back(each["type"]);
    EXPECT_THAT(types, testing::ElementsAre("Bundle", "Patient", "Subscription"));
    EXPECT_EQ(told["rest"][0]["resource"][1]["interaction"][0]["code"], "search-type");
    const auto& subscription = told["rest"][0]["resource"][2];
    EXPECT_EQ(subscription["interaction"], parse_json(R"([{"code":"read"}])").value());
    EXPECT_EQ(subscription["operation"][0]["name"], "events");
    EXPECT_EQ(subscription["operation"][0]["definition"],
              "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-events");
    EXPECT_TRUE(subscription.contains("supportedProfile"));
    EXPECT_FALSE(told["rest"][0]["resource"][0].contains("operation"));
    EXPECT_EQ(told["rest"][0]["operation"][0]["name"], "validate");
    EXPECT_TRUE(told.contains("messaging"));
    notification::add_fhir_metadata(channels);
    const auto& route = channels[0].routes.back();
    EXPECT_EQ(route.pattern, "/fhir/metadata");
    EXPECT_TRUE(route.allowed.empty()) << "anybody may ask";
    EXPECT_EQ(notification::capability_statement(channels), told);
}

}  // namespace
