// SPDX-License-Identifier: MPL-2.0
#include "arbitrary_event.hpp"
#include "fixtures.hpp"
#include "formats/opencrvs_v1/read.hpp"
#include "formats/opencrvs_v1/write.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

using namespace ocm;
using namespace ocm::test;
using opencrvs_v1::Rules;

namespace {

constexpr const char* office = "0f51ce00-0000-4000-8000-000000000001";
constexpr const char* facility = "fac11117-0000-4000-8000-000000000001";
// Widest first; each stands under the one before it.
const std::vector<std::string> chain{"57a7e000-0000-4000-8000-000000000001", "d1571c70-0000-4000-8000-000000000002",
                                     "1e7e1300-0000-4000-8000-000000000003", "1e7e1400-0000-4000-8000-000000000004",
                                     "1e7e1500-0000-4000-8000-000000000005"};
constexpr const char* seed = "5eed0000-0000-4000-8000-000000000001";

constexpr Rules rules_1_3{.family_list = true, .office_area = true, .questionnaire = false, .addresses_checked = false};
constexpr Rules rules_1_5{.family_list = true, .office_area = true, .questionnaire = false, .addresses_checked = true};
constexpr Rules rules_1_6{.family_list = true, .office_area = false, .questionnaire = false, .addresses_checked = true};
constexpr Rules rules_1_8{.family_list = false, .office_area = false, .questionnaire = true, .addresses_checked = true};

class FakeRegistry final : public opencrvs_v1::Registry {
  public:
    Kind kind(std::string_view id) const override {
        if (id == office) return Kind::office;
        if (id == facility) return Kind::facility;
        return std::find(chain.begin(), chain.end(), id) == chain.end() ? Kind::none : Kind::area;
    }
    std::string parent(std::string_view id) const override {
        if (id == office) return chain[1];
        const auto found = std::find(chain.begin(), chain.end(), id);
        return found == chain.end() || found == chain.begin() ? std::string() : *(found - 1);
    }
    std::vector<std::string> levels(const Address& address) const override {
        std::size_t depth = 0;
        for (std::size_t i = 0; i < chain.size(); ++i) {
            const auto& named = address.areas;
            if (std::find(named.begin(), named.end(), chain[i]) != named.end()) depth = i + 1;
        }
        return {chain.begin(), chain.begin() + static_cast<std::ptrdiff_t>(depth)};
    }
};
const FakeRegistry registry;
const opencrvs_v1::Destination destination{registry, office, facility, "FAR"};

WallTime now() {
    return parse_rfc3339("2026-03-03T10:00:00Z").value();
}

VitalEvent event_of(const std::string& name) {
    return vital_json::read(json_file(format_data() / (name + ".event.json"))).value();
}

Result<opencrvs_v1::Written> written(const VitalEvent& event, const Rules& rules) {
    return opencrvs_v1::write(event, rules, destination, seed, now());
}

struct GoldenRow {
    const char* event;
    const char* version;
    Rules rules;
};
class WriteGolden : public testing::TestWithParam<GoldenRow> {};

TEST_P(WriteGolden, DocumentAndAccount) {
    const auto& row = GetParam();
    const auto out = written(event_of(row.event), row.rules);
    ASSERT_TRUE(out) << out.error().message;
    const auto base = std::string(row.event) + ".to-" + row.version;
    expect_golden(out->bundle, format_data() / (base + ".json"));
    expect_golden(out->account.to_json(), format_data() / (base + ".account.json"));
    EXPECT_TRUE(opencrvs_v1::fits(out->bundle, row.rules, destination));
}

INSTANTIATE_TEST_SUITE_P(
    Versions, WriteGolden,
    testing::Values(GoldenRow{"birth-full", "1.3", rules_1_3}, GoldenRow{"birth-full", "1.6", rules_1_6},
                    GoldenRow{"birth-questionnaire", "1.8", rules_1_8}, GoldenRow{"birth-full", "1.8", rules_1_8},
                    GoldenRow{"death-full", "1.5", rules_1_5}, GoldenRow{"death-full", "1.8", rules_1_8}),
    [](const auto& row) {
        std::string label = std::string(row.param.event) + "_to_" + row.param.version;
        std::replace_if(label.begin(), label.end(), [](char c) { return c == '-' || c == '.'; }, '_');
        return label;
    });

TEST(OpencrvsV1Write, TheSameSeedMakesTheSameDocument) {
    const auto event = event_of("birth-full");
    EXPECT_EQ(written(event, rules_1_8)->bundle, written(event, rules_1_8)->bundle);
    const auto other = opencrvs_v1::write(event, rules_1_8, destination, office, now());
    EXPECT_NE(other->bundle["entry"][2]["fullUrl"], written(event, rules_1_8)->bundle["entry"][2]["fullUrl"]);
}

TEST(OpencrvsV1Write, TakesBirthsAndDeathsOnly) {
    for (const auto kind : {VitalKind::fetal_death, VitalKind::marriage}) {
        VitalEvent event;
        event.kind = kind;
        const auto out = written(event, rules_1_8);
        ASSERT_FALSE(out);
        EXPECT_EQ(out.error().code, ErrorCode::bad_request);
        EXPECT_EQ(out.error().path, "kind");
    }
}

TEST(OpencrvsV1Write, AnInformantAlwaysHasAPatient) {
    VitalEvent event;
    event.kind = VitalKind::birth;
    event.informant.relation = "GRANDMOTHER";
    const auto out = written(event, rules_1_8);
    ASSERT_TRUE(out);
    const auto read = opencrvs_v1::read(out->bundle);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->event.informant.relation, "GRANDMOTHER");
    EXPECT_TRUE(read->event.persons.contains(role::informant));
    EXPECT_TRUE(read->event.persons.contains(role::child)) << "a document without its subject is none";
}

struct FitsRow {
    const char* name;
    const char* path;                   // of the document's value
    std::function<void(Json&)> change;  // of the value at it
};

/// What a document that fits is changed in, so that it has to be rebuilt.
TEST(OpencrvsV1Fits, OnlyWhatTheVersionTakes) {
    const auto good = written(event_of("birth-full"), rules_1_8)->bundle;
    ASSERT_TRUE(opencrvs_v1::fits(good, rules_1_8, destination));
    EXPECT_FALSE(opencrvs_v1::fits(good, rules_1_6, destination)) << "the family name is a text";
    EXPECT_FALSE(opencrvs_v1::fits(written(event_of("birth-full"), rules_1_6)->bundle, rules_1_8, destination));
    EXPECT_TRUE(opencrvs_v1::fits(written(event_of("birth-full"), rules_1_5)->bundle, rules_1_6, destination));
    EXPECT_FALSE(opencrvs_v1::fits(written(event_of("birth-full"), rules_1_6)->bundle, rules_1_5, destination))
        << "without regLastLocation";

    const auto set = [](Json value) { return [value](Json& at) { at = value; }; };
    const std::vector<FitsRow> rows{
        {"a key more", "", [](Json& at) { at["id"] = "x"; }},
        {"a code for the office", "/entry/1/resource/extension/5/valueReference/reference", set("Location/OFF-1")},
        {"no list of identifiers", "/entry/1/resource", [](Json& at) { at.erase("identifier"); }},
        {"a declaration", "/entry/0/resource/type/coding/0/code", set("birth-declaration")},
        {"an area out of its place", "/entry/3/resource/address/0/district", set(chain[2])},
        {"an unknown area", "/entry/3/resource/address/0/state", set("57a7e000-0000-4000-8000-00000000ffff")},
        {"no country", "/entry/3/resource/address/0", [](Json& at) { at.erase("country"); }},
        {"the name of a country", "/entry/3/resource/address/0/country", set("Farajaland")},
        {"given names as text", "/entry/2/resource/name/0/given", set("Thandiwe")},
        {"not a facility", "/entry/5/resource/location/0/location/reference", set("Location/" + chain[1])},
    };
    for (const auto& row : rows) {
        auto document = good;
        row.change(document.at(Json::json_pointer(row.path)));
        EXPECT_FALSE(opencrvs_v1::fits(document, rules_1_8, destination)) << row.name;
    }
    auto unchecked = written(event_of("birth-full"), rules_1_3)->bundle;
    unchecked.at(Json::json_pointer("/entry/3/resource/address/0")).erase("country");
    EXPECT_TRUE(opencrvs_v1::fits(unchecked, rules_1_3, destination)) << "1.3 does not look at addresses";
    EXPECT_FALSE(opencrvs_v1::fits(unchecked, rules_1_5, destination));
}

void flatten(const Json& node, const std::string& path, std::map<std::string, Json>& out) {
    for (auto it = node.begin(); node.is_object() && it != node.end(); ++it) {
        flatten(it.value(), path.empty() ? it.key() : path + "." + it.key(), out);
    }
    for (std::size_t i = 0; node.is_array() && i < node.size(); ++i) {
        flatten(node[i], path + "." + std::to_string(i), out);
    }
    if (!node.is_structured() && node != "") out[path] = node;
}

std::map<std::string, Json> values_of(const VitalEvent& event) {
    std::map<std::string, Json> leaves;
    flatten(vital_json::write(event), "", leaves);
    std::map<std::string, Json> out;
    constexpr std::string_view persons = "persons.";
    for (auto& [path, value] : leaves) {
        out[path.starts_with(persons) ? path.substr(persons.size()) : path] = std::move(value);
    }
    return out;
}

template <class T>
void sometimes(std::optional<T>& to, std::vector<T> values) {
    to.reset();
    if (*rc::gen::arbitrary<bool>()) to = *rc::gen::elementOf(values);
}

/// Any event that has a document: its dates exist, its office and facility are the target's.
VitalEvent any_event() {
    auto event = *arbitrary<VitalEvent>();
    event.kind = *rc::gen::element(VitalKind::birth, VitalKind::death);
    event.persons.clear();
    for (const auto* whose :
         {role::child, role::mother, role::father, role::deceased, role::spouse, role::informant, role::bride}) {
        if (!*rc::gen::arbitrary<bool>()) continue;
        auto person = *arbitrary<Person>();
        sometimes<std::string>(person.birth_date, {"1950-02-28", "1980-05", "1999"});
        for (auto& address : person.addresses) {
            std::erase(address.lines, "");
            sometimes<std::string>(address.country, {"FAR", "KEN", ""});
            sometimes<std::string>(address.urban_or_rural, {"URBAN", "RURAL", "SUBURBAN"});
            if (*rc::gen::arbitrary<bool>()) {
                const auto depth = *rc::gen::inRange<std::ptrdiff_t>(0, 6);
                address.areas.assign(chain.begin(), chain.begin() + depth);
            }
        }
        event.persons[whose] = std::move(person);
    }
    sometimes<std::string>(event.date, {"2026-01-02", "2026-02"});
    sometimes<std::string>(event.birth.last_previous_birth, {"2020-01-02", "2021-03", "2022"});
    sometimes<std::string>(event.reported_at, {"2026-03-01", "2026-03-01T08:00:00.000Z", "yesterday"});
    sometimes<std::string>(event.informant.relation, {"OTHER", "BROTHER", "SON"});
    event.office = office;
    if (!event.place) event.place.emplace();
    event.place->location = facility;
    sometimes<std::string>(event.place->kind, {"HEALTH_FACILITY", "PRIVATE_HOME"});
    if (*rc::gen::arbitrary<bool>()) event.source.document = "d0c00000-0000-4000-8000-000000000009";
    return event;
}

/// Whatever does not come back out of the document is named by the account.
RC_GTEST_PROP(OpencrvsV1Write, LosesNothingSilently, ()) {
    const auto event = any_event();
    const auto& rules = *rc::gen::element(&rules_1_3, &rules_1_5, &rules_1_6, &rules_1_8);
    const auto out = written(event, *rules);
    RC_ASSERT(out.has_value());
    RC_ASSERT(opencrvs_v1::fits(out->bundle, *rules, destination));
    const auto read = opencrvs_v1::read(out->bundle);
    RC_ASSERT(read.has_value());
    if (!read->account.dropped.empty()) RC_FAIL("not read back: " + dump_json(read->account.to_json()["dropped"]));

    const auto back = values_of(read->event);
    const auto named = [&](const std::string& path) {
        const auto covers = [&](const Account::Note& note) { return path.starts_with(note.path); };
        return std::any_of(out->account.dropped.begin(), out->account.dropped.end(), covers) ||
               std::any_of(out->account.recoded.begin(), out->account.recoded.end(), covers);
    };
    for (const auto& [path, value] : values_of(event)) {
        const auto found = back.find(path);
        if (found != back.end() && found->second == value) continue;
        if (path == "place.kind" && value == "HEALTH_FACILITY") continue;  // the facility says it
        if (!named(path)) RC_FAIL("not in the document and not in the account: " + path);
    }
}

}  // namespace
