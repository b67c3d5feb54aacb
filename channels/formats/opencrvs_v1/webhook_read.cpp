// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/webhook_read.hpp"

#include "core/time.hpp"
#include "formats/opencrvs_v1/codes.hpp"
#include "formats/opencrvs_v1/envelope.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "formats/opencrvs_v1/observations.hpp"
#include "formats/opencrvs_v1/person.hpp"
#include "formats/opencrvs_v1/person_parts.hpp"
#include "formats/opencrvs_v1/record_parts.hpp"
#include "formats/opencrvs_v1/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace ocm::opencrvs_v1 {
namespace {

tl::unexpected<Error> refuse(std::string path, const char* what) {
    return fail(ErrorCode::bad_request, what, std::move(path));
}

/// One resource of the bundle.
struct Item {
    const Json* entry = nullptr;
    const Json* resource = nullptr;
    std::string_view type, id;
    bool used = false;
};

class DeliveryReader {
  public:
    DeliveryReader(const Json& delivery, const Json& bundle, const Topic& topic)
        : delivery_(delivery), bundle_(bundle), marks_(delivery) {
        out_.event.topic = topic;
        out_.event.heard = Heard::webhook;
        event().kind = topic.kind;
    }

    Result<WebhookRead> run() {
        read_wrapping();
        if (auto sound = list_items(); !sound) return fail(std::move(sound.error()));
        if (auto done = read_task(); !done) return fail(std::move(done.error()));
        read_composition();
        constexpr std::array steps{&DeliveryReader::read_sections, &DeliveryReader::read_subject,
                                   &DeliveryReader::read_related, &DeliveryReader::read_parents,
                                   &DeliveryReader::read_facts};
        for (const auto step : steps) {
            if (auto done = (this->*step)(); !done) return fail(std::move(done.error()));
        }
        read_place();
        if (auto done = name_occurrence(); !done) return fail(std::move(done.error()));
        account_for_the_rest();
        out_.event.document = dump_json(bundle_);
        out_.account = marks_.account();
        return std::move(out_);
    }

  private:
    VitalEvent& event() { return out_.event.event; }
    bool is_birth() { return event().kind == VitalKind::birth; }
    const char* subject() { return is_birth() ? role::child : role::deceased; }

    void read_wrapping() {
        const auto* timestamp = member(delivery_, "timestamp");
        marks_.structure(timestamp);
        if (timestamp != nullptr) out_.event.occurred_at = text(*timestamp);
        marks_.structure(member(delivery_, "id"));
        out_.subscription = text_member(delivery_, "id");
        const auto& hub = *member(*member(delivery_, "event"), "hub");
        marks_.carried(*member(hub, "topic"));
        for (const auto key : {"resourceType", "type", "id", "meta"}) marks_.structure(member(bundle_, key));
    }

    Result<void> list_items() {
        const auto& entries = *member(bundle_, "entry");
        for (const auto& entry : entries) {
            const auto* resource = member(entry, "resource");
            if (resource == nullptr || !resource->is_object() || text_member(*resource, "resourceType").empty())
                return refuse(marks_.pointer_to(entry), "must hold a resource");
            items_.push_back({&entry, resource, text_member(*resource, "resourceType"), text_member(*resource, "id")});
        }
        return {};
    }

    Item* first_of(std::string_view type) {
        const auto found = std::ranges::find(items_, type, &Item::type);
        return found == items_.end() ? nullptr : &*found;
    }

    Item* resolve_item(const Json* reference, std::string_view type) {
        if (reference == nullptr || text(*reference).empty()) return nullptr;
        const auto wanted = text(*reference);
        const auto found = std::ranges::find_if(items_, [&](const Item& one) {
            return one.type == type &&
                   (text_member(*one.entry, "fullUrl") == wanted || refers_to(wanted, one.type, one.id));
        });
        return found == items_.end() ? nullptr : &*found;
    }

    /// What OpenCRVS keeps a resource by says nothing of the event.
    void use(Item& item) {
        item.used = true;
        marks_.structure(member(*item.entry, "fullUrl"));
        for (const auto key : {"resourceType", "id", "meta"}) marks_.structure(member(*item.resource, key));
    }

    Result<void> read_task() {
        auto* item = first_of("Task");
        if (item == nullptr) return refuse(marks_.pointer_to(*member(bundle_, "entry")), "holds no Task");
        use(*item);
        const auto& task = *item->resource;
        task_ = &task;
        for (const auto key : {"status", "intent"}) marks_.structure(member(task, key));
        for (const auto key : {"code", "businessStatus"}) marks_.wording(member(task, key));
        marks_.reference(member(task, "focus"));
        if (const auto* focus = member(task, "focus")) {
            constexpr std::string_view composition = "Composition/";
            const auto reference = text_member(*focus, "reference");
            if (reference.starts_with(composition)) out_.event.record = reference.substr(composition.size());
        }
        if (const auto* changed = member(task, "lastModified"); changed != nullptr && !text(*changed).empty()) {
            out_.event.occurred_at = text(*changed);
            marks_.carried(*changed);
        }
        check_code(task);
        read_task_identifiers(task);
        read_task_extensions(task);
        read_notes(task, event().comment, marks_);
        return {};
    }

    void check_code(const Json& task) {
        const auto* code = member(task, "code");
        const auto* codings = code == nullptr ? nullptr : member(*code, "coding");
        const auto* first = codings == nullptr ? nullptr : element(*codings, 0);
        if (first == nullptr || text_member(*first, "code") == (is_birth() ? "BIRTH" : "DEATH")) return;
        marks_.warn(*first, "the Task and the topic name different events; the topic's is kept");
    }

    void read_task_identifiers(const Json& task) {
        auto& known = event().registration.emplace();
        const auto* identifiers = member(task, "identifier");
        if (identifiers == nullptr || !identifiers->is_array()) return;
        const std::string own = std::string(identifier_system) + std::string(name(event().kind));
        for (const auto& each : *identifiers) {
            const auto system = text_member(each, "system");
            std::string* to = nullptr;
            if (system == own + "-registration-number") to = &known.registration_number;
            if (system == own + "-tracking-id") to = &known.tracking_id;
            const auto* value = member(each, "value");
            if (to == nullptr || !to->empty() || value == nullptr || !value->is_string()) continue;
            *to = text(*value);
            marks_.carried(*value);
            marks_.structure(member(each, "system"));
        }
    }

    void read_task_extensions(const Json& task) {
        const auto* extensions = member(task, "extension");
        if (extensions == nullptr || !extensions->is_array()) return;
        for (const auto& each : *extensions) {
            if (read_contact(each, event().informant, marks_)) continue;
            if (text_member(each, "url") != extension::office || event().office) continue;
            const auto* value = member(each, "valueReference");
            const auto* reference = value == nullptr ? nullptr : member(*value, "reference");
            if (reference == nullptr || location_id(*reference).empty()) continue;
            event().office = std::string(location_id(*reference));
            marks_.carried(*reference);
            marks_.structure(member(each, "url"));
        }
    }

    void read_composition() {
        auto* item = first_of("Composition");
        if (item == nullptr) return;
        use(*item);
        composition_ = item->resource;
        // The record's own resource; its sections are read for whom they name.
        for (const auto key : {"identifier", "status", "type", "class", "subject", "title", "date", "section"})
            marks_.structure(member(*composition_, key));
        if (!item->id.empty()) out_.event.record = item->id;
    }

    Result<void> take_person(Item& item, std::string_view whose) {
        auto read = read_person(*item.resource, whose, marks_);
        if (!read) return fail(std::move(read.error()));
        use(item);
        if (whose == role::deceased) event().date = read->died;
        event().persons[std::string(whose)] = std::move(read->person);
        return {};
    }

    bool has(std::string_view whose) { return event().persons.contains(std::string(whose)); }

    Result<void> read_sections() {
        if (composition_ == nullptr) return {};
        for (const auto& row : person_sections) {
            const auto* found = find_section(*composition_, row.code);
            if (found == nullptr) continue;
            auto* item = resolve_item(section_reference(*found), "Patient");
            if (item == nullptr) {
                marks_.warn(*found, "the section references no Patient entry of the bundle");
                continue;
            }
            if (item->used) continue;
            if (auto done = take_person(*item, row.role); !done) return done;
        }
        return {};
    }

    /// The subject carries the number of the registration. 1.3 and 1.4 put it right behind the Task.
    Result<void> read_subject() {
        if (has(subject())) return {};
        const auto code = is_birth() ? "BIRTH_REGISTRATION_NUMBER" : "DEATH_REGISTRATION_NUMBER";
        const auto& number = event().registration->registration_number;
        for (auto& item : items_) {
            if (item.type != "Patient" || item.used) continue;
            const auto value = identifier_of(*item.resource, code);
            // A mother's own birth was registered too.
            if (value.empty() || (!number.empty() && value != number)) continue;
            return take_person(item, subject());
        }
        const bool first_form = composition_ == nullptr && items_.size() >= 2 && items_[0].type == "Task" &&
                                items_[1].type == "Patient" && member(*items_[1].entry, "fullUrl") == nullptr;
        if (first_form) return take_person(items_[1], subject());
        return {};
    }

    /// Value of a Patient's identifier of a type.
    static std::string_view identifier_of(const Json& patient, std::string_view type) {
        const auto* identifiers = member(patient, "identifier");
        if (identifiers == nullptr || !identifiers->is_array()) return {};
        for (const auto& each : *identifiers) {
            const auto* said = member(each, "type");
            const auto* codings = said == nullptr ? nullptr : member(*said, "coding");
            const auto* first = codings == nullptr ? nullptr : element(*codings, 0);
            const auto code = first != nullptr ? text_member(*first, "code") : text_member(each, "type");
            if (code != type) continue;
            const auto value = text_member(each, "value");
            return value.empty() ? text_member(each, "id") : value;
        }
        return {};
    }

    Result<void> read_related() {
        Item* item = nullptr;
        if (composition_ != nullptr) {
            const auto* found = find_section(*composition_, section::informant);
            if (found != nullptr) item = resolve_item(section_reference(*found), "RelatedPerson");
        } else {
            item = first_of("RelatedPerson");
        }
        if (item == nullptr) return {};
        use(*item);
        read_relation(*item->resource, event().informant, marks_);
        const auto* patient = member(*item->resource, "patient");
        const auto* reference = patient == nullptr ? nullptr : member(*patient, "reference");
        if (reference == nullptr) return {};
        marks_.structure(*reference);
        auto* person = resolve_item(reference, "Patient");
        if (person == nullptr) {
            marks_.warn(*reference, "the informant's own details are not in the bundle; the relation is kept");
            return {};
        }
        if (person->used) return {};
        return take_person(*person, informant_role(event()));
    }

    /// Without a Composition nothing names the parents; of those left, one woman is the mother and one man the father.
    Result<void> read_parents() {
        if (composition_ != nullptr || !is_birth()) return {};
        struct Row {
            const char* whose;
            std::string_view gender;
        };
        for (const auto& row : {Row{role::mother, "female"}, Row{role::father, "male"}}) {
            if (has(row.whose)) continue;
            std::vector<Item*> left;
            for (auto& item : items_) {
                if (item.type == "Patient" && !item.used && text_member(*item.resource, "gender") == row.gender)
                    left.push_back(&item);
            }
            if (left.size() != 1) continue;
            marks_.recoded(*left[0]->entry, row.whose == std::string_view(role::mother)
                                                ? "taken for the mother: no other woman is in the bundle"
                                                : "taken for the father: no other man is in the bundle");
            if (auto done = take_person(*left[0], row.whose); !done) return done;
        }
        return {};
    }

    Result<void> read_facts() {
        for (auto& item : items_) {
            if (item.type == "Observation") {
                if (auto done = read_observation(*item.resource, event(), marks_); !done) return done;
            } else if (item.type == "QuestionnaireResponse") {
                read_questionnaire(*item.resource, event(), marks_);
            } else {
                continue;
            }
            use(item);
        }
        return {};
    }

    void read_place() {
        auto* item = encounter();
        if (item == nullptr) return;
        use(*item);
        marks_.structure(member(*item->resource, "status"));
        const auto* locations = member(*item->resource, "location");
        const auto* first = locations == nullptr ? nullptr : element(*locations, 0);
        const auto* inner = first == nullptr ? nullptr : member(*first, "location");
        const auto* reference = inner == nullptr ? nullptr : member(*inner, "reference");
        if (reference == nullptr) return;
        auto* at = resolve_item(reference, "Location");
        auto& place = event().place.emplace();
        if (at == nullptr) {
            const auto id = location_id(*reference);
            if (id.empty()) return event().place.reset();
            place.location = std::string(id);
            marks_.carried(*reference);
            return;
        }
        marks_.structure(*reference);
        use(*at);
        if (const auto* code = take_code(member(*at->resource, "type"), marks_)) place.kind = std::string(text(*code));
        // Of an address OpenCRVS makes a Location of its own, which names no place that anybody else knows.
        const auto* address = member(*at->resource, "address");
        const bool facility = !place.kind || *place.kind == "HEALTH_FACILITY";
        if (facility && !at->id.empty()) {
            place.location = std::string(at->id);
            marks_.carried(*member(*at->resource, "id"));
        }
        if (!facility && address != nullptr && address->is_object()) place.address = read_address(*address, marks_);
    }

    Item* encounter() {
        if (composition_ == nullptr) return first_of("Encounter");
        const auto code = is_birth() ? section::birth_encounter : section::death_encounter;
        const auto* found = find_section(*composition_, code);
        return found == nullptr ? nullptr : resolve_item(section_reference(*found), "Encounter");
    }

    Result<void> name_occurrence() {
        auto& known = *event().registration;
        if (known.registration_number.empty()) {
            const auto person = event().persons.find(subject());
            const auto code = is_birth() ? "BIRTH_REGISTRATION_NUMBER" : "DEATH_REGISTRATION_NUMBER";
            if (person != event().persons.end()) {
                const auto& all = person->second.identifiers;
                const auto found = std::ranges::find(all, code, &Identifier::type);
                if (found != all.end()) known.registration_number = found->value;
            }
        }
        if (known.registration_number.empty())
            return refuse(marks_.pointer_to(*task_) + "/identifier", "holds no registration number");
        known.event_id = out_.event.record;
        out_.event.occurrence = known.registration_number;
        if (out_.event.topic.change == Change::registered) {
            if (!out_.event.occurred_at.empty()) known.registered_at = out_.event.occurred_at;
        } else if (!out_.event.occurred_at.empty()) {
            // 1.x gives such changes no id, and there may be several of a record.
            out_.event.occurrence += "@" + out_.event.occurred_at;
        }
        return {};
    }

    void account_for_the_rest() {
        for (const auto& item : items_) {
            if (item.used) continue;
            marks_.dropped(*item.entry, item.type == "Patient" ? "nothing in the bundle says whose details these are"
                                                               : "it has no place in the event");
        }
    }

    const Json& delivery_;
    const Json& bundle_;
    Marks marks_;
    WebhookRead out_;
    std::vector<Item> items_;
    const Json* task_ = nullptr;
    const Json* composition_ = nullptr;
};

}  // namespace

Result<WebhookRead> read_webhook(const Json& delivery) {
    if (!delivery.is_object()) return refuse("", "must be a delivery of a webhook");
    const auto* event = member(delivery, "event");
    const auto* hub = event == nullptr ? nullptr : member(*event, "hub");
    const auto topic = hub_topic(hub == nullptr ? std::string_view{} : text_member(*hub, "topic"));
    if (event == nullptr || !topic) return refuse("/event/hub/topic", "must be a topic of OpenCRVS 1.x");
    const auto* context = member(*event, "context");
    const auto* bundle = context == nullptr ? nullptr : element(*context, 0);
    const auto* entries = bundle == nullptr ? nullptr : member(*bundle, "entry");
    if (entries == nullptr || !entries->is_array() || text_member(*bundle, "resourceType") != "Bundle")
        return refuse("/event/context/0", "must be a Bundle with entries");
    return DeliveryReader(delivery, *bundle, *topic).run();
}

}  // namespace ocm::opencrvs_v1
