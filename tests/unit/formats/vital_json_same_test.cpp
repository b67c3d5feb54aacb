// SPDX-License-Identifier: MPL-2.0
// The same birth or death, written as a 1.x document and as plain JSON, is the same event.
#include "facts.hpp"
#include "formats/opencrvs_v1/read.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <rapidcheck/gtest.h>

using namespace ocm;
using namespace ocm::test;

namespace {

Json plain_person(const Who& who) {
    Json out{{"names", Json::array({{{"given", {who.given}}, {"family", who.family}}})}};
    out["birth_date"] = who.born;
    out["gender"] = who.gender;
    if (!who.national_id.empty()) {
        out["identifiers"] = Json::array({{{"type", "NATIONAL_ID"}, {"value", who.national_id}}});
    }
    if (!who.phone.empty()) out["phone"] = who.phone;
    if (!who.nationality.empty()) out["nationality"] = who.nationality;
    if (who.married) out["marital_status"] = "MARRIED";
    if (who.has_address) {
        Json address{{"type", "PRIMARY_ADDRESS"}, {"town", "Embe"}, {"country", "FAR"}, {"postal_code", "20304"}};
        address["areas"] = {"57a7e000-0000-4000-8000-000000000001", "d1571c70-0000-4000-8000-000000000002"};
        out["addresses"] = Json::array({address});
    }
    return out;
}

Json plain(const Facts& facts) {
    Json out{{"version", "1"}, {"kind", facts.birth ? "birth" : "death"}, {"office", "office-1"}};
    out["reported_at"] = facts.reported;
    out["place"]["location"] = facts.facility;
    out["source"] = {{"system", "http://hospital.example.org"}, {"document", facts.document}, {"record", facts.record}};
    auto& persons = out["persons"];
    persons[facts.birth ? "child" : "deceased"] = plain_person(facts.subject);
    if (facts.birth) persons["mother"] = plain_person(facts.mother);
    if (facts.father) persons["father"] = plain_person(*facts.father);
    if (facts.spouse) persons["spouse"] = plain_person(*facts.spouse);
    const bool mother_tells = facts.relation == "MOTHER";
    if (!mother_tells) persons["informant"] = plain_person(facts.informant);
    out["informant"]["relation"] = facts.relation;
    const auto& phone = (mother_tells ? facts.mother : facts.informant).phone;
    if (!phone.empty()) out["informant"]["phone"] = phone;
    if (facts.birth) {
        persons["child"]["is_multiple"] = facts.plurality > 1;
        out["birth"] = {{"birth_type", plurality_word(facts.plurality)},
                        {"weight_grams", facts.grams},
                        {"attendant", facts.attendant}};
        return out;
    }
    out["date"] = facts.date;
    out["death"]["manner"] = facts.manner;
    if (!facts.causes.empty()) {
        out["death"]["cause_codes"] = facts.causes;
        out["death"]["cause_established"] = true;
        out["death"]["cause_method"] = "MEDICALLY_CERTIFIED";
    }
    return out;
}

RC_GTEST_PROP(VitalJsonSame, EventAsOfTheDocument, ()) {
    const auto facts = arbitrary_facts();
    const auto v1 = opencrvs_v1::read(v1_document(facts));
    RC_ASSERT(v1.has_value());
    const auto message = plain(facts);
    const auto read = vital_json::read_message(message);
    RC_ASSERT(read.has_value());
    RC_ASSERT(pretty_json(vital_json::write(read->event)) == pretty_json(vital_json::write(v1->event)));
    // And what is written of the event is the message.
    RC_ASSERT(pretty_json(vital_json::write(v1->event)) == pretty_json(message));
    RC_ASSERT(read->account.dropped.empty());
}

}  // namespace
