// SPDX-License-Identifier: MPL-2.0
#include "app/engine.hpp"

#include "core/json.hpp"
#include "core/redact.hpp"
#include "support/fakes/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>
#include <stdexcept>

using namespace ocm;
using namespace ocm::app;

namespace {

Task<Answer> deliver(Exchange& exchange) {
    auto received = co_await exchange.receive(std::nullopt);
    Answer answer;
    if (!received) {
        answer.response = plain_error(received.error());
        answer.error = received.error();
        co_return answer;
    }
    UpstreamCall call;
    call.name = "Create event";
    call.method = "POST";
    call.url = "http://target/events";
    call.headers = HttpHeaders{{"authorization", "Bearer very-secret"}};
    call.body = R"({"name":"Tala"})";
    call.repeatable = true;
    auto reply = co_await exchange.call(std::move(call), RetryPolicy{});
    if (!reply) {
        answer.response = plain_error(reply.error());
        answer.error = reply.error();
        co_return answer;
    }
    answer.response = json_response(200, R"({"done":true})");
    co_return answer;
}

Task<Answer> take_or_reset(Exchange&) {
    Answer answer;
    answer.response = json_response(200, "{}");
    answer.reset_unless_recorded = true;
    co_return answer;
}

Task<Answer> call_too_early(Exchange& exchange) {
    UpstreamCall call;
    auto reply = co_await exchange.call(std::move(call), RetryPolicy{});
    Answer answer;
    answer.response = reply ? json_response(200, "{}") : plain_error(reply.error());
    co_return answer;
}

Task<Answer> throw_a_bug(Exchange&) {
    throw std::logic_error("Ruth Mwansa");
    co_return Answer{};
}

/// Two messages in one: each is run as a part of it.
Task<Answer> both(Exchange& exchange) {
    auto received = co_await exchange.receive(std::nullopt);
    Answer answer;
    Json statuses = Json::array();
    for (const char* path : {"/notification", "/search", "/bug"}) {
        HttpRequest part;
        part.method = "POST";
        part.path = part.target = path;
        part.headers = exchange.request().headers;
        part.body = R"({"name":"Tala"})";
        auto answered = co_await exchange.run_part(std::move(part));
        statuses.push_back(answered.status);
        statuses.push_back(parse_json(answered.body).has_value());
    }
    answer.response = json_response(received ? 200 : 500, dump_json(statuses));
    co_return answer;
}

Task<Answer> nested(Exchange& exchange) {
    HttpRequest part;
    part.method = "POST";
    part.path = part.target = exchange.part_runner ? "/nested" : "/notification";
    auto answered = co_await exchange.run_part(std::move(part));
    Answer answer;
    answer.response = json_response(answered.status, "{}");
    co_return answer;
}

Task<bool> record(Engine& engine) {
    co_await engine.record_pending();
    co_return true;
}

constexpr const char* client_id = "0198c1f2-7c1a-7000-8000-000000000001";

struct EngineTest : testing::Test {
    fakes::FakeClock clock;
    fakes::FakeIds ids;
    fakes::FakeUpstream upstream;
    fakes::FakeStore store{clock};
    fakes::Runner runner;
    Metrics metrics;
    std::string key = make_client_key(client_id);
    Engine engine{channels(), Ports{upstream, store, clock, ids}, metrics};

    EngineTest() {
        EngineSettings settings;
        settings.mediator_urn = "urn:mediator:test";
        settings.path_prefix = "/crvs";
        settings.peers.addresses = {"10.0.0.1"};
        settings.enabled_channels = {"notification"};
        engine.apply(std::make_shared<const EngineSettings>(settings));
        store_ops::Client client;
        client.id = client_id;
        client.name = "hospital";
        client.openhim_client = "hospital-core";
        client.key_sha256 = hash_client_key(key);
        engine.set_clients(std::make_shared<const ClientDirectory>(std::vector{client}));
        upstream.answer = [](const UpstreamCall&) { return Result<UpstreamReply>(UpstreamReply{200, {}, "{}"}); };
    }

    static std::vector<ChannelDefinition> channels() {
        const auto notification = store_ops::ClientKind::event_notification;
        const auto search = store_ops::ClientKind::record_search;
        return {{"notification",
                 "Notification",
                 "",
                 "r",
                 {{"POST", "/notification", "", {notification}, deliver, plain_error},
                  {"POST", "/take", "", {notification}, take_or_reset, plain_error},
                  {"POST", "/early", "", {notification}, call_too_early, plain_error},
                  {"POST", "/bug", "", {notification}, throw_a_bug, plain_error},
                  {"POST", "/both", "", {notification}, both, plain_error},
                  {"POST", "/nested", "", {notification}, nested, plain_error},
                  {"POST", "/search", "", {search}, deliver, plain_error}}},
                {"later", "Later", "", "r", {{"POST", "/later", "", {notification}, deliver, plain_error}}}};
    }

    HttpRequest direct(std::string path) const {
        HttpRequest request;
        request.method = "POST";
        request.path = request.target = std::move(path);
        request.headers = HttpHeaders{{"x-api-key", key}, {"content-type", "application/json"}};
        request.body = R"({"name":"Tala"})";
        request.peer.address = "192.0.2.1";
        return request;
    }

    HttpRequest from_core(std::string path) const {
        auto request = direct(std::move(path));
        request.headers = HttpHeaders{{"X-OpenHIM-TransactionID", "aaaaaaaaaaaaaaaaaaaaaaaa"},
                                      {"X-OpenHIM-ClientID", "hospital-core"},
                                      {"parentid", "bbbbbbbbbbbbbbbbbbbbbbbb"}};
        request.peer.address = "10.0.0.1";
        return request;
    }

    HttpResponse ask(HttpRequest request) { return runner.run(engine.handle(std::move(request))); }
};

}  // namespace

TEST_F(EngineTest, RecordsBeforeTheEffectAndBeforeTheAnswer) {
    const auto response = ask(direct("/notification"));
    EXPECT_EQ(response.status, 200);
    EXPECT_FALSE(response.headers.get("x-transaction-id").empty());
    ASSERT_EQ(store.ops.size(), 3u);
    EXPECT_TRUE(std::holds_alternative<store_ops::Receive>(store.ops[0]));
    EXPECT_TRUE(std::holds_alternative<store_ops::Attempt>(store.ops[1]));
    EXPECT_TRUE(std::holds_alternative<store_ops::Answer>(store.ops[2]));
    const auto received = store.all<store_ops::Receive>().front();
    EXPECT_EQ(received.route, "/notification");
    EXPECT_EQ(received.client, client_id);
    EXPECT_EQ(received.caller, "direct");
}

TEST_F(EngineTest, WhatIsRecordedHoldsNoCredential) {
    ask(direct("/notification"));
    const auto received = store.all<store_ops::Receive>().front();
    for (const auto& part : received.parts) {
        EXPECT_EQ(part.bytes.find(key), std::string::npos) << part.name;
    }
    EXPECT_EQ(store.all<store_ops::Attempt>().front().step.headers.get("authorization"), redacted);
}

TEST_F(EngineTest, OpenHimGetsItsEnvelopeAndOthersThePlainAnswer) {
    const auto response = ask(from_core("/crvs/notification"));
    EXPECT_EQ(response.headers.get("content-type"), "application/json+openhim");
    const auto envelope = parse_json(response.body);
    ASSERT_TRUE(envelope);
    EXPECT_EQ((*envelope)["status"], "Successful");
    EXPECT_EQ((*envelope)["orchestrations"][0]["name"], "Create event");
    EXPECT_EQ((*envelope)["orchestrations"][0]["request"]["headers"]["authorization"], "[redacted]");
    const auto received = store.all<store_ops::Receive>().front();
    EXPECT_EQ(received.openhim_transaction, "aaaaaaaaaaaaaaaaaaaaaaaa");
    EXPECT_EQ(received.openhim_parent, "bbbbbbbbbbbbbbbbbbbbbbbb");
    EXPECT_EQ(ask(direct("/notification")).body, R"({"done":true})");
}

TEST_F(EngineTest, EachMessageInAMessageIsATransactionOfItsOwn) {
    const auto response = ask(from_core("/crvs/both"));
    const auto envelope = parse_json(response.body);
    ASSERT_TRUE(envelope);
    EXPECT_EQ((*envelope)["response"]["body"], "[200,true,403,true,500,true]");
    EXPECT_EQ((*envelope)["orchestrations"].size(), 1u) << "what a part called is shown with the whole";
    const auto received = store.all<store_ops::Receive>();
    ASSERT_EQ(received.size(), 4u);
    EXPECT_EQ(received[0].route, "/both");
    EXPECT_EQ(received[0].openhim_transaction, "aaaaaaaaaaaaaaaaaaaaaaaa");
    EXPECT_EQ(received[1].route, "/notification");
    EXPECT_EQ(received[1].client, client_id);
    EXPECT_EQ(received[1].caller, "openhim");
    EXPECT_EQ(received[1].openhim_transaction, "") << "its end is not the whole's end";
    EXPECT_EQ(received[1].openhim_parent, "");
    ASSERT_EQ(received[1].parts.size(), 3u);
    EXPECT_NE(received[1].parts[1].bytes.find("mediator-part-of: " + received[0].transaction), std::string::npos);
    const auto attempts = store.all<store_ops::Attempt>();
    ASSERT_EQ(attempts.size(), 1u);
    EXPECT_EQ(attempts[0].transaction, received[1].transaction);
    EXPECT_EQ(store.all<store_ops::Answer>().size(), 4u);
}

TEST_F(EngineTest, APartHoldsNoParts) {
    EXPECT_EQ(ask(direct("/nested")).status, 500);
    EXPECT_TRUE(upstream.calls.empty());
}

TEST_F(EngineTest, NoCallGoesOutBeforeTheRecord) {
    EXPECT_EQ(ask(direct("/early")).status, 500);
    EXPECT_TRUE(upstream.calls.empty());
}

TEST_F(EngineTest, WithoutARecordNothingIsDone) {
    store.failures = {Error{ErrorCode::storage, "disk full", "", {}}, Error{ErrorCode::storage, "disk full", "", {}}};
    const auto response = ask(direct("/notification"));
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(upstream.calls.empty());
    EXPECT_EQ(engine.unrecorded(), 0u) << "nothing was done, so nothing is owed";
}

TEST_F(EngineTest, ACallerWhoTakesAnyAnswerForReceivedGetsNone) {
    EXPECT_FALSE(ask(direct("/take")).reset);
    store.failures = {Error{ErrorCode::storage, "disk full", "", {}}};
    EXPECT_TRUE(ask(direct("/take")).reset);
    EXPECT_EQ(engine.unrecorded(), 0u) << "nothing was done: it comes again";
}

TEST_F(EngineTest, AnAnswerThatCannotBeRecordedDoesNotLeaveAndIsRecordedLater) {
    upstream.answer = [this](const UpstreamCall&) {
        store.failures = {Error{ErrorCode::storage, "disk full", "", {}}};
        return Result<UpstreamReply>(UpstreamReply{200, {}, "{}"});
    };
    const auto response = ask(direct("/notification"));
    EXPECT_EQ(response.status, 503);
    EXPECT_FALSE(response.headers.get("retry-after").empty());
    EXPECT_EQ(engine.unrecorded(), 1u);
    EXPECT_TRUE(store.all<store_ops::Answer>().empty());
    runner.run(record(engine));
    EXPECT_EQ(engine.unrecorded(), 0u);
    EXPECT_EQ(store.all<store_ops::Answer>().front().http_status, 200);
}

TEST_F(EngineTest, RefusalsAreRecordedWithoutTheirBody) {
    auto stranger = direct("/notification");
    stranger.headers = {};
    const auto response = ask(stranger);
    EXPECT_EQ(response.status, 401);
    EXPECT_FALSE(response.headers.get("www-authenticate").empty());
    const auto received = store.all<store_ops::Receive>().front();
    for (const auto& part : received.parts) EXPECT_NE(part.name, "request.body");
    EXPECT_EQ(store.all<store_ops::Answer>().front().error_code, "unauthenticated");

    EXPECT_EQ(ask(direct("/nothing")).status, 404);
    auto wrong_method = direct("/notification");
    wrong_method.method = "GET";
    const auto not_taken = ask(wrong_method);
    EXPECT_EQ(not_taken.status, 405);
    EXPECT_EQ(not_taken.headers.get("allow"), "POST");
    EXPECT_EQ(ask(direct("/search")).status, 403);
    EXPECT_EQ(store.all<store_ops::Answer>().size(), 4u);
}

TEST_F(EngineTest, TheReasonOfA401IsForTheAdministratorOnly) {
    auto request = from_core("/crvs/notification");
    request.headers.set("X-OpenHIM-ClientID", "stranger");
    const auto envelope = parse_json(ask(request).body);
    ASSERT_TRUE(envelope);
    EXPECT_EQ((*envelope)["response"]["status"], 401);
    EXPECT_NE((*envelope)["properties"]["refused"].get<std::string>().find("not linked"), std::string::npos);
    EXPECT_EQ((*envelope)["response"]["body"].get<std::string>().find("linked"), std::string::npos);
    EXPECT_FALSE(envelope->contains("error"));
}

TEST_F(EngineTest, TheLogSaysWhyACallWasTurnedAway) {
    std::ostringstream lines;
    const auto before = spdlog::default_logger();
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(lines)));
    auto request = direct("/notification");
    request.headers = {{"X-Api-Key", "ocm1.00000000-0000-4000-8000-00000000000f.planted"}};
    ask(request);
    ask(direct("/notification"));
    spdlog::set_default_logger(before);
    const auto text = lines.str();
    EXPECT_NE(text.find("POST 401 0 ms: the client is not known\n"), std::string::npos) << text;
    EXPECT_NE(text.find("POST 200 0 ms\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("planted"), std::string::npos);
}

TEST_F(EngineTest, AChannelThatIsOffAsksToComeAgain) {
    const auto response = ask(direct("/later"));
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.headers.get("retry-after"), "60");
    EXPECT_TRUE(upstream.calls.empty());
}

TEST_F(EngineTest, ABugIsA500ThatTellsNothing) {
    const auto response = ask(direct("/bug"));
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body.find("Mwansa"), std::string::npos);
    EXPECT_EQ(store.all<store_ops::Answer>().front().http_status, 500);
}

TEST_F(EngineTest, TransientFailuresAreRepeatedAndEachAttemptIsAnOrchestration) {
    int calls = 0;
    upstream.answer = [&calls](const UpstreamCall&) {
        return ++calls < 3 ? Result<UpstreamReply>(UpstreamReply{503, {}, ""})
                           : Result<UpstreamReply>(UpstreamReply{200, {}, "{}"});
    };
    const auto envelope = parse_json(ask(from_core("/crvs/notification")).body);
    ASSERT_TRUE(envelope);
    EXPECT_EQ((*envelope)["orchestrations"].size(), 3u);
    EXPECT_EQ(clock.slept.size(), 2u);
    EXPECT_EQ(store.all<store_ops::Attempt>().size(), 3u);
}

TEST_F(EngineTest, WhatTheServerRefusedIsRecordedInTheRoutesOwnFormat) {
    auto request = direct("/notification");
    request.body.clear();
    const auto response = runner.run(engine.refuse(std::move(request), 413, "the body is larger than 10 MiB"));
    EXPECT_EQ(response.status, 413);
    EXPECT_EQ(store.all<store_ops::Receive>().front().route, "/notification");
    EXPECT_EQ(store.all<store_ops::Answer>().front().error_code, "too_large");
}
