// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/codes.hpp"
#include "formats/opencrvs_v1/envelope.hpp"
#include "formats/opencrvs_v1/write.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace ocm::opencrvs_v1 {
namespace {

using Kind = Registry::Kind;

bool family_fits(const Json& patient, bool list) {
    const auto* names = member(patient, "name");
    if (names == nullptr || !names->is_array()) return names == nullptr;
    return std::all_of(names->begin(), names->end(), [&](const Json& name) {
        const auto* family = member(name, "family");
        const auto* given = member(name, "given");
        if (given != nullptr && !given->is_array()) return false;
        return family == nullptr || (list ? family->is_array() : family->is_string());
    });
}

bool is_country_code(std::string_view code) {
    return (code.size() == 2 || code.size() == 3) &&
           std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// The rule of 1.5 and later: each level but the widest is a Location that stands under the next one.
bool levels_fit(const Json& address, const Registry& registry) {
    std::array<std::string_view, 5> levels{};  // deepest first
    const auto* lines = member(address, "line");
    for (std::size_t i = 0; lines != nullptr && i < 3; ++i) {
        if (const auto* line = element(*lines, address_line::last_level - i)) levels[i] = text(*line);
    }
    levels[3] = text_member(address, "district");
    levels[4] = text_member(address, "state");
    for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
        if (levels[i].empty()) continue;
        if (registry.kind(levels[i]) != Kind::area || registry.parent(levels[i]) != levels[i + 1]) return false;
    }
    return true;
}

bool addresses_fit(const Json& patient, const Destination& destination) {
    const auto* addresses = member(patient, "address");
    if (addresses == nullptr || !addresses->is_array()) return addresses == nullptr;
    return std::all_of(addresses->begin(), addresses->end(), [&](const Json& address) {
        const auto country = text_member(address, "country");
        if (country == destination.home_country) return levels_fit(address, destination.registry);
        return is_country_code(country);
    });
}

bool office_fits(const Envelope& found, const Rules& rules, const Registry& registry) {
    const auto office = location_id(*found.office);
    if (registry.kind(office) != Kind::office) return false;
    if (!rules.office_area) return true;
    const auto area = registry.parent(office);
    return std::any_of(found.task_extensions->begin(), found.task_extensions->end(), [&](const Json& each) {
        const auto* value = member(each, "valueReference");
        return text_member(each, "url") == extension::office_area && value != nullptr && !area.empty() &&
               text_member(*value, "reference") == "Location/" + area;
    });
}

bool is_notification(const Json& composition) {
    const auto* type = member(composition, "type");
    const auto* codings = type == nullptr ? nullptr : member(*type, "coding");
    const auto* first = codings == nullptr ? nullptr : element(*codings, 0);
    // A declaration's office is replaced by the client's own (2.3).
    return first != nullptr && text_member(*first, "code").ends_with("-notification");
}

bool encounter_fits(const Json& encounter, const Registry& registry) {
    const auto* locations = member(encounter, "location");
    const auto* first = locations == nullptr ? nullptr : element(*locations, 0);
    const auto* location = first == nullptr ? nullptr : member(*first, "location");
    const auto* reference = location == nullptr ? nullptr : member(*location, "reference");
    return reference != nullptr && registry.kind(location_id(*reference)) == Kind::facility;
}

}  // namespace

bool fits(const Json& bundle, const Rules& rules, const Destination& destination) {
    const auto found = check_envelope(bundle);
    if (!found) return false;
    const auto* identifiers = member(*found->task, "identifier");
    if (identifiers == nullptr || !identifiers->is_array()) return false;
    if (!is_notification(*found->composition)) return false;
    if (!office_fits(*found, rules, destination.registry)) return false;
    return std::all_of(found->entries.begin(), found->entries.end(), [&](const Entry& entry) {
        if (entry.type == "QuestionnaireResponse") return rules.questionnaire;
        if (entry.type == "Encounter") return encounter_fits(*entry.resource, destination.registry);
        if (entry.type != "Patient") return true;
        return family_fits(*entry.resource, rules.family_list) &&
               (!rules.addresses_checked || addresses_fit(*entry.resource, destination));
    });
}

}  // namespace ocm::opencrvs_v1
