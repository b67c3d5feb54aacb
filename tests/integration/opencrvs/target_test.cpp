// SPDX-License-Identifier: MPL-2.0
// The OpenCRVS target against the sandbox, over real sockets.
#include "channels/opencrvs/target.hpp"

#include "app/clock.hpp"
#include "channels/opencrvs/read_v2.hpp"
#include "core/io_pool.hpp"
#include "support/sandbox/sandbox.hpp"
#include "unit/opencrvs_target/fakes.hpp"
#include "upstream/curl_upstream.hpp"

#include <gtest/gtest.h>

#include <sstream>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace std::chrono_literals;
using test::read_file;

namespace {

const char* const client_id = "dddddddd-0000-4000-8000-000000000001";
const char* const narrow_client = "dddddddd-0000-4000-8000-000000000002";

sandbox::SandboxOptions sandbox_options() {
    sandbox::SandboxOptions out;
    out.clients = {
        {client_id, "sandbox-secret", "Mediator", {"type=record.create", "type=record.notify&event=birth,death"}},
        {narrow_client,
         "other",
         "Narrow",
         {"type=record.create", "type=record.notify&event=death", "type=record.search"}}};
    return out;
}

/// The golden exchange of that name.
Json golden(const std::string& file, const std::string& name) {
    std::istringstream lines(read_file("tests/support/sandbox/golden/" + file));
    for (std::string line; std::getline(lines, line);) {
        auto exchange = parse_json(line).value();
        if (exchange.at("name") == name) return exchange;
    }
    throw std::runtime_error("no such golden exchange: " + name);
}

class OpenCrvsTarget : public testing::Test {
  protected:
    OpenCrvsTarget() {
        pool.start();
        target = make_target(client_id, "sandbox-secret");
    }
    ~OpenCrvsTarget() override {
        upstream.shutdown();
        pool.stop();
    }

    std::unique_ptr<Target> make_target(const std::string& id, const std::string& secret) {
        TargetOptions options;
        options.name = "national";
        options.version = "2.0";
        options.gateway_url = sandbox.url();
        options.auth_url = sandbox.url() + "/auth";
        options.client_id = id;
        options.client_secret = secret;
        options.timeout = 2s;
        return std::make_unique<Target>(options, map, ports);
    }

    template <class T>
    T wait_for(Task<T> task) {
        auto future = boost::asio::co_spawn(pool.context(0), std::move(task), boost::asio::use_future);
        if (future.wait_for(60s) != std::future_status::ready) throw std::runtime_error("not done within a minute");
        return future.get();
    }

    Result<Sent> notify(const VitalEvent& event, NotifyIds keys, Target* to = nullptr) {
        HttpRequest request;
        request.method = "POST";
        request.target = request.path = "/notification";
        last = std::make_unique<Exchange>(std::move(request), Caller{}, "notification", "/notification",
                                          clock.steady() + 20s, ports);
        EXPECT_TRUE(wait_for(last->receive(std::nullopt)));
        return wait_for((to == nullptr ? *target : *to).notify(*last, event, std::move(keys)));
    }

    /// The event behind a declaration, read by the same map that writes it.
    VitalEvent event_of(const std::string& type, const Json& body) {
        if (!target->snapshot()) {
            EXPECT_TRUE(wait_for(target->check_online(clock.steady() + 10s)));
        }
        const auto snapshot = target->snapshot();
        auto read = opencrvs::read(type, body.at("declaration"), body.value("annotation", Json::object()), map,
                                   snapshot->form, snapshot->places);
        EXPECT_TRUE(read) << read.error().message;
        return read.value().event;
    }

    VitalEvent golden_birth() {
        return event_of("birth", golden("birth-two-calls.jsonl", "notify").at("request").at("body"));
    }

    void fault(Json rule) { sandbox.add_faults({{"rules", Json::array({std::move(rule)})}}); }

    sandbox::Sandbox sandbox{sandbox_options()};
    IoPool pool{1};
    upstream::CurlUpstream upstream{pool, {}};
    test::FakeStore store;
    app::SystemClock clock;
    app::SystemIds ids;
    Ports ports{upstream, store, clock, ids};
    CountryMap map = CountryMap::parse(read_file("config/countries/farajaland/map.json")).value();
    std::unique_ptr<Target> target;
    std::unique_ptr<Exchange> last;
};

}  // namespace

TEST_F(OpenCrvsTarget, GoldenBirthArrivesAsItStands) {
    const auto body = golden("birth-two-calls.jsonl", "notify").at("request").at("body");
    const auto sent = notify(event_of("birth", body), {"t-create", "t-notify"});
    ASSERT_TRUE(sent) << sent.error().message;
    const auto record = sandbox.event(sent->event_id);
    EXPECT_EQ(record.at("status"), "NOTIFIED");
    EXPECT_EQ(record.at("trackingId"), sent->tracking_id);
    EXPECT_EQ(record.at("declaration"), body.at("declaration"));
    EXPECT_EQ(sent->office_id, body.at("createdAtLocation"));

    // Our own request, but for the ids, is the golden one.
    const auto sent_body = parse_json(last->steps().back().body).value();
    auto expected = body;
    expected["eventId"] = sent->event_id;
    expected["transactionId"] = "t-notify";
    EXPECT_EQ(sent_body, expected);
}

TEST_F(OpenCrvsTarget, GoldenDeathArrivesAsItStands) {
    const auto body = golden("death-one-call.jsonl", "create and notify").at("request").at("body");
    auto event = event_of("death", body);
    // A total cannot be read back into its parts.
    event.death.male_dependants = 1;
    event.death.female_dependants = 1;
    const auto sent = notify(event, {"t-create", "t-notify"});
    ASSERT_TRUE(sent) << sent.error().message;
    const auto record = sandbox.event(sent->event_id);
    EXPECT_EQ(record.at("status"), "NOTIFIED");
    auto expected = body.at("declaration");
    // An event without an identifier does not say that there is none.
    expected.erase("spouse.idType");
    EXPECT_EQ(record.at("declaration"), expected);
}

TEST_F(OpenCrvsTarget, RepeatsMakeOneRecord) {
    const auto event = golden_birth();
    const auto first = notify(event, {"t-create", "t-notify"});
    const auto again = notify(event, {"t-create", "t-notify"});
    ASSERT_TRUE(first && again);
    EXPECT_EQ(first->event_id, again->event_id);
    EXPECT_EQ(sandbox.events().size(), 1u);
}

TEST_F(OpenCrvsTarget, UnclearOutcomesAreSettledByRepeating) {
    const auto event = golden_birth();
    int n = 0;
    for (const auto* match : {"POST /events/events", "POST /events/events/*/notify"}) {
        for (const auto* kind : {"reset", "truncate", "status", "garbage"}) {
            const auto name = std::to_string(++n);
            const auto before = sandbox.events().size();
            fault({{"match", match}, {"kind", kind}, {"status", 500}, {"times", 1}, {"after", true}});
            auto sent = notify(event, {"create-" + name, "notify-" + name});
            if (!sent) {
                EXPECT_TRUE(is_transient(sent.error().code)) << sent.error().message;
                sent = notify(event, {"create-" + name, "notify-" + name});
            }
            ASSERT_TRUE(sent) << match << " " << kind << ": " << sent.error().message;
            EXPECT_EQ(sandbox.events().size(), before + 1) << match << " " << kind;
        }
    }
}

TEST_F(OpenCrvsTarget, SlowTargetIsUnavailable) {
    const auto event = golden_birth();
    target->set_retry({.attempts = 1, .backoff = {}});
    fault({{"match", "POST /events/events"}, {"kind", "hang"}, {"ms", 5000}, {"times", 1}});
    const auto sent = notify(event, {"t-create", "t-notify"});
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(sent.error().retry_after);
}

TEST_F(OpenCrvsTarget, CountryConfigurationDecides) {
    const auto event = golden_birth();
    fault({{"match", "POST /events/events/*/notify"}, {"kind", "country_config"}, {"status", 202}, {"times", 1}});
    const auto pending = notify(event, {"create-1", "notify-1"});
    ASSERT_TRUE(pending) << pending.error().message;
    EXPECT_TRUE(pending->pending);

    fault({{"match", "POST /events/events/*/notify"}, {"kind", "country_config"}, {"status", 400}, {"times", 1}});
    EXPECT_EQ(notify(event, {"create-2", "notify-2"}).error().code, ErrorCode::bad_request);

    fault({{"match", "POST /events/events/*/notify"}, {"kind", "country_config"}, {"status", 500}, {"times", 1}});
    EXPECT_EQ(notify(event, {"create-3", "notify-3"}).error().code, ErrorCode::unavailable);
}

TEST_F(OpenCrvsTarget, RecordsThatMovedOn) {
    const auto event = golden_birth();
    const auto sent = notify(event, {"create-1", "notify-1"});
    ASSERT_TRUE(sent);
    ASSERT_TRUE(sandbox.register_event(sent->event_id));
    const auto again = notify(event, {"create-1", "notify-1"});
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->tracking_id, sent->tracking_id);

    const auto corrected = notify(event, {"create-1", "notify-2"});
    ASSERT_FALSE(corrected);
    EXPECT_EQ(corrected.error().code, ErrorCode::conflict);
}

TEST_F(OpenCrvsTarget, WrongCredentialsAreToldInWords) {
    const auto event = golden_birth();
    const auto wrong = make_target(client_id, "wrong");
    auto sent = notify(event, {"create-1", "notify-1"}, wrong.get());
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::bad_gateway);
    EXPECT_NE(sent.error().message.find("targets.national.clients.notification"), std::string::npos);

    const auto narrow = make_target(narrow_client, "other");
    sent = notify(event, {"create-2", "notify-2"}, narrow.get());
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::bad_gateway);
    const auto check = wait_for(narrow->check_online(clock.steady() + 10s));
    ASSERT_TRUE(check);
    EXPECT_EQ(check->scopes.missing, std::vector<std::string>{"type=record.notify&event=birth"});
    EXPECT_EQ(check->scopes.excess, std::vector<std::string>{"record.search"});
}

TEST_F(OpenCrvsTarget, OnlineCheckOfAGoodTarget) {
    const auto check = wait_for(target->check_online(clock.steady() + 10s));
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_TRUE(check->scopes.missing.empty());
    EXPECT_TRUE(check->scopes.excess.empty());
    EXPECT_GT(check->offices, 0u);
}

TEST_F(OpenCrvsTarget, WithOpenCrvsGone) {
    auto event = golden_birth();
    ASSERT_TRUE(notify(event, {"create-1", "notify-1"}));
    TargetOptions options;
    options.name = "gone";
    options.version = "2.0";
    options.gateway_url = "http://127.0.0.1:1";
    options.auth_url = "http://127.0.0.1:1/auth";
    options.timeout = 2s;
    Target gone(options, map, ports);
    const auto sent = notify(event, {"create-1", "notify-1"}, &gone);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(sent.error().retry_after);
}
