// SPDX-License-Identifier: MPL-2.0
// The same event from different senders is the same declaration.
#include "channels/transform.hpp"
#include "fixtures.hpp"
#include "notify_check.hpp"

#include <gmock/gmock.h>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;

namespace {

constexpr std::string_view org_unit = "qX3vN0pLm7a";

std::string data(const std::string& name) {
    return slurp(source_dir() / "tests/unit" / (name + ".json"));
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
    return text;
}

Json declared(std::string_view from, const std::string& text) {
    const auto out = ocm::transform(from, "opencrvs-2.0", text, {farajaland_map(), farajaland_form(), places()}, now());
    EXPECT_TRUE(out) << from << ": " << out.error().path << " " << out.error().message;
    if (!out) return {};
    const auto today = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now()));
    EXPECT_THAT(notify_problems(*farajaland_form().find(text_member(out->result, "eventType")),
                                out->result["declaration"], out->result["annotation"], today),
                testing::IsEmpty())
        << from;
    return out->result;
}

/// Of `wanted`, what `got` does not say. What it says is the same.
std::vector<std::string> unsaid(const Json& wanted, const Json& got) {
    std::vector<std::string> out;
    for (const auto& [field, value] : wanted.items()) {
        if (!got.contains(field)) {
            out.push_back(field);
        } else {
            EXPECT_EQ(got[field], value) << field;
        }
    }
    return out;
}

TEST(Intakes, TheSameBirthIsTheSameDeclaration) {
    const auto document = declared("opencrvs-1", data("opencrvs/data/birth-1.8"));
    const auto plain = declared("vital-json", data("opencrvs/data/birth-vital"));
    EXPECT_EQ(plain, document);

    const auto tracker = declared("dhis2", replaced(data("formats/data/dhis2-birth"), org_unit, "HF-1"));
    EXPECT_EQ(tracker["createdAtLocation"], document["createdAtLocation"]);
    EXPECT_THAT(unsaid(document["declaration"], tracker["declaration"]),
                testing::UnorderedElementsAre("informant.email", "mother.dob", "mother.nationality", "mother.address",
                                              "mother.maritalStatus"))
        << "the Vital Events package has no place for these";
    EXPECT_TRUE(unsaid(tracker["declaration"], document["declaration"]).empty());
}

TEST(Intakes, TheSameDeathIsTheSameDeclaration) {
    const auto document = declared("opencrvs-1", data("opencrvs/data/death-1.8"));
    const auto tracker = declared("dhis2", replaced(data("formats/data/dhis2-death"), org_unit, "HF-1"));
    EXPECT_EQ(tracker["createdAtLocation"], document["createdAtLocation"]);
    EXPECT_THAT(unsaid(document["declaration"], tracker["declaration"]),
                testing::UnorderedElementsAre("informant.email", "deceased.nationality", "deceased.address",
                                              "deceased.numberOfDependants", "eventDetails.causeOfDeathEstablished",
                                              "eventDetails.sourceCauseDeath", "spouse.dob", "spouse.nationality",
                                              "spouse.idType", "spouse.addressSameAs"));
}

TEST(Intakes, ARealTrackerPayload) {
    if (samples().empty()) GTEST_SKIP() << "the real samples are absent: set OCM_SAMPLES";
    const auto text = slurp(samples() / "notifications/dhis2-vital-events-birth.json");
    const auto form = FormConfig::from_answer(slurp(samples() / "opencrvs-2.0/events-config.json")).value();
    const TargetForms target{farajaland_map(), form, places()};
    const auto refused = ocm::transform("dhis2", "opencrvs-2.0", text, target, now());
    ASSERT_FALSE(refused) << "its facility is one of the DHIS2, which nobody has linked yet";
    EXPECT_EQ(refused.error().path, "/trackedEntities/0/enrollments/0/events/0/dataValues/1/value");
    const auto out = ocm::transform("dhis2", "opencrvs-2.0", replaced(text, "DiszpKrYNg8", "HF-1"), target, now());
    ASSERT_TRUE(out) << out.error().path << " " << out.error().message;
    const auto& declaration = out->result["declaration"];
    EXPECT_EQ(declaration["child.name"], (Json{{"firstname", "Amina"}, {"surname", "Moyo"}}));
    EXPECT_EQ(declaration["child.gender"], "female");
    EXPECT_EQ(declaration["child.dob"], "2026-02-02");
    EXPECT_EQ(declaration["child.placeOfBirth"], "HEALTH_FACILITY");
    EXPECT_EQ(declaration["child.birthLocation"], facility);
    EXPECT_EQ(declaration["child.attendantAtBirth"], "MIDWIFE");
    EXPECT_EQ(declaration["child.birthType"], "SINGLE");
    EXPECT_EQ(declaration["child.weightAtBirth"], 3.15);
    EXPECT_EQ(declaration["informant.relation"], "MOTHER");
    EXPECT_EQ(declaration["mother.name"], (Json{{"firstname", "Sara"}, {"surname", "Moyo"}}));
    EXPECT_EQ(declaration["mother.nid"], "1234567890");
}

}  // namespace
