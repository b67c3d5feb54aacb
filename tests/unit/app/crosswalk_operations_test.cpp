// SPDX-License-Identifier: MPL-2.0
#include "app/operations.hpp"
#include "app/stored.hpp"
#include "channels/opencrvs/target.hpp"
#include "channels/transform.hpp"
#include "store/check.hpp"
#include "unit/opencrvs_target/fakes.hpp"
#include "unit/store/store_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::test;

namespace {

constexpr auto facility = "cccccccc-0000-4000-8000-000000000001";  // HF-0107

/// A store and a target that knows its places; what the command line and the admin port do with them.
class CrosswalkCommands : public StoreTest {
  protected:
    CrosswalkCommands() {
        options.name = "national";
        options.version = "2.0";
        options.gateway_url = "https://gateway.example.org";
        options.auth_url = options.gateway_url + "/auth";
        options.client_id = "the-client";
        options.client_secret = "the-secret";
        target = std::make_unique<opencrvs::Target>(options, map, Ports{upstream, *store, clock, ids});
        EXPECT_TRUE(opencrvs::test::run(target->check_online(clock.steady() + std::chrono::seconds(30))));
        operations = std::make_unique<app::Operations>(
            app::Operations::Deps{*store, clock, ids, {}, [this] { ++outbox_changed; }, {}, target.get()});
    }

    Result<Json> command(const std::string& name, const Json& args) {
        return run(operations->run("crosswalk." + name, args, "cli:tester"));
    }
    Json done(const std::string& name, const Json& args = Json::object()) {
        auto result = command(name, args);
        EXPECT_TRUE(result) << name << ": " << result.error().message << " " << result.error().path;
        return result ? *result : Json();
    }
    Result<Json> set(const std::string& code, const std::string& location, const std::string& system = "dhis2") {
        return command("set", {{"kind", "facility"}, {"system", system}, {"code", code}, {"location", location}});
    }

    /// A notification that waits for a code.
    std::string park(const std::string& code, const std::string& system = "dhis2") {
        const auto id = new_id();
        auto op = enqueue(id);
        op.parked = true;
        op.carries_claim = true;
        op.why = {ErrorCode::bad_request, "the facility is not known", "", {}};
        op.waits_for = {{PlaceKind::facility, system, code}};
        store_ops::Unit unit;
        unit.emplace_back(receive_with(id, claim("doc-" + id, "content")));
        unit.emplace_back(settle(id, ClaimState::parked, 202));
        unit.emplace_back(op);
        EXPECT_TRUE(store->commit_blocking(std::move(unit)));
        return op.delivery;
    }
    DeliveryState state(const std::string& delivery) { return run(store->delivery(delivery))->state; }

    opencrvs::CountryMap map =
        opencrvs::CountryMap::parse(opencrvs::test::read_file("config/countries/farajaland/map.json")).value();
    opencrvs::TargetOptions options;
    opencrvs::test::FakeClock clock;
    opencrvs::test::FakeIds ids;
    opencrvs::test::FakeOpenCrvs upstream{clock};
    std::unique_ptr<store::Store> store = open();
    std::unique_ptr<opencrvs::Target> target;
    std::unique_ptr<app::Operations> operations;
    int outbox_changed = 0;
};

}  // namespace

TEST_F(CrosswalkCommands, SettingACodeReleasesWhatWaitsForIt) {
    const auto waiting = park("DiszpKrYNg8");
    const auto same = park("DiszpKrYNg8", "dhis2/WSGAb5XwJ3Y");
    const auto other = park("other");
    const auto result = set("DiszpKrYNg8", "HF-0107");
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ((*result)["location"], facility);
    EXPECT_EQ((*result)["location_name"], "Chisoma Rural Hospital");
    EXPECT_EQ((*result)["released"], 2);
    EXPECT_EQ(state(waiting), DeliveryState::pending);
    EXPECT_EQ(state(same), DeliveryState::pending);
    EXPECT_EQ(state(other), DeliveryState::parked);
    EXPECT_EQ(outbox_changed, 1);
    EXPECT_TRUE(target->knows({PlaceKind::facility, "dhis2", "DiszpKrYNg8"}));

    // The same again changes nothing and releases nothing.
    EXPECT_EQ((*set("DiszpKrYNg8", facility))["unchanged"], 1);
    EXPECT_EQ(outbox_changed, 1);
    const auto list = done("list");
    ASSERT_EQ(list["entries"].size(), 1u);
    EXPECT_EQ(list["entries"][0]["by"], "cli:tester");
    EXPECT_EQ(list["entries"][0]["origin"], "set");
    EXPECT_TRUE(done("list", {{"kind", "office"}})["entries"].empty());
    store->close();
    expect_sound();
}

TEST_F(CrosswalkCommands, RefusesWhatIsWrongAndNamesTheArgument) {
    const std::vector<std::pair<Json, const char*>> rows{
        {{{"kind", "hospital"}, {"system", "dhis2"}, {"code", "A"}, {"location", facility}}, "kind"},
        {{{"kind", "facility"}, {"system", ""}, {"code", "A"}, {"location", facility}}, "system"},
        {{{"kind", "facility"}, {"system", "dhis2"}, {"code", ""}, {"location", facility}}, "code"},
        {{{"kind", "facility"}, {"system", "dhis2"}, {"code", "A"}, {"location", "nowhere"}}, "location"},
        {{{"kind", "office"}, {"system", "dhis2"}, {"code", "A"}, {"location", facility}}, "location"},
        {{{"kind", "facility"}, {"system", "dhis2"}, {"code", "A"}, {"location", "HF-0199"}}, "location"},
    };
    for (const auto& [args, path] : rows) {
        const auto result = command("set", args);
        ASSERT_FALSE(result) << args;
        EXPECT_EQ(result.error().path, path);
    }
    EXPECT_EQ(command("list", {{"kind", "x"}}).error().path, "kind");
    EXPECT_EQ(command("remove", {{"kind", "facility"}, {"system", "dhis2"}, {"code", "A"}}).error().code,
              ErrorCode::not_found);
    EXPECT_EQ(command("nothing", Json::object()).error().code, ErrorCode::not_found);
    EXPECT_TRUE(done("list")["entries"].empty());
}

TEST_F(CrosswalkCommands, ImportsAllOrNothing) {
    const auto waiting = park("A");
    const std::string good =
        "kind,system,code,location,name\nfacility,dhis2,A,HF-0107,Chisoma\narea,dhis2,ImspTQPwCqd,DI-0101,\n";
    auto result = done("import", {{"csv", good + "facility,dhis2,B,nowhere,\n"}});
    ASSERT_EQ(result["problems"].size(), 1u);
    EXPECT_EQ(result["problems"][0]["line"], 4);
    EXPECT_EQ(result["problems"][0]["column"], "location");
    EXPECT_TRUE(done("list")["entries"].empty());

    result = done("import", {{"csv", good}, {"dry_run", true}});
    EXPECT_EQ(result["added"], 2);
    EXPECT_TRUE(done("list")["entries"].empty());
    EXPECT_EQ(state(waiting), DeliveryState::parked);

    result = done("import", {{"csv", good}});
    EXPECT_EQ(result["added"], 2);
    EXPECT_EQ(result["released"], 1);
    EXPECT_EQ(state(waiting), DeliveryState::pending);
    result =
        done("import", {{"csv", "kind,system,code,location\nfacility,dhis2,A,HF-0108\n"}, {"origin", "suggested"}});
    EXPECT_EQ(result["replaced"], 1);
    const auto entries = done("list", {{"code", "A"}})["entries"];
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0]["origin"], "suggested");

    done("remove", {{"kind", "facility"}, {"system", "dhis2"}, {"code", "A"}});
    EXPECT_FALSE(target->knows({PlaceKind::facility, "dhis2", "A"}));
    EXPECT_EQ(done("list")["entries"].size(), 1u);
    store->close();
    expect_sound();
}

TEST_F(CrosswalkCommands, CheckNamesEntriesThatLeadNowhereAndCodesThatAreWaitedFor) {
    EXPECT_TRUE(set("A", "HF-0107"));
    EXPECT_TRUE(set("B", "HF-0120"));
    park("X", "");
    park("X", "");
    park("Y");
    auto result = done("check");
    EXPECT_TRUE(result["problems"].empty());
    ASSERT_EQ(result["unknown"].size(), 2u);
    EXPECT_EQ(result["unknown"][0]["code"], "X");
    EXPECT_EQ(result["unknown"][0]["deliveries"], 2);
    EXPECT_EQ(result["entries"], 2);

    // A facility is gone from OpenCRVS, another is closed.
    auto places = parse_json(upstream.locations).value();
    places.erase(std::remove_if(places.begin(), places.end(), [](const Json& one) { return one["id"] == facility; }),
                 places.end());
    for (auto& one : places)
        if (one["externalId"] == "HF-0120") one["validUntil"] = "2025-01-01T00:00:00.000Z";
    upstream.locations = dump_json(places);
    ASSERT_TRUE(opencrvs::test::run(target->check_online(clock.steady() + std::chrono::seconds(30))));
    result = done("check");
    ASSERT_EQ(result["problems"].size(), 2u);
    EXPECT_EQ(result["problems"][0]["problem"], "points to a location that OpenCRVS does not have");
    EXPECT_EQ(result["problems"][1]["problem"], "points to a location that is no longer in use");
}

TEST_F(CrosswalkCommands, APlaceThatOpenCrvsHasNowReleasesToo) {
    const auto waiting = park("HF-0500", "");
    auto released = run(operations->crosswalk().release("crosswalk"));
    ASSERT_TRUE(released);
    EXPECT_EQ(*released, 0u);
    auto places = parse_json(upstream.locations).value();
    places.push_back({{"id", "cccccccc-0000-4000-8000-000000000500"},
                      {"name", "New Clinic"},
                      {"externalId", "HF-0500"},
                      {"locationType", "HEALTH_FACILITY"}});
    upstream.locations = dump_json(places);
    ASSERT_TRUE(opencrvs::test::run(target->check_online(clock.steady() + std::chrono::seconds(30))));
    released = run(operations->crosswalk().release("crosswalk"));
    ASSERT_TRUE(released);
    EXPECT_EQ(*released, 1u);
    EXPECT_EQ(state(waiting), DeliveryState::pending);
}

TEST_F(CrosswalkCommands, SuggestsForWhatWaitsAndForAList) {
    park("hf 0107", "");
    auto result = done("suggest");
    ASSERT_EQ(result["suggestions"].size(), 1u);
    EXPECT_EQ(result["suggestions"][0]["system"], "*");
    EXPECT_EQ(result["suggestions"][0]["candidates"][0]["location"], facility);
    EXPECT_EQ(result["suggestions"][0]["candidates"][0]["matched_by"], "code");

    result = done("suggest", {{"csv",
                               "kind,system,code,name,parent\n"
                               "facility,dhis2,A,Chisoma Rural Hosp.,Chisoma\n"
                               "facility,dhis2,HF-0108,Mutende,\n"
                               "facility,dhis2,C,Unlike anything,\n"
                               "clinic,dhis2,D,x,\n"},
                              {"tables", true}});
    EXPECT_EQ(result["known"], 1);
    ASSERT_EQ(result["suggestions"].size(), 2u);
    EXPECT_TRUE(result["suggestions"][0]["candidates"][0]["sure"].get<bool>());
    EXPECT_TRUE(result["suggestions"][1]["candidates"].empty());
    EXPECT_EQ(result["problems"].size(), 1u);
    const auto imported = done("import", {{"csv", result["tables"]["sure"]}});
    EXPECT_EQ(imported["added"], 1);
    EXPECT_TRUE(target->knows({PlaceKind::facility, "dhis2", "A"}));
}

/// A birth as it comes, at a facility of DHIS2's.
std::string birth_at(const std::string& code) {
    return R"({"version":"1","kind":"birth","source":{"system":"dhis2","record":"1"},
               "persons":{"child":{"names":[{"given":["Amina"],"family":"Tembo"}],"birth_date":"2026-01-12"}},
               "place":{"location":")" +
           code + "\"}}";
}

TEST_F(CrosswalkCommands, AreWhatATransformGoesBy) {
    ASSERT_TRUE(set("DiszpKrYNg8", facility));
    const auto stored = app::read_stored(path(), &options, map);
    ASSERT_TRUE(stored) << stored.error().message;
    ASSERT_NE(stored->snapshot, nullptr);
    TargetForms forms{map, stored->snapshot->form, stored->snapshot->places};
    EXPECT_FALSE(ocm::transform("vital-json", "opencrvs-2.0", birth_at("DiszpKrYNg8"), forms, clock.now()));

    forms.crosswalk = &stored->crosswalk;
    forms.target = stored->target;
    const auto out = ocm::transform("vital-json", "opencrvs-2.0", birth_at("DiszpKrYNg8"), forms, clock.now());
    ASSERT_TRUE(out) << out.error().message << " " << out.error().path;
    EXPECT_EQ(out->result["declaration"]["child.birthLocation"], facility);
    EXPECT_EQ(out->account.recoded,
              (std::vector<Account::Note>{{"place.location", "by crosswalk, as a code of dhis2"}}));
    const auto legacy = ocm::transform("vital-json", "opencrvs-1.8", birth_at("DiszpKrYNg8"), forms, clock.now());
    ASSERT_TRUE(legacy) << legacy.error().message;
    EXPECT_NE(dump_json(legacy->result).find(std::string("Location/") + facility), std::string::npos);
    // Our own format is for no target: codes stay what they are.
    const auto own = ocm::transform("vital-json", "vital-json", birth_at("DiszpKrYNg8"), forms, clock.now());
    EXPECT_EQ(own->result["place"]["location"], "DiszpKrYNg8");

    const auto unknown = ocm::transform("vital-json", "opencrvs-2.0", birth_at("aaaaaaaaaaa"), forms, clock.now());
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().path, "place.location");
    EXPECT_NE(unknown.error().message.find("neither OpenCRVS nor the crosswalk knows the code"), std::string::npos)
        << unknown.error().message;
    const auto marriage =
        ocm::transform("vital-json", "opencrvs-2.0",
                       R"({"version":"1","kind":"marriage","place":{"location":"aaaaaaaaaaa"}})", forms, clock.now());
    ASSERT_FALSE(marriage);
    EXPECT_EQ(marriage.error().path, "kind") << "no code makes a form of it";
}

TEST_F(CrosswalkCommands, OfAStoreAreOfOneTargetWhereNobodySaysWhich) {
    ASSERT_TRUE(set("DiszpKrYNg8", facility));
    const auto stored = app::read_stored(path(), nullptr, map);
    ASSERT_TRUE(stored) << stored.error().message;
    EXPECT_EQ(stored->target, "national");
    EXPECT_EQ(stored->snapshot, nullptr);
    store_ops::ChangeCrosswalk change;
    change.put = {{{"other", {PlaceKind::facility, "dhis2", "B"}}, facility, "", CrosswalkOrigin::set, "", "", {}}};
    ASSERT_TRUE(store->commit_blocking({change}));
    const auto either = app::read_stored(path(), nullptr, map);
    ASSERT_FALSE(either);
    EXPECT_EQ(either.error().path, "--config");
    EXPECT_EQ(app::read_stored(path(), &options, map)->target, "national");
    EXPECT_FALSE(app::read_stored(path() + ".none", nullptr, map));
}

TEST_F(CrosswalkCommands, NeedATarget) {
    app::Operations without({*store, clock, ids, {}});
    EXPECT_FALSE(run(without.run("crosswalk.list", Json::object(), "cli:tester")));
}
