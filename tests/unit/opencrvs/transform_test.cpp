// SPDX-License-Identifier: MPL-2.0
#include "channels/transform.hpp"

#include "channels/opencrvs/versions.hpp"
#include "fixtures.hpp"
#include "formats/opencrvs_v1/read.hpp"
#include "notify_check.hpp"

#include <gmock/gmock.h>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;

namespace {

std::filesystem::path data(const std::string& name) {
    return source_dir() / "tests/unit/opencrvs/data" / (name + ".json");
}

Result<Transformed> to_v2(const std::string& text, const FormConfig& form = farajaland_form(),
                          const Places& where = places()) {
    return ocm::transform("opencrvs-1", "opencrvs-2.0", text, {farajaland_map(), form, where}, now());
}

const FormConfig& real_form() {
    static const auto form = FormConfig::from_answer(slurp(samples() / "opencrvs-2.0/events-config.json")).value();
    return form;
}

std::vector<std::string> problems(const FormConfig& form, const Json& result) {
    const auto today = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now()));
    return notify_problems(*form.find(text_member(result, "eventType")), result["declaration"], result["annotation"],
                           today);
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
    return text;
}

}  // namespace

class TransformGolden : public testing::TestWithParam<const char*> {};
TEST_P(TransformGolden, NotificationBecomesTheDeclaration) {
    const std::string kind = GetParam();
    const auto out = to_v2(slurp(data(kind + "-1.8")));
    ASSERT_TRUE(out) << out.error().message << " " << out.error().path;
    EXPECT_EQ(out->result, parse_json(slurp(data(kind + "-2.0"))).value()) << pretty_json(out->account.to_json());
    EXPECT_TRUE(problems(farajaland_form(), out->result).empty());
    if (samples().empty()) GTEST_SKIP() << "the real event configuration is absent: set OCM_SAMPLES";
    EXPECT_EQ(to_v2(slurp(data(kind + "-1.8")), real_form())->result, out->result);
}
INSTANTIATE_TEST_SUITE_P(Kinds, TransformGolden, testing::Values("birth", "death"));

TEST(Transform, NamesTheSendersOwnPaths) {
    const auto birth = slurp(data("birth-1.8"));
    auto out = to_v2(replaced(birth, "Location/cccccccc-0000-4000-8000-000000000001",
                              "Location/dddddddd-0000-4000-8000-000000000001"));
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().code, ErrorCode::bad_request);
    EXPECT_EQ(out.error().path, "/entry/5/resource/location/0/location/reference");
    out = to_v2(replaced(birth, "Location/aaaaaaaa-0000-4000-8000-000000000001",
                         "Location/dddddddd-0000-4000-8000-000000000001"));
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().path, "/entry/1/resource/extension/5/valueReference/reference");
    EXPECT_EQ(opencrvs_v1::place_of(parse_json(birth).value(), "kind"), "/entry/0/resource/type/coding/0/code");
    EXPECT_EQ(opencrvs_v1::place_of(Json::object(), "office"), "");
}

TEST(Transform, GoesThroughOurOwnFormat) {
    const TargetForms target{farajaland_map(), farajaland_form(), places()};
    const auto ours = ocm::transform("opencrvs-1", "vital-json", slurp(data("death-1.8")), target, now());
    ASSERT_TRUE(ours);
    const auto out = ocm::transform("vital-json", "opencrvs-2.0", dump_json(ours->result), target, now());
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(out->result, parse_json(slurp(data("death-2.0"))).value());
}

/// Every reader with every writer: what 1.x and 2.0 notifications become, and none loses something without saying so.
TEST(Transform, EveryPair) {
    const TargetForms target{farajaland_map(), farajaland_form(), places()};
    for (const auto* kind : {"birth", "death"}) {
        const auto bundle = slurp(data(std::string(kind) + "-1.8"));
        const auto ours = ocm::transform("opencrvs-1", "vital-json", bundle, target, now());
        ASSERT_TRUE(ours);
        for (const auto& from : readable_formats()) {
            if (from != "opencrvs-1" && from != "vital-json") continue;
            for (const auto& to : writable_formats()) {
                const auto out =
                    ocm::transform(from, to, from == "opencrvs-1" ? bundle : dump_json(ours->result), target, now());
                ASSERT_TRUE(out) << from << " to " << to << ": " << out.error().message << ' ' << out.error().path;
                if (to == "vital-json") {
                    EXPECT_EQ(out->result, ours->result);
                } else if (find_version(to.substr(9))->generation == Generation::events) {
                    EXPECT_EQ(text_member(out->result, "eventType"), kind);
                    EXPECT_EQ(out->result["declaration"].contains("child.birthLocationId"),
                              to == "opencrvs-2.0" && std::string_view(kind) == "birth");
                } else {
                    const auto back = ocm::transform("opencrvs-1", "vital-json", dump_json(out->result), target, now());
                    ASSERT_TRUE(back) << back.error().message;
                    EXPECT_EQ(back->result["persons"], ours->result["persons"]) << from << " to " << to;
                    EXPECT_EQ(back->result["place"], ours->result["place"]);
                    EXPECT_EQ(back->result["office"], ours->result["office"]);
                }
            }
        }
    }
}

TEST(Transform, A1xDocumentThatFitsGoesThroughUntouched) {
    const TargetForms target{farajaland_map(), farajaland_form(), places()};
    const auto bundle = slurp(data("birth-1.8"));
    auto out = ocm::transform("opencrvs-1", "opencrvs-1.6", bundle, target, now());
    ASSERT_TRUE(out);
    EXPECT_EQ(out->result, parse_json(bundle).value());
    EXPECT_TRUE(out->account.untouched);
    EXPECT_TRUE(out->account.dropped.empty());
    out = ocm::transform("opencrvs-1", "opencrvs-1.8", bundle, target, now());
    ASSERT_TRUE(out);
    EXPECT_NE(out->result, parse_json(bundle).value()) << "1.8 wants the family name as text";
    EXPECT_FALSE(out->account.untouched);
}

TEST(Transform, RefusesWhatItDoesNotKnow) {
    const TargetForms target{farajaland_map(), farajaland_form(), places()};
    EXPECT_EQ(ocm::transform("hl7-2", "opencrvs-2.0", "{}", target, now()).error().path, "from");
    EXPECT_EQ(ocm::transform("opencrvs-1", "paper", "{}", target, now()).error().path, "to");
    EXPECT_EQ(ocm::transform("opencrvs-1", "opencrvs-2.0", "{", target, now()).error().code, ErrorCode::bad_request);
}

TEST(Transform, RealNotificationsAndForms) {
    if (samples().empty()) GTEST_SKIP() << "the real samples are absent: set OCM_SAMPLES";
    const auto locations = parse_json(slurp(samples() / "opencrvs-2.0/locations.json")).value();
    const auto areas = parse_json(slurp(samples() / "opencrvs-2.0/administrative-areas.json")).value();
    const auto real_places = Places::from_answers(locations, areas).value();
    for (const auto* name : {"birth-1.8-full", "death-1.8-minimal"}) {
        const auto text = slurp(samples() / "notifications" / (std::string(name) + ".json"));
        const auto refused = to_v2(text, real_form(), real_places);
        ASSERT_FALSE(refused) << "its facility is one of 1.8's seed, which 2.0 does not have";
        EXPECT_THAT(refused.error().path, testing::EndsWith("/location/reference"));
        // What a crosswalk would do: the facility in the target's own terms.
        const auto out =
            to_v2(replaced(text, "869add5f-ec7e-47cd-8497-ee984d38b266", "100bad91-0fbc-4dd5-9d4b-77a20a58b340"),
                  real_form(), real_places);
        ASSERT_TRUE(out) << name << " " << out.error().message << " " << out.error().path;
        EXPECT_THAT(problems(real_form(), out->result), testing::IsEmpty());
        EXPECT_FALSE(out->account.warnings.empty()) << "the areas of 1.8's seed are unknown too";
    }
}
