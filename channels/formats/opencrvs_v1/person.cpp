// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/person.hpp"

#include "core/ids.hpp"
#include "formats/opencrvs_v1/codes.hpp"
#include "formats/opencrvs_v1/person_parts.hpp"
#include "formats/opencrvs_v1/values.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace ocm::opencrvs_v1 {
namespace {

const Json* array_member(const Json& object, std::string_view key) {
    const auto* found = member(object, key);
    return found != nullptr && found->is_array() ? found : nullptr;
}

/// 1.3 to 1.6 send the family name as an array, 1.7 and later as a string.
void read_family(const Json& from, PersonName& to, Marks& marks) {
    if (from.is_string()) {
        marks.carried(from);
        to.family = std::string(text(from));
        return;
    }
    if (!from.is_array()) return;
    std::size_t parts = 0;
    for (const auto& part : from) {
        if (!part.is_string()) continue;
        marks.carried(part);
        if (++parts == 1) {
            to.family = std::string(text(part));
        } else {
            *to.family += ' ';
            *to.family += text(part);
        }
    }
    if (parts > 1) marks.recoded(from, "the parts of the family name are joined by spaces");
}

}  // namespace

void read_names(const Json& patient, Person& person, Marks& marks) {
    const auto* names = array_member(patient, "name");
    if (names == nullptr) return;
    for (const auto& from : *names) {
        PersonName name;
        if (const auto* use = member(from, "use"); use != nullptr && use->is_string()) {
            marks.carried(*use);
            name.use = text(*use);
        }
        if (const auto* family = member(from, "family")) read_family(*family, name, marks);
        const auto* given = member(from, "given");
        if (given != nullptr && given->is_string()) {
            marks.carried(*given);
            name.given.emplace_back(text(*given));
        } else if (given != nullptr && given->is_array()) {
            for (const auto& part : *given) {
                if (!part.is_string()) continue;
                marks.carried(part);
                name.given.emplace_back(text(part));
            }
        }
        if (name != PersonName{}) person.names.push_back(std::move(name));
    }
}

namespace {

/// {type: {coding: [{code}]}, value} of later versions, {type: "CODE", id} of the first ones.
void read_identifiers(const Json& patient, Person& person, Marks& marks) {
    const auto* identifiers = array_member(patient, "identifier");
    if (identifiers == nullptr) return;
    for (const auto& from : *identifiers) {
        const auto* value = member(from, "value");
        if (value == nullptr) value = member(from, "id");
        if (value == nullptr || !value->is_string()) continue;
        marks.carried(*value);
        marks.structure(member(from, "use"));
        Identifier identifier{{}, std::string(text(*value))};
        const auto* type = member(from, "type");
        if (type != nullptr && type->is_string()) {
            marks.carried(*type);
            identifier.type = text(*type);
        } else if (const auto* code = take_code(type, marks)) {
            identifier.type = text(*code);
        }
        person.identifiers.push_back(std::move(identifier));
    }
}

}  // namespace

void read_telecom(const Json& patient, Person& person, Marks& marks) {
    const auto* telecom = array_member(patient, "telecom");
    if (telecom == nullptr) return;
    for (const auto& from : *telecom) {
        const auto system = text_member(from, "system");
        std::optional<std::string>* to = nullptr;
        if (system == "phone") to = &person.phone;
        if (system == "email") to = &person.email;
        if (to == nullptr) continue;
        if (to->has_value()) {
            marks.dropped(from, "only the first of its kind is kept");
            continue;
        }
        *to = take_text(from, "value", marks);
        marks.structure(member(from, "system"));
        marks.structure(member(from, "use"));
    }
}

void read_marital_status(const Json& patient, Person& person, Marks& marks) {
    const auto* status = member(patient, "maritalStatus");
    if (status == nullptr) return;
    const auto* said = member(*status, "text");
    const bool in_words = said != nullptr && !text(*said).empty();
    const auto* code = take_code(status, marks);
    std::string_view coded;
    if (code != nullptr) {
        coded = text(*code);
        for (const auto& row : marital_codes) {
            if (row.from == coded) coded = row.to;
        }
    }
    if (in_words) {
        marks.carried(*said);
        person.marital_status = std::string(text(*said));
        if (code == nullptr) return;
        marks.structure(*code);
        if (coded != text(*said)) marks.warn(*status, "the code and the text say different things; the text is kept");
    } else if (code != nullptr) {
        person.marital_status = std::string(coded);
        if (coded != text(*code)) marks.recoded(*code, "the HL7 code is written as OpenCRVS's own word");
    }
}

namespace {

/// Levels of the administrative hierarchy are ids of Locations; an international address has words in their place.
void read_areas(const Json& from, Address& address, Marks& marks) {
    const auto take = [&](std::string_view key, std::optional<std::string>& words) {
        const auto* found = member(from, key);
        if (found == nullptr || !found->is_string()) return;
        marks.carried(*found);
        if (is_uuid(text(*found))) {
            address.areas.emplace_back(text(*found));
        } else {
            words = std::string(text(*found));
        }
    };
    take("state", address.state_text);
    take("district", address.district_text);
}

void read_lines(const Json& lines, Address& address, Marks& marks) {
    if (!lines.is_array()) return;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto& line = lines[i];
        if (!line.is_string()) continue;
        marks.carried(line);
        const std::string value(text(line));
        if (i == 0) {
            address.number = value;
        } else if (i == 1) {
            address.street = value;
        } else if (i == 2) {
            address.residential_area = value;
        } else if (value.empty()) {
            marks.structure(line);
        } else if (i == address_line::setting && (value == "URBAN" || value == "RURAL")) {
            address.urban_or_rural = value;
        } else if (i >= address_line::first_level && i <= address_line::last_level) {
            address.areas.push_back(value);
        } else {
            address.lines.push_back(value);
        }
    }
}

}  // namespace

Address read_address(const Json& from, Marks& marks) {
    Address address;
    address.type = take_text(from, "type", marks).value_or("");
    address.country = take_text(from, "country", marks);
    address.town = take_text(from, "city", marks);
    address.postal_code = take_text(from, "postalCode", marks);
    marks.structure(member(from, "use"));
    read_areas(from, address, marks);
    if (const auto* lines = member(from, "line")) read_lines(*lines, address, marks);
    return address;
}

namespace {

void read_addresses(const Json& patient, Person& person, Marks& marks) {
    const auto* addresses = array_member(patient, "address");
    if (addresses == nullptr) return;
    for (const auto& from : *addresses) {
        if (from.is_object()) person.addresses.push_back(read_address(from, marks));
    }
}

void read_nationality(const Json& extension, Person& person, Marks& marks) {
    const auto* parts = array_member(extension, "extension");
    if (parts == nullptr) return;
    for (const auto& part : *parts) {
        const auto url = text_member(part, "url");
        if (url == "code") {
            const auto* code = take_code(member(part, "valueCodeableConcept"), marks);
            if (code == nullptr) continue;
            marks.structure(member(part, "url"));
            person.nationality = std::string(text(*code));
        } else if (url == "period") {
            // Clients send the period as a form that nobody filled in.
            const auto* period = member(part, "valuePeriod");
            if (period == nullptr) continue;
            marks.structure(member(part, "url"));
            for (const auto key : {"start", "end"}) {
                const auto* bound = member(*period, key);
                if (bound != nullptr && bound->is_string() && text(*bound).empty()) marks.structure(*bound);
            }
        }
    }
}

void read_age(const Json& extension, Person& person, Marks& marks) {
    for (const auto key : {"valueInteger", "valueString"}) {
        const auto* value = member(extension, key);
        const auto years = value == nullptr ? std::nullopt : whole_number(*value);
        if (!years || *years < 0 || *years > 150) continue;
        marks.carried(*value);
        person.age = Age{static_cast<int>(*years)};
        return;
    }
}

}  // namespace

void read_extensions(const Json& patient, Person& person, Marks& marks) {
    const auto* extensions = array_member(patient, "extension");
    if (extensions == nullptr) return;
    std::set<std::string_view> seen;
    for (const auto& each : *extensions) {
        const auto* url = member(each, "url");
        if (url == nullptr) continue;
        if (!seen.insert(text(*url)).second) {
            marks.dropped(each, "only the first of its kind is kept");
            continue;
        }
        bool known = true;
        if (text(*url) == extension::nationality) {
            read_nationality(each, person, marks);
        } else if (text(*url) == extension::occupation) {
            person.occupation = take_text(each, "valueString", marks);
        } else if (text(*url) == extension::education) {
            person.education = take_text(each, "valueString", marks);
        } else if (text(*url) == extension::age || text(*url) == extension::age_in_years) {
            read_age(each, person, marks);
        } else if (text(*url) == extension::not_applying) {
            person.unavailable_reason = take_text(each, "valueString", marks);
        } else {
            known = false;
        }
        if (known) marks.structure(*url);
    }
}

void read_multiple_birth(const Json& patient, std::string_view whose, Person& person, Marks& marks) {
    const bool child = whose == role::child;
    if (const auto* flag = member(patient, "multipleBirthBoolean"); flag != nullptr && flag->is_boolean()) {
        if (child) {
            marks.carried(*flag);
            person.is_multiple = flag->get<bool>();
        } else if (!flag->get<bool>()) {
            marks.structure(*flag);
        } else {
            marks.dropped(*flag, "it is kept of the child only");
        }
    }
    const auto* count = member(patient, "multipleBirthInteger");
    const auto value = count == nullptr ? std::nullopt : whole_number(*count);
    if (!value || *value < 0 || *value > 100) return;
    if (whose == role::mother) {
        marks.carried(*count);
        person.multiple_birth = static_cast<int>(*value);
    } else if (child) {
        marks.carried(*count);
        marks.recoded(*count, "kept as a multiple birth; the order of birth has no place");
        person.is_multiple = true;
    } else {
        marks.dropped(*count, "it is kept of the mother only");
    }
}

namespace {

Result<void> read_death(const Json& patient, std::string_view whose, PersonRead& read, Marks& marks) {
    const bool deceased = whose == role::deceased;
    if (const auto* flag = member(patient, "deceasedBoolean"); flag != nullptr && flag->is_boolean()) {
        if (deceased || !flag->get<bool>()) {
            marks.structure(*flag);
        } else {
            marks.dropped(*flag, "the person is said to have died, which has no place here");
        }
        if (deceased && !flag->get<bool>()) marks.warn(*flag, "the deceased is said to be alive");
    }
    if (const auto* date = member(patient, "deceasedDateTime"); date != nullptr && !date->is_null()) {
        auto died = take_date(*date, marks);
        if (!died) return fail(std::move(died.error()));
        read.died = std::move(*died);
        read.died_node = date;
        if (!deceased && read.died) marks.dropped(*date, "the person is said to have died, which has no place here");
    }
    return {};
}

}  // namespace

Result<PersonRead> read_person(const Json& patient, std::string_view whose, Marks& marks) {
    PersonRead read;
    auto& person = read.person;
    marks.structure(member(patient, "resourceType"));
    read_names(patient, person, marks);
    read_identifiers(patient, person, marks);
    read_telecom(patient, person, marks);
    read_marital_status(patient, person, marks);
    read_addresses(patient, person, marks);
    read_extensions(patient, person, marks);
    read_multiple_birth(patient, whose, person, marks);
    person.gender = take_text(patient, "gender", marks);

    if (const auto* born = member(patient, "birthDate"); born != nullptr && !born->is_null()) {
        auto date = take_date(*born, marks);
        if (!date) return fail(std::move(date.error()));
        person.birth_date = std::move(*date);
        read.birth_node = born;
    }
    if (auto died = read_death(patient, whose, read, marks); !died) return fail(std::move(died.error()));

    // 1.x writes "details not available" as an inactive person, with or without a reason.
    if (const auto* active = member(patient, "active"); active != nullptr && active->is_boolean()) {
        if (active->get<bool>()) {
            marks.structure(*active);
        } else {
            marks.carried(*active);
            if (!person.unavailable_reason) person.unavailable_reason = "";
        }
    }
    return read;
}

}  // namespace ocm::opencrvs_v1
