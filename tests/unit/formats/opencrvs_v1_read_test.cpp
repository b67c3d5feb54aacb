// SPDX-License-Identifier: MPL-2.0
#include "fixtures.hpp"
#include "formats/opencrvs_v1/envelope.hpp"
#include "formats/opencrvs_v1/read.hpp"
#include "formats/vital_json/vital_json.hpp"
#include "support/paths/paths.hpp"

#include <algorithm>
#include <functional>
#include <set>

using namespace ocm;
using namespace ocm::test;

namespace {

class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, EventAndAccount) {
    const std::string name = GetParam();
    const auto bundle = json_file(format_data() / (name + ".json"));
    const auto read = opencrvs_v1::read(bundle);
    ASSERT_TRUE(read) << read.error().message << ' ' << read.error().path;
    expect_golden(vital_json::write(read->event), format_data() / (name + ".event.json"));
    expect_golden(read->account.to_json(), format_data() / (name + ".account.json"));
}

INSTANTIATE_TEST_SUITE_P(Notifications, Golden,
                         testing::Values("birth-full", "birth-minimal", "birth-array-family", "birth-questionnaire",
                                         "death-full", "death-minimal"),
                         [](const auto& row) {
                             std::string label = row.param;
                             std::replace(label.begin(), label.end(), '-', '_');
                             return label;
                         });

void leaves(const Json& node, const std::string& path, std::vector<std::pair<std::string, const Json*>>& out) {
    if (!node.is_structured()) out.emplace_back(path, &node);
    for (auto it = node.begin(); node.is_object() && it != node.end(); ++it) {
        leaves(it.value(), pointer(path, it.key()), out);
    }
    for (std::size_t i = 0; node.is_array() && i < node.size(); ++i) leaves(node[i], pointer(path, i), out);
}

/// Whatever leaf is put anywhere in a document, the account names it.
TEST(OpencrvsV1Account, NamesEveryAddedLeaf) {
    const auto bundle = json_file(format_data() / "birth-full.json");
    std::vector<std::string> objects;
    std::vector<std::pair<std::string, const Json*>> all;
    leaves(bundle, "", all);
    for (const auto& [path, leaf] : all) objects.push_back(path.substr(0, path.rfind('/')));
    std::set<std::string> tried;
    for (const auto& path : objects) {
        const Json::json_pointer at(path);
        if (!path.starts_with("/entry/") || !bundle.at(at).is_object() || !tried.insert(path).second) continue;
        // What is below an entry nobody refers to is dropped with it; an entry's own keys are closed.
        if (path.find("/resource") == std::string::npos) continue;
        auto changed = bundle;
        changed[at]["zz_unknown"] = "a value nobody knows";
        const auto read = opencrvs_v1::read(changed);
        ASSERT_TRUE(read) << path << ' ' << read.error().message;
        const auto wanted = path + "/zz_unknown";
        EXPECT_TRUE(std::any_of(read->account.dropped.begin(), read->account.dropped.end(), [&](const auto& note) {
            return note.path == wanted;
        })) << wanted;
    }
    EXPECT_GT(tried.size(), 60u);
}

TEST(OpencrvsV1Account, HoldsNoValues) {
    for (const auto* name : {"birth-full", "death-full", "birth-array-family", "birth-questionnaire"}) {
        const auto read = opencrvs_v1::read(json_file(format_data() / (std::string(name) + ".json")));
        ASSERT_TRUE(read);
        const auto account = dump_json(read->account.to_json());
        for (const auto* value : {"Tembo", "Zulu", "Berg", "Owusu", "9900112233", "7700112233", "+2607", "Teacher"}) {
            EXPECT_EQ(account.find(value), std::string::npos) << value;
        }
    }
}

TEST(OpencrvsV1, KeepsWhatIsEmptyApartFromWhatIsAbsent) {
    auto bundle = json_file(format_data() / "birth-minimal.json");
    bundle["entry"][2]["resource"]["gender"] = "";
    const auto read = opencrvs_v1::read(bundle);
    ASSERT_TRUE(read);
    const auto& child = read->event.persons.at(role::child);
    EXPECT_EQ(child.gender, "");
    EXPECT_FALSE(child.birth_date);
}

// Real notifications, where they are at hand.
class Sample : public testing::TestWithParam<const char*> {};

TEST_P(Sample, ReadsWithoutLoss) {
    if (support::samples().empty()) GTEST_SKIP() << "no samples: set OCM_SAMPLES to their folder";
    const auto path = support::samples() / "notifications" / GetParam();
    const auto read = opencrvs_v1::read(json_file(path));
    ASSERT_TRUE(read) << read.error().message << ' ' << read.error().path;
    EXPECT_FALSE(read->event.source.document.empty());
    EXPECT_TRUE(read->event.office);
    EXPECT_TRUE(read->event.place && read->event.place->location);
    EXPECT_TRUE(read->event.informant.relation);
    for (const auto& note : read->account.dropped) {
        EXPECT_TRUE(note.why != "not understood here") << note.path;
    }
}

INSTANTIATE_TEST_SUITE_P(Real, Sample, testing::Values("birth-1.8-full.json", "death-1.8-minimal.json"),
                         [](const auto& row) { return std::string(row.param).substr(0, 5); });

struct Bad {
    const char* label;
    const char* from;  // fixture
    std::function<void(Json&)> spoil;
    const char* message;
    const char* path;
};

class Refused : public testing::TestWithParam<Bad> {};

TEST_P(Refused, WithItsWordsAndItsPlace) {
    auto bundle = json_file(format_data() / (std::string(GetParam().from) + ".json"));
    GetParam().spoil(bundle);
    const auto read = opencrvs_v1::read(bundle);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::bad_request);
    EXPECT_EQ(read.error().message, GetParam().message);
    EXPECT_EQ(read.error().path, GetParam().path);
}

Json& resource(Json& bundle, std::size_t i) {
    return bundle["entry"][i]["resource"];
}

constexpr auto birth = "birth-full";
constexpr auto death = "death-full";

INSTANTIATE_TEST_SUITE_P(
    Structure, Refused,
    testing::Values(
        Bad{"not_an_object", birth, [](Json& b) { b = Json::array(); }, "\"value\" must be of type object", ""},
        Bad{"no_type_of_resource", birth, [](Json& b) { b.erase("resourceType"); }, "\"resourceType\" is required",
            "/resourceType"},
        Bad{"another_resource", birth, [](Json& b) { b["resourceType"] = "Patient"; },
            "\"resourceType\" must be [Bundle]", "/resourceType"},
        Bad{"transaction", birth, [](Json& b) { b["type"] = "transaction"; }, "\"type\" must be [document]", "/type"},
        Bad{"no_meta", birth, [](Json& b) { b.erase("meta"); }, "\"meta\" is required", "/meta"},
        Bad{"odd_meta", birth, [](Json& b) { b["meta"] = 1; }, "\"meta\" must be of type object", "/meta"},
        Bad{"no_last_updated", birth, [](Json& b) { b["meta"].erase("lastUpdated"); },
            "\"meta.lastUpdated\" is required", "/meta/lastUpdated"},
        Bad{"impossible_last_updated", birth, [](Json& b) { b["meta"]["lastUpdated"] = "2026-13-01T00:00:00Z"; },
            "\"meta.lastUpdated\" must be in ISO 8601 date format", "/meta/lastUpdated"},
        Bad{"profile", birth, [](Json& b) { b["meta"]["profile"] = Json::array(); }, "\"meta.profile\" is not allowed",
            "/meta/profile"},
        Bad{"identifier", birth, [](Json& b) { b["identifier"] = {{"value", "Mwansa"}}; },
            "\"identifier\" is not allowed", "/identifier"},
        Bad{"key_of_the_senders_own", birth, [](Json& b) { b["Ruth Mwansa"] = 1; }, "\"?\" is not allowed", "/?"},
        Bad{"no_entries", birth, [](Json& b) { b.erase("entry"); }, "\"entry\" is required", "/entry"},
        Bad{"odd_entries", birth, [](Json& b) { b["entry"] = Json::object(); }, "\"entry\" must be an array", "/entry"},
        Bad{"empty_entries", birth, [](Json& b) { b["entry"] = Json::array(); }, "Task entry not found! in bundle",
            "/entry"},
        Bad{"no_full_url", birth, [](Json& b) { b["entry"][3].erase("fullUrl"); }, "\"entry[3].fullUrl\" is required",
            "/entry/3/fullUrl"},
        Bad{"empty_full_url", birth, [](Json& b) { b["entry"][0]["fullUrl"] = ""; },
            "\"entry[0].fullUrl\" is not allowed to be empty", "/entry/0/fullUrl"},
        Bad{"number_full_url", birth, [](Json& b) { b["entry"][0]["fullUrl"] = 4; },
            "\"entry[0].fullUrl\" must be a string", "/entry/0/fullUrl"},
        Bad{"null_entry", birth, [](Json& b) { b["entry"][5] = nullptr; }, "\"entry[5]\" must be of type object",
            "/entry/5"},
        Bad{"no_resource", birth, [](Json& b) { b["entry"][2].erase("resource"); }, "\"entry[2].resource\" is required",
            "/entry/2/resource"},
        Bad{"composition_second", birth, [](Json& b) { std::swap(b["entry"][0], b["entry"][1]); },
            "\"entry[0].resource.resourceType\" must be [Composition]", "/entry/0/resource/resourceType"},
        Bad{"no_task", birth, [](Json& b) { b["entry"].erase(1); }, "\"entry[1].resource.resourceType\" must be [Task]",
            "/entry/1/resource/resourceType"},
        Bad{"location_inside", birth, [](Json& b) { resource(b, 7)["resourceType"] = "Location"; },
            "\"entry[7].resource.resourceType\" must be one of [Patient, RelatedPerson, Encounter, Observation, "
            "QuestionnaireResponse]",
            "/entry/7/resource/resourceType"},
        Bad{"request", birth, [](Json& b) { b["entry"][4]["request"] = {{"method", "POST"}}; },
            "\"entry[4].request\" is not allowed", "/entry/4/request"}),
    [](const auto& row) { return row.param.label; });

INSTANTIATE_TEST_SUITE_P(
    Meaning, Refused,
    testing::Values(
        Bad{"not_draft", birth, [](Json& b) { resource(b, 1)["status"] = "ready"; }, "Task status should be draft",
            "/entry/1/resource/status"},
        Bad{"focus_elsewhere", birth, [](Json& b) { resource(b, 1)["focus"]["reference"] = "Composition/1"; },
            "Task must reference the composition entry", "/entry/1/resource/focus/reference"},
        Bad{"no_extensions", birth, [](Json& b) { resource(b, 1).erase("extension"); }, "Task extensions not found",
            "/entry/1/resource/extension"},
        Bad{"no_office", birth, [](Json& b) { resource(b, 1)["extension"] = Json::array(); },
            "Could not process the Event Notification, as office id was not provided", "/entry/1/resource/extension"},
        Bad{"odd_office", birth,
            [](Json& b) { resource(b, 1)["extension"][5]["valueReference"]["reference"] = "/Location/1/2"; },
            "\"entry[1].resource.extension[5].valueReference.reference\" must be a reference of the form "
            "Location/<id>",
            "/entry/1/resource/extension/5/valueReference/reference"},
        Bad{"no_person", birth,
            [](Json& b) {
                auto& entries = b["entry"];
                for (std::size_t i = entries.size(); i-- > 2;) {
                    if (resource(b, i)["resourceType"] == "Patient") entries.erase(i);
                }
            },
            "Could not process the Event Notification, as there were no Person found!", "/entry"},
        Bad{"no_encounter", birth, [](Json& b) { b["entry"].erase(6); }, "Encounter entry not found!!", "/entry"},
        Bad{"no_location", birth, [](Json& b) { resource(b, 6)["location"] = Json::array(); },
            "Encounter location not found! in bundle!", "/entry/6/resource/location"},
        Bad{"location_by_url", birth,
            [](Json& b) {
                resource(b, 6)["location"][0]["location"]["reference"] = "https://fhir.example.org/Location/1";
            },
            "\"entry[6].resource.location[0].location.reference\" must be a reference of the form Location/<id>",
            "/entry/6/resource/location/0/location/reference"},
        Bad{"unknown_event", birth,
            [](Json& b) { resource(b, 0)["type"]["coding"][0]["code"] = "adoption-notification"; },
            "\"entry[0].resource.type.coding[0].code\" must be one of [birth-notification, death-notification]",
            "/entry/0/resource/type/coding/0/code"},
        Bad{"missing_child", birth, [](Json& b) { resource(b, 0)["section"].erase(0); },
            "Section child-details not found", "/entry/0/resource/section"},
        Bad{"missing_deceased", death, [](Json& b) { resource(b, 0)["section"].erase(0); },
            "Section deceased-details not found", "/entry/0/resource/section"},
        Bad{"two_children_in_a_section", birth,
            [](Json& b) {
                auto twin = b["entry"][2];
                twin["fullUrl"] = "urn:uuid:twin";
                b["entry"].push_back(twin);
                resource(b, 0)["section"][0]["entry"].push_back({{"reference", "urn:uuid:twin"}});
            },
            "Section child-details names a second child: send each in a notification of its own",
            "/entry/0/resource/section/0/entry/1/reference"},
        Bad{"two_sections_of_children", birth,
            [](Json& b) {
                auto twin = b["entry"][2];
                twin["fullUrl"] = "urn:uuid:twin";
                b["entry"].push_back(twin);
                auto section = resource(b, 0)["section"][0];
                section["entry"][0]["reference"] = "urn:uuid:twin";
                resource(b, 0)["section"].push_back(section);
            },
            "Section child-details names a second child: send each in a notification of its own",
            "/entry/0/resource/section/5/entry/0/reference"},
        Bad{"two_deceased", death,
            [](Json& b) { resource(b, 0)["section"][0]["entry"].push_back({{"reference", "urn:uuid:nobody"}}); },
            "Section deceased-details names a second deceased: send each in a notification of its own",
            "/entry/0/resource/section/0/entry/1/reference"},
        Bad{"child_nowhere", birth, [](Json& b) { b["entry"].erase(2); },
            "Section child-details must reference a Patient entry of the bundle",
            "/entry/0/resource/section/0/entry/0/reference"},
        Bad{"child_is_an_encounter", birth,
            [](Json& b) { resource(b, 0)["section"][0]["entry"][0]["reference"] = b["entry"][6]["fullUrl"]; },
            "Section child-details must reference a Patient entry of the bundle",
            "/entry/0/resource/section/0/entry/0/reference"},
        Bad{"section_without_entry", birth, [](Json& b) { resource(b, 0)["section"][0].erase("entry"); },
            "Section child-details must reference a Patient entry of the bundle", "/entry/0/resource/section/0"},
        Bad{"february_30", birth, [](Json& b) { resource(b, 2)["birthDate"] = "2026-02-30"; },
            "\"entry[2].resource.birthDate\" must be a date that exists, as YYYY-MM-DD, YYYY-MM or YYYY",
            "/entry/2/resource/birthDate"},
        Bad{"number_date", birth, [](Json& b) { resource(b, 3)["birthDate"] = 19960819; },
            "\"entry[3].resource.birthDate\" must be a date that exists, as YYYY-MM-DD, YYYY-MM or YYYY",
            "/entry/3/resource/birthDate"},
        Bad{"local_date", birth, [](Json& b) { resource(b, 3)["birthDate"] = "19/08/1996"; },
            "\"entry[3].resource.birthDate\" must be a date that exists, as YYYY-MM-DD, YYYY-MM or YYYY",
            "/entry/3/resource/birthDate"},
        Bad{"impossible_document_date", birth, [](Json& b) { resource(b, 0)["date"] = "2026-02-31T00:00:00Z"; },
            "\"entry[0].resource.date\" must be a date that exists", "/entry/0/resource/date"},
        Bad{"impossible_last_birth", birth, [](Json& b) { resource(b, 12)["valueDateTime"] = "2023-00-10"; },
            "\"entry[12].resource.valueDateTime\" must be a date that exists, as YYYY-MM-DD, YYYY-MM or YYYY",
            "/entry/12/resource/valueDateTime"},
        Bad{"dead_before_born", death, [](Json& b) { resource(b, 2)["deceasedDateTime"] = "1948-11-01"; },
            "\"entry[2].resource.deceasedDateTime\" must not be before the date of birth",
            "/entry/2/resource/deceasedDateTime"}),
    [](const auto& row) { return row.param.label; });

struct Warned {
    const char* label;
    const char* from;
    std::function<void(Json&)> change;
    const char* path;
    const char* what;
};

class Warning : public testing::TestWithParam<Warned> {};

TEST_P(Warning, IsTakenAndSaid) {
    auto bundle = json_file(format_data() / (std::string(GetParam().from) + ".json"));
    GetParam().change(bundle);
    const auto read = opencrvs_v1::read(bundle);
    ASSERT_TRUE(read) << read.error().message;
    const Account::Note wanted{GetParam().path, GetParam().what};
    EXPECT_NE(std::find(read->account.warnings.begin(), read->account.warnings.end(), wanted),
              read->account.warnings.end())
        << dump_json(read->account.to_json());
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Warning,
    testing::Values(
        Warned{"later_birth", birth, [](Json& b) { resource(b, 2)["birthDate"] = "2026-03-09"; },
               "/entry/2/resource/birthDate", "the birth is later than the notification"},
        Warned{"young_mother", birth, [](Json& b) { resource(b, 3)["birthDate"] = "2027"; },
               "/entry/2/resource/birthDate", "the birth is earlier than the mother's own"},
        Warned{"other_task", birth, [](Json& b) { resource(b, 1)["code"]["coding"][0]["code"] = "DEATH"; },
               "/entry/1/resource/code/coding/0",
               "the Task and the Composition name different events; the Composition's is kept"},
        Warned{"relation_to_itself", birth,
               [](Json& b) { resource(b, 4)["patient"]["reference"] = b["entry"][4]["fullUrl"]; },
               "/entry/4/resource/patient/reference",
               "the informant's own details are not in the bundle; the relation is kept"},
        Warned{"same_full_url", birth, [](Json& b) { b["entry"][8]["fullUrl"] = b["entry"][7]["fullUrl"]; }, "/entry/8",
               "another entry has the same fullUrl; references mean the first one"},
        Warned{"mother_nowhere", birth,
               [](Json& b) { resource(b, 0)["section"][2]["entry"][0]["reference"] = "urn:uuid:nowhere"; },
               "/entry/0/resource/section/2", "the section references no Patient entry of the bundle"},
        Warned{"heavy_child", birth, [](Json& b) { resource(b, 8)["valueQuantity"]["value"] = 3150; },
               "/entry/8/resource/valueQuantity/value", "no child weighs that much at birth; check the unit"},
        Warned{"two_words_for_married", birth, [](Json& b) { resource(b, 3)["maritalStatus"]["text"] = "DIVORCED"; },
               "/entry/3/resource/maritalStatus", "the code and the text say different things; the text is kept"},
        Warned{"living_deceased", death, [](Json& b) { resource(b, 2)["deceasedBoolean"] = false; },
               "/entry/2/resource/deceasedBoolean", "the deceased is said to be alive"}),
    [](const auto& row) { return row.param.label; });

TEST(OpencrvsV1, TheSameChildNamedTwiceIsOneChild) {
    auto bundle = json_file(format_data() / "birth-full.json");
    const auto section = resource(bundle, 0)["section"][0];
    resource(bundle, 0)["section"].push_back(section);
    EXPECT_TRUE(opencrvs_v1::read(bundle));
}

struct Weighed {
    const char* label;
    Json quantity;
    std::optional<long> grams;
    std::vector<Account::Note> Account::* list;  // where it is said
    const char* what;                            // empty: nothing has to be
};

class V1Weight : public testing::TestWithParam<Weighed> {};

TEST_P(V1Weight, IsTakenInItsUnitOrSaidNotToBeOne) {
    auto bundle = json_file(format_data() / "birth-full.json");
    resource(bundle, 8)["valueQuantity"] = GetParam().quantity;
    const auto read = opencrvs_v1::read(bundle);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->event.birth.weight_grams, GetParam().grams);
    const std::string at = "/entry/8/resource/valueQuantity/value";
    std::vector<std::string> said;
    for (const auto* list : {&read->account.dropped, &read->account.recoded, &read->account.warnings}) {
        for (const auto& note : *list) {
            if (note.path != at) continue;
            EXPECT_EQ(list, &(read->account.*GetParam().list)) << note.why;
            said.push_back(note.why);
        }
    }
    const std::string what = GetParam().what;
    EXPECT_EQ(said, what.empty() ? std::vector<std::string>() : std::vector{what});
}

INSTANTIATE_TEST_SUITE_P(
    Units, V1Weight,
    testing::Values(
        Weighed{"kilograms", {{"value", 3.2}, {"unit", "kg"}}, 3200, &Account::recoded, ""},
        Weighed{"grams", {{"value", 3200}, {"unit", "g"}}, 3200, &Account::recoded, ""},
        Weighed{"no_unit", {{"value", 3.2}}, 3200, &Account::recoded, "it has no unit and is read as kilograms"},
        Weighed{"grams_for_kilograms",
                {{"value", 3200}, {"unit", "kg"}},
                3'200'000,
                &Account::warnings,
                "no child weighs that much at birth; check the unit"},
        Weighed{"pounds", {{"value", 7}, {"code", "[lb_av]"}}, {}, &Account::dropped, "its unit is not kg or g"},
        Weighed{"pounds_in_words", {{"value", 7}, {"unit", "lb"}}, {}, &Account::dropped, "its unit is not kg or g"},
        Weighed{"twenty_tonnes", {{"value", 20'000}, {"unit", "kg"}}, {}, &Account::dropped, "it is not a weight"},
        Weighed{"nothing", {{"value", 0}, {"unit", "kg"}}, {}, &Account::dropped, "it is not a weight"}),
    [](const auto& row) { return row.param.label; });

TEST(OpencrvsV1, ReadsLongDocumentsInLinearTime) {
    auto bundle = json_file(format_data() / "birth-full.json");
    auto& child = resource(bundle, 2);
    for (int i = 0; i < 4'000; ++i) {
        child["extension"].push_back({{"url", "http://example.org/" + std::to_string(i)}, {"valueString", "x"}});
        child["name"].push_back({{"family", {"a", "b"}}});
        resource(bundle, 1)["note"].push_back({{"text", "note"}});
        bundle["entry"].push_back(bundle["entry"][7]);
    }
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_TRUE(opencrvs_v1::read(bundle));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
}

TEST(OpencrvsV1, NamesPlacesAsJoiDoes) {
    EXPECT_EQ(opencrvs_v1::joi_label("/entry/1/resource/resourceType"), "entry[1].resource.resourceType");
    EXPECT_EQ(opencrvs_v1::joi_label("/meta"), "meta");
    EXPECT_EQ(opencrvs_v1::joi_label(""), "");
}

}  // namespace
