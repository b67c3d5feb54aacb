// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/sandbox.hpp"

#include "support/http_client/http_client.hpp"
#include "support/paths/paths.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace ocm;
using namespace ocm::sandbox;
using namespace std::chrono_literals;

namespace {

constexpr const char* office = "aaaaaaaa-0000-4000-8000-000000000001";

HttpResponse ask(const Sandbox& sandbox, const std::string& method, const std::string& target,
                 const std::string& body = {}, const std::string& token = {},
                 const std::string& type = "application/json") {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    if (!body.empty()) request.headers.set("content-type", type);
    if (!token.empty()) request.headers.set("authorization", "Bearer " + token);
    test::FetchOptions options;
    options.timeout = 2s;
    return test::fetch("127.0.0.1", sandbox.port(), request, options);
}

Json json_of(const HttpResponse& answer) {
    const auto parsed = parse_json(answer.body);
    EXPECT_TRUE(parsed) << answer.body;
    return parsed ? *parsed : Json();
}

std::string credentials(const SystemClient& client) {
    return "client_id=" + client.id + "&client_secret=" + client.secret;
}

std::string token_of(const Sandbox& sandbox, const SystemClient& client = default_client()) {
    const auto answer = ask(sandbox, "POST", "/token?grant_type=client_credentials&" + credentials(client));
    EXPECT_EQ(answer.status, 200);
    return std::string(text_member(json_of(answer), "access_token"));
}

std::string create(const Sandbox& sandbox, const std::string& token, const std::string& transaction) {
    const auto answer = ask(
        sandbox, "POST", "/events/events",
        R"({"type":"birth","transactionId":")" + transaction + R"(","createdAtLocation":")" + office + R"("})", token);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return std::string(text_member(json_of(answer), "id"));
}

HttpResponse notify(const Sandbox& sandbox, const std::string& token, const std::string& id,
                    const std::string& transaction) {
    return ask(sandbox, "POST", "/events/events/" + id + "/notify",
               R"({"transactionId":")" + transaction + R"(","createdAtLocation":")" + office +
                   R"(","declaration":{"child.gender":"female"}})",
               token);
}

void add_fault(const Sandbox& sandbox, const std::string& rule) {
    EXPECT_EQ(ask(sandbox, "POST", "/sandbox/faults", R"({"rules":[)" + rule + "]}").status, 200);
}

}  // namespace

TEST(SandboxAuth, TakesParametersFromFormJsonOrQuery) {
    const Sandbox sandbox;
    const auto client = default_client();
    const auto form = "grant_type=client_credentials&" + credentials(client);
    const auto json =
        dump_json({{"grant_type", "client_credentials"}, {"client_id", client.id}, {"client_secret", client.secret}});
    for (const auto& answer : {ask(sandbox, "POST", "/token?" + form),
                               ask(sandbox, "POST", "/auth/token", form, "", "application/x-www-form-urlencoded"),
                               ask(sandbox, "POST", "/token", json)}) {
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.headers.get("cache-control"), "no-store");
        EXPECT_EQ(text_member(json_of(answer), "token_type"), "Bearer");
    }
    struct Row {
        std::string query;
        int status;
        std::string error;
    };
    for (const auto& [query, status, error] :
         {Row{"grant_type=password&" + credentials(client), 400, "unsupported_grant_type"},
          Row{credentials(client), 400, "unsupported_grant_type"},
          Row{"grant_type=&grant_type=client_credentials&" + credentials(client), 400, "unsupported_grant_type"},
          Row{"grant_type=client_credentials&client_id=" + client.id, 400, "invalid_request"},
          Row{"grant_type=client_credentials&client_id=" + client.id + "&client_secret=wrong", 401,
              "invalid_client"}}) {
        const auto answer = ask(sandbox, "POST", "/token?" + query);
        EXPECT_EQ(answer.status, status) << query;
        EXPECT_EQ(text_member(json_of(answer), "error"), error) << query;
        EXPECT_EQ(answer.headers.get("cache-control"), "no-store");
    }
    EXPECT_TRUE(ask(sandbox, "GET", "/.well-known").body.starts_with("-----BEGIN PUBLIC KEY-----"));
    const auto good = dump_json({{"token", token_of(sandbox)}});
    EXPECT_EQ(ask(sandbox, "POST", "/verifyToken", good).body, R"({"valid":true})");
    EXPECT_EQ(ask(sandbox, "POST", "/verifyToken", R"({"token":"x.y.z"})").body, R"({"valid":false})");
}

TEST(SandboxAuth, TokensExpireAndClientsAreDeactivated) {
    Sandbox sandbox;
    sandbox.set_token_lifetime(0s);
    const auto stale = token_of(sandbox);
    const auto answer = ask(sandbox, "GET", "/events/config", "", stale);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(text_member(json_of(answer), "message"), "Expired token");
    sandbox.set_client_active(default_client().id, false);
    EXPECT_EQ(ask(sandbox, "POST", "/token?grant_type=client_credentials&" + credentials(default_client())).status,
              401);
}

TEST(SandboxAuth, ScopesLimitEventsAndOldNamesAreConverted) {
    auto client = default_client();
    client.scopes = {"record.create", "type=record.notify&event=death"};
    const Sandbox sandbox({.clients = {client}});
    const auto token = token_of(sandbox, client);
    const auto id = create(sandbox, token, "one");
    EXPECT_EQ(notify(sandbox, token, id, "two").status, 404);
    EXPECT_EQ(ask(sandbox, "POST", "/events/integrations", R"({"name":"x","scopes":[]})", token).status, 403);
}

TEST(SandboxAuth, NewIntegrationsGetTokens) {
    const Sandbox sandbox;
    const auto made = json_of(ask(sandbox, "POST", "/events/integrations",
                                  R"({"name":"Hospital","scopes":["type=record.create"]})", token_of(sandbox)));
    SystemClient client;
    client.id = text_member(made, "clientId");
    client.secret = text_member(made, "clientSecret");
    create(sandbox, token_of(sandbox, client), "by the new client");
    EXPECT_EQ(json_of(ask(sandbox, "GET", "/events/integrations", "", token_of(sandbox))).size(), 2u);
}

TEST(SandboxRecords, AssignedAndRegisteredRecordsRefuseANotification) {
    const Sandbox sandbox;
    const auto token = token_of(sandbox);
    const auto assigned = create(sandbox, token, "a");
    EXPECT_EQ(ask(sandbox, "POST", "/sandbox/assign/" + assigned).status, 200);
    EXPECT_EQ(notify(sandbox, token, assigned, "a-notify").status, 409);
    const auto registered = create(sandbox, token, "b");
    EXPECT_EQ(ask(sandbox, "POST", "/sandbox/register/" + registered).status, 200);
    const auto answer = notify(sandbox, token, registered, "b-notify");
    EXPECT_EQ(answer.status, 409);
    EXPECT_NE(answer.body.find("'REGISTERED' state"), std::string::npos);
    EXPECT_EQ(ask(sandbox, "POST", "/sandbox/assign/unknown").status, 404);
}

TEST(SandboxRecords, SurviveARestart) {
    test::TempDir directory;
    const auto state = directory.file("state.jsonl");
    std::string id, token;
    {
        const Sandbox sandbox({.state_file = state});
        token = token_of(sandbox);
        id = create(sandbox, token, "kept");
        ASSERT_EQ(notify(sandbox, token, id, "kept-notify").status, 200);
    }
    const Sandbox sandbox({.state_file = state});
    EXPECT_EQ(create(sandbox, token, "kept"), id);
    const auto event = sandbox.event(id);
    EXPECT_EQ(text_member(event, "status"), "NOTIFIED");
    EXPECT_EQ(event.at("declaration").at("child.gender"), "female");
    EXPECT_EQ(sandbox.events().size(), 1u);
}

TEST(SandboxRecords, CountryConfigurationDecidesOnANotification) {
    const Sandbox sandbox;
    const auto token = token_of(sandbox);
    struct Row {
        int country_config, status;
        std::size_t actions;
    };
    for (const auto& [country_config, status, actions] : {Row{202, 200, 2}, Row{400, 200, 3}, Row{503, 500, 2}}) {
        const auto name = std::to_string(country_config);
        const auto id = create(sandbox, token, name);
        add_fault(sandbox, R"({"match":"POST /events/events/*/notify","kind":"country_config","times":1,"status":)" +
                               name + "}");
        EXPECT_EQ(notify(sandbox, token, id, name + "-notify").status, status);
        EXPECT_EQ(sandbox.event(id).at("actions").size(), actions);
        EXPECT_EQ(text_member(sandbox.event(id), "status"), "CREATED");
    }
}

TEST(SandboxFaults, BreakWhatTheyMatchAsOftenAsTold) {
    const Sandbox sandbox;
    const auto token = token_of(sandbox);
    add_fault(sandbox, R"({"match":"GET /events/config","kind":"status","status":503,"times":2})");
    EXPECT_EQ(ask(sandbox, "GET", "/events/config", "", token).status, 503);
    EXPECT_EQ(ask(sandbox, "GET", "/events/config", "", token).status, 503);
    EXPECT_EQ(ask(sandbox, "GET", "/events/config", "", token).status, 200);

    add_fault(sandbox, R"({"match":"GET /events/locations","kind":"garbage","times":1})");
    EXPECT_FALSE(parse_json(ask(sandbox, "GET", "/events/locations", "", token).body));
    add_fault(sandbox, R"({"match":"* /events/locations","kind":"latency","ms":150,"times":1})");
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(ask(sandbox, "GET", "/events/locations", "", token).status, 200);
    EXPECT_GE(std::chrono::steady_clock::now() - began, 150ms);
    for (const char* kind : {"reset", "truncate", "hang"}) {
        add_fault(sandbox,
                  std::string(R"({"match":"GET /events/locations","ms":200,"times":1,"kind":")") + kind + "\"}");
        EXPECT_THROW(ask(sandbox, "GET", "/events/locations", "", token), std::runtime_error) << kind;
        EXPECT_EQ(ask(sandbox, "GET", "/events/locations", "", token).status, 200) << kind;
    }
    EXPECT_EQ(ask(sandbox, "POST", "/sandbox/faults", R"({"rules":[{"match":"GET /x","kind":"fire"}]})").status, 400);
    add_fault(sandbox, R"({"match":"GET /events/config","kind":"status"})");
    EXPECT_EQ(ask(sandbox, "DELETE", "/sandbox/faults").status, 200);
    EXPECT_EQ(ask(sandbox, "GET", "/events/config", "", token).status, 200);
}

TEST(SandboxFaults, AfterTheEffectTheOutcomeIsUnclear) {
    const Sandbox sandbox;
    const auto token = token_of(sandbox);
    const auto id = create(sandbox, token, "unclear");
    add_fault(sandbox, R"({"match":"POST /events/events/*/notify","kind":"reset","after":true,"times":1})");
    EXPECT_THROW(notify(sandbox, token, id, "n"), std::runtime_error);
    EXPECT_EQ(text_member(sandbox.event(id), "status"), "NOTIFIED");
    EXPECT_EQ(notify(sandbox, token, id, "n").status, 200);
    EXPECT_EQ(sandbox.event(id).at("actions").size(), 3u);
}

TEST(SandboxFaults, APendingHangDoesNotOutliveTheSandbox) {
    Sandbox sandbox;
    sandbox.add_faults(Json{{"rules", {{{"match", "GET /ping"}, {"kind", "hang"}}}}});
    test::RawConnection connection("127.0.0.1", sandbox.port());
    connection.send("GET /ping HTTP/1.1\r\nHost: x\r\n\r\n");
    std::this_thread::sleep_for(50ms);
}

TEST(SandboxRequests, AreRememberedWithoutTheirQuery) {
    const Sandbox sandbox;
    const auto token = token_of(sandbox);
    ask(sandbox, "GET", "/events/locations?externalId=HF-0107", "", token);
    const auto answer = ask(sandbox, "GET", "/sandbox/requests?last=2");
    EXPECT_EQ(json_of(answer), (Json{{{"method", "POST"}, {"path", "/token"}, {"status", 200}},
                                     {{"method", "GET"}, {"path", "/events/locations"}, {"status", 200}}}));
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
}

TEST(SandboxForms, LoadsARealConfiguration) {
    if (ocm::support::samples().empty()) GTEST_SKIP() << "no samples: set OCM_SAMPLES to their folder";
    const auto folder = ocm::support::samples() / "opencrvs-2.0";
    const Sandbox sandbox({.forms_file = folder / "events-config.json",
                           .locations_file = folder / "locations.json",
                           .areas_file = folder / "administrative-areas.json"});
    const auto token = token_of(sandbox);
    const auto locations = json_of(ask(sandbox, "GET", "/events/locations", "", token));
    ASSERT_FALSE(locations.empty());
    // The golden declarations hold for the real form too.
    for (const char* name : {"birth-two-calls.jsonl", "death-one-call.jsonl"}) {
        std::ifstream file(ocm::support::source_dir() / "tests/support/sandbox/golden" / name);
        for (std::string line; std::getline(file, line);) {
            const auto step = *parse_json(line);
            const auto* body = member(step.at("request"), "body");
            if (body == nullptr || !body->contains("declaration")) continue;
            auto combined = *body;
            combined["eventType"] = std::string(name).substr(0, 5);
            combined["createdAtLocation"] = locations[0].at("id");
            const auto answer = ask(sandbox, "POST", "/events/events/notify", dump_json(combined), token);
            EXPECT_EQ(answer.status, 200) << answer.body;
        }
    }
}

/// Days without a time are those of Dhaka, wherever the country is (contracts section 7.7).
TEST(SandboxSearch, FindsByWhenARecordWasRegistered) {
    const Sandbox sandbox;
    const auto token = token_of(sandbox);
    std::vector<std::string> ids;
    for (const auto* each : {"a", "b", "c"}) ids.push_back(create(sandbox, token, each));
    for (const auto& id : {ids[2], ids[0]}) EXPECT_EQ(ask(sandbox, "POST", "/sandbox/register/" + id).status, 200);
    const auto found = [&](const Json& range, const Json& more = Json::object()) {
        Json body{
            {"query", {{"type", "and"}, {"clauses", Json::array({{{"legalStatuses.REGISTERED.acceptedAt", range}}})}}}};
        body.update(more);
        const auto answer = ask(sandbox, "POST", "/events/events/search", dump_json(body), token);
        EXPECT_EQ(answer.status, 200) << answer.body;
        std::vector<std::string> out;
        const auto shown = json_of(answer);
        for (const auto& each : shown["results"]) out.emplace_back(text_member(each, "id"));
        return out;
    };
    const auto range = [](const std::string& from, const std::string& to) {
        return Json{{"type", "range"}, {"gte", from}, {"lte", to}};
    };
    using Ids = std::vector<std::string>;
    const auto now = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
    const auto whole = range(rfc3339(now - 1h), rfc3339(now + 1h));
    const Json by_creation{{"sort", Json::array({{{"field", "createdAt"}, {"direction", "asc"}}})}};
    EXPECT_EQ(found(whole, by_creation), (Ids{ids[0], ids[2]}));
    Json last = by_creation;
    last["sort"][0]["direction"] = "desc";
    EXPECT_EQ(found(whole, last), (Ids{ids[2], ids[0]}));
    last["limit"] = 1;
    last["offset"] = 1;
    EXPECT_EQ(found(whole, last), Ids{ids[0]});
    EXPECT_TRUE(found(range(rfc3339(now - 2h), rfc3339(now - 1h))).empty());

    const auto day = [](WallTime at) { return rfc3339(at).substr(0, 10); };
    const auto there = day(now + 6h);
    EXPECT_EQ(found(range(there, there)).size(), 2U);
    EXPECT_TRUE(found(range(day(now + 6h - 24h), day(now + 6h - 24h))).empty());
}
