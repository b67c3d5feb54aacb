// SPDX-License-Identifier: MPL-2.0
// The same birth or death, written as a 1.x document and as a DHIS2 payload, is the same event as far as the mapping
// goes. Both the payload and what it has to say are made from the mapping's own rows.
#include "facts.hpp"
#include "formats/dhis2/codes.hpp"
#include "formats/dhis2/read.hpp"
#include "formats/opencrvs_v1/read.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <rapidcheck/gtest.h>

#include <map>

using namespace ocm;
using namespace ocm::test;

namespace {

/// Where the values of a mapping's names stand in the serialised event, where the name does not say it itself.
std::string place_of(std::string_view name) {
    static const std::map<std::string, std::string, std::less<>> others{{"given", "/names/0/given"},
                                                                        {"family", "/names/0/family"},
                                                                        {"age", "/age/years"},
                                                                        {"previous_births", "/multiple_birth"},
                                                                        {"address", "/addresses/0/lines"},
                                                                        {"area", "/addresses/0/areas"},
                                                                        {"town", "/addresses/0/town"},
                                                                        {"street", "/addresses/0/street"},
                                                                        {"country", "/addresses/0/country"},
                                                                        {"place.address", "/place/address/lines"},
                                                                        {"place.area", "/place/address/areas"},
                                                                        {"place.town", "/place/address/town"},
                                                                        {"place.country", "/place/address/country"},
                                                                        {"birth.weight", "/birth/weight_grams"},
                                                                        {"death.cause_code", "/death/cause_codes"}};
    if (const auto found = others.find(name); found != others.end()) return found->second;
    auto path = "/" + std::string(name);
    std::replace(path.begin(), path.end(), '.', '/');
    return path;
}

std::string as_text(const Json& value) {
    return value.is_string() ? value.get<std::string>() : dump_json(value);
}

/// All values that a name has in an event, or in a person.
std::vector<std::string> values_in(const Json& whole, std::string_view name) {
    std::vector<std::string> out;
    constexpr std::string_view identifier = "identifier.";
    if (name.starts_with(identifier)) {
        for (const auto& each : whole.value("identifiers", Json::array())) {
            if (each["type"] == name.substr(identifier.size())) out.push_back(each["value"]);
        }
        return out;
    }
    const Json::json_pointer at(place_of(name));
    if (!whole.contains(at)) return out;
    const auto& found = whole[at];
    if (!found.is_array()) return {as_text(found)};
    for (const auto& each : found) out.push_back(as_text(each));
    return out;
}

/// A payload that says of an event what a stage of a mapping can hold.
class Payload {
  public:
    Payload(const VitalEvent& event, const dhis2::Program& program, const dhis2::Stage& stage)
        : event_(event), whole_(vital_json::write(event)) {
        held.kind = stage.kind;
        held.source = {"dhis2", "", "tE7qN0pLm1b/" + program.id + "/" + std::string(name(stage.kind)),
                       "2026-03-02T08:15:00.000"};
        part_["tracked_entity"] = {{"trackedEntity", "tE7qN0pLm1b"}, {"attributes", Json::array()}};
        part_["enrollment"] = {{"program", program.id}, {"status", "ACTIVE"}};
        part_["event"] = {{"programStage", stage.id}, {"dataValues", Json::array()}};
        part_["event"]["status"] = stage.statuses.front();
        part_["event"]["updatedAt"] = held.source.version;
        if (stage.send_flag) put(stage.send_flag->from, stage.send_flag->values.front());
        for (const auto& each : stage.expect) put(each.from, each.values.front());
        for (const auto& row : stage.rows) take(row);
        for (const auto& contact : stage.contacts) take(contact);
    }

    Json document() const {
        auto entity = part_.at("tracked_entity");
        auto enrollment = part_.at("enrollment");
        enrollment["events"] = Json::array({part_.at("event")});
        entity["enrollments"] = Json::array({enrollment});
        return {{"trackedEntities", Json::array({entity})}};
    }

    VitalEvent held;

  private:
    void put(const dhis2::Source& from, const std::string& value) {
        using Kind = dhis2::Source::Kind;
        if (from.kind == Kind::attribute) {
            part_["tracked_entity"]["attributes"].push_back({{"attribute", from.id}, {"value", value}});
        } else if (from.kind == Kind::data_element) {
            part_["event"]["dataValues"].push_back({{"dataElement", from.id}, {"value", value}});
        } else {
            const auto* member = from.kind == Kind::org_unit      ? "orgUnit"
                                 : from.kind == Kind::occurred_at ? "occurredAt"
                                                                  : "completedAt";
            part_[from.id][member] = value;
        }
    }

    /// The option that stands for a value; absent where there is none.
    static std::optional<std::string> option(const dhis2::Row& row, const std::string& value) {
        if (row.kilograms) return std::to_string(std::stod(value) / 1000);
        if (!row.codes) return value;
        for (const auto& [code, meaning] : *row.codes) {
            if (meaning == value) return code;
        }
        return std::nullopt;
    }

    bool applies(const dhis2::Row& row) const {
        if (!row.unless.empty() && given_.contains(row.unless)) return false;
        if (given_.contains(row.to) && !dhis2::takes_several(row.to)) return false;
        if (row.when.empty()) return true;
        const auto found = given_.find(row.when);
        return found != given_.end() &&
               std::find(row.when_values.begin(), row.when_values.end(), found->second) != row.when_values.end();
    }

    /// A person's value, or the event's own; the informant's contact is the event's.
    std::vector<std::string> values_of(const std::string& name) const {
        const auto dot = name.find('.');
        const auto whose = name.substr(0, dot);
        const auto below = dot == name.npos ? std::string() : name.substr(dot + 1);
        const bool contact = whose == role::informant && (below == "phone" || below == "email");
        if (!dhis2::is_role(whose) || !dhis2::is_person_name(below) || contact) return values_in(whole_, name);
        return values_in(whole_["persons"].value(whose, Json::object()), below);
    }

    void take(const dhis2::Row& row) {
        if (!applies(row)) return;
        const auto all = values_of(row.to);
        const auto nth = given_.count(row.to);
        if (nth >= all.size()) return;
        const auto code = option(row, all[nth]);
        if (!code) return;
        put(row.from, *code);
        RC_ASSERT(dhis2::set_event(held, row.to, all[nth]) == dhis2::Set::done);
        given_.emplace(row.to, all[nth]);
    }

    void take(const dhis2::Contact& contact) {
        std::string relation;
        std::string whose = contact.informant ? role::informant : "";
        for (const auto& [word, each] : contact.roles) {
            const bool said = contact.informant ? event_.informant.relation == word : event_.persons.contains(each);
            if (!said || held.persons.contains(each)) continue;
            relation = word;
            whose = each;
            break;
        }
        if (contact.informant && relation.empty()) relation = event_.informant.relation.value_or("");
        if (whose.empty()) return;
        const auto person = whole_["persons"].value(whose, Json::object());
        Person of_contact;
        for (const auto& row : contact.rows) {
            if (row.to == "relation") {
                const auto code = option(row, relation);
                if (!code) continue;
                put(row.from, *code);
                if (contact.informant) held.informant.relation = relation;
                continue;
            }
            const bool own = contact.informant && (row.to == "phone" || row.to == "email");
            const auto all = own ? values_in(whole_["informant"], row.to) : values_in(person, row.to);
            if (all.empty()) continue;
            const auto code = option(row, all.front());
            if (!code) continue;
            put(row.from, *code);
            if (own) {
                (row.to == "phone" ? held.informant.phone : held.informant.email) = all.front();
            } else {
                RC_ASSERT(dhis2::set_person(of_contact, row.to, all.front()) == dhis2::Set::done);
            }
        }
        if (of_contact != Person{}) held.persons[whose] = of_contact;
    }

    const VitalEvent& event_;
    Json whole_;
    std::map<std::string, Json, std::less<>> part_;
    std::multimap<std::string, std::string> given_;
};

/// A country's own program that has a place for nearly all.
dhis2::Mapping wide_mapping() {
    const std::vector<std::string> of_person{
        "given",          "family", "gender", "birth_date", "nationality", "identifier.NATIONAL_ID",
        "marital_status", "phone",  "town",   "country",    "area",        "area"};
    Json stages = Json::array();
    for (const auto* kind : {"birth", "death"}) {
        const bool birth = std::string_view(kind) == "birth";
        int last = 0;
        auto rows = Json::array();
        for (const auto* whose : {birth ? "child" : "deceased", birth ? "mother" : "spouse", "father", "informant"}) {
            for (const auto& each : of_person) {
                rows.push_back({{"to", std::string(whose) + "." + each}, {"attribute", "A" + std::to_string(++last)}});
            }
        }
        for (const auto* each :
             {"date", "place.location", "birth.birth_type", "birth.attendant", "death.manner",
              "death.cause_established", "death.cause_method", "death.cause_code", "death.cause_code",
              "death.cause_code", "informant.relation", "informant.phone", "office", "reported_at"}) {
            rows.push_back({{"to", each}, {"data_element", "D" + std::to_string(++last)}});
        }
        rows.push_back({{"to", "birth.weight"}, {"data_element", "D0"}, {"unit", "kg"}});
        stages.push_back({{"stage", "S" + std::string(kind)}, {"event", kind}, {"fields", rows}});
    }
    const Json mapping{{"version", "1"}, {"programs", Json::array({{{"program", "P1"}, {"stages", stages}}})}};
    return dhis2::parse_mapping(dump_json(mapping)).value();
}

/// What no name of a mapping can say.
VitalEvent without_what_has_no_name(VitalEvent event) {
    for (auto& [whose, person] : event.persons) {
        person.is_multiple.reset();
        for (auto& address : person.addresses) address.postal_code.reset();
        if (whose == role::informant) person.phone.reset();  // the informant's number is the contact's
    }
    event.reported_at = event.reported_at->substr(0, 10);
    event.source = {};
    return event;
}

const dhis2::Stage& stage_of(const dhis2::Program& program, VitalKind kind) {
    return *std::find_if(program.stages.begin(), program.stages.end(),
                         [&](const dhis2::Stage& each) { return each.kind == kind; });
}

void expect_the_same(const VitalEvent& event, const dhis2::Mapping& mapping, VitalEvent& held) {
    const auto& program = mapping.programs.front();
    const Payload payload(event, program, stage_of(program, event.kind));
    const auto read = dhis2::read_first(payload.document(), mapping);
    RC_ASSERT(read.has_value());
    RC_ASSERT(pretty_json(vital_json::write(read->event)) == pretty_json(vital_json::write(payload.held)));
    RC_ASSERT(read->account.dropped.empty());
    RC_ASSERT(read->account.warnings.empty());
    held = payload.held;
}

RC_GTEST_PROP(Dhis2Same, EventAsFarAsTheShippedMappingGoes, ()) {
    const auto facts = arbitrary_facts();
    const auto v1 = opencrvs_v1::read(v1_document(facts));
    RC_ASSERT(v1.has_value());
    VitalEvent held;
    expect_the_same(v1->event, dhis2::shipped_mapping(), held);
    const auto* subject = facts.birth ? role::child : role::deceased;
    RC_ASSERT(held.persons.at(subject).names == v1->event.persons.at(subject).names);
    RC_ASSERT(held.place->location == facts.facility);
    RC_ASSERT(held.birth.weight_grams == v1->event.birth.weight_grams);
    // Two contacts: of an informant and two parents one has no place.
    const auto others = v1->event.persons.size() - 1;
    RC_ASSERT(held.persons.size() == 1 + std::min<std::size_t>(others, 2));
}

RC_GTEST_PROP(Dhis2Same, EventWhereTheMappingHasAPlaceForAll, ()) {
    static const auto mapping = wide_mapping();
    const auto facts = arbitrary_facts();
    const auto v1 = opencrvs_v1::read(v1_document(facts));
    RC_ASSERT(v1.has_value());
    VitalEvent held;
    expect_the_same(v1->event, mapping, held);
    held.source = {};
    RC_ASSERT(pretty_json(vital_json::write(held)) ==
              pretty_json(vital_json::write(without_what_has_no_name(v1->event))));
}

}  // namespace
