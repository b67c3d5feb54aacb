// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/cast.hpp"

#include "formats/fhir_r4/codes.hpp"
#include "formats/opencrvs_v1/codes.hpp"
#include "formats/opencrvs_v1/envelope.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace ocm::fhir_r4 {
namespace {

namespace section = opencrvs_v1::section;

bool is_person(const Resource* one) {
    return one != nullptr && (one->type == "Patient" || one->type == "RelatedPerson");
}

bool describes(const Json& person) {
    for (const auto key : {"name", "birthDate", "identifier", "address"}) {
        if (member(person, key) != nullptr) return true;
    }
    return false;
}

std::optional<VitalKind> kind_of_composition(const Json& composition) {
    const auto* type = member(composition, "type");
    for (const auto* code : codes_of(type)) {
        if (auto kind = kind_of_code(text(*code))) return kind;
    }
    const auto* meta = member(composition, "meta");
    for (const auto* profile : each_of(meta == nullptr ? nullptr : member(*meta, "profile"))) {
        if (auto kind = kind_in_words(text(*profile))) return kind;
    }
    for (const auto* coding : each_of(type == nullptr ? nullptr : member(*type, "coding"))) {
        for (const auto key : {"code", "display"}) {
            if (auto kind = kind_in_words(text_member(*coding, key))) return kind;
        }
    }
    return type == nullptr ? std::nullopt : kind_in_words(text_member(*type, "text"));
}

std::optional<VitalKind> kind_of_header(const Json& header) {
    if (auto kind = kind_in_words(text_member(header, "eventUri"))) return kind;
    const auto* event = member(header, "eventCoding");
    return event == nullptr ? std::nullopt : kind_in_words(text_member(*event, "code"));
}

bool withdraws(std::string_view event) {
    return event.ends_with("_void") || event.ends_with("-void");
}

enum class Evidence { none, child, deceased, birth };

/// What an observation's code says its subject is. A birth's fact that is as often put to the mother says only that
/// there was a birth.
Evidence evidence_of(const Json& observation) {
    Evidence found = Evidence::none;
    for (const auto* code : codes_of(member(observation, "code"))) {
        const auto value = text(*code);
        if (value == loinc::birth_weight || value == loinc::apgar_1 || value == loinc::apgar_5) return Evidence::child;
        if (value == loinc::death_date || value == loinc::death_place || value == loinc::cause_part1 ||
            value == loinc::cause_part2 || value == loinc::manner) {
            return Evidence::deceased;
        }
        if (value == loinc::plurality || value == loinc::live_in_delivery || value == loinc::attendant) {
            found = Evidence::birth;
        }
    }
    return found;
}

bool said_dead(const Json& patient) {
    const auto* flag = member(patient, "deceasedBoolean");
    return (flag != nullptr && *flag == true) || !text_member(patient, "deceasedDateTime").empty();
}

bool tells_of_death(const Resources& resources) {
    for (const auto& each : resources.all()) {
        if (each.type == "Patient" && said_dead(*each.json)) return true;
        if (each.type == "Observation" && evidence_of(*each.json) == Evidence::deceased) return true;
        if (each.type == "Composition" && kind_of_composition(*each.json) == VitalKind::death) return true;
        if (each.type == "MessageHeader" && kind_of_header(*each.json) == VitalKind::death) return true;
    }
    return false;
}

/// Patients by what the message says of them.
struct Evident {
    std::set<const Resource*> children, deceased, parents;
    bool birth = false;
};

void add_kin(const Kin& kin, bool only_patient, Evident& out) {
    const bool parent = kin.word == "MOTHER" || kin.word == "FATHER";
    const bool itself = kin.detailed || kin.linked != nullptr;
    if (parent && kin.target != nullptr) {
        if (itself || only_patient) {
            out.children.insert(kin.target);
        } else {
            out.parents.insert(kin.target);
        }
    }
    if (parent && kin.linked != nullptr) out.parents.insert(kin.linked);
    if (kin.word != "CHILD") return;
    if (!itself) {
        if (kin.target != nullptr) out.children.insert(kin.target);
        return;
    }
    out.children.insert(kin.linked != nullptr ? kin.linked : kin.related);
    if (kin.target != nullptr) out.parents.insert(kin.target);
}

Evident evident(const Resources& resources, const std::vector<Kin>& kin) {
    Evident out;
    const auto patients = std::count_if(resources.all().begin(), resources.all().end(),
                                        [](const Resource& each) { return each.type == "Patient"; });
    for (const auto& each : kin) add_kin(each, patients == 1, out);
    for (const auto& each : resources.all()) {
        if (each.type == "Patient" && said_dead(*each.json)) out.deceased.insert(&each);
        if (each.type != "Observation") continue;
        const auto said = evidence_of(*each.json);
        if (said == Evidence::birth || said == Evidence::child) out.birth = true;
        const auto* subject = resources.resolve(member(*each.json, "subject"), each);
        if (subject == nullptr || subject->type != "Patient") continue;
        if (said == Evidence::child && !out.parents.contains(subject)) out.children.insert(subject);
        if (said == Evidence::deceased) out.deceased.insert(subject);
    }
    // A relative of a deceased is related to no child.
    for (const auto* each : out.deceased) {
        if (out.children.contains(each) && !out.birth) out.children.erase(each);
    }
    for (const auto* each : out.parents) out.children.erase(each);
    return out;
}

const Resource* first_of(const Resources& resources, std::string_view type) {
    for (const auto& each : resources.all()) {
        if (each.type == type) return &each;
    }
    return nullptr;
}

/// Makes the cast of one notification.
class Casting {
  public:
    Casting(const Resources& resources, Marks& marks) : resources_(resources), marks_(marks) {}

    Result<Cast> run() {
        cast_.kin = kin_of(resources_);
        evident_ = evident(resources_, cast_.kin);
        if (auto done = read_header(); !done) return fail(std::move(done.error()));
        if (auto done = read_document(); !done) return fail(std::move(done.error()));
        if (auto done = read_kind(); !done) return fail(std::move(done.error()));
        if (auto done = find_subject(); !done) return fail(std::move(done.error()));
        if (auto done = refuse_another_child(); !done) return fail(std::move(done.error()));
        find_relatives();
        find_informant();
        return std::move(cast_);
    }

  private:
    bool birth() const { return cast_.kind != VitalKind::death; }

    Result<void> read_header() {
        cast_.header = first_of(resources_, "MessageHeader");
        if (cast_.header == nullptr) return {};
        const auto& header = *cast_.header->json;
        if (const auto* response = member(header, "response")) {
            return refuse(*response, marks_, "is an answer to a message, not a notification");
        }
        const auto* event = member(header, "eventUri");
        if (event != nullptr && withdraws(text(*event))) {
            return refuse(*event, marks_,
                          "withdraws an earlier message: what was sent to OpenCRVS is withdrawn at the registration "
                          "office");
        }
        kind_ = kind_of_header(header);
        return {};
    }

    Result<void> read_document() {
        const Resource* only = nullptr;
        for (const auto& each : resources_.all()) {
            if (each.type != "Composition") continue;
            if (cast_.composition == nullptr || (!is_notification(*cast_.composition) && is_notification(each))) {
                cast_.composition = &each;
            } else if (is_notification(each) && only == nullptr) {
                only = &each;
            }
        }
        if (only != nullptr) {
            return refuse(*only->json, marks_, "is a second notification: send each in a message of its own");
        }
        if (cast_.composition == nullptr) return {};
        const auto& composition = *cast_.composition->json;
        const auto* status = member(composition, "status");
        if (status != nullptr && text(*status) == "entered-in-error") {
            return refuse(*status, marks_,
                          "says that the document was made in error: it is not a notification; what was sent to "
                          "OpenCRVS before is withdrawn at the registration office");
        }
        if (auto said = kind_of_composition(composition)) kind_ = said;
        return {};
    }

    Result<void> read_kind() {
        if (kind_) {
            cast_.kind = *kind_;
            return {};
        }
        if (!evident_.deceased.empty() && evident_.children.empty()) {
            cast_.kind = VitalKind::death;
        } else if (evident_.children.empty() && !evident_.birth) {
            const auto* type = cast_.composition == nullptr ? nullptr : member(*cast_.composition->json, "type");
            return refuse(type == nullptr ? marks_.root() : *type, marks_,
                          "tells neither of a birth nor of a death: no document type, no relation of a child, no "
                          "observation of a birth or a death, no date of death");
        } else {
            cast_.kind = VitalKind::birth;
        }
        return {};
    }

    const Resource* follow(const Json* reference, const Resource& from) {
        const auto* found = resources_.resolve(reference, from);
        if (found != nullptr && reference != nullptr) cast_.followed.push_back(reference);
        return found;
    }

    /// Who a section of the document is about: OpenCRVS's first entry, BFDR's focus.
    const Resource* of_section(std::string_view code) {
        if (cast_.composition == nullptr) return nullptr;
        const auto* found = opencrvs_v1::find_section(*cast_.composition->json, code);
        if (found == nullptr) return nullptr;
        if (const auto* person = follow(member(*found, "focus"), *cast_.composition); is_person(person)) return person;
        const auto* entries = member(*found, "entry");
        const auto* first = entries == nullptr ? nullptr : element(*entries, 0);
        const auto* person = follow(first, *cast_.composition);
        return is_person(person) ? person : nullptr;
    }

    Result<void> find_subject() {
        if (cast_.composition != nullptr) {
            const auto* said = member(*cast_.composition->json, "subject");
            if (said != nullptr && !said->is_object()) return refuse(*said, marks_, "must be one reference");
            const auto* person = follow(said, *cast_.composition);
            if (said != nullptr && !is_person(person)) {
                return refuse(*said, marks_, "must reference a Patient of the message");
            }
            if (person == nullptr) person = of_section(birth() ? section::child : section::deceased);
            if (person == nullptr && birth()) person = of_section(loinc::newborn_section);
            if (person != nullptr) {
                cast_.subject.main = person;
                return {};
            }
        }
        const auto& known = birth() ? evident_.children : evident_.deceased;
        cast_.subject.main = known.empty() ? youngest() : *std::min_element(known.begin(), known.end());
        if (cast_.subject.main != nullptr) return {};
        return refuse(marks_.root(), marks_, birth() ? "holds no child" : "holds no deceased person");
    }

    /// Where nothing else says who is who.
    const Resource* youngest() const {
        const Resource* found = nullptr;
        std::string_view latest;
        for (const auto& each : resources_.all()) {
            if (each.type != "Patient" || evident_.parents.contains(&each)) continue;
            const auto born = text_member(*each.json, "birthDate");
            if (found == nullptr || born > latest) {
                found = &each;
                latest = born;
            }
        }
        return found;
    }

    Result<void> refuse_another_child() {
        const auto& known = birth() ? evident_.children : evident_.deceased;
        for (const auto* each : sorted(known)) {
            if (each == cast_.subject.main || (!birth() && evident_.parents.contains(each))) continue;
            if (!birth() && is_relative(each)) continue;
            return refuse(*each->json, marks_,
                          birth() ? "is a second child: send each child in a notification of its own"
                                  : "is a second deceased person: send each in a notification of its own");
        }
        return {};
    }

    static std::vector<const Resource*> sorted(const std::set<const Resource*>& set) {
        return {set.begin(), set.end()};  // pointers into one vector: the order of the message
    }

    /// A mother or a spouse who has died too is not whom the notification is about.
    bool is_relative(const Resource* person) const {
        return std::any_of(cast_.kin.begin(), cast_.kin.end(), [&](const Kin& kin) {
            return kin.linked == person || (kin.target == person && kin.target != cast_.subject.main);
        });
    }

    Described person_of(const Kin& kin) const {
        const bool itself = kin.detailed || kin.linked != nullptr || kin.target == nullptr;
        if (kin.target == cast_.subject.main || itself) {
            if (kin.linked != nullptr) return {kin.linked, kin.related};
            return {kin.related, nullptr};
        }
        return {kin.target, nullptr};
    }

    void set(std::string_view whose, Described person) {
        if (person.main == nullptr || person.main == cast_.subject.main) return;
        for (const auto& [other, described] : cast_.relatives) {
            if (described.main == person.main) return;
        }
        const auto [at, added] = cast_.relatives.emplace(whose, person);
        if (added || at->second.main == person.main) return;
        marks_.warn(*person.main->json, "another person was already given in this role; the first is kept");
    }

    void find_relatives() {
        for (const auto& [code, whose] :
             {std::pair{section::mother, role::mother}, std::pair{section::father, role::father},
              std::pair{section::spouse, role::spouse}, std::pair{loinc::mother_section, role::mother},
              std::pair{loinc::prenatal_section, role::mother}, std::pair{loinc::father_section, role::father}}) {
            const auto* person = of_section(code);
            if (person != nullptr && person->type == "RelatedPerson") {
                for (const auto& kin : cast_.kin) {
                    if (kin.related == person) set(whose, person_of(kin));
                }
            } else if (person != nullptr) {
                set(whose, {person, nullptr});
            }
        }
        for (const auto& kin : cast_.kin) {
            if (kin.word == "MOTHER") set(role::mother, person_of(kin));
            if (kin.word == "FATHER") set(role::father, person_of(kin));
            if (kin.word == "SPOUSE" && !birth()) set(role::spouse, person_of(kin));
            const bool ours = kin.linked == cast_.subject.main || kin.related == cast_.subject.main;
            if (birth() && kin.word == "CHILD" && ours && kin.target != nullptr)
                set(parent_role(*kin.target), {kin.target, nullptr});
            if (ours && kin.related != cast_.subject.main) cast_.subject.more = kin.related;
        }
        if (!birth()) return;
        for (const auto* link : each_of(member(*cast_.subject.main->json, "link"))) {
            const auto* other = follow(member(*link, "other"), *cast_.subject.main);
            if (other != nullptr && other->type == "Patient") set(parent_role(*other), {other, nullptr});
        }
    }

    static std::string_view parent_role(const Resource& parent) {
        return text_member(*parent.json, "gender") == "male" ? role::father : role::mother;
    }

    void find_informant() {
        const Json* named = nullptr;
        if (cast_.composition != nullptr) {
            if (const auto* found = opencrvs_v1::find_section(*cast_.composition->json, section::informant)) {
                const auto* entries = member(*found, "entry");
                named = entries == nullptr ? nullptr : element(*entries, 0);
            }
            for (const auto* author : each_of(member(*cast_.composition->json, "author"))) {
                if (named == nullptr && is_person(resources_.resolve(author, *cast_.composition))) named = author;
            }
        }
        const auto* person = named == nullptr ? nullptr : follow(named, *cast_.composition);
        if (person != nullptr && person->type == "Patient") return informant_is(*person);
        const Kin* other = nullptr;
        std::size_t others = 0;
        for (const auto& kin : cast_.kin) {
            if (kin.related == person || (person == nullptr && kin.informs)) return take_informant(kin);
            if (person == nullptr && is_other(kin)) {
                other = &kin;
                ++others;
            }
        }
        if (others != 1) return;
        marks_.warn(*other->related->json, "nobody is said to be the informant; this person is taken for it");
        take_informant(*other);
    }

    bool is_other(const Kin& kin) const {
        if (kin.word.empty() || kin.word == "MOTHER" || kin.word == "FATHER" || kin.word == "SPOUSE") return false;
        return !birth() || kin.word != "CHILD";
    }

    /// A relative is the document's author.
    void informant_is(const Resource& person) {
        for (const auto& [whose, described] : cast_.relatives) {
            if (described.main != &person) continue;
            cast_.informant_known = whose == role::mother ? "MOTHER" : whose == role::father ? "FATHER" : "SPOUSE";
            return;
        }
        if (&person != cast_.subject.main) cast_.informed = {&person, nullptr};
    }

    void take_informant(const Kin& kin) {
        cast_.informant = &kin;
        const auto person = person_of(kin);
        if (person.main == nullptr || person.main == cast_.subject.main) return;
        for (const auto& [whose, described] : cast_.relatives) {
            if (described.main == person.main) return;
        }
        if (!describes(*person.main->json)) return;
        std::string_view own;
        if (birth() && kin.word == "MOTHER") own = role::mother;
        if (birth() && kin.word == "FATHER") own = role::father;
        if (!birth() && kin.word == "SPOUSE") own = role::spouse;
        if (!own.empty() && !cast_.relatives.contains(own)) {
            cast_.relatives.emplace(own, person);
        } else {
            cast_.informed = person;
        }
    }

    const Resources& resources_;
    Marks& marks_;
    Cast cast_;
    Evident evident_;
    std::optional<VitalKind> kind_;
};

}  // namespace

std::vector<Kin> kin_of(const Resources& resources) {
    std::vector<Kin> out;
    const bool death = tells_of_death(resources);
    std::map<const Resource*, const Resource*> links;  // RelatedPerson to the Patient that is the same person
    for (const auto& each : resources.all()) {
        if (each.type != "Patient") continue;
        for (const auto* link : each_of(member(*each.json, "link"))) {
            const auto* other = resources.resolve(member(*link, "other"), each);
            if (other != nullptr && other->type == "RelatedPerson") links.emplace(other, &each);
        }
    }
    for (const auto& each : resources.all()) {
        if (each.type != "RelatedPerson") continue;
        Kin kin;
        kin.related = &each;
        const auto* relationship = member(*each.json, "relationship");
        for (const auto* code : codes_of(relationship)) {
            if (text(*code) == "INF" || text(*code) == "INFORMANT") kin.informs = true;
            if (kin.word.empty()) kin.word = relation_word(text(*code));
        }
        // The son of a mother is the child of a birth; the son of a deceased is a son.
        if (!death && is_child_relation(kin.word)) kin.word = "CHILD";
        kin.target = resources.resolve(member(*each.json, "patient"), each);
        if (!is_person(kin.target)) kin.target = nullptr;
        if (const auto linked = links.find(&each); linked != links.end()) kin.linked = linked->second;
        kin.detailed = describes(*each.json);
        out.push_back(kin);
    }
    return out;
}

Result<Cast> cast(const Resources& resources, Marks& marks) {
    return Casting(resources, marks).run();
}

std::vector<const Resource*> subjects(const Resources& resources) {
    const auto known = evident(resources, kin_of(resources));
    auto all = known.children;
    for (const auto* each : known.deceased) {
        if (!known.parents.contains(each)) all.insert(each);
    }
    return {all.begin(), all.end()};
}

bool is_notification(const Resource& composition) {
    return composition.type == "Composition" && kind_of_composition(*composition.json).has_value();
}

}  // namespace ocm::fhir_r4
