// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/record_parts.hpp"

#include "formats/opencrvs_v1/values.hpp"

#include <nlohmann/json.hpp>

namespace ocm::opencrvs_v1 {

void read_relation(const Json& related, Informant& informant, Marks& marks) {
    const auto* relationship = member(related, "relationship");
    if (relationship == nullptr) return;
    const auto* code = take_code(relationship, marks);
    if (code != nullptr) informant.relation = std::string(text(*code));
    const auto* words = member(*relationship, "text");
    if (words == nullptr || !words->is_string()) return;
    if (code == nullptr) {
        informant.relation = std::string(text(*words));
        marks.carried(*words);
    } else if (text(*code) == "OTHER") {
        informant.other_relation = std::string(text(*words));
        marks.carried(*words);
    }
}

std::string_view informant_role(const VitalEvent& event) {
    const auto relation = event.informant.relation.value_or("");
    const bool birth = event.kind == VitalKind::birth;
    std::string_view own = role::informant;
    if (birth && relation == "MOTHER") own = role::mother;
    if (birth && relation == "FATHER") own = role::father;
    if (!birth && relation == "SPOUSE") own = role::spouse;
    return event.persons.contains(std::string(own)) ? role::informant : own;
}

bool read_contact(const Json& from, Informant& informant, Marks& marks) {
    const auto* url = member(from, "url");
    if (url == nullptr) return false;
    const auto name = text(*url);
    std::optional<std::string>* to = nullptr;
    if (name == extension::contact) to = &informant.contact;
    if (name == extension::contact_phone) to = &informant.phone;
    if (name == extension::contact_email) to = &informant.email;
    if (to == nullptr) return false;
    if (to->has_value()) {
        marks.dropped(from, "only the first of its kind is kept");
        return true;
    }
    *to = take_text(from, "valueString", marks);
    marks.structure(*url);
    return true;
}

bool refers_to(std::string_view reference, std::string_view type, std::string_view id) {
    if (type.empty() || id.empty()) return false;
    if (const auto history = reference.find("/_history/"); history != std::string_view::npos)
        reference = reference.substr(0, history);
    if (!reference.ends_with(id)) return false;
    reference.remove_suffix(id.size());
    if (!reference.ends_with('/')) return false;
    reference.remove_suffix(1);
    if (!reference.ends_with(type)) return false;
    reference.remove_suffix(type.size());
    return reference.empty() || reference.ends_with('/');
}

void read_notes(const Json& task, std::optional<std::string>& comment, Marks& marks) {
    const auto* notes = member(task, "note");
    if (notes == nullptr || !notes->is_array()) return;
    for (const auto& note : *notes) {
        auto said = take_text(note, "text", marks);
        if (!said) continue;
        if (comment) {
            comment->append("\n").append(*said);
        } else {
            comment = std::move(said);
        }
    }
}

}  // namespace ocm::opencrvs_v1
