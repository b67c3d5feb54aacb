// SPDX-License-Identifier: MPL-2.0
#include "app/console.hpp"

#include "support/fakes/fakes.hpp"
#include "unit/config/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::app;

namespace {

struct ConsoleTest : testing::Test {
    fakes::FakeClock clock;
    fakes::FakeIds ids;
    fakes::FakeUpstream upstream;
    fakes::FakeStore store{clock};
    fakes::Runner runner;
    config::test::FakeFiles files = config::test::usual_files();
    config::LoadInput input;
    int changes = 0;

    ConsoleTest() {
        input.name = "mediator.json";
        input.text = config::test::minimal(config::test::with_openhim);
        input.files = &files;
    }

    Task<bool> load(ConsoleSettings& settings) {
        co_await settings.load_last_good();
        co_return true;
    }
    /// As after a start: with what the store has of last time.
    std::unique_ptr<ConsoleSettings> started() {
        auto out = std::make_unique<ConsoleSettings>(input, Ports{upstream, store, clock, ids},
                                                     [this](const auto&) { ++changes; });
        runner.run(load(*out));
        return out;
    }
};

const Json held{{"channels__notification__hold", true}, {"log__level", "debug"}};

}  // namespace

TEST_F(ConsoleTest, WhatIsSetIsInEffectRecordedAndKeptOverARestart) {
    auto console = started();
    EXPECT_FALSE(console->current()->flag("channels.notification.hold"));
    ASSERT_TRUE(runner.run(console->apply(held)));
    EXPECT_TRUE(console->current()->flag("channels.notification.hold"));
    EXPECT_EQ(changes, 1);
    const auto recorded = store.all<store_ops::Administer>();
    ASSERT_EQ(recorded.size(), 1u);
    EXPECT_EQ(recorded[0].action, "settings.apply");
    EXPECT_EQ(recorded[0].detail, R"({"changed":["channels.notification.hold","log.level"]})");
    EXPECT_TRUE(started()->current()->flag("channels.notification.hold"));
}

TEST_F(ConsoleTest, WhatIsWrongIsRefusedWholeAndRecorded) {
    auto console = started();
    ASSERT_TRUE(runner.run(console->apply(held)));
    auto wrong = held;
    wrong["channels__notification__hold"] = false;
    wrong["log__level"] = "loud";
    const auto refused = runner.run(console->apply(wrong));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("log.level"), std::string::npos);
    EXPECT_EQ(refused.error().message.find("loud"), std::string::npos);
    EXPECT_TRUE(console->current()->flag("channels.notification.hold"));
    EXPECT_EQ(store.all<store_ops::Administer>().back().action, "settings.refuse");
    EXPECT_TRUE(started()->current()->flag("channels.notification.hold"));
}

TEST_F(ConsoleTest, AChangeThatCannotBeRecordedIsNotMade) {
    auto console = started();
    store.failures = {Error{ErrorCode::storage, "disk full", "", {}}};
    EXPECT_FALSE(runner.run(console->apply(held)));
    EXPECT_FALSE(console->current()->flag("channels.notification.hold"));
    EXPECT_EQ(changes, 0);
}

TEST_F(ConsoleTest, OneSettingThatNoLongerFitsDoesNotUndoTheOthers) {
    auto console = started();
    ASSERT_TRUE(runner.run(console->apply(held)));
    input.environment["MEDIATOR_LOG__LEVEL"] = "warn";
    EXPECT_TRUE(started()->current()->flag("channels.notification.hold")) << "the environment sets one of them";
    EXPECT_EQ(started()->current()->text("log.level"), "warn");

    input.environment.clear();
    auto of_an_older_version = held;
    of_an_older_version["channels__notification__taken_away"] = 5;
    of_an_older_version["channels__notification__retry__attempts"] = 5000;
    store.caches["openhim-console"] = dump_json(of_an_older_version);
    const auto now = started()->current();
    EXPECT_TRUE(now->flag("channels.notification.hold"));
    EXPECT_EQ(now->text("log.level"), "debug");
    EXPECT_EQ(now->integer("channels.notification.retry.attempts"), 3);

    store.caches["openhim-console"] = "[1]";
    EXPECT_FALSE(started()->current()->flag("channels.notification.hold"));
}
