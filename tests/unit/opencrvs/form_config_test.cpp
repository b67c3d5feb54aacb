// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/shown_fields.hpp"
#include "fixtures.hpp"

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;

namespace {

constexpr const char* small_answer = R"([{"id":"birth","dateOfEvent":{"$$field":"child.dob","$$subfield":[]},
 "placeOfEvent":{"$$field":"child.placeId"},"declaration":{"pages":[
  {"id":"child","fields":[
    {"id":"child.divider","type":"DIVIDER"},
    {"id":"child.name","type":"NAME","required":true,"conditionals":[],"label":{"id":"x","defaultMessage":"Name"}},
    {"id":"child.kind","type":"SELECT","required":{"message":{}},"options":[{"value":"A","label":{}},{"value":"B"}]},
    {"id":"child.where","type":"LOCATION","configuration":{"locationTypes":["HEALTH_FACILITY"]},
     "conditionals":[{"type":"SHOW","conditional":{"properties":{"$form":{"properties":{"child.kind":{"const":"A"}},"required":["child.kind"]}},"required":["$form"]}},
                     {"type":"ENABLE","conditional":{"not":{}}}]},
    {"id":"child.home","type":"ADDRESS","configuration":{"streetAddressForm":[
      {"id":"town","type":"TEXT","conditionals":[{"type":"SHOW","conditional":{"properties":{"$form":{"properties":{"addressType":{"const":"DOMESTIC"}},"required":["addressType","district"]}},"required":["$form"]}}]},
      {"id":"state","type":"TEXT","conditionals":[{"type":"SHOW","conditional":{"properties":{"$form":{"properties":{"addressType":{"const":"INTERNATIONAL"}},"required":["addressType"]}},"required":["$form"]}}]},
      {"id":"zip","type":"TEXT"}]}},
    {"id":"child.age","type":"AGE","configuration":{"asOfDate":{"$$field":"child.dob"}}}]},
  {"id":"late","conditional":{"not":{}},"fields":[{"id":"late.reason","type":"TEXT"}]}]},
 "actions":[{"type":"READ","review":{"fields":[{"id":"read.only","type":"TEXT"}]}},
            {"type":"DECLARE","review":{"fields":[{"id":"review.comment","type":"TEXTAREA"}]}}]}])";

}  // namespace

TEST(FormConfig, KeepsWhatAWriterNeeds) {
    const auto config = FormConfig::from_answer(small_answer);
    ASSERT_TRUE(config) << config.error().message;
    const auto* form = config->find("birth");
    ASSERT_NE(form, nullptr);
    EXPECT_EQ(config->find("marriage"), nullptr);
    EXPECT_EQ(form->date_of_event, "child.dob");
    EXPECT_EQ(form->place_of_event, "child.placeId");
    EXPECT_EQ(form->find("child.divider"), nullptr);
    EXPECT_TRUE(form->find("child.name")->required);
    EXPECT_EQ(form->find("child.kind")->options, (std::vector<std::string>{"A", "B"}));
    EXPECT_TRUE(form->find("child.kind")->required);
    EXPECT_EQ(form->find("child.where")->location_types, std::vector<std::string>{"HEALTH_FACILITY"});
    EXPECT_EQ(form->find("child.age")->as_of, "child.dob");
    const auto& keys = form->streets[*form->find("child.home")->streets];
    EXPECT_EQ(keys.domestic, (std::vector<std::string>{"town", "zip"}));
    EXPECT_EQ(keys.international, (std::vector<std::string>{"state", "zip"}));
    EXPECT_NE(form->find_annotation("review.comment"), nullptr);
    EXPECT_EQ(form->find_annotation("read.only"), nullptr);
}

TEST(FormConfig, ShowsAFieldByItsOwnConditionAndItsPages) {
    const auto config = FormConfig::from_answer(small_answer).value();
    const auto& form = *config.find("birth");
    const Json with{{"child.kind", "A"}}, without{{"child.kind", "B"}};
    const auto day = std::chrono::year(2026) / 1 / 1;
    EXPECT_EQ(ShownFields(form, {with, day}).of(*form.find("child.where")), Truth::yes);
    EXPECT_EQ(ShownFields(form, {without, day}).of(*form.find("child.where")), Truth::no);
    EXPECT_EQ(ShownFields(form, {with, day}).of(*form.find("late.reason")), Truth::no);
}

TEST(FormConfig, SurvivesTheReducedForm) {
    const auto config = FormConfig::from_answer(small_answer).value();
    const auto again = FormConfig::from_reduced(config.reduced());
    ASSERT_TRUE(again) << again.error().message << " " << again.error().path;
    EXPECT_TRUE(*again == config);
    EXPECT_EQ(again->reduced(), config.reduced());
    EXPECT_EQ(config.reduced().find("defaultMessage"), std::string::npos);
}

struct BadForm {
    const char* label;
    const char* text;
    const char* path;
};
class BadAnswer : public testing::TestWithParam<BadForm> {};
TEST_P(BadAnswer, IsAGatewayError) {
    const auto config = FormConfig::from_answer(GetParam().text);
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code, ErrorCode::bad_gateway);
    EXPECT_EQ(config.error().path, GetParam().path);
}
INSTANTIATE_TEST_SUITE_P(Rows, BadAnswer,
                         testing::Values(BadForm{"not_json", "<html>", ""}, BadForm{"object", "{}", ""},
                                         BadForm{"empty", "[]", ""},
                                         BadForm{"no_id", R"([{"declaration":{"pages":[]}}])", "/0"},
                                         BadForm{"no_pages", R"([{"id":"birth"}])", "/0"}),
                         [](const auto& row) { return std::string(row.param.label); });

class BadReduced : public testing::TestWithParam<BadForm> {};
TEST_P(BadReduced, NamesThePlace) {
    const auto config = FormConfig::from_reduced(GetParam().text);
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code, ErrorCode::bad_request);
    EXPECT_EQ(config.error().path, GetParam().path);
}
#define FORM(events) R"({"format":"opencrvs-mediator/form-config/1","events":)" events "}"
INSTANTIATE_TEST_SUITE_P(
    Rows, BadReduced,
    testing::Values(BadForm{"format", R"({"format":"opencrvs-mediator/form-config/2","events":[]})", "/format"},
                    BadForm{"no_events", FORM("[]"), "/events"},
                    BadForm{"no_type", FORM(R"([{"id":"b","fields":[{"id":"x"}]}])"), "/events/0/fields/0"},
                    BadForm{"condition", FORM(R"([{"id":"b","fields":[{"id":"x","type":"TEXT","show":0}]}])"),
                            "/events/0/fields/0/show"},
                    BadForm{"negative", FORM(R"([{"id":"b","fields":[{"id":"x","type":"TEXT","page":-1}]}])"),
                            "/events/0/fields/0/page"},
                    BadForm{"options", FORM(R"([{"id":"b","fields":[{"id":"x","type":"SELECT","options":"A"}]}])"),
                            "/events/0/fields/0/options"}),
    [](const auto& row) { return std::string(row.param.label); });

/// The shipped form is made from the real configuration by `FormConfig::reduced`; set OCM_UPDATE=1 to make it anew.
TEST(FormConfig, ShippedFarajalandFormIsCurrent) {
    if (samples().empty()) GTEST_SKIP() << "the real event configuration is absent: set OCM_SAMPLES";
    const auto config = FormConfig::from_answer(slurp(samples() / "opencrvs-2.0/events-config.json"));
    ASSERT_TRUE(config) << config.error().message << " " << config.error().path;
    const auto shipped = source_dir() / "config/countries/farajaland/form-2.0.json";
    if (std::getenv("OCM_UPDATE") != nullptr) std::ofstream(shipped, std::ios::binary) << config->reduced();
    EXPECT_EQ(slurp(shipped), config->reduced());
    EXPECT_TRUE(farajaland_form() == *config);
}

TEST(FormConfig, KnowsEveryConditionOfTheRealForms) {
    if (samples().empty()) GTEST_SKIP() << "the real event configuration is absent: set OCM_SAMPLES";
    for (const auto* version : {"opencrvs-1.9", "opencrvs-2.0"}) {
        const auto config = FormConfig::from_answer(slurp(samples() / version / "events-config.json"));
        ASSERT_TRUE(config) << version << config.error().message;
        for (const auto* type : {"birth", "death"})
            for (const auto& condition : config->find(type)->conditions) {
                auto text = dump_json(condition.reduced());
                for (const std::string constant : {R"("undefined",false,null,"")", R"(["in",null])"})
                    for (auto at = text.find(constant); at != std::string::npos; at = text.find(constant))
                        text.erase(at, constant.size());
                EXPECT_EQ(text.find("null"), std::string::npos) << "a node is not understood: " << text;
            }
        const Json empty = Json::object();
        for (const auto* type : {"birth", "death"})
            for (const auto& field : config->find(type)->fields)
                EXPECT_NE(ShownFields(*config->find(type), {empty, std::chrono::year(2026) / 1 / 1}).of(field),
                          Truth::unknown)
                    << field.id;
    }
}

TEST(FormConfig, FarajalandHasItsOddities) {
    const auto& form = *farajaland_form().find("birth");
    EXPECT_EQ(form.fields.size(), form.find("documents.proofOther") - form.fields.data() + 1u);
    const Json any{{"mother.idType", "NATIONAL_ID"}};
    const Facts facts{any, std::chrono::year(2026) / 1 / 1};
    EXPECT_EQ(ShownFields(form, facts).of(*form.find("child.nid")), Truth::no);
    EXPECT_EQ(ShownFields(form, facts).of(*form.find("mother.nid")), Truth::yes);
    EXPECT_EQ(ShownFields(form, facts).of(*form.find("child.birthLocation")), Truth::no);
    EXPECT_EQ(form.streets.size(), 1u);
    EXPECT_EQ(form.streets.front().domestic,
              (std::vector<std::string>{"town", "residentialArea", "street", "number", "zipCode"}));
    EXPECT_EQ(form.streets.front().international,
              (std::vector<std::string>{"state", "district2", "cityOrTown", "addressLine1", "addressLine2",
                                        "addressLine3", "postcodeOrZip"}));
}
