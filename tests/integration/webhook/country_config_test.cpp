// SPDX-License-Identifier: MPL-2.0
// In front of the country configuration: real sockets on either side, a real store, and a disk that fails.
#include "app/country_config.hpp"

#include "app/clock.hpp"
#include "app/dispatcher.hpp"
#include "channels/webhook/channel.hpp"
#include "channels/webhook/heard.hpp"
#include "channels/webhook/publish.hpp"
#include "core/io_pool.hpp"
#include "core/json.hpp"
#include "http/server.hpp"
#include "support/http_client/http_client.hpp"
#include "support/power_vfs/power_vfs.hpp"
#include "support/sandbox/triggers.hpp"
#include "unit/formats/fixtures.hpp"
#include "unit/opencrvs/fixtures.hpp"
#include "unit/store/store_fixture.hpp"
#include "unit/webhook/fixture.hpp"
#include "upstream/curl_upstream.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

using namespace ocm;
using namespace ocm::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* host = "127.0.0.1";
constexpr const char* record = "e7e40000-0000-4000-8000-000000000001";
constexpr const char* number = "2026B7Q2K1";
/// Much longer than the store is waited for, and less than a locked one takes to give up.
constexpr Milliseconds bound{2'500};

const SigningKey& auth() {
    static const auto key = SigningKey::generate();
    return key;
}
const SigningKey& forger() {
    static const auto key = SigningKey::generate();
    return key;
}

/// Auth, country configuration or subscriber: keeps what it is asked and answers as told.
class Recorder {
  public:
    Recorder() : pool_(1) {
        http::ServerOptions options;
        options.limits.max_body = 64u << 20;
        options.reads_every_body = true;
        server_ = std::make_unique<http::Server>(
            pool_, options, [this](HttpRequest request) { return take(std::move(request)); },
            [](http::Refusal refusal) -> Task<HttpResponse> {
                co_return text_response(refusal.status, refusal.reason);
            });
        const auto listening = server_->listen();
        EXPECT_TRUE(listening) << listening.error().message;
        pool_.start();
    }
    ~Recorder() {
        server_->abort();
        pool_.stop();
    }
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
    void answers(HttpResponse response, Milliseconds after = {}) {
        const std::lock_guard lock(mutex_);
        answer_ = std::move(response);
        after_ = after;
    }
    std::vector<HttpRequest> seen() const {
        const std::lock_guard lock(mutex_);
        return seen_;
    }
    std::vector<HttpRequest> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(more_.wait_for(lock, 20s, [&] { return seen_.size() >= count; }));
        return seen_;
    }

  private:
    Task<HttpResponse> take(HttpRequest request) {
        HttpResponse out;
        Milliseconds after{};
        {
            const std::lock_guard lock(mutex_);
            seen_.push_back(std::move(request));
            out = answer_;
            after = after_;
            more_.notify_all();
        }
        if (after > Milliseconds::zero()) {
            boost::asio::steady_timer timer(pool_.context(0), after);
            co_await timer.async_wait(boost::asio::use_awaitable);
        }
        co_return out;
    }

    IoPool pool_;
    std::unique_ptr<http::Server> server_;
    mutable std::mutex mutex_;
    std::condition_variable more_;
    HttpResponse answer_ = json_response(200, "{}");
    Milliseconds after_{};
    std::vector<HttpRequest> seen_;
};

/// The record of the fixture up to and with the last action of `type` that is asked for.
Json asked_for(const std::string& type) {
    auto document = json_file(support::source_dir() / "tests/unit/opencrvs/data/document-birth.json");
    auto& actions = document["actions"];
    for (auto i = actions.size(); i-- > 0;) {
        const bool asked = text_member(actions[i], "type") == type && text_member(actions[i], "status") == "Requested";
        // The second certificate of the fixture was never decided.
        if (!asked || i + 1 == actions.size()) continue;
        actions.erase(actions.begin() + static_cast<std::ptrdiff_t>(i) + 1, actions.end());
        return document;
    }
    ADD_FAILURE() << "no such action";
    return document;
}
Json whole() {
    return json_file(support::source_dir() / "tests/unit/opencrvs/data/document-birth.json");
}

Json claims_for(const Json& document) {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(wall_now().time_since_epoch()).count();
    return {{"iss", "opencrvs:auth-service"},
            {"aud", {"opencrvs:gateway-user", "opencrvs:countryconfig-user"}},
            {"exp", now + 604'800},
            {"eventId", document["id"]},
            {"actionId", document["actions"].back()["id"]}};
}

HttpRequest trigger(const Json& document, const std::string& token) {
    HttpRequest out;
    out.method = "POST";
    out.target = "/trigger/events/birth/actions/" + document["actions"].back()["type"].get<std::string>();
    out.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + token}};
    out.body = dump_json(document);
    return out;
}
HttpRequest registration() {
    const auto document = asked_for("REGISTER");
    return trigger(document, auth().sign(claims_for(document)));
}

class InFront : public StoreTest {
  protected:
    InFront() { config.answers(json_response(200, std::string(R"({"registrationNumber":")") + number + "\"}")); }
    ~InFront() override {
        stop();
        if (store) store->close();
    }
    /// Nothing runs any more.
    void stop() {
        if (server) server->abort();
        if (upstream) upstream->shutdown();
        pool.stop();
    }

    void stand(store::StoreOptions store_options = {}) {
        options.url = config.url();
        options.target = "national";
        stand_before(std::move(store_options), auth_service.url());
    }
    void stand_before(store::StoreOptions store_options, const std::string& auth_url) {
        auth_service.answers(text_response(200, auth().public_pem()));
        store_options.busy_ms = busy_ms;
        store = open(std::move(store_options));
        upstream = std::make_unique<upstream::CurlUpstream>(pool, upstream::UpstreamOptions{});
        const Ports ports{*upstream, *store, clock, ids};
        engine = std::make_unique<app::Engine>(std::vector<ChannelDefinition>{}, ports, metrics);
        key = std::make_unique<opencrvs::AuthKey>(opencrvs::AuthKeyOptions{auth_url}, *upstream, clock);
        front = std::make_unique<app::CountryConfigFront>(
            options, app::CountryConfigFront::Deps{ports, metrics, *engine, *key, gaps, [this] { ++queued; }});
        http::ServerOptions listener;
        listener.limits.max_body = options.max_body;
        listener.reads_every_body = true;
        server = std::make_unique<http::Server>(
            pool, listener, [this](HttpRequest request) { return front->handle(std::move(request)); },
            [this](http::Refusal refusal) { return front->refuse(std::move(refusal)); });
        ASSERT_TRUE(server->listen());
        pool.start();
    }
    HttpResponse send(const HttpRequest& request) { return fetch(host, server->port(), request); }
    /// Sends it, and fails where the answer takes longer than the store may be waited for.
    HttpResponse send_in_time(const HttpRequest& request) {
        const auto begun = std::chrono::steady_clock::now();
        auto response = send(request);
        EXPECT_LT(std::chrono::steady_clock::now() - begun, bound);
        return response;
    }
    std::vector<store::TransactionRow> recorded() { return run(store->list_transactions({})).value(); }
    /// Commits what is still to be recorded, as a running mediator does every second.
    void record_pending() {
        for (int i = 0; i < 200 && engine->unrecorded() != 0; ++i) {
            boost::asio::co_spawn(pool.context(0), engine->record_pending(), boost::asio::use_future).get();
            if (engine->unrecorded() != 0) std::this_thread::sleep_for(20ms);
        }
        EXPECT_EQ(engine->unrecorded(), 0U);
    }
    /// What was heard, once it is so much: kind of hearing and document.
    std::vector<std::pair<Heard, Json>> heard(std::size_t count) {
        std::vector<Delivery> deliveries;
        for (int i = 0; i < 250 && deliveries.size() < count; ++i) {
            deliveries = run(store->list_deliveries({})).value();
            if (deliveries.size() < count) std::this_thread::sleep_for(20ms);
        }
        EXPECT_EQ(deliveries.size(), count);
        std::vector<std::pair<Heard, Json>> out;
        for (const auto& delivery : deliveries) {
            auto message = webhook::read_heard(run(store->delivery_payload(delivery.id)).value()).value();
            out.emplace_back(message.heard, parse_json(message.body).value());
        }
        return out;
    }

    int busy_ms = 5'000;
    Recorder auth_service;
    Recorder config;
    app::CountryConfigOptions options;
    app::SystemClock clock;
    app::SystemIds ids;
    app::Metrics metrics;
    webhook::GapLog gaps;
    std::atomic<int> queued{0};
    IoPool pool{2};
    std::unique_ptr<store::Store> store;
    std::unique_ptr<upstream::CurlUpstream> upstream;
    std::unique_ptr<app::Engine> engine;
    std::unique_ptr<opencrvs::AuthKey> key;
    std::unique_ptr<app::CountryConfigFront> front;
    std::unique_ptr<http::Server> server;
};

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
