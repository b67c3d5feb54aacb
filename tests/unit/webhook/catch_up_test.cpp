// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/catch_up.hpp"

#include "channels/webhook/inbound.hpp"
#include "core/json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::webhook;
using namespace std::chrono_literals;
using opencrvs::RecordQuery;
using opencrvs::RecordSearch;
using opencrvs::SearchPage;

namespace {

constexpr WallTime start{Milliseconds(1'772'442'900'000)};  // 2026-03-02T09:15:00Z

SearchPage page(std::size_t shown, bool more = false) {
    SearchPage out;
    out.shown = shown;
    out.more = more;
    return out;
}

SearchPage standing(SearchPage::Standing standing) {
    SearchPage out;
    out.standing = standing;
    return out;
}

opencrvs::FoundRecord found(const char* type, const char* number, std::optional<WallTime> at) {
    return {type, "e7e40000-0000-4000-8000-000000000001", number, at, Json{{"id", number}}};
}

std::optional<VitalKind> kind_of(std::string_view type) {
    if (type == "birth") return VitalKind::birth;
    if (type == "stillbirth") return VitalKind::fetal_death;
    return std::nullopt;
}

TEST(CatchUpState, SurvivesARestart) {
    auto state = first_state(start);
    add_round(state, "r-1", RecordSearch::by_declaration, start + 1h, 10min);
    add_stretch(state, "s-1", RecordSearch::by_registration, start - 48h, start, "sub-1");
    note_gap(state, start + 5min);
    state.counted = 7;
    advance(state, standing(SearchPage::Standing::too_many), {});
    const auto read = read_state(write_state(state));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, state);
    for (const auto* broken : {"", "{}", R"({"origin":"x"})", "[]"}) {
        const auto refused = read_state(broken);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::storage);
    }
}

TEST(CatchUpRound, LooksBackByTheOverlapAndNeverBehindTheFirstStart) {
    auto state = first_state(start);
    add_round(state, "r", RecordSearch::by_registration, start + 5min, 10min);
    ASSERT_EQ(state.jobs.size(), 1U);
    EXPECT_EQ(state.jobs[0].todo.back().from, start);
    EXPECT_EQ(state.jobs[0].floor, start);
    add_round(state, "r2", RecordSearch::by_registration, start + 6min, 10min);
    EXPECT_EQ(state.jobs.size(), 1U) << "one round at a time";
    EXPECT_EQ(state.cursor, start) << "not moved before the round ends";
    const auto done = advance(state, page(0), {});
    ASSERT_TRUE(done);
    EXPECT_EQ(state.cursor, start + 5min);

    state.cursor = start + 24h;
    add_round(state, "r3", RecordSearch::by_registration, start + 24h + 5min, 10min);
    EXPECT_EQ(state.jobs[0].todo.back().from, start + 24h - 10min);
    add_round(state, "back", RecordSearch::by_registration, start - 24h, 10min);
    EXPECT_EQ(state.jobs.size(), 1U) << "a clock that was put back asks for nothing";
}

TEST(CatchUpRound, GoesBackToAGapThatWasNotedAndForgetsItOnlyThen) {
    auto state = first_state(start);
    state.cursor = start + 24h;
    add_round(state, "r", RecordSearch::by_change, start + 24h + 1min, 10min);
    note_gap(state, start + 3h);
    note_gap(state, start + 5h);
    ASSERT_TRUE(advance(state, page(0), {}));
    EXPECT_EQ(state.cursor, start + 24h + 1min);
    EXPECT_EQ(state.gap, start + 3h) << "it was noted while the round ran";
    add_round(state, "r2", RecordSearch::by_change, start + 24h + 2min, 10min);
    EXPECT_EQ(state.jobs[0].todo.back().from, start + 3h);
    EXPECT_FALSE(state.gap);
    state.jobs.clear();
    note_gap(state, start - 100h);
    add_round(state, "r3", RecordSearch::by_change, start + 24h + 3min, 10min);
    EXPECT_EQ(state.jobs[0].todo.back().from, start);
}

TEST(CatchUpRound, TurnsPagesAndNarrowsWhatIsTooMuch) {
    auto state = first_state(start);
    add_round(state, "r", RecordSearch::by_change, start + 1min, 0ms);
    EXPECT_FALSE(advance(state, page(100, true), {}));
    EXPECT_EQ(state.jobs[0].todo.back().skip, 90U) << "the last ten are looked at again, for results may move";
    EXPECT_FALSE(advance(state, standing(SearchPage::Standing::quota), {}));
    EXPECT_EQ(state.jobs[0].todo.back().skip, 90U) << "it is asked again";
    const auto done = advance(state, page(3), {});
    ASSERT_TRUE(done);
    EXPECT_EQ(done->searches, 2U);
    EXPECT_EQ(state.counted, 2U);
    EXPECT_EQ(state.cursor, start + 1min);

    auto few = first_state(start);
    add_round(few, "r", RecordSearch::by_declaration_few, start + 1min, 0ms);
    std::size_t asked = 0;
    while (!few.jobs.empty() && ++asked < 10'000) {
        // Each question finds too much until it names kind, sex and office.
        const auto& query = few.jobs[0].todo.back();
        const bool too_many = query.office.empty();
        advance(few, too_many ? standing(SearchPage::Standing::too_many) : page(1), {"office-1"});
    }
    EXPECT_LT(asked, 10'000U);
    EXPECT_EQ(few.cursor, start + 1min);
}

TEST(CatchUpRound, CountsWhatNoQuestionFinds) {
    auto state = first_state(start);
    CatchUpJob job;
    job.todo = {RecordQuery{start, start, "birth", "male", "office-1", 0}};
    state.jobs = {job};
    const auto done = advance(state, standing(SearchPage::Standing::too_many), {"office-1"});
    ASSERT_TRUE(done);
    EXPECT_EQ(done->unseen, 1U);
    EXPECT_EQ(state.cursor, start) << "a stretch moves no cursor";
}

TEST(CatchUpQuota, IsOfADayAndOf1xAlone) {
    auto state = first_state(start);
    state.counted = 5;
    EXPECT_TRUE(within_quota(state, RecordSearch::by_change, 6, start));
    EXPECT_FALSE(within_quota(state, RecordSearch::by_change, 5, start));
    EXPECT_TRUE(within_quota(state, RecordSearch::by_registration, 5, start));
    EXPECT_TRUE(within_quota(state, RecordSearch::by_change, 5, start + 24h));
    EXPECT_EQ(state.counted, 0U);

    EXPECT_EQ(until_next(RecordSearch::by_change, 5min, 1, 1000), 5min);
    EXPECT_EQ(until_next(RecordSearch::by_change, 5min, 100, 1000), 144min) << "ten rounds fill the day";
    EXPECT_EQ(until_next(RecordSearch::by_registration, 5min, 100, 1000), 5min);
}

TEST(CatchUpQuota, CountsSearchesWithHits) {
    auto state = first_state(start);
    add_stretch(state, "s", RecordSearch::by_registration, start - 72h, start);
    advance(state, page(0), {});
    EXPECT_EQ(state.counted, 0U) << "one that finds nothing is free";
    advance(state, page(1), {});
    EXPECT_EQ(state.counted, 1U);
}

TEST(Candidates, AreOfTheKindsThereAreTopicsForAndOfTheTimeAskedFor) {
    auto state = first_state(start);
    add_round(state, "r", RecordSearch::by_change, start + 1h, 0ms);
    const std::vector<opencrvs::FoundRecord> records{
        found("birth", "B1", start), found("birth", "B0", start - 1ms), found("birth", "B2", std::nullopt),
        found("stillbirth", "F1", start), found("tennis-club-membership", "T1", start)};
    const auto round = candidates(state.jobs[0], records, "national", kind_of);
    ASSERT_EQ(round.size(), 1U);
    EXPECT_EQ(round[0].found.number, "B1");
    EXPECT_EQ(round[0].once_key, "national birth.registered B1") << "as of a webhook";

    CatchUpJob stretch;
    stretch.floor = start - 1h;
    EXPECT_EQ(candidates(stretch, records, "national", kind_of).size(), 3U)
        << "what somebody asked for is told even where its time is not known";
}

TEST(TakeFound, MakesATransactionAndAMessageOfItsOwn) {
    CatchUpJob job;
    const Candidate candidate{found("birth", "B1", start), "national birth.registered B1", "event-1"};
    const auto unit = take_found(candidate, job, "national", "t-1", start, false);
    ASSERT_EQ(unit.size(), 2U);
    const auto& receive = std::get<store_ops::Receive>(unit[0]);
    EXPECT_EQ(receive.transaction, "t-1");
    EXPECT_EQ(receive.channel, "webhook-inbound");
    EXPECT_FALSE(receive.claim);
    const auto& heard = std::get<store_ops::Enqueue>(unit[1]);
    EXPECT_EQ(heard.kind, heard_kind);
    EXPECT_EQ(heard.destination, "heard:national");
    EXPECT_EQ(heard.delivery, found_delivery(candidate, job)) << "found again before it is known, it is there once";
    const auto message = read_heard(heard.payload).value();
    EXPECT_EQ(message.heard, Heard::catch_up);
    EXPECT_EQ(parse_json(message.body).value()["result"], candidate.found.result);

    job.subscription = "sub-1";
    job.id = "job-1";
    const auto for_one = found_delivery(candidate, job);
    EXPECT_NE(for_one, heard.delivery);
    job.id = "job-2";
    EXPECT_NE(found_delivery(candidate, job), for_one) << "the past may be asked for again";
    const auto asked = std::get<store_ops::Enqueue>(take_found(candidate, job, "national", "t-2", start, true)[1]);
    EXPECT_EQ(asked.destination, "confirm:national");
    const auto body = parse_json(read_heard(asked.payload)->body).value();
    EXPECT_EQ(body, (Json{{"record", "e7e40000-0000-4000-8000-000000000001"}, {"subscription", "sub-1"}}))
        << "nothing is kept of what will be read";
}

}  // namespace
