// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/read.hpp"

#include "core/ids.hpp"
#include "core/time.hpp"
#include "formats/fhir_r4/cast.hpp"
#include "formats/fhir_r4/codes.hpp"
#include "formats/fhir_r4/observations.hpp"
#include "formats/fhir_r4/person.hpp"
#include "formats/fhir_r4/place.hpp"
#include "formats/opencrvs_v1/codes.hpp"
#include "formats/opencrvs_v1/observations.hpp"
#include "formats/opencrvs_v1/values.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace ocm::fhir_r4 {
namespace {

using opencrvs_v1::take_text;
namespace extension = opencrvs_v1::extension;

/// One message on its way into the event.
class Reader {
  public:
    explicit Reader(const Json& message)
        : message_(message), resources_(message), marks_(message), used_(resources_.all().size()) {}

    Result<Read> run() {
        auto found = cast(resources_, marks_);
        if (!found) return fail(std::move(found.error()));
        cast_ = std::move(*found);
        event_.kind = cast_.kind;
        for (const auto* reference : cast_.followed) marks_.structure(*reference);
        constexpr std::array steps{&Reader::read_wrappers, &Reader::read_composition,  &Reader::read_header,
                                   &Reader::read_persons,  &Reader::read_tasks,        &Reader::read_informant,
                                   &Reader::read_where,    &Reader::read_observations, &Reader::read_source,
                                   &Reader::check_dates};
        for (const auto step : steps) {
            if (auto done = (this->*step)(); !done) return fail(std::move(done.error()));
        }
        account_for_the_rest();
        note_places();
        return Read{std::move(event_), marks_.account(), std::move(places_)};
    }

  private:
    std::string subject_role() const { return event_.kind == VitalKind::death ? role::deceased : role::child; }
    bool opencrvs() const {
        if (cast_.composition == nullptr) return false;
        for (const auto* code : codes_of(member(*cast_.composition->json, "type"))) {
            if (text(*code).ends_with("-notification") || text(*code).ends_with("-declaration")) return true;
        }
        return false;
    }

    void use(const Resource& one) {
        used_[resources_.index(one)] = true;
        frame(one, marks_);
    }

    Result<void> read_wrappers() {
        for (const auto* wrapper : resources_.wrappers()) {
            for (const auto key : {"resourceType", "type", "id", "meta", "language", "implicitRules", "total"}) {
                marks_.structure(member(*wrapper, key));
            }
            for (const auto* parameter : each_of(member(*wrapper, "parameter"))) {
                marks_.structure(member(*parameter, "name"));
            }
            // Of entries that hold a Bundle.
            for (const auto* entry : each_of(member(*wrapper, "entry"))) {
                marks_.structure(member(*entry, "fullUrl"));
            }
        }
        for (const auto* entry : resources_.doubled()) {
            marks_.warn(*entry, "another entry has the same fullUrl; references mean the first one");
        }
        return {};
    }

    Result<void> read_composition() {
        if (cast_.composition == nullptr) return {};
        const auto& composition = *cast_.composition->json;
        use(*cast_.composition);
        kind_node_ = member(composition, "type");
        for (const auto key : {"title", "type", "confidentiality", "author", "custodian", "encounter"}) {
            if (const auto* said = member(composition, key)) marks_.structure(*said);
        }
        for (const auto* section : each_of(member(composition, "section"))) {
            for (const auto key : {"title", "code", "text", "mode", "entry", "focus"}) {
                if (const auto* said = member(*section, key)) marks_.structure(*said);
            }
        }
        for (const auto* each : each_of(member(composition, "extension"))) read_extension(*each);
        return {};
    }

    Result<void> read_header() {
        if (cast_.header == nullptr) return {};
        use(*cast_.header);
        for (const auto key : {"eventUri", "eventCoding", "source", "destination", "sender", "author"}) {
            if (const auto* said = member(*cast_.header->json, key)) marks_.structure(*said);
        }
        return {};
    }

    Result<PersonRead> take_person(const Described& described, std::string_view whose) {
        PersonAs as{whose, described.main == cast_.subject.main, opencrvs()};
        auto read = read_person(*described.main, as, marks_);
        if (!read) return read;
        use(*described.main);
        if (described.more == nullptr) return read;
        auto more = read_person(*described.more, as, marks_);
        if (!more) return more;
        use(*described.more);
        if (!complete(read->person, std::move(more->person))) {
            marks_.warn(*described.more->json, "it says other things of the same person; the Patient's are kept");
        }
        return read;
    }

    Result<void> read_persons() {
        const auto own = subject_role();
        auto subject = take_person(cast_.subject, own);
        if (!subject) return fail(std::move(subject.error()));
        if (event_.kind == VitalKind::death) {
            event_.date = subject->died;
            died_node_ = subject->died_node;
        }
        born_node_ = subject->birth_node;
        record_ = std::move(subject->record);
        event_.persons[own] = std::move(subject->person);
        for (const auto& [whose, described] : cast_.relatives) {
            auto read = take_person(described, whose);
            if (!read) return fail(std::move(read.error()));
            if (read->person == Person{}) continue;
            event_.persons[whose] = std::move(read->person);
        }
        for (const auto& kin : cast_.kin) {
            // It only says who is whose.
            if (!kin.detailed || used_[resources_.index(*kin.related)]) use_relation(kin);
        }
        return {};
    }

    void use_relation(const Kin& kin) {
        if (kin.word.empty()) return;
        use(*kin.related);
        marks_.wording(member(*kin.related->json, "relationship"));
        marks_.structure(member(*kin.related->json, "active"));
    }

    /// 1.x's Task: the office, the contact person, the source's number of the record.
    Result<void> read_tasks() {
        for (const auto& each : resources_.all()) {
            if (each.type != "Task") continue;
            const auto& task = *each.json;
            use(each);
            for (const auto key : {"intent", "code"}) {
                if (const auto* said = member(task, key)) marks_.structure(*said);
            }
            for (const auto* one : each_of(member(task, "extension"))) read_extension(*one);
            for (const auto* identifier : each_of(member(task, "identifier"))) read_task_identifier(*identifier);
            for (const auto* note : each_of(member(task, "note"))) {
                auto said = take_text(*note, "text", marks_);
                if (!said) continue;
                if (event_.comment) {
                    event_.comment->append("\n").append(*said);
                } else {
                    event_.comment = std::move(said);
                }
            }
        }
        return {};
    }

    void read_task_identifier(const Json& identifier) {
        // What OpenCRVS itself put there, in a document sent back, is not the sender's.
        if (!event_.source.record.empty() ||
            text_member(identifier, "system").starts_with(opencrvs_v1::identifier_system)) {
            return;
        }
        event_.source.record = take_text(identifier, "value", marks_).value_or("");
        if (!event_.source.record.empty()) event_.source.system = take_text(identifier, "system", marks_).value_or("");
    }

    void read_extension(const Json& each) {
        const auto* url = member(each, "url");
        if (url == nullptr) return;
        const auto name = text(*url);
        std::optional<std::string>* to = nullptr;
        if (name == extension::contact) to = &event_.informant.contact;
        if (name == extension::contact_phone) to = &event_.informant.phone;
        if (name == extension::contact_email) to = &event_.informant.email;
        if (to != nullptr) {
            if (to->has_value()) return marks_.dropped(each, "only the first of its kind is kept");
            *to = take_text(each, "valueString", marks_);
            marks_.structure(*url);
        } else if (name == extension::office && !event_.office) {
            const auto* value = member(each, "valueReference");
            if (value == nullptr) return;
            const Resource here{&message_, nullptr, {}, {}, 0};
            auto office = code_of_place(*value, here, resources_, marks_);
            if (!office) return;
            event_.office = std::move(office->code);
            office_node_ = office->node;
            marks_.structure(*url);
        } else if (name == extension::office_area || name == extension::time_logged ||
                   name == extension::incomplete_fields) {
            // It follows from the office, or counts for 1.x's own form.
            marks_.structure(each);
        }
    }

    Result<void> read_informant() {
        if (cast_.informant != nullptr) {
            use_relation(*cast_.informant);
            read_relation(*cast_.informant);
        } else if (!cast_.informant_known.empty()) {
            event_.informant.relation = cast_.informant_known;
        }
        if (cast_.informed.main != nullptr) {
            auto read = take_person(cast_.informed, role::informant);
            if (!read) return fail(std::move(read.error()));
            event_.persons[role::informant] = std::move(read->person);
        }
        if (const auto* person = informing_person()) {
            if (!event_.informant.phone) event_.informant.phone = person->phone;
            if (!event_.informant.email) event_.informant.email = person->email;
        }
        return {};
    }

    const Person* informing_person() const {
        const auto relation = event_.informant.relation.value_or("");
        std::string whose = role::informant;
        if (relation == "MOTHER") whose = role::mother;
        if (relation == "FATHER") whose = role::father;
        if (relation == "SPOUSE") whose = role::spouse;
        auto found = event_.persons.find(whose);
        if (found == event_.persons.end()) found = event_.persons.find(role::informant);
        return found == event_.persons.end() ? nullptr : &found->second;
    }

    void read_relation(const Kin& kin) {
        const auto& json = *kin.related->json;
        auto& informant = event_.informant;
        const auto concepts = each_of(member(json, "relationship"));
        for (const auto* code : codes_of(member(json, "relationship"))) {
            const auto word = relation_word(text(*code));
            if (informant.relation || word.empty() || word == "CHILD") continue;
            informant.relation = std::string(word);
            marks_.carried(*code);
            if (word != text(*code)) marks_.recoded(*code, "the code is written as OpenCRVS's own word");
        }
        const bool other = !informant.relation || *informant.relation == "OTHER";
        if (!other || concepts.empty()) return;
        auto said = take_concept(*concepts.front(), relation_word, marks_);
        if (!said) return;
        if (!informant.relation) {
            marks_.recoded(*concepts.front(), "the relation has no code here; it is kept in words");
            informant.relation = "OTHER";
        }
        if (!said->known) {
            informant.other_relation = std::move(said->word);
        } else if (const auto* words = member(*concepts.front(), "text"); words != nullptr && !text(*words).empty()) {
            marks_.carried(*words);
            informant.other_relation = std::string(text(*words));
        }
    }

    Result<void> read_where() {
        auto found = find_place(cast_, resources_, marks_);
        for (const auto* one : found.used) use(*one);
        location_node_ = found.node;
        if (found.place) event_.place = std::move(found.place);
        // Whose home a death was at is not said.
        if (event_.kind == VitalKind::death && event_.place && event_.place->kind == "PRIVATE_HOME") {
            event_.place->kind = "OTHER";
        }
        return {};
    }

    Result<void> read_observations() {
        Facts facts;
        for (const auto& each : resources_.all()) {
            if (each.type == "Observation") {
                used_[resources_.index(each)] = true;
                auto done = read_observation(each, cast_, resources_, facts, event_, marks_);
                if (!done) return done;
            } else if (each.type == "QuestionnaireResponse" && opencrvs()) {
                use(each);
                opencrvs_v1::read_questionnaire(*each.json, event_, marks_);
            } else if (each.type == "Procedure" && has_code(member(*each.json, "code"), death_certification)) {
                use(each);
                facts.certified = true;
            }
        }
        if (facts.died_node != nullptr && died_node_ == nullptr) died_node_ = facts.died_node;
        read_place_of_death(facts);
        settle(std::move(facts), event_, marks_);
        if (event_.kind == VitalKind::fetal_death && !event_.date) {
            event_.date = event_.persons[role::child].birth_date;
        }
        return {};
    }

    void read_place_of_death(const Facts& facts) {
        if (event_.place && event_.place->location) return;
        const Resource here{&message_, nullptr, {}, {}, 0};
        for (const auto* reference : facts.place_references) {
            const auto* location = resources_.resolve(reference, here);
            if (location == nullptr || location->type != "Location") continue;
            auto found = place_at(*location, resources_, marks_);
            use(*location);
            marks_.structure(*reference);
            if (found.node != nullptr) location_node_ = found.node;
            merge_place(event_.place, std::move(found.place));
            return;
        }
    }

    /// Who the document is, and who the record is in the sender's own system (design section 5.2).
    Result<void> read_source() {
        auto& source = event_.source;
        if (cast_.composition != nullptr) read_identifier(member(*cast_.composition->json, "identifier"));
        for (auto wrapper = resources_.wrappers().rbegin(); wrapper != resources_.wrappers().rend(); ++wrapper) {
            read_identifier(member(**wrapper, "identifier"));
        }
        if (source.document.empty() && cast_.header != nullptr && !cast_.header->id.empty()) {
            source.document = cast_.header->id;
            marks_.carried(*member(*cast_.header->json, "id"));
        }
        if (record_ && source.record.empty()) {
            source.record = record_->value;
            if (source.system.empty()) source.system = record_->type;
        }
        return read_instants();
    }

    void read_identifier(const Json* identifiers) {
        for (const auto* identifier : each_of(identifiers)) {
            const auto value = text_member(*identifier, "value");
            if (value.empty()) continue;
            if (!event_.source.document.empty()) {
                if (value == event_.source.document) marks_.structure(*identifier);
                continue;
            }
            event_.source.document = take_text(*identifier, "value", marks_).value_or("");
            const auto* system = member(*identifier, "system");
            if (system != nullptr && (text(*system) == opencrvs_v1::uri_system || !event_.source.system.empty())) {
                marks_.structure(*system);
            } else {
                event_.source.system = take_text(*identifier, "system", marks_).value_or("");
            }
        }
    }

    /// When the notification was made: the document's date, else the Bundle's.
    Result<void> read_instants() {
        std::vector<const Json*> said;
        if (cast_.composition != nullptr) said.push_back(member(*cast_.composition->json, "date"));
        for (const auto* wrapper : resources_.wrappers()) said.push_back(member(*wrapper, "timestamp"));
        for (const auto* wrapper : resources_.wrappers()) {
            const auto* meta = member(*wrapper, "meta");
            said.push_back(meta == nullptr ? nullptr : member(*meta, "lastUpdated"));
        }
        for (const auto* node : said) {
            if (node == nullptr) continue;
            if (event_.reported_at) {
                marks_.structure(*node);
                continue;
            }
            if (!node->is_string() || !opencrvs_v1::is_partial_date(text(*node).substr(0, 10))) {
                return refuse(*node, marks_, "must be a date that exists");
            }
            event_.reported_at = std::string(text(*node));
            marks_.carried(*node);
        }
        return {};
    }

    Result<void> check_dates() {
        using opencrvs_v1::surely_before;
        const auto own = subject_role();
        const auto& subject = event_.persons[own];
        if (event_.kind == VitalKind::death) {
            if (event_.date && subject.birth_date && died_node_ != nullptr &&
                surely_before(*event_.date, *subject.birth_date)) {
                return refuse(*died_node_, marks_, "must not be before the date of birth");
            }
            return {};
        }
        if (!subject.birth_date || born_node_ == nullptr) return {};
        const auto& born = *subject.birth_date;
        if (event_.reported_at && surely_before(std::string_view(*event_.reported_at).substr(0, 10), born)) {
            marks_.warn(*born_node_, "the birth is later than the notification");
        }
        const auto mother = event_.persons.find(role::mother);
        if (mother != event_.persons.end() && mother->second.birth_date &&
            surely_before(born, *mother->second.birth_date)) {
            marks_.warn(*born_node_, "the birth is earlier than the mother's own");
        }
        return {};
    }

    void account_for_the_rest() {
        for (const auto& each : resources_.all()) {
            if (used_[resources_.index(each)]) continue;
            if (each.owner != resources_.index(each) && used_[each.owner] && each.type.empty()) continue;
            marks_.dropped(*each.json, each.type == "Patient" || each.type == "RelatedPerson"
                                           ? "nothing says who this person is to the event"
                                           : "a resource of this kind has no place");
            frame(each, marks_);
        }
    }

    void note_places() {
        const auto put = [&](const char* name, const Json* node) {
            if (node != nullptr) places_[name] = marks_.pointer_to(*node);
        };
        put("office", office_node_);
        put("place.location", location_node_);
        put("kind", kind_node_);
    }

    const Json& message_;
    Resources resources_;
    Marks marks_;
    Cast cast_;
    VitalEvent event_;
    std::vector<bool> used_;  // by resource: it was read
    std::optional<Identifier> record_;
    std::map<std::string, std::string, std::less<>> places_;
    const Json* died_node_ = nullptr;
    const Json* born_node_ = nullptr;
    const Json* office_node_ = nullptr;
    const Json* location_node_ = nullptr;
    const Json* kind_node_ = nullptr;
};

}  // namespace

Result<Read> read(const Json& message) {
    if (auto fine = check_bundle(message); !fine) return fail(std::move(fine.error()));
    return Reader(message).run();
}

}  // namespace ocm::fhir_r4
