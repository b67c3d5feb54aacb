// SPDX-License-Identifier: MPL-2.0
#include "fixtures.hpp"
#include "formats/vital_json/members.hpp"
#include "formats/vital_json/vital_json.hpp"
#include "json_schema.hpp"

#include <algorithm>

using namespace ocm;
using namespace ocm::test;

namespace {

const JsonSchema& schema() {
    static const JsonSchema out(parse_json(vital_json::schema()).value());
    return out;
}

/// The document of a row: a whole birth with some members replaced.
Json with(std::string_view patch) {
    auto out = json_file(format_data() / "vital-birth.json");
    out.merge_patch(parse_json(patch).value());
    return out;
}

/// The examples that the documentation gives.
std::vector<Json> documented() {
    const auto page = file_text(support::source_dir() / "docs/vital-events.md");
    std::vector<Json> out;
    constexpr std::string_view fence = "```json\n";
    for (auto at = page.find(fence); at != std::string::npos; at = page.find(fence, at)) {
        at += fence.size();
        out.push_back(parse_json(std::string_view(page).substr(at, page.find("```", at) - at)).value_or(Json()));
    }
    return out;
}

TEST(VitalJsonMessage, DocumentedExamplesAreTakenWhole) {
    const auto examples = documented();
    ASSERT_EQ(examples.size(), 2u);
    EXPECT_EQ(examples[0], json_file(format_data() / "vital-birth.json"));
    for (const auto& example : examples) {
        EXPECT_EQ(schema().problem(example), "");
        const auto read = vital_json::read_message(example);
        ASSERT_TRUE(read) << read.error().path << " " << read.error().message;
        EXPECT_TRUE(read->account.dropped.empty());
        EXPECT_TRUE(read->account.warnings.empty());
        EXPECT_EQ(vital_json::write(read->event), example);
    }
    expect_golden(vital_json::read_message(examples[0])->account.to_json(), format_data() / "vital-birth.account.json");
}

/// Names of a struct's members, as the reader lists them, and those of each struct below it.
struct Names {
    Json out = Json::object();

    template <class T>
    void operator()(const char* name, const T& value) {
        out[name] = below(value);
    }
    template <class T>
    static Json below(const T& value) {
        if constexpr (requires { vital_json::members(value, std::declval<Names&>()); }) {
            Names names;
            vital_json::members(value, names);
            return names.out;
        } else if constexpr (vital_json::is_list<T>) {
            return below(typename T::value_type{});
        } else if constexpr (vital_json::is_map<T>) {
            return {{"*", below(typename T::mapped_type{})}};
        } else if constexpr (requires { value.has_value(); }) {
            return below(typename T::value_type{});
        } else {
            return nullptr;
        }
    }
};

/// The same from the schema.
Json names_in(const Json& given) {
    const auto& node = schema().resolve(given);
    if (node.contains("allOf") && !node.contains("properties")) return names_in(node["allOf"][0]);
    if (node.contains("items")) return names_in(node["items"]);
    if (!node.contains("properties")) {
        return node.value("type", "") == "object" ? Json{{"*", names_in(node["additionalProperties"])}} : Json();
    }
    Json out = Json::object();
    for (const auto& [name, below] : node["properties"].items()) out[name] = names_in(below);
    return out;
}

TEST(VitalJsonSchema, HasTheMembersOfTheReader) {
    auto of_reader = Names::below(VitalEvent{});
    of_reader["version"] = nullptr;
    auto of_schema = names_in(parse_json(vital_json::schema()).value());
    // The schema names each role, the reader takes any text for one and leaves out what is none.
    ASSERT_EQ(of_schema["persons"].size(), 8u);
    const Json whole = of_schema["persons"];
    for (const auto& [who, person] : whole.items()) EXPECT_EQ(person, of_reader["persons"]["*"]) << who;
    of_schema["persons"] = of_reader["persons"];
    EXPECT_EQ(of_schema, of_reader);
}

TEST(VitalJsonSchema, IsAShippedFile) {
    EXPECT_EQ(vital_json::schema(), file_text(support::source_dir() / "config/schemas/vital-event.json"));
}

struct Row {
    const char* label;
    const char* patch;
    const char* path;  // empty: it is taken whole
    const char* message;
    bool in_schema = true;  // a schema cannot say everything
};
void PrintTo(const Row& row, std::ostream* out) {
    *out << row.label;
}

const Row rows[] = {
    {"as_it_is", "{}", "", ""},
    {"little_known", R"({"persons":{"child":{"birth_date":"2026-01"},"mother":null,"father":null},"place":null})", "",
     ""},
    {"no_version", R"({"version":null})", "/version", "must be the version of this format, \"1\""},
    {"later_version", R"({"version":"2"})", "/version", "must be the version of this format, \"1\""},
    {"no_kind", R"({"kind":null})", "/kind", "is required"},
    {"odd_kind", R"({"kind":"adoption"})", "/kind", "must be one of birth, death, fetal-death, marriage"},
    {"no_child", R"({"persons":{"child":null}})", "/persons/child", "is required: a birth has a child"},
    {"no_persons", R"({"persons":null})", "/persons/child", "is required: a birth has a child"},
    {"no_deceased", R"({"kind":"death"})", "/persons/deceased", "is required: a death has a deceased"},
    {"list_of_persons", R"({"persons":[]})", "/persons", "must be an object"},
    {"wrong_type", R"({"persons":{"child":{"names":"Amina"}}})", "/persons/child/names", "must be an array"},
    {"sex_as_a_letter", R"({"persons":{"child":{"gender":"F"}}})", "/persons/child/gender",
     "must be one of male, female, other, unknown"},
    {"day_first", R"({"persons":{"child":{"birth_date":"12/01/2026"}}})", "/persons/child/birth_date",
     "must be a date that exists, as YYYY-MM-DD, YYYY-MM or YYYY"},
    {"no_such_day", R"({"persons":{"child":{"birth_date":"2026-02-30"}}})", "/persons/child/birth_date",
     "must be a date that exists, as YYYY-MM-DD, YYYY-MM or YYYY", false},
    {"empty_date", R"({"date":""})", "/date", "must be a date that exists, as YYYY-MM-DD, YYYY-MM or YYYY"},
    {"kilograms_for_grams", R"({"birth":{"weight_grams":3.2}})", "/birth/weight_grams", "must be a whole number"},
    {"whole_kilograms", R"({"birth":{"weight_grams":3}})", "/birth/weight_grams",
     "must be the weight in grams, from 100 to 15000"},
    {"a_hundredfold", R"({"birth":{"weight_grams":315000}})", "/birth/weight_grams",
     "must be the weight in grams, from 100 to 15000"},
    {"pounds", R"({"birth":{"weight_grams":7}})", "/birth/weight_grams",
     "must be the weight in grams, from 100 to 15000"},
    {"two_children", R"({"persons":{"child":[{"gender":"female"},{"gender":"male"}]}})", "/persons/child",
     "must be an object"},
    {"weight_as_text", R"({"birth":{"weight_grams":"3150"}})", "/birth/weight_grams", "must be a whole number"},
    {"old", R"({"persons":{"mother":{"age":{"years":1998}}}})", "/persons/mother/age/years", "must be from 0 to 150"},
    {"no_age", R"({"persons":{"mother":{"age":{}}}})", "/persons/mother/age/years", "is required"},
    {"fewer_than_none", R"({"birth":{"born_alive":-1}})", "/birth/born_alive", "must be from 0 to 50"},
    {"identifier_of_no_type", R"({"persons":{"mother":{"identifiers":[{"value":"1"}]}}})",
     "/persons/mother/identifiers/0/type", "is required"},
    {"empty_identifier", R"({"persons":{"mother":{"identifiers":[{"type":"NATIONAL_ID","value":""}]}}})",
     "/persons/mother/identifiers/0/value", "is required"},
    {"place_of_no_kind", R"({"place":{"kind":"HOSPITAL"}})", "/place/kind",
     "must be one of HEALTH_FACILITY, PRIVATE_HOME, DECEASED_USUAL_RESIDENCE, OTHER"},
    {"town_or_country", R"({"place":{"address":{"urban_or_rural":"urban"}}})", "/place/address/urban_or_rural",
     "must be one of URBAN, RURAL"},
    {"reported_some_time", R"({"reported_at":"yesterday"})", "/reported_at",
     "must be a date, or a date and time as in RFC 3339", false},
    {"custom_number", R"({"custom":{"x":1}})", "/custom/x", "must be text"},
    {"dead_before_born", R"({"kind":"death","date":"1950-01-01","persons":{"deceased":{"birth_date":"1950-02"}}})",
     "/date", "must not be before the date of birth", false},
};

class VitalJsonRow : public testing::TestWithParam<Row> {};

TEST_P(VitalJsonRow, IsJudgedAlikeByReaderAndSchema) {
    const auto& row = GetParam();
    const auto document = with(row.patch);
    const auto read = vital_json::read_message(document);
    EXPECT_EQ(read ? "" : read.error().path, row.path);
    EXPECT_EQ(read ? "" : read.error().message, row.message);
    if (!read) {
        EXPECT_EQ(read.error().code, ErrorCode::bad_request);
    }
    EXPECT_EQ(schema().problem(document).empty(), read.has_value() || !row.in_schema) << schema().problem(document);
}
INSTANTIATE_TEST_SUITE_P(Rows, VitalJsonRow, testing::ValuesIn(rows),
                         [](const auto& row) { return std::string(row.param.label); });

struct Loss {
    const char* label;
    const char* patch;
    const char* path;
    const char* why;
};
void PrintTo(const Loss& row, std::ostream* out) {
    *out << row.label;
}
class VitalJsonLoss : public testing::TestWithParam<Loss> {};

TEST_P(VitalJsonLoss, IsTakenWithoutWhatHasNoPlace) {
    const auto& row = GetParam();
    const auto document = with(row.patch);
    const auto read = vital_json::read_message(document);
    ASSERT_TRUE(read) << read.error().path;
    EXPECT_EQ(read->account.dropped, (std::vector<Account::Note>{{row.path, row.why}}));
    for (const auto& carried : read->account.carried) {
        EXPECT_FALSE(carried == row.path || carried.starts_with(row.path + std::string("/"))) << carried;
    }
    EXPECT_EQ(read->event, vital_json::read_message(with("{}"))->event);
    EXPECT_EQ(schema().problem(document).empty(), std::string(row.label) == "registration");
}
INSTANTIATE_TEST_SUITE_P(
    Rows, VitalJsonLoss,
    testing::Values(Loss{"misspelt", R"({"birth":{"weight":3150}})", "/birth/weight",
                         "this member is not known; these are: birth_type, weight_grams, attendant, born_alive, "
                         "fetal_deaths, last_previous_birth"},
                    Loss{"whole_branch", R"({"notes":{"a":[1,{"b":2}]}})", "/notes",
                         "this member is not known; these are: version, kind, persons, date, place, informant, birth, "
                         "death, late_reason, office, comment, custom, source, reported_at, registration"},
                    Loss{"strange_role", R"({"persons":{"midwife":{"names":[{"family":"Zulu"}]}}})", "/persons/midwife",
                         "must be one of child, mother, father, deceased, spouse, informant, bride, groom"},
                    Loss{"registration", R"({"registration":{"tracking_id":"TRK"}})", "/registration",
                         "the registry says this, not a sender"}),
    [](const auto& row) { return std::string(row.param.label); });

TEST(VitalJsonMessage, WarnsOfWhatCanHardlyBe) {
    const auto at = std::string("/persons/child/birth_date");
    auto read = vital_json::read_message(with(R"({"persons":{"mother":{"birth_date":"2027"}}})"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->account.warnings, (std::vector<Account::Note>{{at, "the birth is earlier than the mother's own"}}));
    read = vital_json::read_message(with(R"({"reported_at":"2026-01-11T10:00:00Z"})"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->account.warnings, (std::vector<Account::Note>{{at, "the birth is later than the notification"}}));
}

}  // namespace
