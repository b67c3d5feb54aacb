// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/identify.hpp"

#include "core/hash.hpp"
#include "core/ids.hpp"

#include <gtest/gtest.h>

#include <functional>

using namespace ocm;
using namespace ocm::notification;

namespace {

VitalEvent birth() {
    VitalEvent event;
    auto& child = event.persons[role::child];
    child.names = {{{"Thandiwe"}, "Tembo", "en"}};
    child.birth_date = "2026-03-01";
    child.gender = "female";
    auto& mother = event.persons[role::mother];
    mother.names = {{{"Nomsa", "Grace"}, "Tembo", "en"}};
    mother.birth_date = "1996-08-19";
    event.source.document = "document-1";
    return event;
}

VitalEvent death() {
    VitalEvent event;
    event.kind = VitalKind::death;
    event.persons[role::deceased].names = {{{"Moses"}, "Zulu", "en"}};
    event.persons[role::deceased].birth_date = "1948-11-02";
    event.persons[role::informant].names = {{{"Ruth"}, "Zulu", "en"}};
    event.date = "2026-02-20";
    return event;
}

Claim claim_of(const VitalEvent& event, std::string_view key = {}, std::string_view body = "body") {
    auto claim = identify({"client-1", "opencrvs-1", key, body}, event);
    EXPECT_TRUE(claim && *claim);
    return **claim;
}

TEST(Identify, TakesTheStrongestKeyThereIs) {
    auto event = birth();
    event.source.system = "http://hospital.example.org";
    event.source.record = "417";
    EXPECT_EQ(claim_of(event, "key-1").kind, KeyKind::explicit_key);
    EXPECT_EQ(claim_of(event, "key-1").key, "key-1");
    EXPECT_EQ(claim_of(event).kind, KeyKind::document);
    event.source.document.clear();
    EXPECT_EQ(claim_of(event).kind, KeyKind::source);
    event.source.record.clear();
    EXPECT_EQ(claim_of(event).kind, KeyKind::content);
    EXPECT_EQ(claim_of(event).key, sha256_hex("body"));
}

TEST(Identify, ScopesByClientFormatAndContent) {
    const auto claim = claim_of(birth(), {}, "the body");
    EXPECT_EQ(claim.client, "client-1");
    EXPECT_EQ(claim.format, "opencrvs-1");
    EXPECT_EQ(claim.content_sha256, sha256_hex("the body"));
}

TEST(Identify, ADocumentIdentifierOfABirthIsNotThatOfADeath) {
    auto event = death();
    event.source.document = "document-1";
    EXPECT_NE(claim_of(birth()).key, claim_of(event).key);
}

TEST(Identify, NeverTakesAMultipleBirthForItsTwinByContent) {
    auto event = birth();
    event.source = {};
    event.birth.birth_type = "TWIN";
    auto claim = identify({"client-1", "opencrvs-1", "", "body"}, event);
    ASSERT_TRUE(claim);
    EXPECT_FALSE(*claim);
    event.birth.birth_type = "SINGLE";
    EXPECT_EQ(claim_of(event).kind, KeyKind::content);
    event.persons[role::child].is_multiple = true;
    claim = identify({"client-1", "opencrvs-1", "", "body"}, event);
    ASSERT_TRUE(claim);
    EXPECT_FALSE(*claim);
    // With a key of its own it is itself.
    EXPECT_EQ(claim_of(event, "key-1").kind, KeyKind::explicit_key);
    EXPECT_TRUE(claim_of(event, "key-1").subject.multiple);
}

TEST(Identify, RefusesKeysThatAreNone) {
    for (const auto& key : {std::string(256, 'k'), std::string("a\x01"), std::string("schl\xc3\xbcssel")}) {
        const auto claim = identify({"client-1", "opencrvs-1", key, "body"}, birth());
        ASSERT_FALSE(claim);
        EXPECT_EQ(claim.error().code, ErrorCode::bad_request);
        EXPECT_EQ(claim.error().path, "Idempotency-Key");
    }
}

TEST(SubjectOf, SpellingOfSpaceAndCaseMakesNoOtherPerson) {
    auto event = birth();
    event.persons[role::child].names = {{{" THANDIWE "}, " tembo", "en"}};
    EXPECT_EQ(subject_of("c", event), subject_of("c", birth()));
}

TEST(SubjectOf, CannotBeComparedAcrossClients) {
    EXPECT_NE(subject_of("a", birth()).person, subject_of("b", birth()).person);
}

TEST(SubjectOf, SaysNothingOfWhatItDoesNotKnow) {
    VitalEvent event;
    event.persons[role::child];
    EXPECT_EQ(subject_of("c", event), Subject{});
}

struct Change {
    const char* label;
    std::function<VitalEvent()> from;
    std::function<void(VitalEvent&)> change;
    bool another;
};
class Changed : public testing::TestWithParam<Change> {};

TEST_P(Changed, IsAnotherSubjectOrACorrection) {
    const auto before = GetParam().from();
    auto after = before;
    GetParam().change(after);
    EXPECT_EQ(plainly_another(subject_of("c", after), subject_of("c", before)), GetParam().another);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Changed,
    testing::Values(
        Change{"child_named", birth, [](VitalEvent& e) { e.persons[role::child].names[0].given = {"Thandi"}; }, false},
        Change{"birth_date", birth, [](VitalEvent& e) { e.persons[role::child].birth_date = "2026-02-28"; }, false},
        Change{"mother_renamed", birth, [](VitalEvent& e) { e.persons[role::mother].names[0].family = "Phiri"; },
               false},
        Change{"weight", birth, [](VitalEvent& e) { e.birth.weight_grams = 3000; }, false},
        Change{"sex", birth, [](VitalEvent& e) { e.persons[role::child].gender = "male"; }, false},
        Change{"constant_identifier", birth,
               [](VitalEvent& e) {
                   e.persons[role::child].names[0] = {{"Peter"}, "Banda", "en"};
                   e.persons[role::mother].names[0] = {{"Mary"}, "Banda", "en"};
               },
               true},
        Change{"same_day_other_child_and_mother", birth,
               [](VitalEvent& e) {
                   e.persons[role::child].names[0].given = {"Peter"};
                   e.persons[role::child].birth_date = "2026-03-05";
               },
               true},
        Change{"unnamed_twin", birth,
               [](VitalEvent& e) {
                   e.persons[role::child].names.clear();
                   e.birth.birth_type = "TWIN";
               },
               true},
        Change{"date_of_death", death, [](VitalEvent& e) { e.date = "2026-02-21"; }, false},
        Change{"other_deceased", death,
               [](VitalEvent& e) {
                   e.persons[role::deceased].names[0].given = {"Aaron"};
                   e.date = "2025-01-01";
               },
               true}),
    [](const auto& row) { return row.param.label; });

TEST(UpstreamIds, AreTheSameForTheSameAndOthersForOthers) {
    const UpstreamName name{"main", "client-1", "01900000-0000-7000-8000-000000000001", 1};
    const auto ids = upstream_ids(name);
    // They must never change: a retry after an upgrade has to repeat them.
    EXPECT_EQ(ids.create, "c398bdc5-2915-56aa-bdd9-87ce8d0fbfda");
    EXPECT_EQ(ids.notify, "42ebf5e2-baa5-559b-9191-36d6e422be6e");
    EXPECT_TRUE(is_uuid(ids.create));

    auto corrected = name;
    corrected.version = 2;
    EXPECT_EQ(upstream_ids(corrected).create, ids.create);
    EXPECT_NE(upstream_ids(corrected).notify, ids.notify);
    auto elsewhere = name;
    elsewhere.target = "other";
    EXPECT_NE(upstream_ids(elsewhere).create, ids.create);
    auto other_client = name;
    other_client.client = "client-2";
    EXPECT_NE(upstream_ids(other_client).create, ids.create);
    // Parts cannot run into each other.
    EXPECT_NE(upstream_ids({"a", "bc", "d", 1}).create, upstream_ids({"ab", "c", "d", 1}).create);
}

}  // namespace
