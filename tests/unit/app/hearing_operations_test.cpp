// SPDX-License-Identifier: MPL-2.0
#include "app/hearing_operations.hpp"

#include "support/fakes/fakes.hpp"
#include "unit/store/store_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::app;
using namespace ocm::test;

namespace {

class HearingCommands : public StoreTest {
  protected:
    HearingCommands() : store(open()), operations(*store, clock) {}
    void attach() {
        CatchUpOptions options;
        options.target = "national";
        options.search = {"national", "2.0", "https://gateway.example.org", {}};
        CatchUp::Deps deps{*store, {upstream, *store, clock, ids}, {}};
        catch_up = std::make_unique<CatchUp>(std::move(options), std::move(deps));
        operations.attach(nullptr, catch_up.get());
    }
    Result<Json> call(const std::string& command, Json args) {
        return run(operations.run(command, std::move(args), "cli:tester"));
    }

    fakes::FakeClock clock;
    fakes::FakeIds ids;
    fakes::FakeUpstream upstream;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<CatchUp> catch_up;
    HearingOperations operations;
};

TEST_F(HearingCommands, AreOfARunningMediatorThatHears) {
    for (const auto* command : {"opencrvs.list", "opencrvs.sync", "opencrvs.remove", "opencrvs.catchup",
                                "opencrvs.progress", "subscriptions.replay"}) {
        EXPECT_TRUE(HearingOperations::knows(command));
        const auto refused = call(command, Json::object());
        ASSERT_FALSE(refused) << command;
        EXPECT_EQ(refused.error().code, ErrorCode::unavailable) << command;
    }
    EXPECT_EQ(call("opencrvs.other", Json::object()).error().code, ErrorCode::not_found);
    EXPECT_FALSE(HearingOperations::knows("subscriptions.list"));
}

TEST_F(HearingCommands, StartAJobThatIsRecordedAndFollowed) {
    attach();
    const auto started = call("opencrvs.catchup", {{"since", "2026-03-01T00:00:00Z"}});
    ASSERT_TRUE(started) << started.error().message;
    EXPECT_EQ((*started)["ended"], false);
    EXPECT_EQ((*started)["since"], "2026-03-01T00:00:00.000Z");
    EXPECT_TRUE(call("opencrvs.progress", {{"job", (*started)["job"]}}));
    EXPECT_EQ(call("opencrvs.progress", {{"job", "none"}}).error().code, ErrorCode::not_found);
    EXPECT_EQ(call("opencrvs.catchup", {{"since", "yesterday"}}).error().path, "since");
    EXPECT_EQ(call("opencrvs.catchup", {{"since", "2030-01-01T00:00:00Z"}}).error().message, "it lies in the future");
    const auto nobody = call("subscriptions.replay", {{"id", "none"}, {"since", "2026-03-01T00:00:00Z"}});
    EXPECT_EQ(nobody.error().code, ErrorCode::not_found);
    EXPECT_EQ(nobody.error().path, "id");
    store->close();
    store::Database database(path(), store::Database::Mode::read_only, {}, 1000);
    EXPECT_EQ(database.integer("SELECT count(*) FROM entry WHERE canonical LIKE '%opencrvs.catchup%'"), 1);
}

}  // namespace
