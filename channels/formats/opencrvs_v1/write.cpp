// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/write.hpp"

#include "core/ids.hpp"
#include "formats/opencrvs_v1/codes.hpp"
#include "formats/opencrvs_v1/write_parts.hpp"

#include <algorithm>
#include <array>
#include <deque>

namespace ocm::opencrvs_v1 {
namespace {

constexpr std::string_view specs = "http://opencrvs.org/specs/";

struct SectionTitle {
    std::string_view code, title;
};
constexpr std::array<SectionTitle, 8> titles{{{section::child, "Child details"},
                                              {section::mother, "Mother's details"},
                                              {section::father, "Father's details"},
                                              {section::deceased, "Deceased details"},
                                              {section::spouse, "Spouse's details"},
                                              {section::informant, "Informant's details"},
                                              {section::birth_encounter, "Birth encounter"},
                                              {section::death_encounter, "Death encounter"}}};

struct PersonSection {
    const char* role;
    std::string_view code;
};
constexpr std::array<PersonSection, 3> birth_persons{
    {{role::child, section::child}, {role::mother, section::mother}, {role::father, section::father}}};
constexpr std::array<PersonSection, 4> death_persons{{{role::deceased, section::deceased},
                                                      {role::spouse, section::spouse},
                                                      {role::mother, section::mother},
                                                      {role::father, section::father}}};

/// The date of the document: the notification's own where it is one.
std::string document_date(const VitalEvent& event, WallTime now, Bookkeeper& books) {
    if (!event.reported_at) return rfc3339(now);
    if (parse_rfc3339(*event.reported_at) || parse_date(*event.reported_at)) {
        books.carried("reported_at");
        return *event.reported_at;
    }
    books.dropped("reported_at", "it is not a date in the form OpenCRVS wants");
    return rfc3339(now);
}

/// One document on its way out of the event.
class Writer {
  public:
    Writer(const VitalEvent& event, const Rules& rules, const Destination& destination, std::string_view seed)
        : event_(event),
          rules_(rules),
          destination_(destination),
          seed_(seed),
          books_(account_),
          birth_(event.kind == VitalKind::birth) {}

    Written run(WallTime now) {
        const auto date = document_date(event_, now, books_);
        auto& composition = add("composition", "Composition");
        auto& task = add("task", "Task");
        write_composition(composition, date);
        write_persons();
        write_encounter();
        write_informant();
        for (auto& each : write_observations(event_, books_)) {
            each["context"]["reference"] = url("encounter");
            entries_.push_back({"observation." + std::to_string(entries_.size()), std::move(each)});
        }
        write_custom();
        write_task(task);
        account_for_the_rest();

        Written out;
        // The sections are known only now.
        composition["section"] = std::move(sections_);
        out.bundle = Json::object();
        out.bundle["resourceType"] = "Bundle";
        out.bundle["type"] = "document";
        out.bundle["meta"]["lastUpdated"] = date;
        auto& entries = out.bundle["entry"] = Json::array();
        for (auto& [name, resource] : entries_) {
            Json entry = Json::object();
            entry["fullUrl"] = url(name);
            entry["resource"] = std::move(resource);
            entries.push_back(std::move(entry));
        }
        out.account = std::move(account_);
        return out;
    }

  private:
    struct Entry {
        std::string name;
        Json resource;
    };

    std::string url(std::string_view name) const { return "urn:uuid:" + uuid_v5(seed_, name); }

    Json& add(std::string name, std::string_view type) {
        Json resource = Json::object();
        resource["resourceType"] = type;
        entries_.push_back({std::move(name), std::move(resource)});
        return entries_.back().resource;
    }

    void add_section(std::string_view code, std::string_view entry) {
        const auto* row = std::find_if(titles.begin(), titles.end(), [&](const auto& t) { return t.code == code; });
        Json section = Json::object();
        section["title"] = row->title;
        section["code"] = codeable(std::string(specs) + "sections", code);
        section["code"]["text"] = row->title;
        section["entry"] = Json::array({{{"reference", url(entry)}}});
        sections_.push_back(std::move(section));
    }

    void write_composition(Json& out, const std::string& date) {
        const auto title = birth_ ? "Birth Notification" : "Death Notification";
        out["status"] = "final";
        // Only a UUID is one under this system.
        const bool own = is_uuid(event_.source.document);
        if (own) books_.carried("source.document");
        out["identifier"] = {{"system", uri_system},
                             {"value", own ? event_.source.document : uuid_v5(seed_, "document")}};
        out["type"] = codeable("http://opencrvs.org/doc-types", birth_ ? "birth-notification" : "death-notification");
        out["type"]["text"] = title;
        out["class"] = codeable(std::string(specs) + "classes", "crvs-document");
        out["class"]["text"] = "CRVS Document";
        out["subject"]["reference"] = url(subject());
        out["date"] = date;
        out["title"] = title;
    }

    const char* subject() const { return birth_ ? role::child : role::deceased; }

    void write_persons() {
        if (birth_) {
            for (const auto& row : birth_persons) write_section_of(row);
        } else {
            for (const auto& row : death_persons) write_section_of(row);
        }
    }

    void write_section_of(const PersonSection& row) {
        const auto found = event_.persons.find(row.role);
        const bool there = found != event_.persons.end();
        // A document without its subject is none.
        if (!there && std::string_view(row.role) != subject()) return;
        write_patient_entry(row.role, there ? found->second : Person{});
        add_section(row.code, row.role);
    }

    void write_patient_entry(const std::string& whose, const Person& person) {
        entries_.push_back(
            {whose, write_patient(person, whose, birth_ ? std::nullopt : event_.date, rules_, destination_, books_)});
        written_.push_back(whose);
    }

    bool written(std::string_view whose) const {
        return std::find(written_.begin(), written_.end(), whose) != written_.end();
    }

    void write_encounter() {
        auto& out = add("encounter", "Encounter");
        out["status"] = "finished";
        out["location"] = Json::array({{{"location", {{"reference", "Location/" + destination_.facility}}}}});
        add_section(birth_ ? section::birth_encounter : section::death_encounter, "encounter");
        books_.carried("place.location");
    }

    void write_informant() {
        const auto& informant = event_.informant;
        const auto own = event_.persons.find(role::informant);
        const bool has_own = own != event_.persons.end();
        if (!informant.relation && !has_own) return;
        const auto whose = informant_role(has_own);
        // 1.x looks for a Patient behind every informant.
        if (!written(whose)) write_patient_entry(whose, has_own ? own->second : Person{});
        auto& out = add("informant-relation", "RelatedPerson");
        if (informant.relation) {
            out["relationship"] =
                codeable("http://hl7.org/fhir/ValueSet/relatedperson-relationshiptype", *informant.relation);
            books_.carried("informant.relation");
            if (informant.other_relation && *informant.relation == "OTHER") {
                out["relationship"]["text"] = *informant.other_relation;
                books_.carried("informant.other_relation");
            }
        }
        out["patient"]["reference"] = url(whose);
        add_section(section::informant, "informant-relation");
    }

    /// A mother, father or spouse who informs is described once, in the section of their own.
    std::string informant_role(bool has_own) const {
        if (has_own) return role::informant;
        const auto relation = event_.informant.relation.value_or("");
        if (birth_ && relation == "MOTHER" && written(role::mother)) return role::mother;
        if (birth_ && relation == "FATHER" && written(role::father)) return role::father;
        if (!birth_ && relation == "SPOUSE" && written(role::spouse)) return role::spouse;
        return role::informant;
    }

    void write_custom() {
        if (event_.custom.empty()) return;
        if (!rules_.questionnaire) {
            for (const auto& [name, value] : event_.custom) {
                books_.dropped("custom." + name, "this version takes no fields of a form's own (1.7 and later do)");
            }
            return;
        }
        auto items = Json::array();
        for (const auto& [name, value] : event_.custom) {
            if (name.empty()) {
                books_.dropped("custom.", "it has no name");
                continue;
            }
            items.push_back({{"text", name}, {"linkId", ""}, {"answer", Json::array({{{"valueString", value}}})}});
            books_.carried("custom." + name);
        }
        auto& out = add("questionnaire", "QuestionnaireResponse");
        out["status"] = "completed";
        out["subject"]["reference"] = url("encounter");
        out["item"] = std::move(items);
    }

    void write_task(Json& out) {
        out["status"] = "draft";
        out["intent"] = "unknown";
        out["identifier"] = Json::array();  // 1.5 and later fail where there is no list
        out["code"] = codeable(std::string(specs) + "types", birth_ ? "BIRTH" : "DEATH");
        out["focus"]["reference"] = url("composition");
        if (event_.comment) {
            out["note"] = Json::array({{{"text", *event_.comment}}});
            books_.carried("comment");
        }
        auto extensions = Json::array();
        const auto put = [&](std::string_view url, const char* name, const std::optional<std::string>& value) {
            if (!value) return;
            extensions.push_back({{"url", url}, {"valueString", *value}});
            books_.carried(std::string("informant.") + name);
        };
        put(extension::contact, "contact", event_.informant.contact);
        put(extension::contact_phone, "phone", event_.informant.phone);
        put(extension::contact_email, "email", event_.informant.email);
        extensions.push_back({{"url", extension::time_logged}, {"valueInteger", 0}});
        extensions.push_back({{"url", extension::incomplete_fields}, {"valueString", "N/A"}});
        extensions.push_back(
            {{"url", extension::office}, {"valueReference", {{"reference", "Location/" + destination_.office}}}});
        if (event_.office) books_.carried("office");
        if (rules_.office_area) {
            const auto area = destination_.registry.parent(destination_.office);
            extensions.push_back(
                {{"url", extension::office_area}, {"valueReference", {{"reference", "Location/" + area}}}});
        }
        out["extension"] = std::move(extensions);
    }

    void account_for_the_rest() {
        for (const auto& [whose, person] : event_.persons) {
            if (!written(whose)) books_.dropped(whose, "a notification of this kind has no section for this person");
        }
        const auto& place = event_.place;
        if (place && place->address && *place->address != Address{}) {
            books_.dropped("place.address", "1.x knows the facility's own address");
        }
        if (place && place->kind == "HEALTH_FACILITY") {
            books_.carried("place.kind");  // the facility says it
        } else if (place && place->kind) {
            books_.dropped("place.kind", "1.x takes notifications from health facilities only");
        }
        if (birth_ && event_.date) {
            books_.dropped("date", "the date of a birth is the child's date of birth");
        }
        if (event_.informant.other_relation && event_.informant.relation.value_or("") != "OTHER") {
            books_.dropped("informant.other_relation", "it has a place with the relation OTHER only");
        }
        if (event_.late_reason) books_.dropped("late_reason", "a 1.x notification has no place for it");
        const auto& source = event_.source;
        const bool document_lost = !source.document.empty() && !is_uuid(source.document);
        if (document_lost) books_.dropped("source.document", "only a UUID has a place in a 1.x notification");
        constexpr std::string_view no_place = "1.x has no place for another system's ids";
        if (!source.system.empty()) books_.dropped("source.system", no_place);
        if (!source.record.empty()) books_.dropped("source.record", no_place);
        if (!source.version.empty()) books_.dropped("source.version", no_place);
        if (event_.registration) books_.dropped("registration", "OpenCRVS gives its own");
    }

    const VitalEvent& event_;
    const Rules& rules_;
    const Destination& destination_;
    std::string_view seed_;
    Account account_;
    Bookkeeper books_;
    bool birth_;
    std::deque<Entry> entries_;  // references to its elements stay good
    Json sections_ = Json::array();
    std::vector<std::string> written_;  // roles that have a Patient
};

}  // namespace

Result<Written> write(const VitalEvent& event, const Rules& rules, const Destination& destination,
                      std::string_view seed, WallTime now) {
    if (event.kind != VitalKind::birth && event.kind != VitalKind::death) {
        return fail(ErrorCode::bad_request, "OpenCRVS 1.x takes notifications of births and deaths only", "kind");
    }
    return Writer(event, rules, destination, seed).run(now);
}

}  // namespace ocm::opencrvs_v1
