// SPDX-License-Identifier: MPL-2.0
// The same birth or death, written as a 1.x document and as every kind of R4 message, is the same event.
#include "facts.hpp"
#include "formats/fhir_r4/read.hpp"
#include "formats/fhir_r4/split.hpp"
#include "formats/opencrvs_v1/read.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <rapidcheck/gtest.h>

using namespace ocm;
using namespace ocm::test;

namespace {

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
