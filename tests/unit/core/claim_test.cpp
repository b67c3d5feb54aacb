// SPDX-License-Identifier: MPL-2.0
#include "core/claim.hpp"

#include <gtest/gtest.h>

using namespace ocm;

namespace {

const WallTime now = *parse_rfc3339("2026-01-15T09:30:00Z");
const Subject tala{"tala", "2026-01-14", "ruth", "female", false};
const Subject bwalya{"bwalya", "2026-01-15", "agnes", "male", false};

Claim claim(KeyKind kind, std::string content, Subject subject = tala) {
    return Claim{"client", "opencrvs-1", kind, "key", std::move(content), std::move(subject)};
}

HeldClaim held(ClaimState state, std::string content, Subject subject = tala, WallTime at = now) {
    return HeldClaim{"tx", KeyKind::document, std::move(content), std::move(subject), state, at, 1};
}

}  // namespace

struct ClaimRow {
    const char* label;
    KeyKind kind;
    ClaimState state;
    bool same_content;
    Subject subject;
    ClaimVerdict verdict;
};

class ClaimRule : public testing::TestWithParam<ClaimRow> {};

TEST_P(ClaimRule, Decides) {
    const auto& row = GetParam();
    const auto decision =
        decide(claim(row.kind, row.same_content ? "a" : "b", row.subject), {held(row.state, "a")}, now);
    EXPECT_EQ(name(decision.verdict), name(row.verdict));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ClaimRule,
    testing::Values(
        ClaimRow{"unclear_again", KeyKind::document, ClaimState::unclear, true, tala, ClaimVerdict::queued},
        ClaimRow{"unclear_changed", KeyKind::document, ClaimState::unclear, false, tala, ClaimVerdict::correction},
        ClaimRow{"delivered_again", KeyKind::document, ClaimState::delivered, true, tala, ClaimVerdict::replay},
        ClaimRow{"running_again", KeyKind::document, ClaimState::running, true, tala, ClaimVerdict::wait},
        ClaimRow{"queued_again", KeyKind::document, ClaimState::queued, true, tala, ClaimVerdict::queued},
        ClaimRow{"refused_again", KeyKind::document, ClaimState::refused, true, tala, ClaimVerdict::again},
        ClaimRow{"interrupted_again", KeyKind::document, ClaimState::interrupted, true, tala, ClaimVerdict::again},
        ClaimRow{"unavailable_again", KeyKind::explicit_key, ClaimState::unavailable, true, tala, ClaimVerdict::again},
        ClaimRow{"parked_again", KeyKind::document, ClaimState::parked, true, tala, ClaimVerdict::again},
        ClaimRow{"correction_parked", KeyKind::document, ClaimState::parked, false, tala, ClaimVerdict::again},
        ClaimRow{"correction_sent", KeyKind::document, ClaimState::delivered, false, tala, ClaimVerdict::correction},
        ClaimRow{"correction_queued", KeyKind::document, ClaimState::queued, false, tala,
                 ClaimVerdict::replaces_queued},
        ClaimRow{"correction_refused", KeyKind::source, ClaimState::refused, false, tala, ClaimVerdict::again},
        ClaimRow{"constant_identifier", KeyKind::document, ClaimState::delivered, false, bwalya,
                 ClaimVerdict::another_subject},
        ClaimRow{"explicit_other", KeyKind::explicit_key, ClaimState::delivered, false, bwalya,
                 ClaimVerdict::key_reused},
        ClaimRow{"explicit_refused_other", KeyKind::explicit_key, ClaimState::refused, false, tala,
                 ClaimVerdict::key_reused}),
    [](const auto& row) { return std::string(row.param.label); });

TEST(Claim, UnknownIsFresh) {
    EXPECT_EQ(decide(claim(KeyKind::document, "a"), {}, now).verdict, ClaimVerdict::fresh);
}

TEST(Claim, ContentKeysExpire) {
    const auto yesterday = now - content_key_lifetime - Milliseconds(1);
    EXPECT_EQ(decide(claim(KeyKind::content, "a"), {held(ClaimState::delivered, "a", tala, yesterday)}, now).verdict,
              ClaimVerdict::fresh);
    EXPECT_EQ(decide(claim(KeyKind::document, "a"), {held(ClaimState::delivered, "a", tala, yesterday)}, now).verdict,
              ClaimVerdict::replay);
}

TEST(Claim, UnnamedTwinsAreNeverMerged) {
    const Subject twin{"", "2026-01-14", "ruth", "female", true};
    EXPECT_TRUE(plainly_another(twin, twin));
    EXPECT_EQ(decide(claim(KeyKind::document, "b", twin), {held(ClaimState::delivered, "a", twin)}, now).verdict,
              ClaimVerdict::another_subject);
    // The very same bytes are the same message all the same.
    EXPECT_EQ(decide(claim(KeyKind::document, "a", twin), {held(ClaimState::delivered, "a", twin)}, now).verdict,
              ClaimVerdict::replay);
}

TEST(Claim, FindsItsOwnAmongManySubjects) {
    const std::vector<HeldClaim> many{held(ClaimState::delivered, "c", bwalya), held(ClaimState::delivered, "a", tala)};
    const auto decision = decide(claim(KeyKind::document, "a"), many, now);
    EXPECT_EQ(decision.verdict, ClaimVerdict::replay);
    EXPECT_EQ(decision.held, 1u);
}

TEST(Claim, OneCorrectedFieldIsNotAnotherPerson) {
    auto renamed = tala;
    renamed.person = "thala";
    EXPECT_FALSE(plainly_another(tala, renamed));
    renamed.parent = "someone else";
    EXPECT_TRUE(plainly_another(tala, renamed));
    EXPECT_FALSE(plainly_another(tala, Subject{}));
}
