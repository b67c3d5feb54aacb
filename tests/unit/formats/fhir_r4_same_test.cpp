// SPDX-License-Identifier: MPL-2.0
// The same birth or death, written as a 1.x document and as every kind of R4 message, is the same event.
#include "fixtures.hpp"
#include "formats/fhir_r4/read.hpp"
#include "formats/fhir_r4/split.hpp"
#include "formats/opencrvs_v1/read.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

using namespace ocm;
using namespace ocm::test;

namespace {

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

std::string digits(int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += static_cast<char>('0' + *rc::gen::inRange(0, 10));
    return out;
}
std::string two(int from, int to) {
    const auto number = std::to_string(*rc::gen::inRange(from, to));
    return number.size() == 1 ? "0" + number : number;
}
std::string date_in(int from, int to) {
    return std::to_string(*rc::gen::inRange(from, to)) + "-" + two(1, 13) + "-" + two(1, 29);
}
std::string partial(std::string date) {
    return date.substr(0, *rc::gen::element<std::size_t>(4, 7, 10));
}
std::string word() {
    return *rc::gen::element<std::string>("Ada", "Bwalya", "Chanda", "Ngọc", "O'Neil", "Mary Jane", "Zoë", "Łucja");
}
std::string uuid() {
    return "0f51ce00-0000-4000-8000-" + digits(12);
}

Who somebody(int from, int to) {
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

Facts arbitrary_facts() {
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

Json coded(const std::string& system, const std::string& code) {
    return {{"coding", Json::array({{{"system", system}, {"code", code}}})}};
}

Json person(const Who& who, bool r4) {
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

Json typed(Json resource, const char* type) {
    resource["resourceType"] = type;
    return resource;
}

std::string urn(int n) {
    return "urn:uuid:11111111-0000-4000-8000-0000000000" + std::to_string(10 + n);
}
Json reference(const std::string& to) {
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

const char* plurality_word(int count) {
    constexpr const char* words[] = {"SINGLE", "TWIN", "TRIPLET", "QUADRUPLET", "HIGHER_MULTIPLE_DELIVERY"};
    return words[std::min(count, 5) - 1];
}

Json v1_observation(const std::string& code, const char* key, Json value) {
    return {{"resourceType", "Observation"}, {"code", coded("http://loinc.org", code)}, {key, std::move(value)}};
}

Json v1_document(const Facts& facts) {
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

Json r4_observation(const std::string& code, const std::string& subject, const char* key, Json value) {
    Json out{{"resourceType", "Observation"}, {"status", "final"}, {"code", coded("http://loinc.org", code)}};
    out["subject"] = reference(subject);
    out[key] = std::move(value);
    return out;
}

Json related_to(const std::string& subject, const char* relation, const Who* who) {
    auto out = typed(who == nullptr ? Json::object() : person(*who, true), "RelatedPerson");
    out["patient"] = reference(subject);
    out["relationship"] = Json::array({coded("http://terminology.hl7.org/CodeSystem/v3-RoleCode", relation)});
    return out;
}

const char* snomed_manner(const std::string& manner) {
    if (manner == "ACCIDENT") return "7878000";
    if (manner == "SUICIDE") return "44301001";
    return manner == "HOMICIDE" ? "27935005" : "38605008";
}

void add_r4_causes(const Facts& facts, const std::string& subject, Resources& all) {
    // Lines come in any order: their numbers count.
    for (std::size_t i = facts.causes.size(); i-- > 0;) {
        auto cause = r4_observation("69453-9", subject, "valueCodeableConcept",
                                    coded("http://hl7.org/fhir/sid/icd-10", facts.causes[i]));
        cause["component"] = Json::array({{{"code", coded("x", "lineNumber")}, {"valueInteger", i + 1}}});
        all.add(cause);
    }
    if (facts.causes.empty()) return;
    Json procedure{{"resourceType", "Procedure"}, {"status", "completed"}, {"subject", reference(subject)}};
    procedure["code"] = coded("http://snomed.info/sct", "308646001");
    all.add(procedure);
}

/// The resources all R4 messages share; `subject` and `informant` come out as their fullUrls.
Resources r4_resources(const Facts& facts, std::string& subject, std::string& informant) {
    Resources all;
    auto patient = typed(person(facts.subject, true), "Patient");
    patient["identifier"].push_back({{"system", "http://hospital.example.org"}, {"value", facts.record}});
    if (facts.birth) patient["multipleBirthBoolean"] = facts.plurality > 1;
    if (!facts.birth && facts.causes.empty()) patient["deceasedDateTime"] = facts.date;
    subject = all.add(patient);
    if (facts.birth) {
        informant = all.add(related_to(subject, "MTH", nullptr));
        auto mother = typed(person(facts.mother, true), "Patient");
        mother["link"] = Json::array({{{"other", reference(informant)}, {"type", "seealso"}}});
        all.add(mother);
    }
    if (facts.father) all.add(related_to(subject, "NFTH", &*facts.father));
    if (facts.spouse) all.add(related_to(subject, "SPS", &*facts.spouse));
    if (facts.relation == "GRANDMOTHER") informant = all.add(related_to(subject, "GRMTH", &facts.informant));
    if (facts.relation == "DAUGHTER") informant = all.add(related_to(subject, "DAU", &facts.informant));
    const auto place = all.add({{"resourceType", "Location"},
                                {"identifier", Json::array({{{"system", "http://mfl"}, {"value", facts.facility}}})}});
    Json encounter{{"resourceType", "Encounter"}, {"status", "finished"}, {"subject", reference(subject)}};
    encounter["location"] = Json::array({{{"location", reference(place)}}});
    all.add(encounter);
    if (facts.birth) {
        all.add(r4_observation("57722-1", subject, "valueInteger", facts.plurality));
        all.add(r4_observation("8339-4", subject, "valueQuantity", {{"value", facts.grams}, {"code", "g"}}));
        all.add(r4_observation("73764-3", subject, "valueString", facts.attendant));
    } else {
        if (!facts.causes.empty()) all.add(r4_observation("81956-5", subject, "valueDateTime", facts.date));
        all.add(r4_observation("69449-7", subject, "valueCodeableConcept",
                               coded("http://snomed.info/sct", snomed_manner(facts.manner))));
        add_r4_causes(facts, subject, all);
    }
    return all;
}

Json r4_document(const Facts& facts) {
    std::string subject;
    std::string informant;
    const auto all = r4_resources(facts, subject, informant);
    Json composition{{"resourceType", "Composition"}, {"status", "final"}, {"title", "x"}, {"date", facts.reported}};
    composition["identifier"] = {{"system", "urn:ietf:rfc:3986"}, {"value", facts.document}};
    composition["type"] = coded("http://loinc.org", facts.birth ? "68998-4" : "64297-5");
    composition["subject"] = reference(subject);
    composition["author"] = Json::array({reference(informant)});
    composition["extension"] = Json::array({{{"url", "http://opencrvs.org/specs/extension/regLastOffice"},
                                             {"valueReference", reference("Location/office-1")}}});
    auto entries = Json::array({{{"fullUrl", "urn:uuid:composition"}, {"resource", composition}}});
    for (const auto& entry : all.entries()) entries.push_back(entry);
    return {{"resourceType", "Bundle"}, {"type", "document"}, {"entry", entries}};
}

Json r4_loose(const Facts& facts, const char* type) {
    std::string subject;
    std::string informant;
    auto all = r4_resources(facts, subject, informant);
    auto entries = all.entries();
    for (auto& entry : entries) {
        auto& resource = entry["resource"];
        if (entry["fullUrl"] == informant) resource["relationship"].push_back(coded("x", "INF"));
        if (std::string_view(type) != "collection") {
            entry["request"] = {{"method", "POST"}, {"url", resource["resourceType"]}};
        }
    }
    return {{"resourceType", "Bundle"},
            {"type", type},
            {"identifier", {{"system", "urn:ietf:rfc:3986"}, {"value", facts.document}}},
            {"timestamp", facts.reported},
            {"entry", entries}};
}

Json r4_message(const Facts& facts, Json content) {
    Json header{{"resourceType", "MessageHeader"}, {"id", "header-1"}};
    header["eventUri"] = facts.birth ? "http://example.org/birth_submission" : "http://example.org/vrdr_submission";
    Json entries = Json::array({{{"fullUrl", "urn:uuid:header"}, {"resource", header}}});
    entries.push_back({{"fullUrl", "urn:uuid:content"}, {"resource", std::move(content)}});
    return {{"resourceType", "Bundle"}, {"type", "message"}, {"entry", entries}};
}

std::string event_text(Result<fhir_r4::Read> read, bool office) {
    if (!read) return read.error().message + " at " + read.error().path;
    if (!office) read->event.office.reset();
    return pretty_json(vital_json::write(read->event));
}

RC_GTEST_PROP(FhirR4Same, EventInEveryKindOfMessage, ()) {
    const auto facts = arbitrary_facts();
    const auto v1 = opencrvs_v1::read(v1_document(facts));
    RC_ASSERT(v1.has_value());
    const auto wanted = pretty_json(vital_json::write(v1->event));
    auto elsewhere = v1->event;
    elsewhere.office.reset();
    const auto wanted_elsewhere = pretty_json(vital_json::write(elsewhere));

    RC_ASSERT(event_text(fhir_r4::read(r4_document(facts)), true) == wanted);
    RC_ASSERT(event_text(fhir_r4::read(r4_message(facts, r4_document(facts))), true) == wanted);
    for (const auto* type : {"transaction", "batch", "collection"}) {
        const auto message = r4_loose(facts, type);
        RC_ASSERT(event_text(fhir_r4::read(message), false) == wanted_elsewhere);
        RC_ASSERT(fhir_r4::split(message).parts.empty());
    }
    // Out of a batch with another one, each is what it was alone.
    auto two = arbitrary_facts();
    Json batch{{"resourceType", "Bundle"}, {"type", "batch"}};
    batch["entry"] = Json::array({{{"resource", r4_document(facts)}}, {{"resource", r4_document(two)}}});
    const auto split = fhir_r4::split(batch);
    RC_ASSERT(split.parts.size() == 2u);
    RC_ASSERT(event_text(fhir_r4::read(split.parts[0].message), true) == wanted);
}

}  // namespace
