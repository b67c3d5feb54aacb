// SPDX-License-Identifier: MPL-2.0
#include "channels/field_policy.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

namespace ocm {
namespace {

/// Moves one field's value over; false where there is none.
using Carry = std::function<bool(const VitalEvent& from, VitalEvent& to)>;

struct Field {
    std::string name;
    Carry carry;
};

template <class T>
bool holds(const T& value) {
    return value != T{};
}

/// A plain member of the event, or of one of its parts.
template <class T>
Carry of_event(T VitalEvent::* member) {
    return [member](const VitalEvent& from, VitalEvent& to) {
        to.*member = from.*member;
        return holds(from.*member);
    };
}

template <class Part, class T>
Carry of_part(Part VitalEvent::* part, T Part::* member) {
    return [part, member](const VitalEvent& from, VitalEvent& to) {
        to.*part.*member = from.*part.*member;
        return holds(from.*part.*member);
    };
}

/// The registration's numbers go by fields of their own, also where the record lists them among a person's identifiers.
bool is_of_registration(const VitalEvent& event, const Identifier& identifier) {
    const auto& known = event.registration;
    return known && !identifier.value.empty() &&
           (identifier.value == known->registration_number || identifier.value == known->tracking_id);
}

template <class T>
Carry of_person(const char* role, T Person::* member) {
    return [role, member](const VitalEvent& from, VitalEvent& to) {
        const auto found = from.persons.find(role);
        if (found == from.persons.end()) return false;
        auto value = found->second.*member;
        if constexpr (std::is_same_v<T, std::vector<Identifier>>)
            std::erase_if(value, [&from](const Identifier& one) { return is_of_registration(from, one); });
        if (!holds(value)) return false;
        to.persons[role].*member = std::move(value);
        return true;
    };
}

template <class T>
Carry of_registration(T Registration::* member) {
    return [member](const VitalEvent& from, VitalEvent& to) {
        if (!from.registration || !holds((*from.registration).*member)) return false;
        if (!to.registration) to.registration.emplace();
        (*to.registration).*member = (*from.registration).*member;
        return true;
    };
}

/// One name for several values.
template <class... Carries>
Carry together(Carries... carries) {
    return [... each = std::move(carries)](const VitalEvent& from, VitalEvent& to) {
        bool any = false;
        ((any = each(from, to) || any), ...);
        return any;
    };
}

constexpr std::array roles{role::child,  role::mother,    role::father, role::deceased,
                           role::spouse, role::informant, role::bride,  role::groom};

void add_person(std::vector<Field>& out, const char* role) {
    const auto add = [&](const char* name, Carry carry) {
        out.push_back({std::string(role) + "." + name, std::move(carry)});
    };
    // The contact person's phone and email are the informant's as far as anyone can tell.
    const bool informant = std::string_view(role) == role::informant;
    add("name", of_person(role, &Person::names));
    add("gender", of_person(role, &Person::gender));
    add("birth_date", of_person(role, &Person::birth_date));
    add("age", of_person(role, &Person::age));
    add("nationality", of_person(role, &Person::nationality));
    add("identifiers", of_person(role, &Person::identifiers));
    add("marital_status", of_person(role, &Person::marital_status));
    add("education", of_person(role, &Person::education));
    add("occupation", of_person(role, &Person::occupation));
    const auto phone = of_person(role, &Person::phone);
    const auto email = of_person(role, &Person::email);
    add("phone", informant ? together(phone, of_part(&VitalEvent::informant, &Informant::phone)) : phone);
    add("email", informant ? together(email, of_part(&VitalEvent::informant, &Informant::email)) : email);
    add("multiple_birth", together(of_person(role, &Person::multiple_birth), of_person(role, &Person::is_multiple)));
    add("addresses", of_person(role, &Person::addresses));
    add("unavailable_reason", of_person(role, &Person::unavailable_reason));
    if (!informant) return;
    add("relation", together(of_part(&VitalEvent::informant, &Informant::relation),
                             of_part(&VitalEvent::informant, &Informant::other_relation)));
    add("contact", of_part(&VitalEvent::informant, &Informant::contact));
}

std::vector<Field> make_table() {
    std::vector<Field> out;
    for (const auto* role : roles) add_person(out, role);
    const auto add = [&](const char* name, Carry carry) { out.push_back({name, std::move(carry)}); };
    const auto birth = &VitalEvent::birth;
    const auto death = &VitalEvent::death;
    add("date", of_event(&VitalEvent::date));
    add("place", of_event(&VitalEvent::place));
    add("birth.type", of_part(birth, &BirthDetails::birth_type));
    add("birth.weight", of_part(birth, &BirthDetails::weight_grams));
    add("birth.attendant", of_part(birth, &BirthDetails::attendant));
    add("birth.previous",
        together(of_part(birth, &BirthDetails::born_alive), of_part(birth, &BirthDetails::fetal_deaths),
                 of_part(birth, &BirthDetails::last_previous_birth)));
    add("death.manner", of_part(death, &DeathDetails::manner));
    add("death.cause",
        together(of_part(death, &DeathDetails::cause_established), of_part(death, &DeathDetails::cause_method),
                 of_part(death, &DeathDetails::cause_description), of_part(death, &DeathDetails::cause_codes)));
    add("death.dependants",
        together(of_part(death, &DeathDetails::male_dependants), of_part(death, &DeathDetails::female_dependants)));
    add("late_reason", of_event(&VitalEvent::late_reason));
    add("office", of_event(&VitalEvent::office));
    add("comment", of_event(&VitalEvent::comment));
    add("custom", of_event(&VitalEvent::custom));
    add("source", of_event(&VitalEvent::source));
    add("reported_at", of_event(&VitalEvent::reported_at));
    add("registration.number", of_registration(&Registration::registration_number));
    add("registration.tracking_id", of_registration(&Registration::tracking_id));
    add("registration.record", of_registration(&Registration::event_id));
    add("registration.date", of_registration(&Registration::registered_at));
    return out;
}

const std::vector<Field>& table() {
    static const auto all = make_table();
    return all;
}

/// "child" of "child.name"; empty where the field stands in no group.
std::string_view group_of(std::string_view field) {
    const auto dot = field.find('.');
    return dot == std::string_view::npos ? std::string_view{} : field.substr(0, dot);
}

struct Section {
    std::string_view code;
    std::vector<std::string> fields;
};

/// A section's Patient, RelatedPerson or Encounter is what 1.x lets out under its code; Observations it lets out under
/// none, and the witnesses and documents are not kept here. Its Task, which holds the numbers, goes to everyone.
const std::vector<Section>& sections() {
    static const std::vector<Section> all = [] {
        std::vector<Section> out{{"child-details", {"child"}},
                                 {"mother-details", {"mother"}},
                                 {"father-details", {"father"}},
                                 {"deceased-details", {"deceased", "date"}},
                                 {"spouse-details", {"spouse"}},
                                 {"informant-details", {"informant"}},
                                 {"bride-details", {"bride"}},
                                 {"groom-details", {"groom"}},
                                 {"birth-encounter", {"place"}},
                                 {"death-encounter", {"place"}},
                                 {"marriage-encounter", {"place", "date"}},
                                 {"witness-one-details", {}},
                                 {"witness-two-details", {}},
                                 {"supporting-documents", {}}};
        for (auto& each : out) {
            each.fields.emplace_back("registration.number");
            each.fields.emplace_back("registration.tracking_id");
        }
        return out;
    }();
    return all;
}

}  // namespace

const std::vector<std::string>& fields() {
    static const std::vector<std::string> all = [] {
        std::vector<std::string> out;
        std::vector<std::string> groups;
        for (const auto& field : table()) {
            out.push_back(field.name);
            const auto group = group_of(field.name);
            if (!group.empty() && std::ranges::find(groups, group) == groups.end()) groups.emplace_back(group);
        }
        out.insert(out.end(), groups.begin(), groups.end());
        return out;
    }();
    return all;
}

bool is_field(std::string_view name) {
    return std::ranges::find(fields(), name) != fields().end();
}

std::optional<std::vector<std::string>> fields_of_permission(std::string_view code) {
    const auto found = std::ranges::find(sections(), code, &Section::code);
    if (found == sections().end()) return std::nullopt;
    return found->fields;
}

const std::vector<std::string>& national_id_permissions(VitalKind kind) {
    static const std::vector<std::string> of_birth{"child-details", "mother-details", "father-details",
                                                   "supporting-documents", "informant-details"};
    static const std::vector<std::string> of_death{"deceased-details", "supporting-documents", "informant-details",
                                                   "death-encounter"};
    static const std::vector<std::string> none;
    if (kind == VitalKind::birth) return of_birth;
    return kind == VitalKind::death ? of_death : none;
}

namespace {

/// Adds the single fields that a name, a group or a permission code stands for.
void add_single(std::string_view name, std::set<std::string_view>& out) {
    if (const auto of_code = fields_of_permission(name)) {
        for (const auto& each : *of_code) add_single(each, out);
        return;
    }
    for (const auto& field : table()) {
        const bool in_group = !name.empty() && group_of(field.name) == name;
        if (field.name == name || in_group) out.insert(field.name);
    }
}

}  // namespace

bool is_granted(std::string_view asked, const std::vector<std::string>& granted) {
    std::set<std::string_view> wanted, given;
    add_single(asked, wanted);
    for (const auto& each : granted) add_single(each, given);
    return std::ranges::includes(given, wanted);
}

std::vector<std::string> narrowed(const std::vector<std::string>& asked, const std::vector<std::string>& granted) {
    const auto is_named = [&granted](const std::string& each) {
        return std::ranges::find(granted, each) != granted.end();
    };
    std::vector<std::string> out;
    const auto keep = [&out](const std::string& each) {
        if (std::ranges::find(out, each) == out.end()) out.push_back(each);
    };
    // Asked of every delivery, and mostly everything is granted as it was.
    if (std::ranges::all_of(asked, is_named)) {
        std::ranges::for_each(asked, keep);
        return out;
    }
    std::set<std::string_view> given, rest, kept;
    for (const auto& each : granted) add_single(each, given);
    for (const auto& each : asked) {
        std::set<std::string_view> single;
        add_single(each, single);
        if (is_named(each) ||
            (!single.empty() && !fields_of_permission(each) && std::ranges::includes(given, single))) {
            keep(each);
            kept.merge(single);
        } else {
            rest.merge(single);
        }
    }
    for (const auto each : rest) {
        if (given.contains(each) && !kept.contains(each)) out.emplace_back(each);
    }
    return out;
}

Permitted permit(const VitalEvent& event, const std::vector<std::string>& granted) {
    std::set<std::string_view> names(granted.begin(), granted.end());
    names.erase("");  // the group of what stands in none
    Permitted out;
    out.event.kind = event.kind;
    for (const auto& field : table()) {
        if (!names.contains(field.name) && !names.contains(group_of(field.name))) continue;
        if (field.carry(event, out.event)) out.disclosed.push_back(field.name);
    }
    return out;
}

}  // namespace ocm
