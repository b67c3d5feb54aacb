// SPDX-License-Identifier: MPL-2.0
#include "registration/machine.hpp"

#include <gtest/gtest.h>

#include <sstream>

using namespace ocm;
using namespace ocm::registration;
using namespace std::chrono_literals;

namespace {

const Error refused{ErrorCode::unauthenticated, "wrong password", "openhim.username", std::nullopt};
const Error forbidden{ErrorCode::forbidden, "no permission", "openhim.username", std::nullopt};
const Error invalid{ErrorCode::bad_request, "refused", {}, std::nullopt};
const Error down{ErrorCode::unavailable, "connection refused", {}, std::nullopt};
const Error gone{ErrorCode::not_found, "unknown mediator", {}, std::nullopt};
const Error bad_value{ErrorCode::bad_request, "must be a number", "log.level", std::nullopt};

/// One step's outcome as text: "register", "beat+config wake=10000"; reports as "(warning)".
std::string written(const Step& step, SteadyTime start) {
    std::ostringstream out;
    std::string gap;
    const auto put = [&out, &gap](const std::string& word) {
        out << gap << word;
        gap = " ";
    };
    for (const auto& action : step.actions) {
        if (std::holds_alternative<action::Register>(action)) put("register");
        if (std::holds_alternative<action::Verify>(action)) put("verify");
        if (std::holds_alternative<action::ApplyConfig>(action)) put("apply");
        if (std::holds_alternative<action::InstallChannels>(action)) put("install");
        if (const auto* beat = std::get_if<action::Beat>(&action)) put(beat->want_config ? "beat+config" : "beat");
        if (const auto* report = std::get_if<action::Report>(&action)) {
            const char* levels[] = {"(info)", "(warning)", "(error)"};
            put(levels[static_cast<int>(report->level)]);
        }
    }
    if (step.next_wake)
        put("wake=" + std::to_string(std::chrono::duration_cast<Milliseconds>(*step.next_wake - start).count()));
    return out.str();
}

struct Row {
    Milliseconds at;
    Event event;
    std::string expected;
};

struct Sequence {
    std::string name;
    std::vector<Row> rows;
    bool install = false;
    double random = 0.0;
};

std::ostream& operator<<(std::ostream& out, const Sequence& s) {
    return out << s.name;
}

MachinePolicy policy_of(const Sequence& sequence) {
    MachinePolicy policy;
    policy.version = "1.0.0";
    policy.forced_config_every = 3;
    policy.install_channels = sequence.install;
    return policy;
}

std::vector<Row> registered(std::vector<Row> rest) {
    std::vector<Row> rows{{0ms, event::Started{}, "register"},
                          {0ms, event::Registered{}, "verify"},
                          {0ms, event::Verified{"1.0.0"}, "beat+config"},
                          {50ms, event::Beat{}, "(info) wake=10000"}};
    rows.insert(rows.end(), rest.begin(), rest.end());
    return rows;
}

}  // namespace

class MachineSequence : public testing::TestWithParam<Sequence> {};

TEST_P(MachineSequence, DoesWhatItShould) {
    const auto policy = policy_of(GetParam());
    const SteadyTime start{};
    MachineState state;
    int line = 0;
    for (const auto& row : GetParam().rows) {
        const auto next = step(std::move(state), policy, start + row.at, row.event, GetParam().random);
        EXPECT_EQ(written(next, start), row.expected) << "row " << line;
        // Never two things at once, and never nothing to come.
        int calls = 0;
        for (const auto& action : next.actions) calls += std::holds_alternative<action::Report>(action) ? 0 : 1;
        const bool over = next.state.phase == MachineState::Phase::stopped;
        EXPECT_EQ(calls + (next.next_wake ? 1 : 0), over ? 0 : 1) << "row " << line;
        state = next.state;
        ++line;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, MachineSequence,
    testing::Values(Sequence{"beats_every_interval_and_forces_configuration_every_third",
                             registered({{10'000ms, event::Woke{}, "beat"},
                                         {10'400ms, event::Beat{}, "wake=20000"},
                                         {20'000ms, event::Woke{}, "beat"},
                                         {20'001ms, event::Beat{}, "wake=30000"},
                                         {30'000ms, event::Woke{}, "beat+config"},
                                         {30'001ms, event::Beat{}, "wake=40000"}})},
                    Sequence{"a_slow_beat_delays_the_next_and_is_never_overlapped",
                             registered({{10'000ms, event::Woke{}, "beat"}, {27'000ms, event::Beat{}, "wake=27000"}})},
                    Sequence{"registration_backs_off_and_says_why_once",
                             {{0ms, event::Started{}, "register"},
                              {0ms, event::RegistrationFailed{down}, "(error) wake=1000"},
                              {1'000ms, event::Woke{}, "register"},
                              {1'000ms, event::RegistrationFailed{down}, "wake=3000"},
                              {3'000ms, event::Woke{}, "register"},
                              {3'000ms, event::RegistrationFailed{down}, "wake=7000"},
                              {7'000ms, event::Woke{}, "register"},
                              {7'000ms, event::Registered{}, "verify"},
                              {7'000ms, event::Verified{"1.0.0"}, "beat+config"},
                              {7'000ms, event::Beat{}, "(info) wake=17000"}}},
                    Sequence{"waits_are_jittered",
                             {{0ms, event::Started{}, "register"},
                              {0ms, event::RegistrationFailed{down}, "(error) wake=550"}},
                             false,
                             0.9},
                    Sequence{"a_wrong_password_backs_off_for_minutes",
                             {{0ms, event::Started{}, "register"},
                              {0ms, event::RegistrationFailed{refused}, "(error) wake=240000"},
                              {240'000ms, event::Woke{}, "register"},
                              {240'000ms, event::RegistrationFailed{refused}, "wake=720000"},
                              {720'000ms, event::Woke{}, "register"},
                              {720'000ms, event::RegistrationFailed{refused}, "wake=1680000"},
                              {1'680'000ms, event::Woke{}, "register"},
                              {1'680'000ms, event::RegistrationFailed{refused}, "wake=2880000"}}},
                    Sequence{"a_refused_description_backs_off_for_minutes",
                             {{0ms, event::Started{}, "register"},
                              {0ms, event::RegistrationFailed{invalid}, "(error) wake=240000"}}},
                    Sequence{"forbidden_to_register_but_registered_by_an_administrator",
                             {{0ms, event::Started{}, "register"},
                              {0ms, event::RegistrationFailed{forbidden}, "verify"},
                              {0ms, event::Verified{"1.0.0"}, "(warning) beat+config"},
                              {0ms, event::Beat{}, "(info) wake=10000"}}},
                    Sequence{"forbidden_to_register_and_unknown",
                             {{0ms, event::Started{}, "register"},
                              {0ms, event::RegistrationFailed{forbidden}, "verify"},
                              {0ms, event::VerifyFailed{gone}, "(error) wake=240000"},
                              {240'000ms, event::Woke{}, "register"}}},
                    Sequence{"an_ignored_version_is_told_and_work_goes_on",
                             {{0ms, event::Started{}, "register"},
                              {0ms, event::Registered{}, "verify"},
                              {0ms, event::Verified{"2.0.0"}, "(warning) beat+config"},
                              {0ms, event::Beat{}, "(info) wake=10000"}}},
                    Sequence{"a_version_that_cannot_be_read_is_no_obstacle",
                             {{0ms, event::Started{}, "register"},
                              {0ms, event::Registered{}, "verify"},
                              {0ms, event::VerifyFailed{down}, "(warning) beat+config"}}},
                    Sequence{"registered_yet_unknown_is_tried_again_later",
                             {{0ms, event::Started{}, "register"},
                              {0ms, event::Registered{}, "verify"},
                              {0ms, event::VerifyFailed{gone}, "(error) wake=1000"}}},
                    Sequence{"forgotten_registers_at_once_and_fetches_the_configuration",
                             registered({{10'000ms, event::Woke{}, "beat"},
                                         {10'001ms, event::BeatFailed{gone}, "(warning) register"},
                                         {10'002ms, event::Registered{}, "verify"},
                                         {10'003ms, event::Verified{"1.0.0"}, "beat+config"},
                                         {10'004ms, event::Beat{}, "(info) wake=20003"}})},
                    Sequence{"forgotten_again_and_again_is_no_tight_loop",
                             registered({{10'000ms, event::Woke{}, "beat"},
                                         {10'000ms, event::BeatFailed{gone}, "(warning) register"},
                                         {10'000ms, event::Registered{}, "verify"},
                                         {10'000ms, event::Verified{"1.0.0"}, "beat+config"},
                                         {10'000ms, event::BeatFailed{gone}, "(warning) (error) wake=11000"},
                                         {11'000ms, event::Woke{}, "register"},
                                         {11'000ms, event::Registered{}, "verify"},
                                         {11'000ms, event::Verified{"1.0.0"}, "beat+config"},
                                         {11'000ms, event::BeatFailed{gone}, "(warning) wake=13000"}})},
                    Sequence{"a_lost_beat_asks_for_the_configuration_it_may_have_carried",
                             registered({{10'000ms, event::Woke{}, "beat"},
                                         {18'000ms, event::BeatFailed{down}, "(error) wake=20000"},
                                         {20'000ms, event::Woke{}, "beat+config"},
                                         {28'000ms, event::BeatFailed{down}, "wake=30000"},
                                         {30'000ms, event::Woke{}, "beat+config"},
                                         {30'001ms, event::Beat{}, "(info) wake=40000"}})},
                    Sequence{"a_password_changed_while_running_backs_off_for_minutes",
                             registered({{10'000ms, event::Woke{}, "beat"},
                                         {10'000ms, event::BeatFailed{refused}, "(error) wake=250000"},
                                         {250'000ms, event::Woke{}, "beat+config"}})},
                    Sequence{"a_configuration_is_applied_once",
                             registered({{10'000ms, event::Woke{}, "beat"},
                                         {10'000ms, event::Beat{event::Config::given, "a"}, "apply"},
                                         {10'010ms, event::ConfigApplied{}, "(info) wake=20000"},
                                         {20'000ms, event::Woke{}, "beat"},
                                         {20'000ms, event::Beat{event::Config::given, "a"}, "wake=30000"},
                                         {30'000ms, event::Woke{}, "beat+config"},
                                         {30'000ms, event::Beat{event::Config::given, "b"}, "apply"},
                                         {30'000ms, event::ConfigApplied{}, "(info) wake=40000"}})},
                    Sequence{"a_rejected_configuration_is_told_once_and_not_tried_again",
                             registered({{10'000ms, event::Woke{}, "beat"},
                                         {10'000ms, event::Beat{event::Config::given, "a"}, "apply"},
                                         {10'000ms, event::ConfigRejected{bad_value}, "(error) wake=20000"},
                                         {20'000ms, event::Woke{}, "beat"},
                                         {20'000ms, event::Beat{event::Config::given, "a"}, "wake=30000"}})},
                    Sequence{"a_configuration_that_could_not_be_stored_is_tried_again",
                             registered({{10'000ms, event::Woke{}, "beat"},
                                         {10'000ms, event::Beat{event::Config::given, "a"}, "apply"},
                                         {10'000ms, event::ConfigRejected{down}, "(error) wake=20000"},
                                         {20'000ms, event::Woke{}, "beat+config"},
                                         {20'000ms, event::Beat{event::Config::given, "a"}, "apply"},
                                         {20'000ms, event::ConfigRejected{down}, "wake=30000"},
                                         {30'000ms, event::Woke{}, "beat+config"},
                                         {30'000ms, event::Beat{event::Config::given, "a"}, "apply"},
                                         {30'000ms, event::ConfigApplied{}, "(info) wake=40000"}})},
                    Sequence{"an_unreadable_configuration_is_asked_for_again",
                             registered({{10'000ms, event::Woke{}, "beat"},
                                         {10'000ms, event::Beat{event::Config::unreadable, ""}, "(error) wake=20000"},
                                         {20'000ms, event::Woke{}, "beat+config"},
                                         {20'000ms, event::Beat{event::Config::unreadable, ""}, "wake=30000"},
                                         {30'000ms, event::Woke{}, "beat+config"},
                                         {30'000ms, event::Beat{}, "(info) wake=40000"}})},
                    Sequence{"channels_are_installed_after_the_first_beat_and_again_when_forgotten",
                             {{0ms, event::Started{}, "register"},
                              {0ms, event::Registered{}, "verify"},
                              {0ms, event::Verified{"1.0.0"}, "beat+config"},
                              {0ms, event::Beat{event::Config::given, "a"}, "(info) apply"},
                              {0ms, event::ConfigApplied{}, "(info) install"},
                              {900ms, event::ChannelsInstalled{}, "wake=10000"},
                              {10'000ms, event::Woke{}, "beat"},
                              {10'000ms, event::BeatFailed{gone}, "(warning) register"},
                              {10'000ms, event::Registered{}, "verify"},
                              {10'000ms, event::Verified{"1.0.0"}, "beat+config"},
                              {10'000ms, event::Beat{event::Config::given, "a"}, "(info) install"}},
                             true},
                    Sequence{"a_failed_installation_is_tried_again_later_without_hurting_the_beats",
                             {{0ms, event::Started{}, "register"},
                              {0ms, event::Registered{}, "verify"},
                              {0ms, event::Verified{"1.0.0"}, "beat+config"},
                              {0ms, event::Beat{}, "(info) install"},
                              {0ms, event::InstallFailed{forbidden}, "(error) wake=10000"},
                              {10'000ms, event::Woke{}, "beat"},
                              {10'000ms, event::Beat{}, "wake=20000"},
                              {240'000ms, event::Woke{}, "beat"},
                              {240'000ms, event::Beat{}, "install"}},
                             true},
                    Sequence{"stopped_is_the_end", registered({{10'000ms, event::Stopped{}, ""},
                                                               {10'000ms, event::Woke{}, ""},
                                                               {10'000ms, event::Beat{}, ""}})}),
    [](const auto& row) { return row.param.name; });

TEST(Machine, NamesBothVersionsInTheWarning) {
    MachinePolicy policy;
    policy.version = "1.0.0";
    auto state = step({}, policy, {}, event::Started{}, 0).state;
    state = step(std::move(state), policy, {}, event::Registered{}, 0).state;
    const auto next = step(std::move(state), policy, {}, event::Verified{"2.3.4"}, 0);
    const auto& report = std::get<action::Report>(next.actions.at(0));
    EXPECT_NE(report.text.find("2.3.4"), std::string::npos);
    EXPECT_NE(report.text.find("1.0.0"), std::string::npos);
}

TEST(Machine, WarnsOfEndpointsFromBeforeAMove) {
    MachinePolicy policy;
    policy.version = "1.0.0";
    auto state = step({}, policy, {}, event::Started{}, 0).state;
    state = step(std::move(state), policy, {}, event::Registered{}, 0).state;
    const auto next = step(std::move(state), policy, {}, event::Verified{"1.0.0", false}, 0);
    ASSERT_EQ(next.actions.size(), 2u) << "and the beats begin";
    EXPECT_NE(std::get<action::Report>(next.actions[0]).text.find("other endpoints"), std::string::npos);
}

TEST(Machine, KeepsTheReasonOfARejectionUntilAConfigurationIsApplied) {
    MachinePolicy policy;
    auto state = step({}, policy, {}, event::Started{}, 0).state;
    for (const Event& event :
         std::vector<Event>{event::Registered{}, event::Verified{""}, event::Beat{event::Config::given, "a"},
                            event::ConfigRejected{bad_value}}) {
        state = step(std::move(state), policy, {}, event, 0).state;
    }
    EXPECT_EQ(state.config_rejected, bad_value);
    state = step(std::move(state), policy, {}, event::Beat{event::Config::given, "b"}, 0).state;
    state = step(std::move(state), policy, {}, event::ConfigApplied{}, 0).state;
    EXPECT_EQ(state.config_rejected, std::nullopt);
}
