// SPDX-License-Identifier: MPL-2.0
// The OpenCRVS target against sandboxes of every older version, over real sockets.
#include "app/clock.hpp"
#include "channels/opencrvs/target.hpp"
#include "channels/opencrvs/versions.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "core/io_pool.hpp"
#include "support/sandbox/sandbox.hpp"
#include "unit/opencrvs_target/fakes.hpp"
#include "upstream/curl_upstream.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace std::chrono_literals;
using test::read_file;

namespace {

constexpr const char* facility = "cccccccc-0000-4000-8000-000000000001";
constexpr const char* office = "aaaaaaaa-0000-4000-8000-000000000001";

VitalEvent birth() {
    VitalEvent event;
    event.kind = VitalKind::birth;
    auto& child = event.persons[role::child];
    child.names.push_back({{"Tala"}, "Mwansa", "en"});
    child.gender = "female";
    child.birth_date = "2026-01-14";
    auto& mother = event.persons[role::mother];
    mother.names.push_back({{"Ruth"}, "Phiri", "en"});
    mother.birth_date = "1998-05-02";
    Address home;
    home.country = "FAR";
    home.areas = {"VI-010101"};
    home.town = "Ibombo";
    mother.addresses.push_back(home);
    event.place = Place{"HEALTH_FACILITY", "HF-0107", std::nullopt};
    event.informant.relation = "MOTHER";
    event.custom["birth.mother.mother-view-group.motherIdType"] = "NATIONAL_ID";
    return event;
}

sandbox::SandboxOptions options_of(const std::string& version) {
    sandbox::SandboxOptions out;
    out.version = version;
    return out;
}

class LegacyTarget : public testing::TestWithParam<const char*> {
  protected:
    LegacyTarget() {
        pool.start();
        target = make_target(GetParam());
    }
    ~LegacyTarget() override {
        upstream.shutdown();
        pool.stop();
    }

    std::unique_ptr<Target> make_target(const std::string& version, AfterUnclear after_unclear = AfterUnclear::ask) {
        TargetOptions options;
        options.name = "national";
        options.version = version;
        options.gateway_url = options.auth_url = sandbox.url();
        const auto client = sandbox::default_client();
        options.client_id = client.id;
        options.client_secret = client.secret;
        options.timeout = 2s;
        options.after_unclear = after_unclear;
        return std::make_unique<Target>(options, map, ports);
    }

    template <class T>
    T wait_for(Task<T> task) {
        auto future = boost::asio::co_spawn(pool.context(0), std::move(task), boost::asio::use_future);
        if (future.wait_for(60s) != std::future_status::ready) throw std::runtime_error("not done within a minute");
        return future.get();
    }

    std::unique_ptr<Exchange> exchange() {
        HttpRequest request;
        request.method = "POST";
        request.target = request.path = "/notification";
        auto out = std::make_unique<Exchange>(std::move(request), Caller{}, "notification", "/notification",
                                              clock.steady() + 20s, ports);
        EXPECT_TRUE(wait_for(out->receive(std::nullopt)));
        return out;
    }
    Result<Sent> notify(const VitalEvent& event, Target* to = nullptr) {
        last = exchange();
        const NotifyIds keys{"5eed0000-0000-4000-8000-000000000001", "5eed0000-0000-4000-8000-000000000002"};
        return wait_for((to == nullptr ? *target : *to).notify(*last, event, keys));
    }

    bool legacy() const { return find_version(GetParam())->generation == Generation::legacy; }
    void fault(Json rule) { sandbox.add_faults({{"rules", Json::array({std::move(rule)})}}); }
    std::string notify_path() const { return legacy() ? "/notification" : "/events/events/notifications"; }

    sandbox::Sandbox sandbox{options_of(GetParam())};
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

TEST_P(LegacyTarget, TakesABirth) {
    const auto sent = notify(birth());
    ASSERT_TRUE(sent) << sent.error().message << ' ' << sent.error().path;
    EXPECT_EQ(sent->office_id, office) << "the nearest one above the facility";
    const auto record = sandbox.event(sent->event_id);
    ASSERT_FALSE(record.is_null());
    if (!legacy()) {
        EXPECT_EQ(record["status"], "NOTIFIED");
        EXPECT_EQ(record["trackingId"], sent->tracking_id);
        EXPECT_EQ(record["declaration"]["child.birthLocation"], facility);
        EXPECT_FALSE(record["declaration"].contains("child.birthLocationId"));
        return;
    }
    EXPECT_EQ(record["status"], "IN_PROGRESS");
    EXPECT_EQ(record["familyName"], "Mwansa") << "as this version's search service reads it";
    const std::string_view version = GetParam();
    EXPECT_EQ(sent->tracking_id, version < "1.6" ? "" : record["trackingId"].get<std::string>());
    const bool lost = std::any_of(sent->account.dropped.begin(), sent->account.dropped.end(),
                                  [](const auto& note) { return note.path.starts_with("custom."); });
    EXPECT_EQ(lost, version < "1.7") << "the form's own fields";
}

TEST_P(LegacyTarget, TheSecretIsInNoRecord) {
    ASSERT_TRUE(notify(birth()));
    for (const auto& step : last->steps()) {
        EXPECT_EQ((step.query + step.body + step.path).find("sandbox-secret"), std::string::npos) << step.name;
    }
}

TEST_P(LegacyTarget, CodesThatAreNotThereAreRefusedBeforeSending) {
    auto event = birth();
    event.place->location = "HF-9999";
    const auto refused = notify(event);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::bad_request);
    EXPECT_EQ(refused.error().path, refusal::location);
    EXPECT_EQ(sandbox.events().size(), 0u);
}

TEST_P(LegacyTarget, ChecksItsClientAndPlaces) {
    const auto found = wait_for(target->check_online(clock.steady() + 20s));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_TRUE(found->scopes.missing.empty());
    EXPECT_TRUE(found->scopes.excess.empty());
    for (const auto& problem : found->map_problems) {
        EXPECT_FALSE(legacy()) << "there are no forms to compare with: " << problem.message;
        EXPECT_EQ(problem.message.find("LocationId"), std::string::npos) << "1.9 has no such field, and needs none";
    }
    EXPECT_EQ(found->areas, 9u) << "all of them, whatever the link to a next page says";
    EXPECT_EQ(found->locations, 10u);
}

TEST_P(LegacyTarget, PlacesSurviveARestartWithOpenCrvsDown) {
    ASSERT_TRUE(wait_for(target->check_online(clock.steady() + 20s)));
    fault({{"match", "GET *"}, {"kind", "status"}, {"status", 503}});
    fault({{"match", "GET /events/config"}, {"kind", "status"}, {"status", 503}});
    auto again = make_target(GetParam());
    auto started = boost::asio::co_spawn(pool.context(0), again->start(), boost::asio::use_future);
    started.get();
    ASSERT_TRUE(again->snapshot());
    EXPECT_EQ(again->snapshot()->places.areas().size(), 9u);
    EXPECT_TRUE(notify(birth(), again.get()));
}

TEST_P(LegacyTarget, AnUnclearOutcomeIsNotRepeatedBlindly) {
    ASSERT_TRUE(wait_for(target->check_online(clock.steady() + 20s)));
    fault({{"match", "POST " + notify_path()}, {"kind", "reset"}, {"after", true}, {"times", 1}});
    const auto sent = notify(birth());
    ASSERT_EQ(sandbox.events().size(), 1u);
    if (!legacy()) {
        EXPECT_TRUE(sent) << "the same transaction id makes it safe to repeat";
        return;
    }
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::target_timeout);
    EXPECT_NE(sent.error().message.find("look it up in OpenCRVS"), std::string::npos) << sent.error().message;

    sandbox.clear_faults();
    fault({{"match", "POST /notification"}, {"kind", "status"}, {"status", 500}, {"times", 1}});
    EXPECT_EQ(notify(birth()).error().code, ErrorCode::target_timeout) << "a 500 that says nothing";
    fault({{"match", "POST /notification"}, {"kind", "status"}, {"status", 503}, {"times", 1}});
    EXPECT_EQ(notify(birth()).error().code, ErrorCode::unavailable) << "it was not taken";
    fault({{"match", "POST /notification"},
           {"kind", "status"},
           {"status", 200},
           {"body", R"({"statusCode":500,"error":"Internal Server Error"})"},
           {"times", 1}});
    EXPECT_EQ(notify(birth()).error().code, ErrorCode::target_timeout) << "a failure behind a 200";
    EXPECT_EQ(sandbox.events().size(), 1u);

    auto resending = make_target(GetParam(), AfterUnclear::resend);
    fault({{"match", "POST /notification"}, {"kind", "reset"}, {"after", true}, {"times", 1}});
    const auto again = notify(birth(), resending.get());
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::unavailable);
    EXPECT_NE(again.error().message.find("after_unclear"), std::string::npos);
}

TEST_P(LegacyTarget, ASecondRecordOfOneChildIsSaidToBe) {
    ASSERT_TRUE(notify(birth()));
    const auto second = notify(birth());
    ASSERT_TRUE(second);
    const bool told = !second->account.warnings.empty() &&
                      second->account.warnings.back().why.find("may be of the same event") != std::string::npos;
    EXPECT_EQ(told, std::string_view(GetParam()) == "1.8");
}

TEST_P(LegacyTarget, TheSendersDocumentGoesUntouched) {
    if (!legacy()) return;
    ASSERT_TRUE(notify(birth()));
    auto event = birth();
    event.office = office;
    event.place->location = facility;
    event.document = pretty_json(parse_json(last->steps().back().body).value());
    const auto sent = notify(event);
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_TRUE(sent->account.untouched);
    EXPECT_EQ(last->steps().back().body, *event.document);
}

TEST_P(LegacyTarget, AClientThatMayNotIsTheAdministratorsMatter) {
    sandbox.set_client_active(sandbox::default_client().id, false);
    const auto refused = notify(birth());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::bad_gateway) << refused.error().message;
    EXPECT_EQ(sandbox.events().size(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Versions, LegacyTarget, testing::Values("1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9"),
                         [](const auto& row) {
                             std::string label = row.param;
                             label[1] = '_';
                             return label;
                         });
