// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/notification_write.hpp"

#include "core/ids.hpp"
#include "formats/fhir_r4/backport.hpp"
#include "formats/opencrvs_v1/codes.hpp"
#include "formats/opencrvs_v1/write_parts.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ocm::fhir_r4 {
namespace {

using opencrvs_v1::Bookkeeper;
using opencrvs_v1::codeable;
namespace extension = opencrvs_v1::extension;

constexpr std::string_view role_codes = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";
constexpr std::string_view identifier_types = "http://opencrvs.org/specs/identifier-type";
constexpr std::string_view specs = "http://opencrvs.org/specs/";

using backport::named;

Json reference(std::string to) {
    Json out = Json::object();
    out["reference"] = std::move(to);
    return out;
}

const char* subject_of(VitalKind kind) {
    if (kind == VitalKind::marriage) return role::bride;
    return kind == VitalKind::death ? role::deceased : role::child;
}

std::string_view number_type(VitalKind kind) {
    if (kind == VitalKind::marriage) return "MARRIAGE_REGISTRATION_NUMBER";
    return kind == VitalKind::death ? "DEATH_REGISTRATION_NUMBER" : "BIRTH_REGISTRATION_NUMBER";
}

/// One person, as a Patient or a RelatedPerson: they have these elements in common.
class PersonWriter {
  public:
    PersonWriter(const Person& person, std::string whose, Bookkeeper& books)
        : person_(person), whose_(std::move(whose)), books_(books) {}

    Json run() {
        write_names();
        write_plain("gender", "gender", person_.gender);
        write_plain("birthDate", "birth_date", person_.birth_date);
        write_identifiers();
        write_telecom();
        write_addresses();
        write_extensions();
        return std::move(out_);
    }

  private:
    std::string path(std::string_view value) const { return whose_ + "." + std::string(value); }

    void write_plain(const char* key, std::string_view value, const std::optional<std::string>& from) {
        if (!from || from->empty()) return;
        out_[key] = *from;
        books_.carried(path(value));
    }

    void write_names() {
        if (person_.names.empty()) return;
        auto names = Json::array();
        for (const auto& from : person_.names) {
            Json name = Json::object();
            if (!from.given.empty()) name["given"] = from.given;
            if (from.family) name["family"] = *from.family;
            if (!from.use.empty()) books_.recoded(path("names"), "R4 has no place for the language of a name");
            if (!name.empty()) names.push_back(std::move(name));
        }
        out_["name"] = std::move(names);
        books_.carried(path("names"));
    }

    void write_identifiers() {
        if (person_.identifiers.empty()) return;
        for (const auto& from : person_.identifiers) {
            Json identifier = Json::object();
            if (!from.type.empty()) identifier["type"] = codeable(identifier_types, from.type);
            identifier["value"] = from.value;
            out_["identifier"].push_back(std::move(identifier));
        }
        books_.carried(path("identifiers"));
    }

    void write_telecom() {
        const auto put = [&](const char* system, const char* value, const std::optional<std::string>& from) {
            if (!from || from->empty()) return;
            out_["telecom"].push_back({{"system", system}, {"value", *from}});
            books_.carried(path(value));
        };
        put("phone", "phone", person_.phone);
        put("email", "email", person_.email);
    }

    void write_addresses() {
        for (std::size_t i = 0; i < person_.addresses.size(); ++i) {
            const auto at = path("addresses") + "." + std::to_string(i);
            out_["address"].push_back(write_address(person_.addresses[i], at));
            books_.carried(at);
        }
    }

    Json write_address(const Address& from, const std::string& at) {
        Json out{{"use", "home"}};
        const auto put = [&out](const char* key, const std::optional<std::string>& value) {
            if (value && !value->empty()) out[key] = *value;
        };
        put("country", from.country);
        put("city", from.town);
        put("postalCode", from.postal_code);
        put("state", from.areas.empty() ? from.state_text : std::optional(from.areas[0]));
        put("district", from.areas.size() < 2 ? from.district_text : std::optional(from.areas[1]));
        if (from.areas.size() > 2) books_.dropped(at + ".areas", "R4 has room for two levels of areas");
        if (from.urban_or_rural) books_.dropped(at + ".urban_or_rural", "R4 has no place for it");
        auto lines = Json::array();
        for (const auto* each : {&from.number, &from.street, &from.residential_area}) {
            if (*each && !(*each)->empty()) lines.push_back(**each);
        }
        for (const auto& each : from.lines) {
            if (!each.empty()) lines.push_back(each);
        }
        if (!lines.empty()) out["line"] = std::move(lines);
        return out;
    }

    void write_extensions() {
        const auto put = [&](std::string_view url, const char* value, const std::optional<std::string>& from) {
            if (!from || from->empty()) return;
            out_["extension"].push_back({{"url", url}, {"valueString", *from}});
            books_.carried(path(value));
        };
        put(extension::occupation, "occupation", person_.occupation);
        put(extension::education, "education", person_.education);
        put(extension::not_applying, "unavailable_reason", person_.unavailable_reason);
        if (person_.age) {
            out_["extension"].push_back({{"url", extension::age}, {"valueString", std::to_string(person_.age->years)}});
            books_.carried(path("age"));
        }
        if (!person_.nationality || person_.nationality->empty()) return;
        Json code = Json::object();
        code["url"] = "code";
        code["valueCodeableConcept"] = codeable("urn:iso:std:iso:3166", *person_.nationality);
        Json nationality = Json::object();
        nationality["url"] = extension::nationality;
        nationality["extension"] = Json::array({std::move(code)});
        out_["extension"].push_back(std::move(nationality));
        books_.carried(path("nationality"));
    }

    const Person& person_;
    std::string whose_;
    Bookkeeper& books_;
    Json out_ = Json::object();
};

struct RelationRow {
    std::string_view role, word, code;
};
constexpr std::array<RelationRow, 3> relations{
    {{role::mother, "MOTHER", "MTH"}, {role::father, "FATHER", "FTH"}, {role::spouse, "SPOUSE", "SPS"}}};

Account only_ids() {
    Account out;
    out.warnings.push_back({"", "the subscription asks for ids only"});
    return out;
}

class NotificationWriter {
  public:
    NotificationWriter(const RegistrationEvent& told, const NotificationTo& to)
        : told_(told),
          event_(told.event),
          to_(to),
          id_(uuid_v5(event_id(told), to.subscription)),
          books_(out_.account) {}

    NotificationWritten run() {
        out_.bundle = write_history(to_, id_, "active", "event-notification");
        write_subject();
        for (const auto& [whose, person] : event_.persons) {
            if (whose != subject_of(event_.kind)) write_relative(whose, person);
        }
        if (event_.informant.relation && informant_role() == role::informant && !has(role::informant))
            write_relative(role::informant, Person{});
        write_place();
        write_facts();
        write_status();
        account_for_the_rest();
        tell_of_event();
        if (!to_.full) out_.account = only_ids();
        return std::move(out_);
    }

  private:
    std::string url(std::string_view name) const { return "urn:uuid:" + uuid_v5(event_id(told_), name); }
    bool has(const char* whose) const { return event_.persons.contains(whose); }

    void add(std::string_view name, std::string_view type, Json resource) {
        Json entry = Json::object();
        entry["fullUrl"] = url(name);
        entry["request"] = {{"method", "POST"}, {"url", type}};
        entry["response"] = {{"status", "201"}};
        if (to_.full) {
            resource["resourceType"] = type;
            resource["id"] = uuid_v5(event_id(told_), name);
            entry["resource"] = std::move(resource);
        }
        out_.bundle["entry"].push_back(std::move(entry));
    }

    void write_subject() {
        const std::string whose = subject_of(event_.kind);
        const auto found = event_.persons.find(whose);
        const Person& person = found == event_.persons.end() ? nobody_ : found->second;
        auto patient = PersonWriter(person, whose, books_).run();
        write_patient_only(person, whose, patient);
        if (event_.kind == VitalKind::death && event_.date) {
            patient["deceasedDateTime"] = *event_.date;
            books_.carried("date");
        } else if (event_.kind == VitalKind::death) {
            patient["deceasedBoolean"] = true;
        }
        if (event_.registration && !event_.registration->registration_number.empty()) {
            add_number(patient["identifier"]);
            books_.carried("registration.number");
        }
        add(whose, "Patient", std::move(patient));
    }

    Json number() const {
        Json out = Json::object();
        out["type"] = codeable(identifier_types, number_type(event_.kind));
        out["value"] = event_.registration->registration_number;
        return out;
    }

    void add_number(Json& identifiers) const {
        if (!identifiers.is_array()) identifiers = Json::array();
        const auto& value = event_.registration->registration_number;
        const bool there =
            std::ranges::any_of(identifiers, [&value](const Json& one) { return text_member(one, "value") == value; });
        if (!there) identifiers.push_back(number());
    }

    /// What a RelatedPerson has no place for.
    void write_patient_only(const Person& person, const std::string& whose, Json& patient) {
        if (person.marital_status && !person.marital_status->empty()) {
            patient["maritalStatus"]["text"] = *person.marital_status;
            books_.carried(whose + ".marital_status");
        }
        if (person.is_multiple) {
            patient["multipleBirthBoolean"] = *person.is_multiple;
            books_.carried(whose + ".is_multiple");
        }
        if (person.multiple_birth) books_.dropped(whose + ".multiple_birth", "R4 would read it as the order of birth");
    }

    std::string_view informant_role() const {
        if (has(role::informant) || !event_.informant.relation) return role::informant;
        for (const auto& row : relations) {
            if (*event_.informant.relation == row.word && event_.persons.contains(std::string(row.role)))
                return row.role;
        }
        return role::informant;
    }

    void write_relative(const std::string& whose, const Person& person) {
        if (event_.kind == VitalKind::marriage && whose == role::groom) {
            auto patient = PersonWriter(person, whose, books_).run();
            write_patient_only(person, whose, patient);
            return add(whose, "Patient", std::move(patient));
        }
        auto related = PersonWriter(person, whose, books_).run();
        constexpr std::string_view no_place = "a RelatedPerson has no place for it";
        if (person.marital_status) books_.dropped(whose + ".marital_status", no_place);
        if (person.multiple_birth) books_.dropped(whose + ".multiple_birth", no_place);
        if (person.is_multiple) books_.dropped(whose + ".is_multiple", no_place);
        related["patient"] = reference(url(subject_of(event_.kind)));
        auto relationship = Json::array();
        const auto* row = std::ranges::find(relations, whose, &RelationRow::role);
        if (row != relations.end()) relationship.push_back(codeable(role_codes, row->code));
        if (whose == informant_role()) add_informant(related, relationship);
        if (!relationship.empty()) related["relationship"] = std::move(relationship);
        add(whose, "RelatedPerson", std::move(related));
    }

    void add_informant(Json& related, Json& relationship) {
        const auto& informant = event_.informant;
        const bool said_already = !relationship.empty();
        if (informant.relation && !said_already) {
            auto relation = codeable(std::string(specs) + "relationship", *informant.relation);
            if (informant.other_relation) relation["text"] = *informant.other_relation;
            relationship.push_back(std::move(relation));
        }
        relationship.push_back(codeable(std::string(specs) + "relationship", "INFORMANT"));
        if (informant.relation) books_.carried("informant.relation");
        const auto put = [&](const char* system, const char* path, const std::optional<std::string>& value) {
            if (!value || value->empty()) return;
            for (const auto& each : related.value("telecom", Json::array())) {
                if (text_member(each, "system") == system) return;
            }
            related["telecom"].push_back({{"system", system}, {"value", *value}});
            books_.carried(path);
        };
        put("phone", "informant.phone", informant.phone);
        put("email", "informant.email", informant.email);
    }

    void write_place() {
        if (!event_.place || !event_.place->location) return;
        Json encounter = Json::object();
        encounter["status"] = "finished";
        // R4 wants a class, and nobody said one.
        encounter["class"] = {{"system", "http://terminology.hl7.org/CodeSystem/data-absent-reason"},
                              {"code", "unknown"}};
        encounter["subject"] = reference(url(subject_of(event_.kind)));
        Json location = Json::object();
        location["identifier"]["value"] = *event_.place->location;
        Json at = Json::object();
        at["location"] = std::move(location);
        encounter["location"] = Json::array({std::move(at)});
        add("encounter", "Encounter", std::move(encounter));
        books_.carried("place.location");
    }

    void write_facts() {
        std::size_t count = 0;
        for (auto& each : opencrvs_v1::write_observations(event_, books_)) {
            // 1.x puts a code where R4 wants a number.
            if (each.contains("valueQuantity") && each["valueQuantity"]["value"].is_string()) {
                const auto code = each["valueQuantity"]["value"].get<std::string>();
                each.erase("valueQuantity");
                each["valueCodeableConcept"] = codeable(std::string(specs) + "birth-type", code);
            }
            each["subject"] = reference(url(subject_of(event_.kind)));
            add("observation." + std::to_string(count++), "Observation", std::move(each));
        }
    }

    /// Where a notification stands is a Task about it, under the sender's own id.
    void write_status() {
        if (!told_.status) return;
        constexpr std::array words{"completed", "rejected", "cancelled"};
        Json task = Json::object();
        task["status"] = words[static_cast<std::size_t>(*told_.status)];
        task["intent"] = "order";
        task["businessStatus"] = codeable(std::string(specs) + "notification-status", name(*told_.status));
        task["for"] = reference(url(subject_of(event_.kind)));
        if (!told_.reason.empty()) task["statusReason"]["text"] = told_.reason;
        if (told_.notifier) {
            auto& identifiers = task["identifier"] = Json::array();
            if (!told_.notifier->source_id.empty()) identifiers.push_back({{"value", told_.notifier->source_id}});
            identifiers.push_back(
                {{"system", std::string(specs) + "notification"}, {"value", told_.notifier->transaction}});
        }
        add("status", "Task", std::move(task));
    }

    void tell_of_event() {
        auto focus = reference(url(subject_of(event_.kind)));
        if (to_.full && event_.registration && !event_.registration->registration_number.empty())
            focus["identifier"] = number();
        auto parts = Json::array({named("event-number", "valueString", std::to_string(to_.sequence)),
                                  named("focus", "valueReference", std::move(focus))});
        if (parse_rfc3339(told_.occurred_at)) parts.push_back(named("timestamp", "valueInstant", told_.occurred_at));
        Json event = Json::object();
        event["name"] = "notification-event";
        event["part"] = std::move(parts);
        out_.bundle["entry"][0]["resource"]["parameter"].push_back(std::move(event));
    }

    void account_for_the_rest() {
        constexpr std::string_view no_place = "a notification has no place for it";
        const auto drop = [&](bool there, const char* path) {
            if (there) books_.dropped(path, no_place);
        };
        drop(event_.kind != VitalKind::death && event_.date, "date");
        drop(event_.place && event_.place->kind && !event_.place->location, "place.kind");
        drop(event_.place && event_.place->address, "place.address");
        drop(event_.informant.contact.has_value(), "informant.contact");
        const bool nobody_informs = !event_.informant.relation && !has(role::informant);
        drop(nobody_informs && event_.informant.phone, "informant.phone");
        drop(nobody_informs && event_.informant.email, "informant.email");
        drop(event_.late_reason.has_value(), "late_reason");
        drop(event_.office.has_value(), "office");
        drop(event_.comment.has_value(), "comment");
        drop(!event_.custom.empty(), "custom");
        drop(event_.source != Source{}, "source");
        drop(event_.reported_at.has_value(), "reported_at");
        if (!event_.registration) return;
        drop(!event_.registration->tracking_id.empty(), "registration.tracking_id");
        drop(!event_.registration->event_id.empty(), "registration.record");
        drop(event_.registration->registered_at.has_value(), "registration.date");
    }

    const RegistrationEvent& told_;
    const VitalEvent& event_;
    const NotificationTo& to_;
    std::string id_;
    NotificationWritten out_;
    Bookkeeper books_;
    Person nobody_;
};

}  // namespace

NotificationWritten write_notification(const RegistrationEvent& event, const NotificationTo& to) {
    return NotificationWriter(event, to).run();
}

}  // namespace ocm::fhir_r4
