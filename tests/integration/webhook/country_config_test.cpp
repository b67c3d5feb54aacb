// SPDX-License-Identifier: MPL-2.0
// In front of the country configuration: what is passed on, what is taken and what is refused, and a disk that fails.
#include "integration/webhook/country_config_fixture.hpp"
#include "support/power_vfs/power_vfs.hpp"

using namespace ocm;
using namespace ocm::test;
using namespace std::chrono_literals;

namespace {

TEST_F(InFront, PassesEveryRequestOnAsItIs) {
    stand();
    std::string bytes = "\x1f\x8b";
    for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * 7 % 256);
    HttpResponse answer;
    answer.status = 418;
    answer.headers = {{"Content-Type", "font/woff2"}, {"Content-Encoding", "gzip"}, {"ETag", "\"x\""},
                      {"Set-Cookie", "a=1"},          {"Set-Cookie", "b=2"},        {"Cache-Control", "max-age=60"}};
    answer.body = bytes;
    config.answers(answer);

    const struct {
        const char* method;
        const char* target;
        std::string body;
    } rows[] = {{"GET", "/fonts/NotoSans.woff2?v=1&v=%2F%20", ""},
                {"GET", "/a/../b//c/./d%2e%2E?q=%00", ""},
                {"POST", "/triggers/user/user-created", bytes},
                {"PUT", "/x", ""},
                {"PATCH", "/x", "{}"},
                {"DELETE", "/x", "with a body"},
                {"OPTIONS", "/x", ""},
                {"GET", "/config", "with a body"},
                {"POST", "/empty", ""}};
    std::size_t count = 0;
    for (const auto& row : rows) {
        HttpRequest request;
        request.method = row.method;
        request.target = row.target;
        request.headers = {
            {"Authorization", "Bearer some.user.token"}, {"Accept-Encoding", "br"}, {"X-Two", "1"}, {"X-Two", "2"}};
        request.body = row.body;
        const auto response = send(request);
        const auto seen = config.wait_for(++count).back();
        EXPECT_EQ(seen.method, row.method);
        EXPECT_EQ(seen.target, row.target);
        EXPECT_EQ(seen.body, row.body) << row.method;
        EXPECT_EQ(seen.headers.get("host"), host) << "as the client wrote it, not the address it went on to";
        EXPECT_EQ(seen.headers.get("authorization"), "Bearer some.user.token");
        EXPECT_EQ(seen.headers.get("accept-encoding"), "br");
        EXPECT_EQ(seen.headers.find("user-agent"), nullptr);
        EXPECT_EQ(seen.headers.find("accept"), nullptr);
        EXPECT_EQ(seen.headers.find("content-type"), nullptr) << row.method;
        EXPECT_EQ(std::count_if(seen.headers.begin(), seen.headers.end(),
                                [](const auto& field) { return iequals(field.first, "x-two"); }),
                  2);
        EXPECT_EQ(response.status, 418);
        EXPECT_TRUE(response.body == bytes) << row.method << ": " << response.body.size();
        EXPECT_EQ(response.headers.get("content-encoding"), "gzip");
        EXPECT_EQ(response.headers.get("etag"), "\"x\"");
        EXPECT_EQ(response.headers.find("x-transaction-id"), nullptr);
        EXPECT_EQ(std::count_if(response.headers.begin(), response.headers.end(),
                                [](const auto& field) { return iequals(field.first, "set-cookie"); }),
                  2);
    }
    EXPECT_TRUE(recorded().empty()) << "forms and assets are not ours to keep";
    EXPECT_NE(metrics.text().find(R"(mediator_country_config_requests_total{kind="other",status="418"} 9)"),
              std::string::npos);
}

TEST_F(InFront, AnswersHeadWithTheLengthOfTheBody) {
    stand();
    config.answers(text_response(200, std::string(1234, 'x')));
    RawConnection connection(host, server->port());
    connection.send("HEAD /content/application HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const auto raw = connection.read_all();
    EXPECT_EQ(status_of(raw), 200);
    EXPECT_NE(raw.find("content-length: 1234\r\n"), std::string::npos) << raw;
    EXPECT_TRUE(raw.ends_with("\r\n\r\n"));
}

TEST_F(InFront, TakesACopyOfATriggerAndChangesNothingOfIt) {
    stand();
    const auto request = registration();
    const auto response = send(request);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, std::string(R"({"registrationNumber":")") + number + "\"}");
    EXPECT_EQ(response.headers.find("x-transaction-id"), nullptr);
    ASSERT_EQ(config.seen().size(), 1U);
    EXPECT_EQ(config.seen()[0].body, request.body);
    EXPECT_EQ(config.seen()[0].headers.get("authorization"), request.headers.get("authorization"));
    EXPECT_EQ(queued, 1);
    EXPECT_EQ(gaps.total(), 0U);

    const auto copies = heard(1);
    EXPECT_EQ(copies[0].first, Heard::trigger);
    EXPECT_EQ(copies[0].second["actions"].back()["registrationNumber"], number);
    EXPECT_EQ(copies[0].second["actions"].back()["status"], "Accepted");
    ASSERT_EQ(recorded().size(), 1U);
    const auto row = recorded()[0];
    EXPECT_EQ(row.http_status, 200);
    EXPECT_EQ(row.status, TransactionStatus::processing);
    const auto shown = run(store->show_transaction(row.id, store::PartBytes::read)).value();
    for (const auto& part : shown.parts) {
        EXPECT_EQ(part.bytes.find(request.headers.get("authorization").substr(7, 40)), std::string::npos) << part.name;
    }
    expect_sound();
}

TEST_F(InFront, RefusesForgeriesBeforeTheCountryConfigurationHearsOfThem) {
    stand();
    const auto document = asked_for("REGISTER");
    const auto signed_with = [&document](const SigningKey& by, const Json& patch) {
        auto claims = claims_for(document);
        claims.merge_patch(patch);
        return trigger(document, by.sign(claims));
    };
    auto altered = signed_with(auth(), Json::object());
    altered.headers.set("Authorization", std::string(altered.headers.get("authorization")) + "A");
    auto bare = signed_with(auth(), Json::object());
    bare.headers.erase("authorization");
    auto another_path = signed_with(auth(), Json::object());
    another_path.target = "/trigger/events/birth/actions/ARCHIVE";
    const struct {
        const char* label;
        HttpRequest request;
        int status;
        const char* message;
    } rows[] = {
        {"forged", signed_with(forger(), Json::object()), 401,
         "the token is not signed by the auth service of OpenCRVS"},
        {"altered", altered, 401, "the token is not signed by the auth service of OpenCRVS"},
        {"bare", bare, 401, "the trigger has no token"},
        {"expired", signed_with(auth(), {{"exp", 1'700'000'000}}), 401, "the token has expired"},
        {"issuer", signed_with(auth(), {{"iss", "x"}}), 401, "the token has another issuer"},
        {"audience", signed_with(auth(), {{"aud", {"opencrvs:gateway-user"}}}), 401,
         "the token is not for country configurations"},
        {"event", signed_with(auth(), {{"eventId", "e7e40000-0000-4000-8000-000000000009"}}), 403,
         "/id is not the record that the token is for"},
        {"action", signed_with(auth(), {{"actionId", "ac710000-0000-4000-8000-000000000099"}}), 403,
         "/actions does not hold the token's action"},
        {"path", another_path, 403, "/actions/8/type is not the action that the path names"},
    };
    for (const auto& row : rows) {
        const auto response = send(row.request);
        EXPECT_EQ(response.status, row.status) << row.label;
        EXPECT_EQ(parse_json(response.body).value()["message"], row.message) << row.label;
    }
    EXPECT_TRUE(config.seen().empty());
    EXPECT_EQ(gaps.total(), 0U);
    EXPECT_TRUE(heard(0).empty());
    const auto rows_kept = recorded();
    ASSERT_EQ(rows_kept.size(), std::size(rows)) << "each is on record";
    for (const auto& row : rows_kept) {
        EXPECT_TRUE(row.http_status == 401 || row.http_status == 403);
        const auto shown = run(store->show_transaction(row.id, store::PartBytes::read)).value();
        for (const auto& part : shown.parts) EXPECT_EQ(part.bytes.find("actions\":["), std::string::npos) << part.name;
    }
    EXPECT_EQ(send(registration()).status, 200) << "and the next honest one is taken";
    EXPECT_EQ(heard(1).size(), 1U);
}

TEST_F(InFront, TakesNothingFromStrangers) {
    options.peer = [](const std::string& address) { return address == "10.0.0.7"; };
    stand();
    EXPECT_EQ(send(registration()).status, 403);
    EXPECT_EQ(get(host, server->port(), "/config").status, 403);
    EXPECT_TRUE(config.seen().empty());
    EXPECT_EQ(recorded().size(), 1U);
}

TEST_F(InFront, HearsWhatTheAnswerDecides) {
    stand();
    config.answers(json_response(400, R"({"reason":"refused"})"));
    EXPECT_EQ(send(registration()).status, 400) << "OpenCRVS rejects the action";
    config.answers(json_response(500, "boom"));
    EXPECT_EQ(send(registration()).body, "boom");
    EXPECT_TRUE(heard(0).empty());
    config.answers(json_response(202, ""));
    EXPECT_EQ(send(registration()).status, 202);
    const auto later = heard(1);
    EXPECT_EQ(later[0].second["actions"].back()["status"], "Requested");
    EXPECT_EQ(gaps.total(), 0U);
    ASSERT_EQ(recorded().size(), 3U);
    expect_sound();
}

TEST_F(InFront, PassesUnknownActionsOnAndSaysSoInTheRecord) {
    stand();
    auto document = asked_for("REGISTER");
    document["actions"].back()["type"] = "SEAL";
    config.answers(json_response(200, "{}"));
    EXPECT_EQ(send(trigger(document, auth().sign(claims_for(document)))).status, 200);
    EXPECT_EQ(config.seen().size(), 1U);
    EXPECT_TRUE(heard(0).empty());
    const auto shown = run(store->show_transaction(recorded().at(0).id, store::PartBytes::read)).value();
    const auto account =
        std::find_if(shown.parts.begin(), shown.parts.end(), [](const auto& part) { return part.name == "account"; });
    ASSERT_NE(account, shown.parts.end());
    EXPECT_NE(account->bytes.find("OpenCRVS is not known to have such actions"), std::string::npos);
}

TEST_F(InFront, PassesOnWhatItCannotReadAndMarksAGap) {
    stand();
    auto request = registration();
    request.body.insert(1, R"("id":"twice",)");
    EXPECT_EQ(send(request).status, 200) << "our limits are not the country configuration's";
    EXPECT_EQ(config.seen().at(0).body, request.body);
    EXPECT_TRUE(heard(0).empty());
    ASSERT_EQ(gaps.open(), 1U);
    EXPECT_EQ(gaps.take()[0].target, "national");
    EXPECT_EQ(recorded().size(), 1U);
}

TEST_F(InFront, WithoutAKeyNothingIsTakenForTrueAndNothingStopped) {
    options.url = config.url();
    options.target = "national";
    stand_before({}, "http://127.0.0.1:1");
    EXPECT_EQ(send(registration()).status, 200);
    EXPECT_EQ(config.seen().size(), 1U);
    EXPECT_TRUE(heard(0).empty());
    ASSERT_EQ(gaps.open(), 1U);
    EXPECT_EQ(gaps.take()[0].record, record);
}

TEST_F(InFront, FollowsAChangeOfTheKey) {
    stand();
    EXPECT_EQ(send(registration()).status, 200);
    auth_service.answers(text_response(200, forger().public_pem()));
    const auto document = asked_for("REGISTER");
    const auto renewed = trigger(document, forger().sign(claims_for(document)));
    EXPECT_EQ(send(renewed).status, 401) << "the key is not read for each forgery";
    int status = 0;
    for (int i = 0; i < 100 && status != 200; ++i) {
        std::this_thread::sleep_for(100ms);
        status = send(renewed).status;
    }
    EXPECT_EQ(status, 200);
    EXPECT_EQ(send(registration()).status, 401) << "the old key is worth nothing now";
}

TEST_F(InFront, TellsWhatIsWrongWithTheCountryConfiguration) {
    options.timeout = 300ms;
    stand();
    config.answers(json_response(200, "{}"), 2s);
    EXPECT_EQ(send(registration()).status, 504);
    EXPECT_EQ(get(host, server->port(), "/config").status, 504);
    EXPECT_TRUE(heard(0).empty());

    app::CountryConfigOptions nowhere = options;
    nowhere.url = "http://127.0.0.1:1";
    app::CountryConfigFront down(nowhere, {{*upstream, *store, clock, ids}, metrics, *engine, *key, gaps, {}});
    http::Server other(
        pool, {}, [&down](HttpRequest request) { return down.handle(std::move(request)); },
        [&down](http::Refusal refusal) { return down.refuse(std::move(refusal)); });
    ASSERT_TRUE(other.listen());
    EXPECT_EQ(fetch(host, other.port(), registration()).status, 502);
    EXPECT_EQ(get(host, other.port(), "/config").status, 502);
    EXPECT_EQ(gaps.total(), 0U) << "OpenCRVS leaves the action as it was asked for";
    ASSERT_EQ(recorded().size(), 2U);
    for (const auto& row : recorded()) EXPECT_EQ(row.status, TransactionStatus::failed);
    other.abort();
}

TEST_F(InFront, ASlowCountryConfigurationIsWaitedFor) {
    stand();
    config.answers(json_response(200, R"({"registrationNumber":"N-1"})"), 1'200ms);
    EXPECT_EQ(send(registration()).status, 200);
    EXPECT_EQ(heard(1).size(), 1U);
    EXPECT_EQ(gaps.total(), 0U) << "only the store's time is short";
}

TEST_F(InFront, ARefusalOfTheServerIsNoDecision) {
    options.max_body = 64u << 10;
    stand();
    HttpRequest large = registration();
    large.body.append(100'000, ' ');
    EXPECT_EQ(send(large).status, 413);
    RawConnection connection(host, server->port());
    connection.send("POST /trigger/events/birth/actions/REGISTER HTTP/1.1\r\n\r\n");
    EXPECT_EQ(status_of(connection.read_all()), 422) << "400 would reject the action";
}

TEST_F(InFront, ALockedDatabaseDelaysNoRegistration) {
    stand();
    EXPECT_EQ(send(registration()).status, 200);  // the key is known, connections are warm
    {
        const HeldUp held(path());
        const auto response = send_in_time(registration());
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.body, std::string(R"({"registrationNumber":")") + number + "\"}");
        ASSERT_EQ(gaps.open(), 1U);
        EXPECT_EQ(send_in_time(HttpRequest{"GET", "/config", "", "", {}, "", {}}).status, 200);
    }
    EXPECT_EQ(heard(2).size(), 2U) << "the record came after all";
    for (int i = 0; i < 250 && gaps.open() != 0; ++i) std::this_thread::sleep_for(20ms);
    EXPECT_EQ(gaps.open(), 0U);
    EXPECT_EQ(gaps.total(), 1U);
    record_pending();
    expect_sound();
}

TEST_F(InFront, ADatabaseLockedForLongLeavesAGapAndLosesNothing) {
    busy_ms = 300;
    stand();
    EXPECT_EQ(send(registration()).status, 200);
    {
        const HeldUp held(path());
        EXPECT_EQ(send_in_time(registration()).status, 200);
        EXPECT_EQ(send_in_time(registration()).status, 200);
        for (int i = 0; i < 500 && engine->unrecorded() != 2; ++i) std::this_thread::sleep_for(20ms);
        EXPECT_EQ(engine->unrecorded(), 2U) << "the store gave up";
        EXPECT_EQ(gaps.open(), 2U);
    }
    record_pending();
    EXPECT_EQ(heard(3).size(), 3U);
    EXPECT_EQ(gaps.open(), 0U) << "what was missed is recorded";
    expect_sound();
}

TEST_F(InFront, AFullDiskDelaysNoRegistration) {
    auto& vfs = PowerVfs::instance();
    vfs.reset();
    store::StoreOptions on_power;
    on_power.vfs = PowerVfs::name();
    stand(on_power);
    EXPECT_EQ(send(registration()).status, 200);
    heard(1);
    vfs.fail(PowerVfs::Fault::write_no_room);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(send_in_time(registration()).status, 200);
    EXPECT_EQ(config.seen().size(), 4U);
    EXPECT_EQ(gaps.open(), 3U);
    EXPECT_EQ(gaps.take().front().record, record) << "for the catch-up";
    vfs.fail(PowerVfs::Fault::none);
    record_pending();
    EXPECT_EQ(heard(4).size(), 4U);
    EXPECT_EQ(send(registration()).status, 200);
    EXPECT_EQ(gaps.open(), 0U);
    expect_sound();
    store->close();
    vfs.reset();
}

}  // namespace
