// SPDX-License-Identifier: MPL-2.0
#include "channels/field_policy.hpp"

#include "unit/formats/arbitrary_event.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

using namespace ocm;

namespace {

constexpr const char* number = "2026B7Q2K1";

/// A record as it is kept: roles of the event, numbers that no other value happens to equal.
VitalEvent arbitrary_record() {
    auto event = *test::arbitrary<VitalEvent>();
    event.persons.clear();
    for (const auto* one : {role::child, role::mother, role::deceased, role::informant}) {
        const auto person = *test::arbitrary<Person>();
        if (person != Person{}) event.persons[one] = person;
    }
    event.registration = Registration{"B7Q2K1A", number, "e7e40000-0000-4000-8000-000000000001", std::nullopt};
    return event;
}

std::vector<std::string> some_fields() {
    return *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(fields()));
}

VitalEvent birth() {
    VitalEvent event;
    auto& child = event.persons[role::child];
    child.names = {{{"Thandiwe"}, "Tembo", "en"}};
    child.birth_date = "2026-03-01";
    child.identifiers = {{"BIRTH_REGISTRATION_NUMBER", number}, {"OTHER", "H-77"}};
    auto& mother = event.persons[role::mother];
    mother.names = {{{"Nomsa"}, "Tembo", "en"}};
    mother.identifiers = {{"NATIONAL_ID", "9900112233"}};
    event.informant.relation = "MOTHER";
    event.informant.phone = "+260700000011";
    event.place = Place{"HEALTH_FACILITY", "fac11117-0000-4000-8000-000000000001", {}};
    event.birth.weight_grams = 3150;
    event.comment = "Mother well.";
    event.registration = Registration{"B7Q2K1A", number, "", "2026-03-04T08:00:00Z"};
    event.document = R"({"resourceType":"Bundle"})";
    return event;
}

using Names = std::vector<std::string>;

TEST(FieldPolicy, NothingGrantedIsNothingTold) {
    const auto cut = permit(birth(), {});
    EXPECT_EQ(cut.event, VitalEvent{});
    EXPECT_TRUE(cut.disclosed.empty());
    EXPECT_EQ(permit(birth(), {"", "everything", "child.", "child.names", "mother-details", "document", "kind"}).event,
              VitalEvent{});
}

TEST(FieldPolicy, AFieldIsThatFieldAlone) {
    const auto cut = permit(birth(), {"mother.identifiers", "place"});
    VitalEvent expected;
    expected.persons[role::mother].identifiers = {{"NATIONAL_ID", "9900112233"}};
    expected.place = birth().place;
    EXPECT_EQ(cut.event, expected);
    EXPECT_EQ(cut.disclosed, (Names{"mother.identifiers", "place"}));
}

TEST(FieldPolicy, AGroupIsEveryFieldOfIt) {
    const auto cut = permit(birth(), {"child", "registration"});
    EXPECT_EQ(cut.disclosed, (Names{"child.name", "child.birth_date", "child.identifiers", "registration.number",
                                    "registration.tracking_id", "registration.date"}));
    EXPECT_EQ(cut.event.persons.size(), 1U);
    EXPECT_EQ(cut.event.informant, Informant{});
}

TEST(FieldPolicy, TheNumberOfTheRegistrationIsAFieldOfItsOwn) {
    const auto cut = permit(birth(), {"child.identifiers"});
    EXPECT_EQ(cut.event.persons.at(role::child).identifiers, (std::vector<Identifier>{{"OTHER", "H-77"}}));
    EXPECT_EQ(cut.event.registration, std::nullopt);
}

TEST(FieldPolicy, TheContactsPhoneIsTheInformants) {
    EXPECT_EQ(permit(birth(), {"informant.phone"}).event.informant.phone, "+260700000011");
    EXPECT_EQ(permit(birth(), {"mother"}).event.informant, Informant{});
}

TEST(FieldPolicy, KindIsToldToWhoeverIsTold) {
    auto event = birth();
    event.kind = VitalKind::death;
    EXPECT_EQ(permit(event, {}).event.kind, VitalKind::death);
}

TEST(FieldPolicy, EveryNameIsAFieldOnce) {
    const std::set<std::string> once(fields().begin(), fields().end());
    EXPECT_EQ(once.size(), fields().size());
    for (const auto& name : fields()) EXPECT_TRUE(is_field(name));
    EXPECT_TRUE(is_field("child.name"));
    EXPECT_TRUE(is_field("registration"));
    for (const auto* name : {"", "child.", ".name", "name", "kind", "document"}) EXPECT_FALSE(is_field(name)) << name;
}

TEST(FieldPolicy, PermissionCodesOf1xAreFields) {
    EXPECT_EQ(fields_of_permission("mother-details"),
              (Names{"mother", "registration.number", "registration.tracking_id"}));
    // It holds no value kept here; the Task with the numbers goes out all the same.
    EXPECT_EQ(fields_of_permission("supporting-documents"), (Names{"registration.number", "registration.tracking_id"}));
    for (const auto kind : {VitalKind::birth, VitalKind::death}) {
        for (const auto& code : national_id_permissions(kind)) {
            const auto granted = fields_of_permission(code);
            ASSERT_TRUE(granted) << code;
            for (const auto& name : *granted) EXPECT_TRUE(is_field(name)) << name;
        }
    }
    EXPECT_TRUE(national_id_permissions(VitalKind::marriage).empty());
    // In the model of 1.x, enforced nowhere; a group is no permission.
    for (const auto* code : {"", "childs-details", "child", "composition"})
        EXPECT_EQ(fields_of_permission(code), std::nullopt) << code;
}

RC_GTEST_PROP(FieldPolicyProperty, EverythingGrantedIsTheWholeRecord, ()) {
    auto event = arbitrary_record();
    event.document = "{}";
    const auto cut = permit(event, fields());
    event.document.reset();
    RC_ASSERT(cut.event == event);
}

RC_GTEST_PROP(FieldPolicyProperty, OnlyWhatIsGrantedIsDisclosedAndCuttingAgainChangesNothing, ()) {
    const auto event = arbitrary_record();
    const auto granted = some_fields();
    const auto cut = permit(event, granted);
    for (const auto& name : cut.disclosed) {
        const auto group = name.substr(0, name.find('.'));
        RC_ASSERT(std::ranges::find(granted, name) != granted.end() ||
                  std::ranges::find(granted, group) != granted.end());
    }
    const auto again = permit(cut.event, granted);
    RC_ASSERT(again.event == cut.event);
    RC_ASSERT(again.disclosed == cut.disclosed);
    // What is disclosed is all there is: granted alone, it tells the same.
    RC_ASSERT(permit(event, cut.disclosed).event == cut.event);
}

}  // namespace
