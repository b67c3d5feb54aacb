// SPDX-License-Identifier: MPL-2.0
#include "formats/dhis2/codes.hpp"

#include "core/time.hpp"
#include "formats/opencrvs_v1/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace ocm::dhis2 {
namespace {

using namespace std::literals;

constexpr std::array roles{role::child, role::mother, role::father, role::deceased, role::spouse, role::informant};
constexpr auto identifier_prefix = "identifier."sv;
constexpr auto custom_prefix = "custom."sv;

template <class T>
using Setter = Set (*)(T&, const std::string&);

template <class T>
struct Name {
    std::string_view name;
    Setter<T> set;
    bool several = false;
};

template <class T>
Set keep(std::optional<std::string>& to, const T& value) {
    to = value;
    return Set::done;
}

/// DHIS2 gives a day, or a day and a time of no zone.
Set keep_date(std::optional<std::string>& to, const std::string& value) {
    const auto day = std::string_view(value).substr(0, value.find('T'));
    if (!opencrvs_v1::is_partial_date(day)) return Set::not_a_date;
    return keep(to, std::string(day));
}

Set keep_count(std::optional<int>& to, const std::string& value) {
    constexpr long most = 150;
    const auto count = opencrvs_v1::whole_number(Json(value));
    if (!count || *count < 0 || *count > most) return Set::unfit;
    to = static_cast<int>(*count);
    return Set::done;
}

Set keep_flag(std::optional<bool>& to, const std::string& value) {
    if (value != "true" && value != "false") return Set::unfit;
    to = value == "true";
    return Set::done;
}

PersonName& name_of(Person& person) {
    if (person.names.empty()) person.names.emplace_back();
    return person.names.front();
}

Address& address_of(Person& person) {
    if (person.addresses.empty()) person.addresses.emplace_back().type = "PRIMARY_ADDRESS";
    return person.addresses.front();
}

Place& place_of(VitalEvent& event) {
    return event.place ? *event.place : event.place.emplace();
}

Address& place_address(VitalEvent& event) {
    auto& place = place_of(event);
    return place.address ? *place.address : place.address.emplace();
}

Set weight(VitalEvent& event, const std::string& value) {
    constexpr long lightest_grams = 100, heaviest_grams = 15'000;
    const auto grams = opencrvs_v1::number(Json(value));
    if (!grams || *grams < lightest_grams || *grams > heaviest_grams) return Set::unfit;
    event.birth.weight_grams = std::lround(*grams);
    return Set::done;
}

constexpr std::array<Name<Person>, 17> person_names{{
    {"given", [](Person& p, const std::string& v) { return name_of(p).given.push_back(v), Set::done; }, true},
    {"family", [](Person& p, const std::string& v) { return keep(name_of(p).family, v); }},
    {"gender", [](Person& p, const std::string& v) { return keep(p.gender, v); }},
    {"birth_date", [](Person& p, const std::string& v) { return keep_date(p.birth_date, v); }},
    {"age",
     [](Person& p, const std::string& v) {
         std::optional<int> years;
         const auto set = keep_count(years, v);
         if (years) p.age = Age{*years};
         return set;
     }},
    {"nationality", [](Person& p, const std::string& v) { return keep(p.nationality, v); }},
    {"marital_status", [](Person& p, const std::string& v) { return keep(p.marital_status, v); }},
    {"education", [](Person& p, const std::string& v) { return keep(p.education, v); }},
    {"occupation", [](Person& p, const std::string& v) { return keep(p.occupation, v); }},
    {"previous_births", [](Person& p, const std::string& v) { return keep_count(p.multiple_birth, v); }},
    {"phone", [](Person& p, const std::string& v) { return keep(p.phone, v); }},
    {"email", [](Person& p, const std::string& v) { return keep(p.email, v); }},
    {"address", [](Person& p, const std::string& v) { return address_of(p).lines.push_back(v), Set::done; }, true},
    {"area", [](Person& p, const std::string& v) { return address_of(p).areas.push_back(v), Set::done; }, true},
    {"town", [](Person& p, const std::string& v) { return keep(address_of(p).town, v); }},
    {"street", [](Person& p, const std::string& v) { return keep(address_of(p).street, v); }},
    {"country", [](Person& p, const std::string& v) { return keep(address_of(p).country, v); }},
}};

constexpr std::array<Name<VitalEvent>, 28> event_names{{
    {"date", [](VitalEvent& e, const std::string& v) { return keep_date(e.date, v); }},
    {"place.kind", [](VitalEvent& e, const std::string& v) { return keep(place_of(e).kind, v); }},
    {"place.location", [](VitalEvent& e, const std::string& v) { return keep(place_of(e).location, v); }},
    {"place.address",
     [](VitalEvent& e, const std::string& v) { return place_address(e).lines.push_back(v), Set::done; }, true},
    {"place.area", [](VitalEvent& e, const std::string& v) { return place_address(e).areas.push_back(v), Set::done; },
     true},
    {"place.town", [](VitalEvent& e, const std::string& v) { return keep(place_address(e).town, v); }},
    {"place.country", [](VitalEvent& e, const std::string& v) { return keep(place_address(e).country, v); }},
    {"birth.birth_type", [](VitalEvent& e, const std::string& v) { return keep(e.birth.birth_type, v); }},
    {"birth.weight", weight},
    {"birth.attendant", [](VitalEvent& e, const std::string& v) { return keep(e.birth.attendant, v); }},
    {"birth.born_alive", [](VitalEvent& e, const std::string& v) { return keep_count(e.birth.born_alive, v); }},
    {"birth.fetal_deaths", [](VitalEvent& e, const std::string& v) { return keep_count(e.birth.fetal_deaths, v); }},
    {"birth.last_previous_birth",
     [](VitalEvent& e, const std::string& v) { return keep_date(e.birth.last_previous_birth, v); }},
    {"death.manner", [](VitalEvent& e, const std::string& v) { return keep(e.death.manner, v); }},
    {"death.cause_established",
     [](VitalEvent& e, const std::string& v) { return keep_flag(e.death.cause_established, v); }},
    {"death.cause_method", [](VitalEvent& e, const std::string& v) { return keep(e.death.cause_method, v); }},
    {"death.cause_description", [](VitalEvent& e, const std::string& v) { return keep(e.death.cause_description, v); }},
    {"death.cause_code",
     [](VitalEvent& e, const std::string& v) { return e.death.cause_codes.push_back(v), Set::done; }, true},
    {"death.male_dependants",
     [](VitalEvent& e, const std::string& v) { return keep_count(e.death.male_dependants, v); }},
    {"death.female_dependants",
     [](VitalEvent& e, const std::string& v) { return keep_count(e.death.female_dependants, v); }},
    {"informant.relation", [](VitalEvent& e, const std::string& v) { return keep(e.informant.relation, v); }},
    {"informant.other_relation",
     [](VitalEvent& e, const std::string& v) { return keep(e.informant.other_relation, v); }},
    {"informant.phone", [](VitalEvent& e, const std::string& v) { return keep(e.informant.phone, v); }},
    {"informant.email", [](VitalEvent& e, const std::string& v) { return keep(e.informant.email, v); }},
    {"late_reason", [](VitalEvent& e, const std::string& v) { return keep(e.late_reason, v); }},
    {"office", [](VitalEvent& e, const std::string& v) { return keep(e.office, v); }},
    {"comment", [](VitalEvent& e, const std::string& v) { return keep(e.comment, v); }},
    {"reported_at", [](VitalEvent& e, const std::string& v) { return keep_date(e.reported_at, v); }},
}};

template <class Names>
auto find(const Names& names, std::string_view name) {
    const auto found = std::find_if(names.begin(), names.end(), [&](const auto& each) { return each.name == name; });
    return found == names.end() ? nullptr : &*found;
}

/// What follows a prefix with a free last word; empty where it is another name.
std::string_view rest(std::string_view name, std::string_view prefix) {
    return name.starts_with(prefix) ? name.substr(prefix.size()) : std::string_view();
}

struct OfPerson {
    std::string_view role, name;
};
std::optional<OfPerson> of_person(std::string_view name) {
    const auto dot = name.find('.');
    if (dot == name.npos) return std::nullopt;
    OfPerson out{name.substr(0, dot), name.substr(dot + 1)};
    if (!is_role(out.role) || !is_person_name(out.name)) return std::nullopt;
    return out;
}

}  // namespace

bool is_role(std::string_view name) {
    return std::find(roles.begin(), roles.end(), name) != roles.end();
}

bool is_person_name(std::string_view name) {
    return find(person_names, name) != nullptr || !rest(name, identifier_prefix).empty();
}

bool is_event_name(std::string_view name) {
    return find(event_names, name) != nullptr || !rest(name, custom_prefix).empty() || of_person(name);
}

Set set_person(Person& person, std::string_view name, const std::string& value) {
    if (const auto* found = find(person_names, name)) return found->set(person, value);
    person.identifiers.push_back({std::string(rest(name, identifier_prefix)), value});
    return Set::done;
}

Set set_event(VitalEvent& event, std::string_view name, const std::string& value) {
    if (const auto* found = find(event_names, name)) return found->set(event, value);
    if (const auto key = rest(name, custom_prefix); !key.empty()) {
        event.custom[std::string(key)] = value;
        return Set::done;
    }
    const auto whose = of_person(name);
    if (!whose) return Set::unfit;
    const auto known = event.persons.find(std::string(whose->role));
    auto person = known == event.persons.end() ? Person{} : known->second;
    const auto set = set_person(person, whose->name, value);
    // A value that does not fit makes nobody.
    if (set == Set::done) event.persons[std::string(whose->role)] = std::move(person);
    return set;
}

bool takes_several(std::string_view name) {
    if (const auto* found = find(event_names, name)) return found->several;
    const auto whose = of_person(name);
    const auto* found = find(person_names, whose ? whose->name : name);
    return found != nullptr && found->several;
}

}  // namespace ocm::dhis2
