// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/inbound.hpp"

#include "core/json.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "support/fakes/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::fakes;
using namespace ocm::webhook;

namespace {

constexpr const char* sha_secret = "d04aec67-1ef4-467a-a5a8-fa5c89ad71ce";
constexpr const char* path_secret = "b3dc1f3e7a_forwarded-copies";
constexpr const char* hooks = "/public/webhooks/opencrvs";
constexpr const char* record = "c0de0000-0000-4000-8000-000000000001";

std::string delivery() {
    return R"({"timestamp":"2026-01-02T03:04:05.678Z","id":"6f1f2c1e-0000-4000-8000-000000000001","event":{"hub":)"
           R"({"topic":"BIRTH_REGISTERED"},"context":[{"resourceType":"Bundle","type":"document","entry":[{"resource":)"
           R"({"resourceType":"Task","focus":{"reference":"Composition/c0de0000-0000-4000-8000-000000000001"}}}]}]}})";
}
std::string document() {
    return R"({"id":"c0de0000-0000-4000-8000-000000000001","type":"birth","actions":[{"id":"a","type":"REGISTER"}]})";
}

class Inbound : public testing::Test {
  protected:
    InboundDeps deps() const {
        InboundDeps out;
        out.target = "national";
        out.sha_secret = sha_secret;
        out.topics = {"BIRTH_REGISTERED", "DEATH_REGISTERED"};
        out.forwarded_secret = path_secret;
        out.forwarded_peer = [](const std::string& address) { return address == "10.1.2.3"; };
        return out;
    }

    static Task<Answer> through(Exchange& exchange, const Route& route) {
        auto answer = co_await route.handler(exchange);
        co_return answer;
    }

    /// Runs the route of a path; `exchange` is what it ran in.
    Answer ask(const std::string& method, const std::string& path, std::string query, HttpHeaders headers,
               std::string body, const std::string& address = "10.1.2.3") {
        const auto channels = std::vector{make_inbound_channel(given)};
        const auto match = match_route(channels, "/crvs", method, path);
        EXPECT_TRUE(match) << path;
        HttpRequest request{method, path, path, std::move(query), std::move(headers), std::move(body), {}};
        request.peer.address = address;
        exchange =
            std::make_unique<Exchange>(std::move(request), Caller{}, "webhook-inbound", match->route->pattern,
                                       clock.steady() + std::chrono::seconds(10), Ports{upstream, store, clock, ids});
        exchange->path_values = match->values;
        Runner runner;
        return runner.run(through(*exchange, *match->route));
    }
    Answer deliver(std::string body, const std::string& signature) {
        HttpHeaders headers{{"Content-Type", "application/json"}};
        if (!signature.empty()) headers.add("X-Hub-Signature", signature);
        return ask("POST", hooks, "", std::move(headers), std::move(body));
    }
    Answer forward(const std::string& secret, std::string body, const std::string& address = "10.1.2.3") {
        return ask("POST", "/public/forwarded-actions/" + secret, "", {{"Content-Type", "application/json"}},
                   std::move(body), address);
    }
    static const store_ops::Enqueue& queued(const Answer& answer) {
        return std::get<store_ops::Enqueue>(answer.also.at(0));
    }

    FakeClock clock;
    FakeIds ids;
    FakeUpstream upstream;
    FakeStore store{clock};
    InboundDeps given = deps();
    std::unique_ptr<Exchange> exchange;
};

TEST_F(Inbound, AnswersAChallengeDecodedOnce) {
    const auto answer =
        ask("GET", hooks, "mode=subscribe&challenge=q0v1%2B%2FaZ%253D%3D%3D&topic=BIRTH_REGISTERED", {}, "");
    EXPECT_EQ(answer.response.status, 200);
    EXPECT_EQ(answer.response.body, R"({"challenge":"q0v1+/aZ%3D=="})");
    EXPECT_TRUE(answer.also.empty());
}

struct Question {
    const char* name;
    const char* query;
    int status;
    const char* body;
};
class OtherQuestions : public Inbound, public testing::WithParamInterface<Question> {};

TEST_P(OtherQuestions, AreNotAnsweredWithTheChallenge) {
    const auto answer = ask("GET", hooks, GetParam().query, {}, "");
    EXPECT_EQ(answer.response.status, GetParam().status);
    EXPECT_EQ(answer.response.body, GetParam().body);
}

constexpr const char* not_asked = R"({"error":"not_found","message":"this mediator did not ask for that topic"})";
constexpr const char* no_question =
    R"({"error":"bad_request","message":"mode=subscribe, challenge and topic are needed, as OpenCRVS sends them"})";

INSTANTIATE_TEST_SUITE_P(
    Webhook, OtherQuestions,
    testing::Values(Question{"other_topic", "mode=subscribe&challenge=abc&topic=BIRTH_CORRECTED", 404, not_asked},
                    Question{"unknown_topic", "mode=subscribe&challenge=abc&topic=X", 404, not_asked},
                    Question{"other_mode", "mode=unsubscribe&challenge=abc&topic=BIRTH_REGISTERED", 400, no_question},
                    Question{"no_challenge", "mode=subscribe&topic=BIRTH_REGISTERED", 400, no_question},
                    Question{"empty_challenge", "mode=subscribe&challenge=&topic=BIRTH_REGISTERED", 400, no_question},
                    Question{"no_topic", "mode=subscribe&challenge=abc", 400, no_question},
                    Question{"as_websub", "hub.mode=subscribe&hub.challenge=abc&hub.topic=BIRTH_REGISTERED", 400,
                             no_question},
                    Question{"nothing", "", 400, no_question}),
    [](const auto& row) { return row.param.name; });

TEST_F(Inbound, QueuesASignedDeliveryWithItsAnswer) {
    const auto answer = deliver(delivery(), opencrvs_v1::hub_signature(sha_secret, delivery()));
    EXPECT_EQ(answer.response.status, 200);
    EXPECT_EQ(answer.response.body, "{}");
    EXPECT_EQ(answer.status, TransactionStatus::processing);
    EXPECT_TRUE(answer.reset_unless_recorded);
    ASSERT_EQ(answer.also.size(), 1U);
    const auto& op = queued(answer);
    EXPECT_EQ(op.kind, "heard");
    EXPECT_EQ(op.destination, "heard:national");
    EXPECT_EQ(op.order_key, record);
    EXPECT_EQ(op.transaction, exchange->id());
    EXPECT_EQ(op.due, clock.now());
    const auto kept = read_heard(op.payload);
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->heard, Heard::webhook);
    EXPECT_EQ(kept->body, delivery()) << "byte for byte";
    EXPECT_FALSE(exchange->received()) << "one commit holds the message, its answer and its work";
}

TEST_F(Inbound, TakesWhatIsSignedEvenIfItCannotBeRead) {
    const auto answer = deliver("no JSON", opencrvs_v1::hub_signature(sha_secret, "no JSON"));
    EXPECT_EQ(answer.response.status, 200);
    EXPECT_EQ(queued(answer).order_key, "");
}

TEST_F(Inbound, RefusesWhatIsNotSignedByTheTarget) {
    const auto right = opencrvs_v1::hub_signature(sha_secret, delivery());
    const auto written_anew = parse_json(delivery());
    ASSERT_TRUE(written_anew);
    const std::string unsigned_text = R"({"error":"unauthenticated","message":"the delivery is not signed"})";
    const std::string forged_text = R"({"error":"unauthenticated","message":"the signature is not that of this body"})";
    struct Row {
        std::string body, signature, answer;
    };
    for (const auto& row : {Row{delivery(), "", unsigned_text}, Row{delivery() + " ", right, forged_text},
                            Row{pretty_json(*written_anew), right, forged_text},
                            Row{delivery(), opencrvs_v1::hub_signature("another", delivery()), forged_text},
                            Row{delivery(), right.substr(7), forged_text}, Row{delivery(), "sha256=", forged_text}}) {
        const auto answer = deliver(row.body, row.signature);
        EXPECT_EQ(answer.response.status, 401);
        EXPECT_EQ(answer.response.body, row.answer);
        EXPECT_FALSE(answer.response.reset);
        EXPECT_TRUE(answer.also.empty());
        EXPECT_FALSE(exchange->keeps_bodies) << "nothing is kept of a body from someone we do not know";
        ASSERT_TRUE(answer.error);
        EXPECT_EQ(answer.error->code, ErrorCode::unauthenticated);
    }
    given.sha_secret.clear();
    EXPECT_EQ(deliver(delivery(), opencrvs_v1::hub_signature("", delivery())).response.status, 401);
}

TEST_F(Inbound, QueuesAForwardedAction) {
    auto answer = forward(path_secret, document());
    EXPECT_EQ(answer.response.status, 200);
    EXPECT_EQ(answer.response.body, "{}");
    EXPECT_EQ(queued(answer).destination, "confirm:national");
    EXPECT_EQ(queued(answer).order_key, record);
    EXPECT_EQ(queued(answer).due, clock.now() + std::chrono::seconds(1)) << "OpenCRVS has not stored it yet";
    EXPECT_EQ(read_heard(queued(answer).payload)->heard, Heard::forwarded);
    given.finality = Finality::optimistic;
    answer = forward(path_secret, document());
    EXPECT_EQ(queued(answer).due, clock.now());
}

TEST_F(Inbound, RefusesForwardedActionsOfOthers) {
    const std::string no_event =
        R"({"error":"bad_request","message":"this is not an event of OpenCRVS: it has no id or no actions"})";
    struct Row {
        std::string secret, body, address;
        int status;
        std::string answer;
    };
    const std::string nothing = R"({"error":"not_found","message":"there is nothing at this path"})";
    for (const auto& row : {
             Row{"wrong", document(), "10.1.2.3", 404, nothing},
             Row{std::string(path_secret) + "x", document(), "10.1.2.3", 404, nothing},
             Row{path_secret, document(), "10.1.2.4", 403,
                 R"({"error":"forbidden","message":"forwarded actions are not taken from this address"})"},
             Row{path_secret, "{", "10.1.2.3", 400, ""},
             Row{path_secret, R"({"id":"x","actions":[]})", "10.1.2.3", 400, no_event},
             Row{path_secret, R"({"id":"c0de0000-0000-4000-8000-000000000001"})", "10.1.2.3", 400, no_event},
             Row{path_secret, "[]", "10.1.2.3", 400, no_event},
         }) {
        const auto answer = forward(row.secret, row.body, row.address);
        EXPECT_EQ(answer.response.status, row.status);
        if (!row.answer.empty()) {
            EXPECT_EQ(answer.response.body, row.answer);
        }
        EXPECT_TRUE(answer.also.empty());
        EXPECT_FALSE(exchange->keeps_bodies);
    }
    given.forwarded_secret.clear();
    EXPECT_EQ(forward(path_secret, document()).response.status, 404);
    given = deps();
    given.forwarded_peer = nullptr;
    EXPECT_EQ(forward(path_secret, document()).response.status, 403);
}

TEST_F(Inbound, KeepsThePathSecretOutOfTheRecord) {
    forward(path_secret, document());
    const auto received = exchange->receive_op(std::nullopt);
    EXPECT_EQ(received.route, "/public/forwarded-actions/{secret}");
    for (const auto& part : received.parts) EXPECT_EQ(part.bytes.find(path_secret), std::string::npos) << part.name;
}

TEST_F(Inbound, ResetsWhereAnAnswerWouldCountAsDelivered) {
    const auto channel = make_inbound_channel(given);
    for (const auto& route : channel.routes) {
        for (const auto code : {ErrorCode::unavailable, ErrorCode::internal, ErrorCode::storage}) {
            EXPECT_TRUE(route.render_error(Error{code, "x", "", std::nullopt}).reset);
        }
        EXPECT_FALSE(route.render_error(Error{ErrorCode::too_large, "x", "", std::nullopt}).reset);
        EXPECT_TRUE(route.allowed.empty());
    }
}

TEST(HeardMessages, ReadBackAsTheyWereWritten) {
    for (const auto heard : {Heard::webhook, Heard::forwarded, Heard::trigger, Heard::catch_up}) {
        const auto read = read_heard(write_heard(heard, "a\nb\0c"));
        ASSERT_TRUE(read);
        EXPECT_EQ(read->heard, heard);
        EXPECT_EQ(read->body, "a\nb\0c");
    }
    for (const char* text : {"", "webhook", "nobody\n{}"}) {
        EXPECT_EQ(read_heard(text).error().code, ErrorCode::storage) << text;
    }
}

}  // namespace
