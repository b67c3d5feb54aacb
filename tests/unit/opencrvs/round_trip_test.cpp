// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/read_v2.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "fixtures.hpp"
#include "notify_check.hpp"

#include <rapidcheck.h>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;

namespace {

using Options = std::vector<std::string>;

template <class T>
rc::Gen<std::optional<T>> maybe(rc::Gen<T> of) {
    return rc::gen::oneOf(rc::gen::just(std::optional<T>()),
                          rc::gen::map(std::move(of), [](T value) { return std::optional<T>(std::move(value)); }));
}
rc::Gen<std::string> word() {
    return rc::gen::nonEmpty(
        rc::gen::container<std::string>(rc::gen::oneOf(rc::gen::inRange('a', 'z'), rc::gen::inRange('A', 'Z'))));
}
rc::Gen<std::string> day(int first, int last) {
    return rc::gen::map(rc::gen::tuple(rc::gen::inRange(first, last), rc::gen::inRange(1, 13), rc::gen::inRange(1, 29)),
                        [](const std::tuple<int, int, int>& at) {
                            const auto [year, month, date] = at;
                            return format_date(std::chrono::year(year) / month / date);
                        });
}
template <class T>
T any(rc::Gen<T> gen) {
    return *gen;
}
std::optional<std::string> pick(Options options) {
    return any(maybe(rc::gen::elementOf(std::move(options))));
}

Address some_address() {
    Address out;
    out.type = "PRIMARY_ADDRESS";
    const bool abroad = any(rc::gen::arbitrary<bool>());
    out.country = abroad ? "KEN" : "FAR";
    if (!abroad)
        out.areas = any(rc::gen::elementOf(
            std::vector<Options>{{province, district, village}, {province, district, other_village}, {province}}));
    out.number = any(maybe(word()));
    out.street = any(maybe(word()));
    out.residential_area = any(maybe(word()));
    out.town = any(maybe(word()));
    out.postal_code = any(maybe(word()));
    if (abroad) {
        out.state_text = any(maybe(word()));
        out.district_text = any(maybe(word()));
    }
    return out;
}

Person some_person(bool social) {
    Person out;
    PersonName name;
    name.given = any(rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(word())));
    name.family = any(maybe(word()));
    out.names = {name};
    if (any(rc::gen::arbitrary<bool>()))
        out.birth_date = any(day(1940, 2005));
    else
        out.age = Age{any(rc::gen::inRange(0, 100))};
    out.nationality = pick({"FAR", "KEN"});
    if (any(rc::gen::arbitrary<bool>()))
        out.identifiers = {
            {any(rc::gen::elementOf(Options{"NATIONAL_ID", "PASSPORT", "BIRTH_REGISTRATION_NUMBER"})), any(word())}};
    if (any(rc::gen::arbitrary<bool>())) out.addresses = {some_address()};
    if (social) {
        out.marital_status = pick({"SINGLE", "MARRIED", "WIDOWED"});
        out.education = pick({"NO_SCHOOLING", "PRIMARY_ISCED_1"});
        out.occupation = any(maybe(word()));
    }
    return out;
}

void set_contact(VitalEvent& event) {
    event.informant.phone = any(
        maybe(rc::gen::map(rc::gen::inRange(700000000, 799999999), [](int n) { return "+260" + std::to_string(n); })));
    event.informant.email = any(maybe(rc::gen::map(word(), [](const std::string& w) { return w + "@example.org"; })));
    event.comment = any(maybe(word()));
    event.office = village_office;
}

VitalEvent some_birth() {
    VitalEvent event;
    auto& child = event.persons[role::child];
    child.names = {{{any(word())}, any(word()), ""}};
    child.gender = pick({"male", "female", "unknown"});
    child.birth_date = any(day(2024, 2026));
    event.informant.relation = any(rc::gen::elementOf(Options{"MOTHER", "FATHER", "GRANDFATHER", "OTHER"}));
    if (event.informant.relation == "OTHER") event.informant.other_relation = any(word());
    if (event.informant.relation == "GRANDFATHER" || event.informant.relation == "OTHER")
        event.persons[role::informant] = some_person(false);
    for (const auto* who : {role::mother, role::father})
        if (any(rc::gen::arbitrary<bool>())) event.persons[who] = some_person(true);
    switch (any(rc::gen::inRange(0, 4))) {
        case 0:
            event.place = Place{"HEALTH_FACILITY", facility, {}};
            break;
        case 1:
            event.place = Place{"PRIVATE_HOME", {}, some_address()};
            break;
        case 2:
            event.place = Place{"OTHER", {}, some_address()};
            break;
        default:
            break;
    }
    if (event.place && event.place->address) event.place->address->type.clear();
    event.birth.birth_type = pick({"SINGLE", "TWIN"});
    event.birth.attendant = pick({"NURSE", "MIDWIFE"});
    if (any(rc::gen::arbitrary<bool>())) event.birth.weight_grams = any(rc::gen::inRange(300, 7000));
    set_contact(event);
    return event;
}

VitalEvent some_death() {
    VitalEvent event;
    event.kind = VitalKind::death;
    event.date = any(day(2024, 2026));
    event.persons[role::deceased] = some_person(false);
    event.persons[role::deceased].marital_status = pick({"SINGLE", "MARRIED"});
    event.persons[role::deceased].gender = pick({"male", "female"});
    event.informant.relation = any(rc::gen::elementOf(Options{"SPOUSE", "SON", "OTHER"}));
    if (event.informant.relation == "OTHER") event.informant.other_relation = any(word());
    if (event.informant.relation != "SPOUSE") event.persons[role::informant] = some_person(false);
    if (any(rc::gen::arbitrary<bool>())) event.persons[role::spouse] = some_person(false);
    switch (any(rc::gen::inRange(0, 4))) {
        case 0:
            event.place = Place{"HEALTH_FACILITY", facility, {}};
            break;
        case 1:
            event.place = Place{"DECEASED_USUAL_RESIDENCE", {}, {}};
            break;
        case 2:
            event.place = Place{"OTHER", {}, some_address()};
            break;
        default:
            break;
    }
    if (event.place && event.place->address) event.place->address->type.clear();
    event.death.manner = pick({"NATURAL_CAUSES", "SUICIDE", "MANNER_UNDETERMINED"});
    if (any(rc::gen::arbitrary<bool>())) {
        event.death.cause_established = true;
        event.death.cause_method = any(rc::gen::elementOf(Options{"PHYSICIAN", "MEDICALLY_CERTIFIED"}));
        event.death.cause_codes = any(rc::gen::elementOf(std::vector<Options>{{}, {"I10"}, {"I21.9", "J18"}}));
    }
    set_contact(event);
    return event;
}

/// What writing cannot bring back although nothing of it is lost.
VitalEvent comparable(VitalEvent event) {
    event.office.reset();  // travels beside the declaration
    for (auto& [role, person] : event.persons)
        for (auto& address : person.addresses) address.type = "PRIMARY_ADDRESS";
    if (event.place && event.place->address) event.place->address->type.clear();
    return event;
}

/// True where all of it came back; otherwise the account said what would not.
bool comes_back(const VitalEvent& event) {
    const auto written = write(event, farajaland_map(), farajaland_form(), places(), now());
    if (!written) RC_FAIL(written.error().message + " " + written.error().path);
    const auto today = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now()));
    for (const auto& problem : notify_problems(*farajaland_form().find(written->event_type), written->declaration,
                                               written->annotation, today))
        RC_FAIL(problem);
    const auto read = opencrvs::read(written->event_type, written->declaration, written->annotation, farajaland_map(),
                                     farajaland_form(), places());
    if (!read) RC_FAIL(read.error().message);
    // A value that was kept as text instead does not come back in its place: the account must say so.
    const bool whole = written->account.dropped.empty() &&
                       dump_json(written->account.to_json()).find("kept as text") == std::string::npos;
    if (!whole) return false;
    RC_ASSERT(comparable(read->event) == comparable(event));
    for (const auto& note : read->account.dropped) RC_ASSERT(note.why == "the map only writes it");
    return true;
}

}  // namespace

TEST(RoundTrip, Births) {
    int whole = 0;
    EXPECT_TRUE(rc::check("a birth comes back as it was", [&] { whole += comes_back(some_birth()) ? 1 : 0; }));
    EXPECT_GT(whole, 30) << "too few were compared";
}

TEST(RoundTrip, Deaths) {
    int whole = 0;
    EXPECT_TRUE(rc::check("a death comes back as it was", [&] { whole += comes_back(some_death()) ? 1 : 0; }));
    EXPECT_GT(whole, 30) << "too few were compared";
}

TEST(ReadV2, AccountsForWhatTheMapDoesNotKnow) {
    const Json declaration{{"child.name", {{"firstname", "A"}, {"middlename", "B C"}, {"surname", "D"}}},
                           {"child.nid", "1"},
                           {"child.dob", 7},
                           {"father.reason", "Abroad"},
                           {"father.detailsNotAvailable", true}};
    const auto out = opencrvs::read("birth", declaration, nullptr, farajaland_map(), farajaland_form(), places());
    ASSERT_TRUE(out);
    EXPECT_EQ(out->event.persons.at("child").names.at(0).given, (std::vector<std::string>{"A", "B", "C"}));
    EXPECT_EQ(out->event.persons.at("father").unavailable_reason, "Abroad");
    std::vector<std::string> dropped;
    for (const auto& note : out->account.dropped) dropped.push_back(note.path);
    EXPECT_EQ(dropped, (std::vector<std::string>{"child.dob", "child.nid"}));
}

TEST(ReadV2, RefusesWhatIsNoDeclaration) {
    EXPECT_FALSE(opencrvs::read("birth", Json::array(), nullptr, farajaland_map(), farajaland_form(), places()));
    EXPECT_FALSE(opencrvs::read("marriage", Json::object(), nullptr, farajaland_map(), farajaland_form(), places()));
}
