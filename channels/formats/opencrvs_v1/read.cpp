// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/read.hpp"

#include "core/time.hpp"
#include "formats/opencrvs_v1/codes.hpp"
#include "formats/opencrvs_v1/envelope.hpp"
#include "formats/opencrvs_v1/observations.hpp"
#include "formats/opencrvs_v1/person.hpp"
#include "formats/opencrvs_v1/record_parts.hpp"
#include "formats/opencrvs_v1/values.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <unordered_set>

namespace ocm::opencrvs_v1 {
namespace {

/// One document on its way into the event.
class Reader {
  public:
    Reader(const Json& bundle, const Envelope& found)
        : bundle_(bundle), found_(found), marks_(bundle), used_(found.entries.size()) {}

    Result<Read> run() {
        constexpr std::array steps{
            &Reader::read_kind,         &Reader::read_composition, &Reader::read_task,
            &Reader::read_persons,      &Reader::read_informant,   &Reader::read_place,
            &Reader::read_observations, &Reader::check_dates,      &Reader::account_for_the_rest};
        for (const auto step : steps) {
            if (auto done = (this->*step)(); !done) return fail(std::move(done.error()));
        }
        return Read{std::move(event_), marks_.account()};
    }

  private:
    Result<void> read_kind() {
        const auto* type = member(*found_.composition, "type");
        const auto* codings = type == nullptr ? nullptr : member(*type, "coding");
        if (codings != nullptr && codings->is_array()) {
            for (const auto& coding : *codings) {
                const auto code = text_member(coding, "code");
                const bool birth = code == "birth-notification" || code == "birth-declaration";
                const bool death = code == "death-notification" || code == "death-declaration";
                if (!birth && !death) continue;
                event_.kind = birth ? VitalKind::birth : VitalKind::death;
                return {};
            }
        }
        return fail(ErrorCode::bad_request,
                    "\"entry[0].resource.type.coding[0].code\" must be one of [birth-notification, "
                    "death-notification]",
                    "/entry/0/resource/type/coding/0/code");
    }

    Result<void> read_composition() {
        const auto& composition = *found_.composition;
        for (const auto key : {"resourceType", "type"}) marks_.structure(member(bundle_, key));
        for (const auto key : {"resourceType", "status", "title"}) marks_.structure(member(composition, key));
        for (const auto key : {"type", "class"}) marks_.wording(member(composition, key));
        marks_.reference(member(composition, "subject"));
        if (const auto* identifier = member(composition, "identifier")) {
            event_.source.document = take_text(*identifier, "value", marks_).value_or("");
            const auto* system = member(*identifier, "system");
            if (system != nullptr && text(*system) == uri_system) {
                marks_.structure(*system);
            } else {
                event_.source.system = take_text(*identifier, "system", marks_).value_or("");
            }
        }
        const auto& updated = *member(*member(bundle_, "meta"), "lastUpdated");
        if (const auto* date = member(composition, "date"); date != nullptr && date->is_string()) {
            auto read = read_instant(*date);
            if (!read) return fail(std::move(read.error()));
            marks_.structure(updated);
        } else if (auto read = read_instant(updated); !read) {
            return fail(std::move(read.error()));
        }
        return {};
    }

    Result<void> read_instant(const Json& node) {
        // Kept as given: a day, or a day and time.
        const auto day = text(node).substr(0, 10);
        if (!parse_date(day)) return refuse_value(node, marks_, "must be a date that exists");
        marks_.carried(node);
        event_.reported_at = std::string(text(node));
        return {};
    }

    Result<void> read_task() {
        const auto& task = *found_.task;
        for (const auto key : {"resourceType", "status", "intent"}) marks_.structure(member(task, key));
        marks_.wording(member(task, "code"));
        marks_.reference(member(task, "focus"));
        read_task_identifiers(task);
        for (const auto& each : *found_.task_extensions) read_task_extension(each);
        if (const auto* code = member(task, "code")) {
            const auto* codings = member(*code, "coding");
            const auto* first = codings == nullptr ? nullptr : element(*codings, 0);
            const auto wanted = event_.kind == VitalKind::birth ? "BIRTH" : "DEATH";
            if (first != nullptr && text_member(*first, "code") != wanted) {
                marks_.warn(*first, "the Task and the Composition name different events; the Composition's is kept");
            }
        }
        read_notes(task, event_.comment, marks_);
        return {};
    }

    void read_task_identifiers(const Json& task) {
        const auto* identifiers = member(task, "identifier");
        if (identifiers == nullptr || !identifiers->is_array()) {
            marks_.warn(task, "Task.identifier is missing: OpenCRVS 1.5 to 1.9 would not have taken this document");
            return;
        }
        for (const auto& each : *identifiers) {
            // What OpenCRVS itself put there, in a document sent back, is not the sender's.
            if (!event_.source.record.empty() || text_member(each, "system").starts_with(identifier_system)) continue;
            event_.source.record = take_text(each, "value", marks_).value_or("");
            if (event_.source.record.empty()) continue;
            if (event_.source.system.empty()) {
                event_.source.system = take_text(each, "system", marks_).value_or("");
            } else {
                marks_.structure(member(each, "system"));
            }
        }
    }

    void read_task_extension(const Json& each) {
        const auto* url = member(each, "url");
        if (url == nullptr) return;
        const auto name = text(*url);
        if (read_contact(each, event_.informant, marks_)) return;
        if (name == extension::office && !event_.office) {
            event_.office = std::string(location_id(*found_.office));
            marks_.carried(*found_.office);
            marks_.structure(*url);
        } else if (name == extension::office_area) {
            // It follows from the office.
            marks_.structure(*url);
            marks_.reference(member(each, "valueReference"));
        } else if (name == extension::time_logged || name == extension::incomplete_fields) {
            // Counters of the 1.x client's own form.
            for (const auto key : {"url", "valueString", "valueInteger"}) marks_.structure(member(each, key));
        }
    }

    Result<void> read_persons() {
        for (const auto& row : person_sections) {
            const bool subject = row.role == (event_.kind == VitalKind::birth ? role::child : role::deceased);
            const auto* found = find_section(found_, row.code);
            if (found == nullptr) {
                if (subject) return refuse_subject("Section " + std::string(row.code) + " not found", nullptr);
                continue;
            }
            mark_section(*found);
            const auto* reference = section_reference(*found);
            const auto* entry = resolve(found_, reference);
            if (entry == nullptr || entry->type != "Patient") {
                if (subject) {
                    return refuse_subject(
                        "Section " + std::string(row.code) + " must reference a Patient entry of the bundle",
                        reference == nullptr ? found : reference);
                }
                marks_.warn(*found, "the section references no Patient entry of the bundle");
                if (reference != nullptr) marks_.dropped(*reference, "it references no Patient entry of the bundle");
                continue;
            }
            if (const auto* second = subject ? second_reference(row.code, *reference) : nullptr; second != nullptr) {
                return refuse_subject("Section " + std::string(row.code) + " names a second " + std::string(row.role) +
                                          ": send each in a notification of its own",
                                      second);
            }
            if (auto done = take_person(*entry, row.role); !done) return done;
        }
        return {};
    }

    /// Another person whom sections of this code reference. OpenCRVS 1.x looks at the first alone, and the other would
    /// never be registered.
    const Json* second_reference(std::string_view code, const Json& first) const {
        for (const auto& each : found_.section_codes) {
            const auto* entries = each.code == code ? member(*each.section, "entry") : nullptr;
            if (entries == nullptr || !entries->is_array()) continue;
            for (const auto& entry : *entries) {
                const auto* reference = member(entry, "reference");
                if (reference != nullptr && !text(*reference).empty() && text(*reference) != text(first)) {
                    return reference;
                }
            }
        }
        return nullptr;
    }

    Result<void> refuse_subject(std::string message, const Json* node) {
        return fail(ErrorCode::bad_request, std::move(message),
                    node == nullptr ? "/entry/0/resource/section" : marks_.pointer_to(*node));
    }

    Result<void> take_person(const Entry& entry, std::string_view whose) {
        auto read = read_person(*entry.resource, whose, marks_);
        if (!read) return fail(std::move(read.error()));
        use(entry);
        if (whose == role::deceased) {
            event_.date = read->died;
            died_node_ = read->died_node;
        }
        if (whose == role::child) born_node_ = read->birth_node;
        event_.persons[std::string(whose)] = std::move(read->person);
        return {};
    }

    void mark_section(const Json& found) {
        marks_.structure(member(found, "title"));
        marks_.wording(member(found, "code"));
        marks_.structure(section_reference(found));
    }

    Result<void> read_informant() {
        const auto* found = find_section(found_, section::informant);
        if (found == nullptr) return {};
        mark_section(*found);
        const auto* reference = section_reference(*found);
        const auto* entry = resolve(found_, reference);
        if (entry == nullptr || entry->type != "RelatedPerson") {
            marks_.warn(*found, "the informant's section references no RelatedPerson entry of the bundle");
            if (reference != nullptr) marks_.dropped(*reference, "it references no RelatedPerson entry of the bundle");
            return {};
        }
        use(*entry);
        const auto& related = *entry->resource;
        marks_.structure(member(related, "resourceType"));
        read_relation(related, event_.informant, marks_);
        return read_informant_person(related);
    }

    /// The relation's person has a role of its own where the event has one for it (a mother, a father, a spouse);
    /// anyone else is the informant.
    Result<void> read_informant_person(const Json& related) {
        const auto* patient = member(related, "patient");
        const auto* reference = patient == nullptr ? nullptr : member(*patient, "reference");
        const auto* entry = resolve(found_, reference);
        if (reference == nullptr) return {};
        if (entry == nullptr || entry->type != "Patient") {
            marks_.dropped(*reference, "it references no Patient entry of the bundle");
            marks_.warn(*reference, "the informant's own details are not in the bundle; the relation is kept");
            return {};
        }
        marks_.structure(*reference);
        if (used_[index_of(*entry)]) return {};
        return take_person(*entry, informant_role(event_));
    }

    Result<void> read_place() {
        for (const auto code : {section::birth_encounter, section::death_encounter}) {
            if (const auto* found = find_section(found_, code)) mark_section(*found);
        }
        const auto& entry = *found_.encounter;
        use(entry);
        for (const auto key : {"resourceType", "status"}) marks_.structure(member(*entry.resource, key));
        marks_.carried(*found_.location);
        event_.place.emplace().location = std::string(location_id(*found_.location));
        return {};
    }

    Result<void> read_observations() {
        for (const auto& entry : found_.entries) {
            if (entry.type == "Observation") {
                if (auto done = read_observation(*entry.resource, event_, marks_); !done) return done;
            } else if (entry.type == "QuestionnaireResponse") {
                read_questionnaire(*entry.resource, event_, marks_);
            } else {
                continue;
            }
            use(entry);
        }
        return {};
    }

    Result<void> check_dates() {
        const auto& persons = event_.persons;
        if (const auto deceased = persons.find(role::deceased); deceased != persons.end() && event_.date) {
            const auto& born = deceased->second.birth_date;
            if (born && surely_before(*event_.date, *born)) {
                return refuse_value(*died_node_, marks_, "must not be before the date of birth");
            }
        }
        const auto child = persons.find(role::child);
        if (child == persons.end() || !child->second.birth_date || born_node_ == nullptr) return {};
        const auto& born = *child->second.birth_date;
        if (event_.reported_at && surely_before(std::string_view(*event_.reported_at).substr(0, 10), born)) {
            marks_.warn(*born_node_, "the birth is later than the notification");
        }
        const auto mother = persons.find(role::mother);
        if (mother != persons.end() && mother->second.birth_date && surely_before(born, *mother->second.birth_date)) {
            marks_.warn(*born_node_, "the birth is earlier than the mother's own");
        }
        return {};
    }

    Result<void> account_for_the_rest() {
        const auto& entries = found_.entries;
        marks_.structure(member(*entries[0].node, "fullUrl"));
        marks_.structure(member(*entries[1].node, "fullUrl"));
        std::unordered_set<std::string_view> urls(2 * entries.size());
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (!urls.insert(entries[i].url).second) {
                marks_.warn(*entries[i].node, "another entry has the same fullUrl; references mean the first one");
            }
            if (i >= 2 && !used_[i]) {
                marks_.dropped(*entries[i].node, "no section of the document refers to this entry");
            }
        }
        return {};
    }

    std::size_t index_of(const Entry& entry) const { return static_cast<std::size_t>(&entry - found_.entries.data()); }
    void use(const Entry& entry) {
        used_[index_of(entry)] = true;
        marks_.structure(member(*entry.node, "fullUrl"));
    }

    const Json& bundle_;
    const Envelope& found_;
    Marks marks_;
    VitalEvent event_;
    std::vector<bool> used_;  // by entry: it was read
    const Json* died_node_ = nullptr;
    const Json* born_node_ = nullptr;
};

}  // namespace

Result<Read> read(const Json& bundle) {
    const auto found = check_envelope(bundle);
    if (!found) return fail(found.error());
    return Reader(bundle, *found).run();
}

std::string place_of(const Json& bundle, std::string_view event_path) {
    const auto found = check_envelope(bundle);
    if (!found) return {};
    if (event_path == "office") return Marks(bundle).pointer_to(*found->office);
    if (event_path == "place.location") return Marks(bundle).pointer_to(*found->location);
    if (event_path == "kind") return "/entry/0/resource/type/coding/0/code";
    return {};
}

}  // namespace ocm::opencrvs_v1
