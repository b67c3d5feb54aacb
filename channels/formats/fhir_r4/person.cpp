// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/person.hpp"

#include "core/ids.hpp"
#include "formats/fhir_r4/codes.hpp"
#include "formats/opencrvs_v1/person_parts.hpp"
#include "formats/opencrvs_v1/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::fhir_r4 {
namespace {

constexpr std::string_view citizenship = "http://hl7.org/fhir/StructureDefinition/patient-citizenship";

void names_of(const Json& from, Person& person, Marks& marks) {
    opencrvs_v1::read_names(from, person, marks);
    for (const auto* name : each_of(member(from, "name"))) {
        const auto* whole = member(*name, "text");
        if (whole == nullptr || text(*whole).empty()) continue;
        if (member(*name, "family") != nullptr || member(*name, "given") != nullptr) {
            marks.structure(*whole);
            continue;
        }
        marks.carried(*whole);
        marks.recoded(*whole, "the name is one text: it is kept as a given name");
        const auto use = text_member(*name, "use");
        // Where nothing but the use was said, the name was taken as one of nothing.
        const auto empty = std::find(person.names.begin(), person.names.end(), PersonName{{}, {}, std::string(use)});
        if (empty != person.names.end()) person.names.erase(empty);
        person.names.push_back({{std::string(text(*whole))}, {}, std::string(use)});
    }
    // The name in use stands for itself, and first; a maiden name, a nickname or an old one is said to be one.
    for (auto& name : person.names) {
        if (name.use == "official" || name.use == "usual") name.use.clear();
    }
    const auto side = [](const PersonName& name) {
        return name.use == "old" || name.use == "maiden" || name.use == "nickname" || name.use == "anonymous" ||
               name.use == "temp";
    };
    std::stable_sort(person.names.begin(), person.names.end(),
                     [&](const PersonName& a, const PersonName& b) { return !side(a) && side(b); });
}

/// What kind of number it is, by its type or else by the name of its system.
struct NumberKind {
    std::string word;
    bool local = false;    // of the sender's own system
    bool guessed = false;  // not by its own code
};
NumberKind kind_of_number(const Json& identifier) {
    const auto codes = codes_of(member(identifier, "type"));
    for (const auto* code : codes) {
        if (const auto word = identifier_word(text(*code)); !word.empty()) {
            return {std::string(word), false, word != text(*code)};
        }
    }
    for (const auto* code : codes) {
        if (is_local_number(text(*code))) return {{}, true, false};
    }
    if (const auto word = identifier_word_of_system(text_member(identifier, "system")); !word.empty()) {
        return {std::string(word), false, true};
    }
    if (!codes.empty()) return {std::string(text(*codes.front())), false, false};
    return {{}, true, false};
}

void read_identifiers(const Json& from, const PersonAs& as, PersonRead& read, Marks& marks) {
    for (const auto* identifier : each_of(member(from, "identifier"))) {
        const auto* value = member(*identifier, "value");
        if (value == nullptr || !value->is_string() || text(*value).empty()) continue;
        auto kind = kind_of_number(*identifier);
        const auto system = text_member(*identifier, "system");
        if (kind.local && (!as.subject || read.record)) {
            marks.dropped(*identifier, as.subject ? "another number of the sender's own system"
                                                  : "a number of the sender's own system has no place");
            continue;
        }
        marks.carried(*value);
        for (const auto key : {"use", "system"}) marks.structure(member(*identifier, key));
        marks.wording(member(*identifier, "type"));
        if (kind.local) {
            read.record = Identifier{std::string(system), std::string(text(*value))};
            continue;
        }
        if (kind.guessed) marks.recoded(*identifier, "its type is written as OpenCRVS's own word");
        read.person.identifiers.push_back({std::move(kind.word), std::string(text(*value))});
    }
}

bool is_code(std::string_view value) {
    return is_uuid(value) || (value.find(' ') == std::string_view::npos &&
                              std::any_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

std::optional<std::string> country(const Json& from, std::string_view key, Marks& marks) {
    auto given = opencrvs_v1::take_text(from, key, marks);
    if (!given) return given;
    if (const auto wide = country_alpha3(*given); !wide.empty()) {
        marks.recoded(*member(from, key), "the alpha-2 code is written as alpha-3");
        return std::string(wide);
    }
    return given;
}

/// OpenCRVS's own address: a type R4 does not have, or slots to a length nobody else uses.
bool has_slots(const Json& from) {
    const auto type = text_member(from, "type");
    const auto* lines = member(from, "line");
    constexpr std::size_t setting = 5;
    return type.find("ADDRESS") != std::string_view::npos ||
           (lines != nullptr && lines->is_array() && lines->size() > setting);
}

void read_citizenship(const Json& from, Person& person, Marks& marks) {
    for (const auto* each : each_of(member(from, "extension"))) {
        if (text_member(*each, "url") != citizenship || person.nationality) continue;
        for (const auto* part : each_of(member(*each, "extension"))) {
            if (text_member(*part, "url") != "code" || person.nationality) continue;
            const auto* code = opencrvs_v1::take_code(member(*part, "valueCodeableConcept"), marks);
            if (code == nullptr) continue;
            person.nationality = std::string(text(*code));
            marks.structure(member(*each, "url"));
            marks.structure(member(*part, "url"));
        }
    }
    if (!person.nationality) return;
    if (const auto wide = country_alpha3(*person.nationality); !wide.empty()) person.nationality = std::string(wide);
}

Result<void> read_death(const Json& from, const PersonAs& as, PersonRead& read, Marks& marks) {
    const bool deceased = as.role == role::deceased;
    constexpr std::string_view no_place = "the person is said to have died, which has no place here";
    if (const auto* flag = member(from, "deceasedBoolean"); flag != nullptr && flag->is_boolean()) {
        if (deceased || !flag->get<bool>()) {
            marks.structure(*flag);
        } else {
            marks.dropped(*flag, no_place);
        }
        if (deceased && !flag->get<bool>()) marks.warn(*flag, "the deceased is said to be alive");
    }
    const auto* date = member(from, "deceasedDateTime");
    if (date == nullptr || date->is_null()) return {};
    auto died = date_of(*date, marks);
    if (!died) return fail(std::move(died.error()));
    read.died = std::move(*died);
    read.died_node = date;
    if (!deceased && read.died) marks.dropped(*date, no_place);
    return {};
}

void read_multiple_birth(const Json& from, const PersonAs& as, Person& person, Marks& marks) {
    const auto* count = member(from, "multipleBirthInteger");
    if (as.role == role::mother && !as.opencrvs && count != nullptr) {
        // In R4 it says which of several she was born as, not how many births she had.
        marks.dropped(*count, "the mother's own order of birth has no place");
        return;
    }
    opencrvs_v1::read_multiple_birth(from, as.role, person, marks);
}

}  // namespace

Address address_of(const Json& from, Marks& marks) {
    if (has_slots(from)) return opencrvs_v1::read_address(from, marks);
    Address address;
    for (const auto key : {"use", "type"}) marks.structure(member(from, key));
    if (text_member(from, "use") == "home") address.type = "PRIMARY_ADDRESS";
    address.country = country(from, "country", marks);
    address.town = opencrvs_v1::take_text(from, "city", marks);
    address.postal_code = opencrvs_v1::take_text(from, "postalCode", marks);
    const auto area = [&](std::string_view key, std::optional<std::string>& words) {
        auto given = opencrvs_v1::take_text(from, key, marks);
        if (!given) return;
        if (is_code(*given)) {
            address.areas.push_back(std::move(*given));
        } else {
            words = std::move(given);
        }
    };
    area("state", address.state_text);
    area("district", address.district_text);
    for (const auto* line : each_of(member(from, "line"))) {
        if (!line->is_string() || text(*line).empty()) continue;
        marks.carried(*line);
        if (!address.street) {
            address.street = std::string(text(*line));
        } else {
            address.lines.emplace_back(text(*line));
        }
    }
    if (const auto* whole = member(from, "text"); whole != nullptr && whole->is_string()) {
        if (address.street || address.town) {
            marks.structure(*whole);
        } else {
            marks.carried(*whole);
            address.lines.emplace_back(text(*whole));
        }
    }
    return address;
}

Result<PersonRead> read_person(const Resource& resource, const PersonAs& as, Marks& marks) {
    PersonRead read;
    auto& person = read.person;
    const auto& from = *resource.json;
    frame(resource, marks);
    names_of(from, person, marks);
    read_identifiers(from, as, read, marks);
    opencrvs_v1::read_telecom(from, person, marks);
    opencrvs_v1::read_marital_status(from, person, marks);
    opencrvs_v1::read_extensions(from, person, marks);
    read_citizenship(from, person, marks);
    read_multiple_birth(from, as, person, marks);
    for (const auto* each : each_of(member(from, "address"))) {
        if (each->is_object()) person.addresses.push_back(address_of(*each, marks));
    }
    person.gender = opencrvs_v1::take_text(from, "gender", marks);
    for (const auto* link : each_of(member(from, "link"))) {
        marks.structure(member(*link, "other"));
        marks.structure(member(*link, "type"));
    }
    if (const auto* born = member(from, "birthDate"); born != nullptr && !born->is_null()) {
        auto date = date_of(*born, marks);
        if (!date) return fail(std::move(date.error()));
        person.birth_date = std::move(*date);
        read.birth_node = born;
    }
    if (auto died = read_death(from, as, read, marks); !died) return fail(std::move(died.error()));
    if (const auto* active = member(from, "active"); active != nullptr && active->is_boolean()) {
        marks.structure(*active);
        // OpenCRVS writes "details not available" as an inactive person, with or without a reason.
        if (!active->get<bool>() && !person.unavailable_reason) person.unavailable_reason = "";
    }
    return read;
}

bool complete(Person& person, Person more) {
    bool agree = true;
    const auto list = [&](auto& to, auto& from) {
        if (to.empty()) {
            to = std::move(from);
        } else if (!from.empty() && from != to) {
            agree = false;
        }
    };
    const auto fill = [&](auto& to, auto& from) {
        if (!to) {
            to = std::move(from);
        } else if (from && from != to) {
            agree = false;
        }
    };
    list(person.names, more.names);
    list(person.addresses, more.addresses);
    list(person.identifiers, more.identifiers);
    fill(person.gender, more.gender);
    fill(person.birth_date, more.birth_date);
    fill(person.age, more.age);
    fill(person.nationality, more.nationality);
    fill(person.phone, more.phone);
    fill(person.email, more.email);
    fill(person.marital_status, more.marital_status);
    fill(person.education, more.education);
    fill(person.occupation, more.occupation);
    return agree;
}

}  // namespace ocm::fhir_r4
