// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"

#include <type_traits>

/// The members of each struct, once, for both directions: `v(name, member)` is called for every one of them.
/// `Struct` is deduced as const or not, so that the same list reads and writes.
namespace ocm::vital_json {

template <class V, class T>
concept is = std::is_same_v<std::remove_const_t<V>, T>;

template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class T>
inline constexpr bool is_map<std::map<std::string, T>> = true;

template <is<PersonName> S, class V>
void members(S& s, V& v) {
    v("given", s.given);
    v("family", s.family);
    v("use", s.use);
}
template <is<Identifier> S, class V>
void members(S& s, V& v) {
    v("type", s.type);
    v("value", s.value);
}
template <is<Address> S, class V>
void members(S& s, V& v) {
    v("type", s.type);
    v("country", s.country);
    v("areas", s.areas);
    v("number", s.number);
    v("street", s.street);
    v("residential_area", s.residential_area);
    v("town", s.town);
    v("postal_code", s.postal_code);
    v("urban_or_rural", s.urban_or_rural);
    v("state_text", s.state_text);
    v("district_text", s.district_text);
    v("lines", s.lines);
}
template <is<Age> S, class V>
void members(S& s, V& v) {
    v("years", s.years);
}
template <is<Person> S, class V>
void members(S& s, V& v) {
    v("names", s.names);
    v("gender", s.gender);
    v("birth_date", s.birth_date);
    v("age", s.age);
    v("nationality", s.nationality);
    v("identifiers", s.identifiers);
    v("marital_status", s.marital_status);
    v("education", s.education);
    v("occupation", s.occupation);
    v("phone", s.phone);
    v("email", s.email);
    v("multiple_birth", s.multiple_birth);
    v("is_multiple", s.is_multiple);
    v("addresses", s.addresses);
    v("unavailable_reason", s.unavailable_reason);
}
template <is<Place> S, class V>
void members(S& s, V& v) {
    v("kind", s.kind);
    v("location", s.location);
    v("address", s.address);
}
template <is<BirthDetails> S, class V>
void members(S& s, V& v) {
    v("birth_type", s.birth_type);
    v("weight_grams", s.weight_grams);
    v("attendant", s.attendant);
    v("born_alive", s.born_alive);
    v("fetal_deaths", s.fetal_deaths);
    v("last_previous_birth", s.last_previous_birth);
}
template <is<DeathDetails> S, class V>
void members(S& s, V& v) {
    v("manner", s.manner);
    v("cause_established", s.cause_established);
    v("cause_method", s.cause_method);
    v("cause_description", s.cause_description);
    v("cause_codes", s.cause_codes);
    v("male_dependants", s.male_dependants);
    v("female_dependants", s.female_dependants);
}
template <is<Informant> S, class V>
void members(S& s, V& v) {
    v("relation", s.relation);
    v("other_relation", s.other_relation);
    v("phone", s.phone);
    v("email", s.email);
    v("contact", s.contact);
}
template <is<Source> S, class V>
void members(S& s, V& v) {
    v("system", s.system);
    v("document", s.document);
    v("record", s.record);
    v("version", s.version);
}
template <is<Registration> S, class V>
void members(S& s, V& v) {
    v("tracking_id", s.tracking_id);
    v("registration_number", s.registration_number);
    v("event_id", s.event_id);
    v("registered_at", s.registered_at);
}
template <is<VitalEvent> S, class V>
void members(S& s, V& v) {
    v("kind", s.kind);
    v("persons", s.persons);
    v("date", s.date);
    v("place", s.place);
    v("informant", s.informant);
    v("birth", s.birth);
    v("death", s.death);
    v("late_reason", s.late_reason);
    v("office", s.office);
    v("comment", s.comment);
    v("custom", s.custom);
    v("source", s.source);
    v("reported_at", s.reported_at);
    v("registration", s.registration);
}

}  // namespace ocm::vital_json
