// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/webhook_write.hpp"

#include "core/ids.hpp"
#include "core/json_text.hpp"
#include "formats/opencrvs_v1/codes.hpp"
#include "formats/opencrvs_v1/envelope.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "formats/opencrvs_v1/record_parts.hpp"
#include "formats/opencrvs_v1/write_parts.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace ocm::opencrvs_v1 {
namespace {

constexpr std::string_view specs = "http://opencrvs.org/specs/";

bool is_contact(std::string_view url) {
    return url == extension::contact || url == extension::contact_phone || url == extension::contact_email;
}

/// The saved record, cut. Absent where it has no Composition to tell the sections by.
class NativeCut {
  public:
    NativeCut(const Json& bundle, const std::vector<std::string>& sections)
        : bundle_(bundle), sections_(sections.begin(), sections.end()) {}

    std::optional<Json> run() {
        const auto* entries = member(bundle_, "entry");
        if (entries == nullptr || !entries->is_array()) return std::nullopt;
        for (const auto& entry : *entries) {
            const auto* resource = member(entry, "resource");
            if (resource == nullptr) continue;
            if (text_member(*resource, "resourceType") == "Composition") list_references(*resource);
            found_ = found_ || text_member(*resource, "resourceType") == "Composition";
        }
        if (!found_) return std::nullopt;
        auto kept = Json::array();
        for (const auto& entry : *entries) {
            const auto* resource = member(entry, "resource");
            if (resource == nullptr) continue;
            if (text_member(*resource, "resourceType") == "Task") {
                kept.push_back(entry);
                cut_task(kept.back()["resource"]);
            } else if (is_named(entry, *resource)) {
                kept.push_back(entry);
            }
        }
        Json out{{"resourceType", "Bundle"}, {"type", "document"}};
        out["entry"] = std::move(kept);
        return out;
    }

  private:
    void list_references(const Json& composition) {
        for (const auto code : sections_) {
            const auto* found = find_section(composition, code);
            const auto* entries = found == nullptr ? nullptr : member(*found, "entry");
            if (entries == nullptr || !entries->is_array()) continue;
            for (const auto& each : *entries) {
                const auto reference = text_member(each, "reference");
                if (!reference.empty()) references_.insert(reference);
            }
        }
    }

    bool is_named(const Json& entry, const Json& resource) const {
        const auto type = text_member(resource, "resourceType");
        if (type == "Composition") return false;
        return std::ranges::any_of(references_, [&](std::string_view reference) {
            return reference == text_member(entry, "fullUrl") ||
                   refers_to(reference, type, text_member(resource, "id"));
        });
    }

    void cut_task(Json& task) const {
        // Free text may name anybody.
        task.erase("note");
        const auto* extensions = member(task, "extension");
        if (extensions == nullptr || !extensions->is_array() || sections_.contains(section::informant)) return;
        auto kept = Json::array();
        for (const auto& each : *extensions) {
            if (!is_contact(text_member(each, "url"))) kept.push_back(each);
        }
        task["extension"] = std::move(kept);
    }

    const Json& bundle_;
    std::set<std::string_view> sections_;
    std::set<std::string_view> references_;
    bool found_ = false;
};

/// Areas are ids of the OpenCRVS they come from already.
class SameAreas final : public Registry {
  public:
    Kind kind(std::string_view /*id*/) const override { return Kind::none; }
    std::string parent(std::string_view /*id*/) const override { return {}; }
    std::vector<std::string> levels(const Address& address) const override { return address.areas; }
};

/// Only an address at home names areas.
std::string home_country_of(const VitalEvent& event) {
    for (const auto& [whose, person] : event.persons) {
        for (const auto& address : person.addresses) {
            if (!address.areas.empty() && address.country) return *address.country;
        }
    }
    return {};
}

/// A bundle out of the canonical event.
class RecordWriter {
  public:
    RecordWriter(const RegistrationEvent& told, Account& account)
        : told_(told),
          event_(told.event),
          seed_(event_id(told)),
          rules_{.family_list = false, .office_area = false, .questionnaire = true, .addresses_checked = false},
          destination_{areas_, {}, {}, home_country_of(told.event)},
          books_(account) {}

    Json run() {
        add("task", "Task", task());
        for (const auto& [whose, person] : event_.persons) write_person(whose, person);
        write_informant();
        write_place();
        account_for_the_rest();
        Json out{{"resourceType", "Bundle"}, {"type", "document"}};
        out["entry"] = std::move(entries_);
        return out;
    }

  private:
    bool is_birth() const { return event_.kind == VitalKind::birth; }
    std::string id(std::string_view name) const { return uuid_v5(seed_, name); }

    void add(std::string_view name, std::string_view type, Json resource) {
        resource["resourceType"] = type;
        resource["id"] = id(name);
        Json entry = Json::object();
        entry["fullUrl"] = "/fhir/" + std::string(type) + "/" + id(name) + "/_history/" + seed_;
        entry["resource"] = std::move(resource);
        entries_.push_back(std::move(entry));
    }

    Json task() {
        Json out = Json::object();
        out["status"] = "ready";
        out["intent"] = "proposal";
        out["code"] = codeable(std::string(specs) + "types", is_birth() ? "BIRTH" : "DEATH");
        if (!told_.record.empty()) out["focus"]["reference"] = "Composition/" + told_.record;
        out["businessStatus"] = codeable(std::string(specs) + "reg-status",
                                         told_.topic.change == Change::certified ? "CERTIFIED" : "REGISTERED");
        if (!told_.occurred_at.empty()) out["lastModified"] = told_.occurred_at;
        auto identifiers = Json::array();
        const auto identify = [&](const char* what, const char* path, const std::string& value) {
            if (value.empty()) return;
            const auto system = std::string(identifier_system) + std::string(name(event_.kind)) + what;
            identifiers.push_back({{"system", system}, {"value", value}});
            books_.carried(path);
        };
        if (event_.registration) {
            identify("-tracking-id", "registration.tracking_id", event_.registration->tracking_id);
            identify("-registration-number", "registration.number", event_.registration->registration_number);
        }
        out["identifier"] = std::move(identifiers);
        auto extensions = Json::array();
        const auto extend = [&](std::string_view url, const char* path, const std::optional<std::string>& value) {
            if (!value) return;
            extensions.push_back({{"url", url}, {"valueString", *value}});
            books_.carried(path);
        };
        extend(extension::contact, "informant.contact", event_.informant.contact);
        extend(extension::contact_phone, "informant.phone", event_.informant.phone);
        extend(extension::contact_email, "informant.email", event_.informant.email);
        if (event_.office) {
            extensions.push_back(
                {{"url", extension::office}, {"valueReference", {{"reference", "Location/" + *event_.office}}}});
            books_.carried("office");
        }
        out["extension"] = std::move(extensions);
        if (event_.comment) {
            out["note"] = Json::array({{{"text", *event_.comment}}});
            books_.carried("comment");
        }
        return out;
    }

    void write_person(const std::string& whose, const Person& person) {
        const bool subject = whose == (is_birth() ? role::child : role::deceased);
        auto patient = write_patient(person, whose, subject && !is_birth() ? event_.date : std::nullopt, rules_,
                                     destination_, books_);
        if (subject) add_number(patient);
        add(whose, "Patient", std::move(patient));
    }

    /// Subscribers tell the subject by the number of the registration.
    void add_number(Json& patient) const {
        if (!event_.registration || event_.registration->registration_number.empty()) return;
        const auto& number = event_.registration->registration_number;
        auto& identifiers = patient["identifier"];
        if (!identifiers.is_array()) identifiers = Json::array();
        for (const auto& each : identifiers) {
            if (text_member(each, "value") == number) return;
        }
        Json identifier = Json::object();
        identifier["type"] = codeable(std::string(specs) + "identifier-type",
                                      is_birth() ? "BIRTH_REGISTRATION_NUMBER" : "DEATH_REGISTRATION_NUMBER");
        identifier["value"] = number;
        identifiers.push_back(std::move(identifier));
    }

    void write_informant() {
        const auto& informant = event_.informant;
        if (!informant.relation) return;
        Json out = Json::object();
        out["relationship"] =
            codeable("http://hl7.org/fhir/ValueSet/relatedperson-relationshiptype", *informant.relation);
        if (informant.other_relation) out["relationship"]["text"] = *informant.other_relation;
        std::string whose = role::informant;
        if (!event_.persons.contains(whose)) {
            for (const auto& [relation, known] :
                 {std::pair{"MOTHER", role::mother}, {"FATHER", role::father}, {"SPOUSE", role::spouse}}) {
                if (*informant.relation == relation) whose = known;
            }
        }
        if (event_.persons.contains(whose)) out["patient"]["reference"] = "Patient/" + id(whose);
        add("informant-relation", "RelatedPerson", std::move(out));
        books_.carried("informant.relation");
    }

    void write_place() {
        auto observations = write_observations(event_, books_);
        const bool has_location = event_.place && event_.place->location;
        if (!has_location && observations.empty()) return;
        Json encounter{{"status", "finished"}};
        if (has_location) {
            encounter["location"] =
                Json::array({{{"location", {{"reference", "Location/" + *event_.place->location}}}}});
            books_.carried("place.location");
        }
        add("encounter", "Encounter", std::move(encounter));
        for (auto& each : observations) {
            each["context"]["reference"] = "Encounter/" + id("encounter");
            add("observation." + std::to_string(entries_.size()), "Observation", std::move(each));
        }
    }

    void account_for_the_rest() {
        constexpr std::string_view no_place = "a webhook of 1.x has no place for it";
        const auto drop = [&](bool there, const char* path) {
            if (there) books_.dropped(path, no_place);
        };
        drop(event_.place && event_.place->kind && !event_.place->location, "place.kind");
        drop(event_.place && event_.place->address, "place.address");
        drop(is_birth() && event_.date, "date");
        drop(!is_birth() && event_.date && !event_.persons.contains(role::deceased), "date");
        drop(event_.late_reason.has_value(), "late_reason");
        drop(!event_.custom.empty(), "custom");
        drop(event_.source != Source{}, "source");
        drop(event_.reported_at.has_value(), "reported_at");
    }

    const RegistrationEvent& told_;
    const VitalEvent& event_;
    std::string seed_;
    SameAreas areas_;
    Rules rules_;
    Destination destination_;
    Bookkeeper books_;
    Json entries_ = Json::array();
};

/// A list of family names as one text.
std::string joined(const Json& families) {
    std::string out;
    for (const auto& each : families) {
        if (!each.is_string()) continue;
        if (!out.empty()) out += ' ';
        out += each.get_ref<const std::string&>();
    }
    return out;
}

/// Family names in the shape that the subscriber's version has, whatever version sent the record (opencrvs.md 2.3).
void shape_families(Json& bundle, bool list) {
    for (auto& entry : bundle["entry"]) {
        if (!entry.is_object() || !entry.contains("resource")) continue;
        auto& resource = entry["resource"];
        if (!resource.is_object() || !resource.contains("name") || !resource["name"].is_array()) continue;
        for (auto& name : resource["name"]) {
            if (!name.is_object() || !name.contains("family")) continue;
            auto& family = name["family"];
            if (list && family.is_string()) family = Json::array({family});
            if (!list && family.is_array()) family = joined(family);
        }
    }
}

}  // namespace

Result<WebhookBody> write_webhook(const RegistrationEvent& event, const WebhookTo& to) {
    const auto topic = hub_topic_name(event.topic);
    if (!topic) return fail(ErrorCode::bad_request, "OpenCRVS 1.x has no such topic", "topic");
    WebhookBody out;
    std::optional<Json> bundle;
    if (event.document && !to.sections.empty()) {
        if (const auto document = parse_json(*event.document)) bundle = NativeCut(*document, to.sections).run();
    }
    if (!bundle) bundle = RecordWriter(event, out.account).run();
    shape_families(*bundle, to.family_list);
    JsonText text;
    text.begin_object();
    text.member("timestamp", rfc3339(to.at));
    text.member("id", to.subscription);
    text.key("event");
    text.begin_object();
    text.key("hub");
    text.begin_object();
    text.member("topic", *topic);
    text.end_object();
    text.key("context");
    text.begin_array();
    text.value(*bundle);
    text.end_array();
    text.end_object();
    text.end_object();
    out.body = text.take();
    return out;
}

}  // namespace ocm::opencrvs_v1
