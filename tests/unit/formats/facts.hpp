// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"

#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

/// Births and deaths as they are notified, in no format, and the 1.x document of each. Tests write the same facts in
/// other formats and compare what is read.
namespace ocm::test {

struct Who {
    std::string given, family, born, gender, national_id, phone, nationality;
    bool married = false, has_address = false;
};

/// What is notified, in no format.
struct Facts {
    bool birth = true;
    Who subject, mother, informant;
    std::optional<Who> father, spouse;
    std::string relation;  // MOTHER, FATHER, GRANDMOTHER; SPOUSE, DAUGHTER
    int plurality = 1;
    int grams = 3000;
    std::string attendant, facility, document, record, date, reported;
    std::vector<std::string> causes;
    std::string manner;
};

inline std::string digits(int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += static_cast<char>('0' + *rc::gen::inRange(0, 10));
    return out;
}
inline std::string two(int from, int to) {
    const auto number = std::to_string(*rc::gen::inRange(from, to));
    return number.size() == 1 ? "0" + number : number;
}
inline std::string date_in(int from, int to) {
    return std::to_string(*rc::gen::inRange(from, to)) + "-" + two(1, 13) + "-" + two(1, 29);
}
inline std::string partial(std::string date) {
    return date.substr(0, *rc::gen::element<std::size_t>(4, 7, 10));
}
inline std::string word() {
    return *rc::gen::element<std::string>("Ada", "Bwalya", "Chanda", "Ngọc", "O'Neil", "Mary Jane", "Zoë", "Łucja");
}
inline std::string uuid() {
    return "0f51ce00-0000-4000-8000-" + digits(12);
}

inline Who somebody(int from, int to) {
    Who who;
    who.given = word();
    who.family = word();
    who.born = partial(date_in(from, to));
    who.gender = *rc::gen::element<std::string>("male", "female", "unknown");
    if (*rc::gen::arbitrary<bool>()) who.national_id = digits(10);
    if (*rc::gen::arbitrary<bool>()) who.phone = "+2607" + digits(8);
    if (*rc::gen::arbitrary<bool>()) who.nationality = *rc::gen::element<std::string>("FAR", "KEN", "ZMB");
    who.married = *rc::gen::arbitrary<bool>();
    who.has_address = *rc::gen::arbitrary<bool>();
    return who;
}

inline Facts arbitrary_facts() {
    Facts facts;
    facts.birth = *rc::gen::arbitrary<bool>();
    facts.document = uuid();
    facts.record = digits(6);
    facts.facility = uuid();
    facts.reported = "2026-03-02T08:15:00.000Z";
    if (facts.birth) {
        facts.subject = somebody(2025, 2026);
        facts.subject.married = false;
        facts.mother = somebody(1980, 2005);
        if (*rc::gen::arbitrary<bool>()) facts.father = somebody(1970, 2005);
        facts.relation = *rc::gen::element<std::string>("MOTHER", "GRANDMOTHER");
        facts.plurality = *rc::gen::inRange(1, 7);
        facts.grams = *rc::gen::inRange(500, 6000);
        facts.attendant = *rc::gen::element<std::string>("PHYSICIAN", "NURSE", "MIDWIFE");
    } else {
        facts.subject = somebody(1930, 2000);
        if (*rc::gen::arbitrary<bool>()) facts.spouse = somebody(1930, 2000);
        facts.relation = "DAUGHTER";
        facts.date = date_in(2025, 2026);
        facts.manner = *rc::gen::element<std::string>("NATURAL_CAUSES", "ACCIDENT", "SUICIDE", "HOMICIDE");
        for (int i = *rc::gen::inRange(0, 4); i > 0; --i) facts.causes.push_back("I" + digits(2));
    }
    facts.informant = somebody(1960, 2005);
    if (facts.father) facts.father->married = false;  // a RelatedPerson has no marital status
    if (facts.spouse) facts.spouse->married = false;
    facts.informant.married = false;
    return facts;
}

inline Json coded(const std::string& system, const std::string& code) {
    return {{"coding", Json::array({{{"system", system}, {"code", code}}})}};
}

inline Json person(const Who& who, bool r4) {
    Json name{{"given", {who.given}}, {"family", who.family}};
    if (r4) name["use"] = "official";
    Json out{{"name", Json::array({name})}, {"birthDate", who.born}, {"gender", who.gender}};
    if (!who.national_id.empty()) {
        const auto type = r4 ? coded("http://terminology.hl7.org/CodeSystem/v2-0203", "NI")
                             : coded("http://opencrvs.org/specs/identifier-type", "NATIONAL_ID");
        out["identifier"] = Json::array({{{"type", type}, {"value", who.national_id}}});
    }
    if (!who.phone.empty()) out["telecom"] = Json::array({{{"system", "phone"}, {"value", who.phone}}});
    if (!who.nationality.empty()) {
        out["extension"] = Json::array(
            {{{"url", "http://hl7.org/fhir/StructureDefinition/patient-nationality"},
              {"extension",
               Json::array(
                   {{{"url", "code"}, {"valueCodeableConcept", coded("urn:iso:std:iso:3166", who.nationality)}}})}}});
    }
    if (who.married) out["maritalStatus"] = coded("http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "M");
    if (who.has_address) {
        Json address{{"city", "Embe"}, {"country", "FAR"}, {"postalCode", "20304"}};
        address["state"] = "57a7e000-0000-4000-8000-000000000001";
        address["district"] = "d1571c70-0000-4000-8000-000000000002";
        if (r4) {
            address["use"] = "home";
        } else {
            address["type"] = "PRIMARY_ADDRESS";
        }
        out["address"] = Json::array({address});
    }
    return out;
}

inline Json typed(Json resource, const char* type) {
    resource["resourceType"] = type;
    return resource;
}

inline std::string urn(int n) {
    return "urn:uuid:11111111-0000-4000-8000-0000000000" + std::to_string(10 + n);
}
inline Json reference(const std::string& to) {
    return {{"reference", to}};
}

/// Resources of a message in their order, each with its fullUrl.
class Resources {
  public:
    std::string add(Json resource) {
        const auto url = urn(static_cast<int>(entries_.size()));
        entries_.push_back({{"fullUrl", url}, {"resource", std::move(resource)}});
        return url;
    }
    Json& at(std::size_t i) { return entries_[i]["resource"]; }
    const Json& entries() const { return entries_; }

  private:
    Json entries_ = Json::array();
};

inline const char* plurality_word(int count) {
    constexpr const char* words[] = {"SINGLE", "TWIN", "TRIPLET", "QUADRUPLET", "HIGHER_MULTIPLE_DELIVERY"};
    return words[std::min(count, 5) - 1];
}

inline Json v1_observation(const std::string& code, const char* key, Json value) {
    return {{"resourceType", "Observation"}, {"code", coded("http://loinc.org", code)}, {key, std::move(value)}};
}

inline Json v1_document(const Facts& facts) {
    Resources all;
    const auto section = [](const char* code, const std::string& url) {
        return Json{{"code", coded("http://opencrvs.org/specs/sections", code)},
                    {"entry", Json::array({reference(url)})}};
    };
    const std::string kind = facts.birth ? "birth" : "death";
    Json composition{{"resourceType", "Composition"}, {"status", "final"}, {"title", kind}, {"date", facts.reported}};
    composition["identifier"] = {{"system", "urn:ietf:rfc:3986"}, {"value", facts.document}};
    composition["type"] = coded("http://opencrvs.org/doc-types", kind + "-notification");
    const auto document = all.add(composition);
    Json task{{"resourceType", "Task"}, {"status", "draft"}, {"intent", "unknown"}, {"focus", reference(document)}};
    task["identifier"] = Json::array({{{"system", "http://hospital.example.org"}, {"value", facts.record}}});
    task["code"] = coded("http://opencrvs.org/specs/types", facts.birth ? "BIRTH" : "DEATH");
    task["extension"] = Json::array({{{"url", "http://opencrvs.org/specs/extension/regLastOffice"},
                                      {"valueReference", reference("Location/office-1")}}});
    const auto& tells = facts.relation == "MOTHER" ? facts.mother : facts.informant;
    if (!tells.phone.empty()) {
        task["extension"].push_back(
            {{"url", "http://opencrvs.org/specs/extension/contact-person-phone-number"}, {"valueString", tells.phone}});
    }
    all.add(task);
    auto sections = Json::array();
    auto subject = typed(person(facts.subject, false), "Patient");
    if (facts.birth) subject["multipleBirthBoolean"] = facts.plurality > 1;
    if (!facts.birth) subject["deceasedDateTime"] = facts.date;
    sections.push_back(section(facts.birth ? "child-details" : "deceased-details", all.add(subject)));
    std::string mother;
    if (facts.birth) {
        mother = all.add(typed(person(facts.mother, false), "Patient"));
        sections.push_back(section("mother-details", mother));
    }
    if (facts.father)
        sections.push_back(section("father-details", all.add(typed(person(*facts.father, false), "Patient"))));
    if (facts.spouse)
        sections.push_back(section("spouse-details", all.add(typed(person(*facts.spouse, false), "Patient"))));
    const auto tells_url =
        facts.relation == "MOTHER" ? mother : all.add(typed(person(facts.informant, false), "Patient"));
    Json related{{"resourceType", "RelatedPerson"}, {"patient", reference(tells_url)}};
    related["relationship"] = coded("http://opencrvs.org", facts.relation);
    sections.push_back(section("informant-details", all.add(related)));
    Json encounter{{"resourceType", "Encounter"}, {"status", "finished"}};
    encounter["location"] = Json::array({{{"location", reference("Location/" + facts.facility)}}});
    sections.push_back(section(facts.birth ? "birth-encounter" : "death-encounter", all.add(encounter)));
    if (facts.birth) {
        all.add(v1_observation("57722-1", "valueQuantity", {{"value", plurality_word(facts.plurality)}}));
        all.add(v1_observation("3141-9", "valueQuantity", {{"value", facts.grams / 1000.0}, {"unit", "kg"}}));
        all.add(v1_observation("73764-3", "valueString", facts.attendant));
    } else {
        all.add(v1_observation("uncertified-manner-of-death", "valueCodeableConcept", coded("x", facts.manner)));
        for (const auto& cause : facts.causes)
            all.add(v1_observation("ICD10", "valueCodeableConcept", coded("x", cause)));
        if (!facts.causes.empty()) {
            all.add(v1_observation("cause-of-death-established", "valueCodeableConcept", coded("x", "true")));
            all.add(v1_observation("cause-of-death-method", "valueCodeableConcept", coded("x", "MEDICALLY_CERTIFIED")));
        }
    }
    all.at(0)["section"] = sections;
    return {{"resourceType", "Bundle"},
            {"type", "document"},
            {"meta", {{"lastUpdated", facts.reported}}},
            {"entry", all.entries()}};
}

}  // namespace ocm::test
