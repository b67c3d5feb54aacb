// SPDX-License-Identifier: MPL-2.0
// The webhooks service of the sandbox of a 1.x version, and what the country configuration of 1.9 and 2.0 forwards.
#include "support/sandbox/webhooks.hpp"

#include "integration/sandbox/ask.hpp"
#include "integration/upstream/raw_server.hpp"
#include "support/paths/paths.hpp"
#include "support/sandbox/sandbox.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>

using namespace ocm;
using namespace ocm::sandbox;
using ocm::test::ask;
using namespace std::chrono_literals;

namespace {

constexpr const char* sha_secret = "d04aec67-1ef4-467a-a5a8-fa5c89ad71ce";

SystemClient client(char last, const char* scope, std::vector<std::string> permissions = {}) {
    SystemClient out{std::string("dddddddd-0000-4000-8000-00000000000") + last, "secret", scope, {scope}};
    out.sha_secret = sha_secret;
    out.permissions = std::move(permissions);
    return out;
}

const SystemClient notifier = client('1', "notification-api");
const SystemClient ministry = client('2', "webhook", {"child-details", "mother-details"});
const SystemClient identity = client('3', "nationalId");

Json json_of(const std::string& text) {
    const auto parsed = parse_json(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(Json());
}

std::string token_of(const Sandbox& sandbox, const SystemClient& client) {
    const auto answer =
        ask(sandbox, "POST", "/token?grant_type=client_credentials&client_id=" + client.id + "&client_secret=secret");
    EXPECT_EQ(answer.status, 200) << answer.body;
    return std::string(text_member(json_of(answer.body), "access_token"));
}

std::string hub(const std::string& callback, const std::string& topic = "BIRTH_REGISTERED") {
    return dump_json(
        {{"hub", {{"callback", callback}, {"mode", "subscribe"}, {"topic", topic}, {"secret", sha_secret}}}});
}

std::string header_of(const std::string& request, const std::string& name) {
    const auto lower = to_lower(request);
    const auto at = lower.find("\r\n" + to_lower(name) + ": ");
    if (at == lower.npos) return {};
    const auto from = at + name.size() + 4;
    return request.substr(from, request.find("\r\n", from) - from);
}

std::string body_of(const std::string& request) {
    return request.substr(request.find("\r\n\r\n") + 4);
}

/// Proves itself, keeps what it is sent, resets as many connections of deliveries as told and answers 500 to the
/// others.
class Subscriber {
  public:
    explicit Subscriber(int resets = 0) : resets_(resets), server_([this](test::Wire& wire) { serve(wire); }) {}
    std::string url(const std::string& path = "/heard?kept=yes#not") const { return server_.url(path); }
    std::vector<std::string> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(more_.wait_for(lock, 10s, [&] { return seen_.size() >= count; }));
        return seen_;
    }
    std::vector<std::string> checks() {
        const std::lock_guard lock(mutex_);
        return checks_;
    }
    std::string proof = "right";

  private:
    void serve(test::Wire& wire) {
        const auto request = wire.read_request();
        if (request.empty()) return;
        const std::lock_guard lock(mutex_);
        if (request.starts_with("GET ")) {
            checks_.push_back(request.substr(4, request.find(' ', 4) - 4));
            const auto challenge = query_value(checks_.back().substr(checks_.back().find('?') + 1), "challenge");
            wire.answer(500, proof == "right" ? dump_json({{"challenge", *challenge}}) : *challenge);
            return;
        }
        seen_.push_back(request);
        if (resets_-- > 0) {
            wire.reset();
        } else {
            wire.answer(500, "no");
        }
        more_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable more_;
    int resets_;
    std::vector<std::string> seen_, checks_;
    test::RawServer server_;
};

SandboxOptions options_of(const std::string& version) {
    SandboxOptions out;
    out.version = version;
    out.clients = {notifier, ministry, identity};
    if (version < "1.7") out.clients[0].scopes.emplace_back("declare");
    return out;
}

/// A birth notified to that version; its tracking id.
std::string notified(const Sandbox& sandbox, const std::string& version) {
    std::ifstream in(support::source_dir() / "tests/unit/opencrvs/data/birth-1.8.json");
    auto bundle = json_of(std::string(std::istreambuf_iterator<char>(in), {}));
    for (auto& entry : bundle["entry"]) {
        auto& resource = entry["resource"];
        if (resource["resourceType"] != "Patient" || !resource.contains("address")) continue;
        resource["address"][0]["district"] = "bbbbbbbb-0000-4000-8000-000000000003";
        resource["address"][0]["line"][10] = "bbbbbbbb-0000-4000-8000-000000000002";
    }
    if (version < "1.6") {
        bundle["entry"][1]["resource"]["extension"].push_back(
            {{"url", "http://opencrvs.org/specs/extension/regLastLocation"},
             {"valueReference", {{"reference", "Location/bbbbbbbb-0000-4000-8000-000000000003"}}}});
    }
    const auto answer = ask(sandbox, "POST", "/notification", dump_json(bundle), token_of(sandbox, notifier));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return std::string(text_member(sandbox.events().at(0), "trackingId"));
}

std::vector<std::string> types_in(const std::string& delivery) {
    std::vector<std::string> out;
    const auto message = json_of(delivery);
    for (const auto& entry : message["event"]["context"][0]["entry"]) {
        out.emplace_back(text_member(entry["resource"], "resourceType"));
    }
    return out;
}

}  // namespace

TEST(SandboxWebhooks, SignsAsTheContractsTestVector) {
    const std::string body =
        R"x({"timestamp":"2026-01-02T03:04:05.678Z","id":"6f1f2c1e-0000-4000-8000-000000000001","event":{"hub":{"topic":"BIRTH_REGISTERED"},"context":[{"resourceType":"Bundle","type":"document","entry":[{"resource":{"resourceType":"Patient","id":"a1","name":[{"use":"en","given":["Zoë (Ana)"],"family":"O'Neil~!*"}]}}]}]}})x";
    EXPECT_EQ(hub_signature_of(sha_secret, body),
              "sha256=e075f2815da01268c0aa7e2d9cfc865e046784202da24b6270cc1793c534a6c2");
}

TEST(SandboxWebhooks, ListAYearFarAway) {
    EXPECT_EQ(wrong_created_at(WallTime(Milliseconds(1767323045678))), "+057974-03-28T20:14:38.000Z");
    EXPECT_EQ(wrong_created_at(WallTime(Milliseconds(1767225600000))), "+057971-02-25T00:00:00.000Z");
}

TEST(SandboxWebhooks, ThrowTheQueryOfACallbackAwayWhereTheyVerify) {
    EXPECT_EQ(verification_url("http://h/a/b?x=1", "mode=m"), "http://h/a/b?mode=m");
    EXPECT_EQ(verification_url("http://h", "mode=m"), "http://h/?mode=m");
    EXPECT_EQ(verification_url("http://h/a#b", "mode=m"), "http://h/a?mode=m");
}

TEST(SandboxWebhooks, RefuseInTheirOrder) {
    Subscriber subscriber;
    subscriber.proof = "the bare challenge";
    auto options = options_of("1.8");
    const Sandbox sandbox(options);
    const auto token = token_of(sandbox, ministry);
    const auto denied = [](const char* topic, const char* reason) {
        return dump_json({{"hub", {{"mode", "denied"}, {"topic", topic}, {"reason", reason}}}});
    };
    struct Row {
        std::string body;
        int status;
        std::string answer;
    };
    const auto gateway = [](const char* message) {
        return dump_json({{"statusCode", 400}, {"error", "Bad Request"}, {"message", message}});
    };
    const std::vector<Row> rows{
        {R"({"hub":{"topic":"X","colour":"red"}})", 400, gateway("\"hub.colour\" is not allowed")},
        {R"({"hub":{"topic":1}})", 400, gateway("\"hub.topic\" must be a string")},
        {R"({"other":1})", 400, gateway("\"other\" is not allowed")},
        {R"({})", 400, ""},
        {R"({"hub":{"topic":"X","secret":"wrong"}})", 400, denied("X", "Unsupported topic: X")},
        {R"({"hub":{}})", 400, denied("", "Unsupported topic: undefined")},
        {R"({"hub":{"topic":"0","secret":"wrong","mode":"x"}})", 400, denied("0", "hub.secret is incorrect")},
        {R"({"hub":{"topic":"BIRTH_REGISTERED","mode":"x","secret":")" + std::string(sha_secret) + "\"}}", 400,
         denied("BIRTH_REGISTERED", "hub.mode must be set to subscribe")},
        {hub(subscriber.url()), 400, "Subscription callback check failed"},
        {hub("http://127.0.0.1:1/nobody"), 400, "Subscription callback check failed"},
    };
    for (const auto& row : rows) {
        const auto answer = ask(sandbox, "POST", "/webhooks", row.body, token);
        EXPECT_EQ(answer.status, row.status) << row.body;
        EXPECT_EQ(answer.body, row.answer) << row.body;
    }
    EXPECT_EQ(ask(sandbox, "POST", "/webhooks", hub(subscriber.url())).status, 401);
    const Sandbox oldest(options_of("1.3"));
    const auto misspelt = ask(oldest, "POST", "/webhooks", R"({"hub":{"topic":"BIRTH_REGISTERED","secret":"no"}})",
                              token_of(oldest, ministry));
    EXPECT_EQ(misspelt.body, denied("BIRTH_REGISTERED", "hub.secret is incorrrect"));
    const Sandbox newest(options_of("2.0"));
    EXPECT_EQ(ask(newest, "GET", "/webhooks", "", token_of(newest, ministry)).status, 404);
}

TEST(SandboxWebhooks, AClientThatIsSwitchedOffIsRefusedInWordsOfTwoSpaces) {
    Sandbox sandbox(options_of("1.8"));
    const auto token = token_of(sandbox, ministry);
    sandbox.set_client_active(ministry.id, false);
    const std::string words = "Active system details cannot be found.  This system is no longer authorized";
    const auto listed = ask(sandbox, "GET", "/webhooks", "", token);
    EXPECT_EQ(listed.status, 400);
    EXPECT_EQ(listed.body, words);
    const auto subscribed = ask(sandbox, "POST", "/webhooks", hub("http://127.0.0.1:1/"), token);
    EXPECT_EQ(json_of(subscribed.body)["hub"]["reason"], words);
}

TEST(SandboxWebhooks, TakeASubscriptionTwiceAndRemoveWhateverIsAsked) {
    Subscriber subscriber;
    const Sandbox sandbox(options_of("1.8"));
    const auto token = token_of(sandbox, ministry);
    for (int i = 0; i < 2; ++i) {
        const auto taken = ask(sandbox, "POST", "/webhooks", hub(subscriber.url()), token);
        EXPECT_EQ(taken.status, 202);
        EXPECT_TRUE(taken.body.empty());
    }
    const auto checks = subscriber.checks();
    ASSERT_EQ(checks.size(), 2u);
    EXPECT_TRUE(checks[0].starts_with("/heard?mode=subscribe&challenge=")) << checks[0];
    EXPECT_TRUE(checks[0].ends_with("&topic=BIRTH_REGISTERED")) << checks[0];
    const auto listed = json_of(ask(sandbox, "GET", "/webhooks", "", token).body)["entries"];
    ASSERT_EQ(listed.size(), 2u);
    EXPECT_EQ(listed[0]["callback"], subscriber.url());
    EXPECT_TRUE(text_member(listed[0], "createdAt").starts_with("+0"));
    EXPECT_EQ(listed[0]["createdBy"]["type"], "webhook");
    // Another's list is its own, but it may remove these.
    const auto other = token_of(sandbox, identity);
    EXPECT_EQ(json_of(ask(sandbox, "GET", "/webhooks", "", other).body)["entries"].size(), 0u);
    const std::string id(text_member(listed[0], "id"));
    EXPECT_EQ(ask(sandbox, "DELETE", "/webhooks/" + id, "", other).status, 204);
    EXPECT_EQ(ask(sandbox, "DELETE", "/webhooks/unknown", "", other).status, 204);
    EXPECT_EQ(json_of(ask(sandbox, "GET", "/webhooks", "", token).body)["entries"].size(), 1u);
}

TEST(SandboxWebhooks, TellWhatEachVersionTells) {
    struct Row {
        const char* version;
        std::vector<std::string> for_ministry, for_identity;
    };
    const std::vector<std::string> whole{"Composition", "Task",        "Patient",     "Patient",    "RelatedPerson",
                                         "Encounter",   "Observation", "Observation", "Observation"};
    const std::vector<Row> rows{
        // Child and mother granted; who comes later is sent what those before were.
        {"1.4",
         {"Task", "Patient", "Patient", "Patient"},
         {"Task", "Patient", "Patient", "Patient", "Patient", "Patient", "RelatedPerson"}},
        {"1.6", {"Task", "Patient", "Patient"}, {"Task", "Patient", "Patient", "RelatedPerson"}},
        {"1.8", {"Task", "Patient", "Patient"}, whole},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.version);
        Subscriber first, second;
        const Sandbox sandbox(options_of(row.version));
        EXPECT_EQ(ask(sandbox, "POST", "/webhooks", hub(first.url()), token_of(sandbox, ministry)).status, 202);
        EXPECT_EQ(ask(sandbox, "POST", "/webhooks", hub(second.url()), token_of(sandbox, identity)).status, 202);
        const auto tracking = notified(sandbox, row.version);
        const auto done = json_of(ask(sandbox, "POST", "/sandbox/register/" + tracking).body);
        const std::string number(text_member(done, "registrationNumber"));
        ASSERT_FALSE(number.empty());
        const auto told = first.wait_for(1).front();
        EXPECT_EQ(header_of(told, "x-hub-signature"), hub_signature_of(sha_secret, body_of(told)));
        EXPECT_TRUE(told.starts_with("POST /heard?kept=yes HTTP/1.1")) << told.substr(0, 60);
        EXPECT_TRUE(body_of(told).starts_with(R"({"timestamp":")"));
        EXPECT_EQ(types_in(body_of(told)), row.for_ministry);
        EXPECT_EQ(types_in(body_of(second.wait_for(1).front())), row.for_identity);
        EXPECT_NE(told.find("\"" + number + "\""), told.npos);
        EXPECT_NE(told.find("-registration-number"), told.npos);
        EXPECT_NE(told.find("BIRTH_REGISTRATION_NUMBER"), told.npos);
        EXPECT_EQ(told.find("urn:uuid:"), told.npos);
        // Once: registering it again tells nobody.
        EXPECT_EQ(json_of(ask(sandbox, "POST", "/sandbox/register/" + tracking).body), done);
    }
}

TEST(SandboxWebhooks, TryThreeTimesAtOnceAndLookAtNoStatus) {
    Subscriber broken(1'000), slow_starter(2);
    const Sandbox sandbox(options_of("1.8"));
    const auto token = token_of(sandbox, ministry);
    for (auto* each : {&broken, &slow_starter}) {
        EXPECT_EQ(ask(sandbox, "POST", "/webhooks", hub(each->url()), token).status, 202);
    }
    ask(sandbox, "POST", "/sandbox/register/" + notified(sandbox, "1.8"));
    // Its third was answered 500, which is good enough; that one is sent after the first subscriber was given up.
    EXPECT_EQ(slow_starter.wait_for(3).size(), 3u);
    EXPECT_EQ(broken.wait_for(3).size(), 3u);
    std::this_thread::sleep_for(100ms);
    EXPECT_EQ(slow_starter.wait_for(3).size(), 3u);
    EXPECT_EQ(broken.wait_for(3).size(), 3u);
}

TEST(SandboxForwarding, TellsOfEachActionBeforeItIsAcceptedAndDoesNotRepeat) {
    for (const std::string version : {"1.9", "2.0"}) {
        SCOPED_TRACE(version);
        Subscriber country(1);  // the first copy is lost
        SandboxOptions options;
        options.version = version;
        options.forward_actions_to = {country.url("/forwarded")};
        const Sandbox sandbox(options);
        auto own = default_client(version);
        const auto token = std::string(text_member(
            json_of(ask(sandbox, "POST",
                        "/token?grant_type=client_credentials&client_id=" + own.id + "&client_secret=" + own.secret)
                        .body),
            "access_token"));
        const auto created = json_of(ask(sandbox, "POST", "/events/events",
                                         R"({"type":"birth","transactionId":"one",)"
                                         R"("createdAtLocation":"aaaaaaaa-0000-4000-8000-000000000001"})",
                                         token)
                                         .body);
        const std::string tracking(text_member(created, "trackingId"));
        const auto done = json_of(ask(sandbox, "POST", "/sandbox/register/" + tracking).body);
        EXPECT_FALSE(text_member(done, "registrationNumber").empty());
        // Synchronous: they are there when it is answered.
        const auto told = country.wait_for(0);
        ASSERT_EQ(told.size(), 2u);
        EXPECT_TRUE(header_of(told[1], "authorization").empty());
        const auto copy = json_of(body_of(told[1]));
        const auto& last = copy["actions"].back();
        EXPECT_EQ(text_member(last, "type"), "REGISTER");
        EXPECT_EQ(text_member(last, "status"), "Accepted");
        EXPECT_FALSE(last.contains("registrationNumber"));
        EXPECT_EQ(text_member(sandbox.event(text_member(created, "id")), "status"), "REGISTERED");
    }
}

namespace {

const SystemClient searcher = read_client("cccccccc-0000-4000-8000-0000000000aa:secret:recordsearch").value();

SandboxOptions searched(const std::string& version) {
    auto out = options_of(version);
    out.clients.push_back(searcher);
    return out;
}

HttpResponse search(const Sandbox& sandbox, const SystemClient& client, const Json& parameters, int count = 100) {
    const Json body{{"operationName", "searchEvents"},
                    {"query", "query searchEvents { searchEvents }"},
                    {"variables", {{"p", parameters}, {"count", count}, {"skip", 0}}}};
    return ask(sandbox, "POST", "/graphql", dump_json(body), token_of(sandbox, client));
}

std::string first_error(const HttpResponse& answer) {
    return std::string(text_member(json_of(answer.body)["errors"][0], "message"));
}

}  // namespace

TEST(SandboxSearch, ShowsWhatIsRegisteredAsEachVersionDoes) {
    for (const std::string version : {"1.3", "1.6", "1.8"}) {
        SCOPED_TRACE(version);
        const Sandbox sandbox(searched(version));
        const auto tracking = notified(sandbox, version);
        const auto total = [&](const Json& parameters) {
            return json_of(search(sandbox, searcher, parameters).body)["data"]["searchEvents"]["totalItems"];
        };
        EXPECT_EQ(total(Json::object()), 0) << "in progress is not registered";
        ask(sandbox, "POST", "/sandbox/register/" + tracking);
        const auto answer = search(sandbox, searcher, {{"event", "birth"}});
        const auto found = json_of(answer.body)["data"]["searchEvents"]["results"];
        ASSERT_EQ(found.size(), 1U) << answer.body;
        EXPECT_EQ(found[0]["type"], version < "1.4" ? "Birth" : "birth");
        EXPECT_EQ(found[0]["registration"]["trackingId"], tracking);
        EXPECT_EQ(found[0]["registration"]["registrationNumber"],
                  rfc3339(std::chrono::floor<Milliseconds>(std::chrono::system_clock::now())).substr(0, 4) + tracking);
        EXPECT_EQ(total({{"event", "death"}}), 0);
        EXPECT_EQ(total({{"trackingId", "B000000"}}), 0);
        EXPECT_EQ(first_error(search(sandbox, searcher, {{"bornOn", "today"}})), "Field \"bornOn\" is not defined");
        const Json since{{"timePeriodFrom", "2020-01-01T00:00:00Z"}};
        if (version < "1.7") {
            EXPECT_EQ(search(sandbox, searcher, since).status, 400) << "of 1.7 and later";
            EXPECT_EQ(first_error(search(sandbox, notifier, {{"event", "birth"}})),
                      "Advanced search is only allowed for registrar or registration agent");
        } else {
            EXPECT_EQ(total(since), 1);
            EXPECT_EQ(total({{"timePeriodFrom", "2100-01-01T00:00:00Z"}}), 0);
            EXPECT_EQ(json_of(search(sandbox, notifier, since).body)["data"]["searchEvents"]["totalItems"], 0);
        }
        EXPECT_EQ(first_error(search(sandbox, searcher, {{"dateOfRegistrationStart", "2020-01-01"}})),
                  "dateOfRegistrationStart must be provided along with dateOfRegistrationEnd");
        EXPECT_EQ(total({{"dateOfRegistrationStart", "2020-01-01"}, {"dateOfRegistrationEnd", "2100-01-01"}}), 1);
        EXPECT_EQ(first_error(ask(sandbox, "POST", "/graphql", "{}")), "Unauthorized");
    }
}

TEST(SandboxSearch, RefusesMoreThanAFewWhereTheVersionDoes) {
    for (const std::string version : {"1.4", "1.5"}) {
        SCOPED_TRACE(version);
        const Sandbox sandbox(searched(version));
        for (int i = 0; i < 6; ++i) notified(sandbox, version);
        for (const auto& record : sandbox.events())
            ask(sandbox, "POST", "/sandbox/register/" + std::string(text_member(record, "trackingId")));
        const auto answer = search(sandbox, searcher, {{"event", "birth"}}, 4);
        if (version < "1.5") {
            EXPECT_EQ(first_error(answer), "Too many results Please narrow your search");
        } else {
            const auto found = json_of(answer.body)["data"]["searchEvents"];
            EXPECT_EQ(found["totalItems"], 6);
            EXPECT_EQ(found["results"].size(), 4U);
        }
    }
}
