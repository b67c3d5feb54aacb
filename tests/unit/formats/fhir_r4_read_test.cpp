// SPDX-License-Identifier: MPL-2.0
#include "fixtures.hpp"
#include "formats/fhir_r4/read.hpp"
#include "formats/fhir_r4/split.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <algorithm>
#include <functional>

using namespace ocm;
using namespace ocm::test;

namespace {

Json fixture(const std::string& name) {
    return json_file(format_data() / "fhir_r4" / (name + ".json"));
}

std::string label_of(std::string name) {
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

class FhirGolden : public testing::TestWithParam<const char*> {};

TEST_P(FhirGolden, EventAndAccount) {
    const std::string name = GetParam();
    const auto read = fhir_r4::read(fixture(name));
    ASSERT_TRUE(read) << read.error().message << ' ' << read.error().path;
    Json whole = read->account.to_json();
    whole["places"] = read->places;
    expect_golden(vital_json::write(read->event), format_data() / "fhir_r4" / (name + ".event.json"));
    expect_golden(whole, format_data() / "fhir_r4" / (name + ".account.json"));
}

INSTANTIATE_TEST_SUITE_P(Notifications, FhirGolden,
                         testing::Values("bfdr-birth", "vrdr-death", "plain-birth", "plain-death", "message-birth",
                                         "stillbirth", "bare-death"),
                         [](const auto& row) { return label_of(row.param); });

/// A 1.x document as its sender would write it in R4: what STU3 called otherwise, and nothing else.
Json made_r4(Json bundle) {
    for (auto& entry : bundle["entry"]) {
        auto& resource = entry["resource"];
        if (resource.contains("context")) {
            resource["encounter"] = resource["context"];
            resource.erase("context");
        }
        if (resource.contains("class")) resource.erase("class");
        if (resource.contains("relationship")) resource["relationship"] = Json::array({resource["relationship"]});
        if (resource["resourceType"] == "Patient") {
            for (auto& name : resource["name"]) {
                if (name["use"] == "en") name["use"] = "official";
            }
            for (auto& identifier : resource["identifier"]) {
                if (!identifier["type"].is_string()) continue;  // 1.3's: the type is a word, the value is called id
                const std::string type = identifier["type"];
                identifier = {{"type", {{"coding", Json::array({{{"code", type}}})}}}, {"value", identifier["id"]}};
            }
        }
    }
    return bundle;
}

class MadeR4 : public testing::TestWithParam<const char*> {};

TEST_P(MadeR4, SaysWhatTheDocumentOfOpenCrvsSays) {
    const std::string name = GetParam();
    auto wanted = vital_json::read(json_file(format_data() / (name + ".event.json")));
    ASSERT_TRUE(wanted);
    for (auto& [whose, person] : wanted->persons) {
        for (auto& each : person.names) {
            if (each.use == "en") each.use.clear();
        }
    }
    const auto read = fhir_r4::read(made_r4(json_file(format_data() / (name + ".json"))));
    ASSERT_TRUE(read) << read.error().message << ' ' << read.error().path;
    EXPECT_EQ(pretty_json(vital_json::write(read->event)), pretty_json(vital_json::write(*wanted)));
}

INSTANTIATE_TEST_SUITE_P(Documents, MadeR4,
                         testing::Values("birth-full", "birth-minimal", "birth-array-family", "birth-questionnaire",
                                         "death-full", "death-minimal"),
                         [](const auto& row) { return label_of(row.param); });

TEST(FhirR4Account, HoldsNoValues) {
    for (const auto* name : {"bfdr-birth", "vrdr-death", "plain-birth", "plain-death", "message-birth"}) {
        const auto read = fhir_r4::read(fixture(name));
        ASSERT_TRUE(read);
        const auto account = dump_json(read->account.to_json());
        for (const auto* value : {"Tembo", "Zulu", "Banda", "Phiri", "9900112233", "+2607", "MRN-", "Coronary"}) {
            EXPECT_EQ(account.find(value), std::string::npos) << name << ' ' << value;
        }
    }
}

void leaves(const Json& node, const std::string& path, std::vector<std::string>& out) {
    if (!node.is_structured()) out.push_back(path);
    for (auto it = node.begin(); node.is_object() && it != node.end(); ++it) {
        leaves(it.value(), pointer(path, it.key()), out);
    }
    for (std::size_t i = 0; node.is_array() && i < node.size(); ++i) leaves(node[i], pointer(path, i), out);
}

/// Whatever leaf is put beside a value of a resource, the account names it; the format's own wording is closed.
TEST(FhirR4Account, NamesEveryAddedLeafOfAPerson) {
    const auto bundle = fixture("bfdr-birth");
    std::size_t tried = 0;
    for (const auto* at : {"/entry/1/resource", "/entry/2/resource", "/entry/2/resource/address/0",
                           "/entry/2/resource/name/1", "/entry/4/resource", "/entry/5/resource", "/entry/6/resource",
                           "/entry/7/resource", "/entry/0/resource", "/entry/7", "/entry/7/resource/valueQuantity"}) {
        auto changed = bundle;
        changed[Json::json_pointer(at)]["zz_unknown"] = "a value nobody knows";
        const auto read = fhir_r4::read(changed);
        ASSERT_TRUE(read) << at;
        const auto wanted = std::string(at) + "/zz_unknown";
        EXPECT_TRUE(std::any_of(read->account.dropped.begin(), read->account.dropped.end(), [&](const auto& note) {
            return note.path == wanted;
        })) << wanted;
        ++tried;
    }
    EXPECT_EQ(tried, 11u);
}

/// Wrong types anywhere are answered: read without the value, or refused with a place.
TEST(FhirR4, SurvivesEveryValueOfAnotherType) {
    std::size_t refused = 0;
    std::size_t taken = 0;
    for (const auto* name : {"bfdr-birth", "vrdr-death", "plain-birth", "message-birth"}) {
        const auto bundle = fixture(name);
        std::vector<std::string> all;
        leaves(bundle, "", all);
        for (const auto& path : all) {
            for (const auto& wrong : {Json(7), Json(nullptr), Json::array({1}), Json{{"a", Json::array()}}}) {
                auto changed = bundle;
                changed[Json::json_pointer(path)] = wrong;
                const auto read = fhir_r4::read(changed);
                const auto parts = read ? fhir_r4::split(changed) : fhir_r4::Split();
                EXPECT_TRUE(parts.parts.empty() || read) << path;
                if (read) {
                    ++taken;
                } else {
                    ++refused;
                    EXPECT_EQ(read.error().code, ErrorCode::bad_request);
                    EXPECT_FALSE(read.error().message.empty());
                }
            }
        }
    }
    EXPECT_GT(refused, 20u);
    EXPECT_GT(taken, 1000u);
}

struct Bad {
    const char* label;
    const char* from;
    std::function<void(Json&)> spoil;
    const char* message;
    const char* path;
};

class FhirRefused : public testing::TestWithParam<Bad> {};

TEST_P(FhirRefused, WithItsPlace) {
    auto bundle = fixture(GetParam().from);
    GetParam().spoil(bundle);
    const auto read = fhir_r4::read(bundle);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::bad_request);
    EXPECT_EQ(read.error().message, GetParam().message);
    EXPECT_EQ(read.error().path, GetParam().path);
}

Json& resource(Json& bundle, std::size_t i) {
    return bundle["entry"][i]["resource"];
}

constexpr auto birth = "bfdr-birth";
constexpr auto death = "vrdr-death";
constexpr auto date_wanted = "must be a date that exists, as YYYY-MM-DD, YYYY-MM or YYYY";

INSTANTIATE_TEST_SUITE_P(
    Structure, FhirRefused,
    testing::Values(
        Bad{"array", birth, [](Json& b) { b = Json::array(); }, "must be a FHIR resource, an object", ""},
        Bad{"no_type_of_resource", birth, [](Json& b) { b.erase("resourceType"); }, "is required", "/resourceType"},
        Bad{"searchset", birth, [](Json& b) { b["type"] = "searchset"; },
            "must be one of document, message, transaction, batch, collection", "/type"},
        Bad{"no_entries", birth, [](Json& b) { b.erase("entry"); }, "must be an array of at least one entry", "/entry"},
        Bad{"entry_is_text", birth, [](Json& b) { b["entry"][3] = "x"; }, "must be an object", "/entry/3"},
        Bad{"no_resource", birth, [](Json& b) { b["entry"][3].erase("resource"); }, "is required", "/entry/3/resource"},
        Bad{"resource_is_array", birth, [](Json& b) { b["entry"][3]["resource"] = Json::array(); },
            "must be a resource, an object", "/entry/3/resource"},
        Bad{"untyped_resource", birth, [](Json& b) { resource(b, 3).erase("resourceType"); }, "is required",
            "/entry/3/resource/resourceType"},
        Bad{"composition_later", birth, [](Json& b) { std::swap(b["entry"][0], b["entry"][1]); },
            "must be Composition in a document", "/entry/0/resource/resourceType"},
        Bad{"header_later", "message-birth", [](Json& b) { std::swap(b["entry"][0], b["entry"][1]); },
            "must be MessageHeader in a message", "/entry/0/resource/resourceType"},
        Bad{"inner_bundle", "message-birth", [](Json& b) { resource(b, 2)["type"] = "history"; },
            "must be one of document, message, transaction, batch, collection", "/entry/2/resource/type"},
        Bad{"deletes", "plain-birth", [](Json& b) { b["entry"][4]["request"]["method"] = "DELETE"; },
            "must be POST or PUT: a notification is given, nothing is read, changed or deleted",
            "/entry/4/request/method"}),
    [](const auto& row) { return row.param.label; });

INSTANTIATE_TEST_SUITE_P(
    Meaning, FhirRefused,
    testing::Values(
        Bad{"in_error", birth, [](Json& b) { resource(b, 0)["status"] = "entered-in-error"; },
            "says that the document was made in error: it is not a notification; what was sent to OpenCRVS before is "
            "withdrawn at the registration office",
            "/entry/0/resource/status"},
        Bad{"void", "message-birth",
            [](Json& b) { resource(b, 0)["eventUri"] = "http://nchs.cdc.gov/birth_submission_void"; },
            "withdraws an earlier message: what was sent to OpenCRVS is withdrawn at the registration office",
            "/entry/0/resource/eventUri"},
        Bad{"acknowledgement", "message-birth",
            [](Json& b) { resource(b, 0)["response"] = {{"identifier", "1"}, {"code", "ok"}}; },
            "is an answer to a message, not a notification", "/entry/0/resource/response"},
        Bad{"subject_is_not_there", birth, [](Json& b) { resource(b, 0)["subject"]["reference"] = "Patient/none"; },
            "must reference a Patient of the message", "/entry/0/resource/subject"},
        Bad{"subject_is_an_encounter", birth,
            [](Json& b) { resource(b, 0)["subject"]["reference"] = b["entry"][5]["fullUrl"]; },
            "must reference a Patient of the message", "/entry/0/resource/subject"},
        Bad{"two_subjects", birth, [](Json& b) { resource(b, 0)["subject"] = Json::array({1, 2}); },
            "must be one reference", "/entry/0/resource/subject"},
        Bad{"two_children", birth,
            [](Json& b) {
                auto twin = b["entry"][1];
                twin["fullUrl"] = "urn:uuid:2";
                twin["resource"]["id"] = "twin";
                b["entry"].push_back(twin);
                auto weight = b["entry"][7];
                weight["fullUrl"] = "urn:uuid:3";
                weight["resource"]["subject"]["reference"] = "urn:uuid:2";
                b["entry"].push_back(weight);
            },
            "is a second child: send each child in a notification of its own", "/entry/15/resource"},
        Bad{"two_documents", birth,
            [](Json& b) {
                auto second = b["entry"][0];
                second["fullUrl"] = "urn:uuid:2";
                b["entry"].push_back(second);
            },
            "is a second notification: send each in a message of its own", "/entry/15/resource"},
        Bad{"two_deceased", death,
            [](Json& b) {
                auto second = b["entry"][1];
                second["fullUrl"] = "urn:uuid:2";
                b["entry"].push_back(second);
            },
            "is a second deceased person: send each in a notification of its own", "/entry/12/resource"},
        Bad{"neither", "plain-birth", [](Json& b) { b["entry"] = Json::array({b["entry"][1]}); },
            "tells neither of a birth nor of a death: no document type, no relation of a child, no observation of a "
            "birth or a death, no date of death",
            ""},
        Bad{"another_document", birth,
            [](Json& b) {
                resource(b, 0)["type"] = {{"text", "Discharge summary"}};
                resource(b, 0).erase("meta");
                b["entry"] = Json::array({b["entry"][0], b["entry"][1]});
            },
            "tells neither of a birth nor of a death: no document type, no relation of a child, no observation of a "
            "birth or a death, no date of death",
            "/entry/0/resource/type"},
        Bad{"nobody", death,
            [](Json& b) {
                b["entry"] = Json::array({b["entry"][0]});
                resource(b, 0).erase("subject");
            },
            "holds no deceased person", ""},
        Bad{"february_30", birth, [](Json& b) { resource(b, 1)["birthDate"] = "2026-02-30"; }, date_wanted,
            "/entry/1/resource/birthDate"},
        Bad{"number_date", birth, [](Json& b) { resource(b, 2)["birthDate"] = 19960819; }, date_wanted,
            "/entry/2/resource/birthDate"},
        Bad{"odd_date_of_death", death, [](Json& b) { resource(b, 5)["valueDateTime"] = "yesterday"; }, date_wanted,
            "/entry/5/resource/valueDateTime"},
        Bad{"death_before_birth", death, [](Json& b) { resource(b, 1)["birthDate"] = "2026-03"; },
            "must not be before the date of birth", "/entry/5/resource/valueDateTime"},
        Bad{"odd_instant", birth, [](Json& b) { resource(b, 0)["date"] = "2026-13-01"; }, "must be a date that exists",
            "/entry/0/resource/date"}),
    [](const auto& row) { return row.param.label; });

struct Weighed {
    const char* label;
    Json quantity;
    std::optional<long> grams;
    const char* note;  // of recoded, where it was taken; of dropped and warnings, where not
};

class Weight : public testing::TestWithParam<Weighed> {};

TEST_P(Weight, IsGramsOrIsSaidNotToBe) {
    auto bundle = fixture(birth);
    resource(bundle, 7)["valueQuantity"] = GetParam().quantity;
    const auto read = fhir_r4::read(bundle);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->event.birth.weight_grams, GetParam().grams);
    const auto says = [&](const std::vector<Account::Note>& notes) {
        return std::any_of(notes.begin(), notes.end(), [](const auto& note) {
            return note.path == "/entry/7/resource/valueQuantity/value" && note.why == GetParam().note;
        });
    };
    const auto& notes = GetParam().grams ? read->account.recoded : read->account.dropped;
    EXPECT_EQ(says(notes), *GetParam().note != '\0');
}

constexpr auto impossible = "no child weighs that at birth; check the value and its unit";

INSTANTIATE_TEST_SUITE_P(
    Units, Weight,
    testing::Values(Weighed{"grams", {{"value", 3200}, {"code", "g"}}, 3200, ""},
                    Weighed{"kilograms", {{"value", 3.2}, {"unit", "kg"}}, 3200, ""},
                    Weighed{"pounds", {{"value", 7}, {"code", "[lb_av]"}}, 3175, "pounds are written as grams"},
                    Weighed{"ounces", {{"value", 112}, {"code", "[oz_av]"}}, 3175, "ounces are written as grams"},
                    Weighed{"no_unit_grams", {{"value", 3200}}, 3200, "it has no unit and is read as grams"},
                    Weighed{"no_unit_kilograms", {{"value", 3.2}}, 3200, "it has no unit and is read as kilograms"},
                    Weighed{"three_grams", {{"value", 3.2}, {"code", "g"}}, std::nullopt, impossible},
                    Weighed{"tonnes", {{"value", 3200}, {"code", "kg"}}, std::nullopt, impossible},
                    Weighed{"stones",
                            {{"value", 1}, {"code", "[stone_av]"}},
                            std::nullopt,
                            "its unit is not one of g, kg, [lb_av], [oz_av]"},
                    Weighed{"negative", {{"value", -3}, {"code", "kg"}}, std::nullopt, "it is not a weight"},
                    Weighed{"text", {{"value", "heavy"}, {"code", "kg"}}, std::nullopt, "it is not a weight"}),
    [](const auto& row) { return row.param.label; });

TEST(FhirR4, WarnsOfAMotherYoungerThanHerChild) {
    auto bundle = fixture(birth);
    resource(bundle, 2)["birthDate"] = "2026-08-19";
    const auto read = fhir_r4::read(bundle);
    ASSERT_TRUE(read);
    const Account::Note wanted{"/entry/1/resource/birthDate", "the birth is earlier than the mother's own"};
    EXPECT_THAT(read->account.warnings, testing::Contains(wanted));
}

TEST(FhirR4, TakesTheYoungestWhereOnlyTheKindIsSaid) {
    auto bundle = fixture("plain-birth");
    bundle["entry"] = Json::array({bundle["entry"][1], bundle["entry"][0], bundle["entry"][6]});
    resource(bundle, 1).erase("link");
    const auto read = fhir_r4::read(bundle);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->event.persons.at(role::child).names.at(0).given.at(0), "Baby");
}

TEST(FhirR4, ReferencesGoRoundInCircles) {
    auto bundle = fixture("plain-birth");
    for (auto& entry : bundle["entry"]) {
        entry["resource"]["link"] = Json::array();
        for (const auto& other : bundle["entry"]) {
            entry["resource"]["link"].push_back({{"other", {{"reference", other["fullUrl"]}}}});
        }
    }
    const auto read = fhir_r4::read(bundle);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(fhir_r4::split(bundle).parts.empty());
}

TEST(FhirR4, ManyEntriesAreReadInTime) {
    auto bundle = fixture(birth);
    auto filler = bundle["entry"][13];
    for (int i = 0; i < 5000; ++i) {
        filler["fullUrl"] = "urn:uuid:" + std::to_string(i);
        bundle["entry"].push_back(filler);
    }
    const auto read = fhir_r4::read(bundle);
    ASSERT_TRUE(read);
    bundle["type"] = "collection";
    EXPECT_TRUE(fhir_r4::split(bundle).parts.empty());
}

TEST(FhirR4Split, GivesEachNotificationItsOwnAndWhatAllNeed) {
    const auto whole = fixture("several");
    const auto split = fhir_r4::split(whole);
    ASSERT_EQ(split.parts.size(), 4u);
    EXPECT_EQ(split.others, std::vector<std::size_t>{11});
    std::vector<std::string> told;
    for (const auto& part : split.parts) {
        const auto read = fhir_r4::read(part.message);
        ASSERT_TRUE(read) << read.error().message << ' ' << read.error().path;
        const auto& event = read->event;
        const auto& who = event.persons.at(event.kind == VitalKind::birth ? role::child : role::deceased);
        const auto mother = event.persons.find(role::mother);
        told.push_back(who.names.at(0).given.at(0) + ' ' + std::to_string(event.birth.weight_grams.value_or(0)) + ' ' +
                       (event.place ? event.place->location.value_or("-") : "-") + ' ' +
                       (mother == event.persons.end() ? "-" : mother->second.names.at(0).given.at(0)) + ' ' +
                       event.source.record);
    }
    EXPECT_THAT(told, testing::ElementsAre("Thandiwe 3150 HF-0107 Nomsa MRN-900", "Una 2500 HF-0107 Mary T1",
                                           "Duo 2400 HF-0107 Mary T2", "Old 0 - - D9"));
    EXPECT_EQ(split.parts[1].entries, (std::vector<std::size_t>{0, 2, 4, 6, 7}));
    EXPECT_EQ(fhir_r4::in_whole(split.parts[1], "Bundle.entry[2].resource.valueQuantity.value"),
              "Bundle.entry[4].resource.valueQuantity.value");
    EXPECT_EQ(fhir_r4::in_whole(split.parts[0], "Bundle.entry[2].resource"),
              "Bundle.entry[10].resource.entry[2].resource");
    EXPECT_EQ(fhir_r4::in_whole(split.parts[1], "child.nid"), "child.nid");
}

TEST(FhirR4Split, GivesAChildWithoutADocumentItsOwnBesideADocument) {
    auto whole = fixture("bfdr-birth");
    whole["type"] = "collection";
    const auto documented = whole["entry"].size();
    const auto loose = fixture("plain-birth");
    for (const auto& entry : loose["entry"]) whole["entry"].push_back(entry);
    const auto split = fhir_r4::split(whole);
    ASSERT_EQ(split.parts.size(), 2u);
    EXPECT_TRUE(split.others.empty());
    EXPECT_EQ(split.parts[0].entries.size(), documented);
    const auto read = fhir_r4::read(split.parts[1].message);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->event.persons.at(role::mother).names.at(0).given.at(0), "Alice");
}

TEST(FhirR4Split, LeavesOneNotificationWhole) {
    for (const auto* name : {"bfdr-birth", "plain-birth", "plain-death", "message-birth", "bare-death"}) {
        EXPECT_TRUE(fhir_r4::split(fixture(name)).parts.empty()) << name;
    }
}

}  // namespace
