// SPDX-License-Identifier: MPL-2.0
// Tokens through the engine: what is asked for, what is answered, what is kept of it.
#include "app/access_tokens.hpp"
#include "app/engine.hpp"
#include "channels/notification/access.hpp"
#include "formats/opencrvs_v1/answer.hpp"
#include "support/fakes/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::app;

namespace {

constexpr const char* client_id = "0198c1f2-7c1a-7000-8000-000000000001";

Task<Answer> take(Exchange& exchange) {
    Answer answer;
    answer.response = json_response(200, exchange.caller().client->name);
    co_return answer;
}

struct TokenRoute : testing::Test {
    fakes::FakeClock clock;
    fakes::FakeIds ids;
    fakes::FakeUpstream upstream;
    fakes::FakeStore store{clock};
    fakes::Runner runner;
    Metrics metrics;
    std::string key = make_client_key(client_id);
    std::shared_ptr<const AccessTokens> tokens = std::make_shared<const AccessTokens>(signing_key());
    Engine engine{channels(), Ports{upstream, store, clock, ids}, metrics};
    store_ops::Client client;

    TokenRoute() {
        EngineSettings settings;
        settings.mediator_urn = "urn:mediator:test";
        settings.path_prefix = "/crvs";
        settings.peers.addresses = {"10.0.0.1"};
        settings.enabled_channels = {"notification"};
        engine.apply(std::make_shared<const EngineSettings>(settings));
        engine.accept_tokens(tokens);
        client.id = client_id;
        client.name = "hospital";
        client.key_sha256 = hash_client_key(key);
        publish();
    }
    void publish() { engine.set_clients(std::make_shared<const ClientDirectory>(std::vector{client})); }

    static const SigningKey& signing_key() {
        static const auto made = SigningKey::generate();
        return made;
    }

    std::vector<ChannelDefinition> channels() {
        notification::Access access;
        access.grant = [this](const std::string& id, const std::string& secret) -> Result<notification::Granted> {
            const auto clients = engine.clients();
            auto shown = authenticate(*clients, id, secret, clock.now());
            if (!shown) return fail(shown.error());
            return notification::Granted{tokens->issue(*shown, clock.now()), shown->client};
        };
        access.public_key = [this] { return tokens->public_pem(); };
        ChannelDefinition channel{"notification", "Notification", "", "r", notification::access_routes(access)};
        channel.routes.push_back(
            {"POST", "/notification", "", {store_ops::ClientKind::event_notification}, take, opencrvs_v1::refusal});
        return {channel};
    }

    HttpResponse ask(std::string method, const std::string& target, HttpHeaders headers = {}, std::string body = "",
                     std::string address = "192.0.2.1") {
        HttpRequest request;
        request.method = std::move(method);
        request.target = target;
        const auto question = target.find('?');
        request.path = target.substr(0, question);
        if (question != std::string::npos) request.query = target.substr(question + 1);
        request.headers = std::move(headers);
        request.body = std::move(body);
        request.peer.address = std::move(address);
        return runner.run(engine.handle(std::move(request)));
    }
    std::string parameters(const std::string& secret) const {
        return "client_id=" + std::string(client_id) + "&client_secret=" + secret + "&grant_type=client_credentials";
    }
    std::string token() {
        const auto response = ask("POST", "/token?" + parameters(key));
        EXPECT_EQ(response.status, 200) << response.body;
        return std::string(text_member(*parse_json(response.body), "access_token"));
    }
    HttpResponse notify(const std::string& bearer) {
        return ask("POST", "/notification", {{"authorization", "Bearer " + bearer}}, "{}");
    }
    std::string everything_kept() const {
        std::string out;
        for (const auto& op : store.all<store_ops::Receive>()) {
            for (const auto& part : op.parts) out += part.name + "=" + part.bytes + "\n";
        }
        for (const auto& op : store.all<store_ops::Answer>()) {
            for (const auto& part : op.parts) out += part.name + "=" + part.bytes + "\n";
        }
        return out;
    }
};

}  // namespace

TEST_F(TokenRoute, GivesATokenThatOpensTheChannel) {
    const auto response = notify(token());
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hospital");
    EXPECT_EQ(store.all<store_ops::Receive>().front().client, client_id);
}

TEST_F(TokenRoute, HasThreeNamesAndAVersionPrefix) {
    for (const char* path : {"/token", "/auth/token", "/oauth2/client/token", "/v1/token", "/crvs/v1/auth/token"}) {
        EXPECT_EQ(ask("POST", std::string(path) + "?" + parameters(key)).status, 200) << path;
    }
    EXPECT_EQ(ask("GET", "/token").status, 405);
    EXPECT_EQ(ask("POST", "/v1/v1/token").status, 404);
}

TEST_F(TokenRoute, KeepsNoSecretWhereverItCame) {
    const auto form = parameters(key);
    ask("POST", "/token?" + form);
    ask("POST", "/token?" + parameters(key.substr(0, key.size() - 1)));
    ask("POST", "/token?client%5Fsecret=" + key + "&CLIENT_SECRET=" + key);
    ask("POST", "/token", {{"content-type", "application/x-www-form-urlencoded"}}, form);
    ask("POST", "/token", {{"content-type", "application/json"}}, R"({"client_secret":")" + key + "\"}");
    ask("POST", "/token", {{"content-type", "application/xml"}}, "<secret>" + key + "</secret>");
    const auto bearer = token();
    notify(bearer);
    notify(bearer + "x");
    const auto kept = everything_kept();
    EXPECT_EQ(kept.find(key.substr(42, 20)), std::string::npos) << kept;
    EXPECT_EQ(kept.find(bearer), std::string::npos) << kept;
    EXPECT_NE(kept.find("[redacted]"), std::string::npos);
}

TEST_F(TokenRoute, RefusesWhoIsNotAClientInThe1xWay) {
    struct Row {
        std::string id, secret;
    };
    for (const auto& row : {Row{client_id, "wrong"}, Row{"nobody", key}, Row{"", ""}}) {
        const auto response =
            ask("POST", "/token?grant_type=client_credentials&client_id=" + row.id + "&client_secret=" + row.secret);
        EXPECT_EQ(response.status, row.id.empty() ? 400 : 401);
        EXPECT_EQ(response.headers.get("cache-control"), "no-store");
    }
    client.enabled = false;
    publish();
    const auto response = ask("POST", "/token?" + parameters(key));
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(text_member(*parse_json(response.body), "error"), "invalid_client");
}

TEST_F(TokenRoute, ATokenThatIsOverIsRefusedIn1xWords) {
    const auto bearer = token();
    clock.advance(std::chrono::seconds(600));
    auto response = notify(bearer);
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.body, R"({"error":"Unauthorized","message":"Expired token","statusCode":401})");
    EXPECT_TRUE(response.headers.get("www-authenticate").starts_with("Bearer "));
    response = notify("a.b.c");
    EXPECT_EQ(response.body, R"({"error":"Unauthorized","message":"Invalid token","statusCode":401})");
}

TEST_F(TokenRoute, DisablingAClientEndsItsTokens) {
    const auto bearer = token();
    client.enabled = false;
    publish();
    EXPECT_EQ(notify(bearer).status, 401);
    client.enabled = true;
    client.key_sha256 = hash_client_key(make_client_key(client_id));
    publish();
    EXPECT_EQ(notify(bearer).status, 401);
}

TEST_F(TokenRoute, AnotherKindOfClientMayNotNotify) {
    client.kind = store_ops::ClientKind::webhook;
    publish();
    EXPECT_EQ(notify(token()).status, 403);
}

TEST_F(TokenRoute, WorksThroughOpenHim) {
    const HttpHeaders core{{"X-OpenHIM-TransactionID", "aaaaaaaaaaaaaaaaaaaaaaaa"},
                           {"X-OpenHIM-ClientID", "hospital-core"}};
    const auto response = ask("POST", "/crvs/token?" + parameters(key), core, "", "10.0.0.1");
    EXPECT_EQ(response.headers.get("content-type"), "application/json+openhim");
    const auto envelope = *parse_json(response.body);
    EXPECT_EQ(envelope["status"], "Successful");
    EXPECT_EQ(envelope["response"]["status"], 200);
    EXPECT_EQ(response.body.find(key), std::string::npos);
    EXPECT_EQ(store.all<store_ops::Receive>().front().openhim_transaction, "aaaaaaaaaaaaaaaaaaaaaaaa");
}

TEST_F(TokenRoute, ShowsThePublicKey) {
    const auto response = ask("GET", "/.well-known");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, tokens->public_pem());
    EXPECT_TRUE(response.headers.get("content-type").starts_with("text/plain"));
}
