// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/place.hpp"

#include "formats/fhir_r4/person.hpp"
#include "formats/opencrvs_v1/codes.hpp"
#include "formats/opencrvs_v1/envelope.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::fhir_r4 {
namespace {

constexpr std::string_view birth_place = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace";

bool withdrawn(const Json& encounter) {
    const auto status = text_member(encounter, "status");
    return status == "entered-in-error" || status == "cancelled";
}

/// The encounter the document names, else one of the subject, else one of a relative (a mother's delivery), else the
/// only one there is.
const Resource* encounter_of(const Cast& cast, const Resources& resources) {
    const auto fit = [](const Resource* one) {
        return one != nullptr && one->type == "Encounter" && !withdrawn(*one->json);
    };
    if (cast.composition != nullptr) {
        const auto& document = *cast.composition;
        const auto* named = resources.resolve(member(*document.json, "encounter"), document);
        if (fit(named)) return named;
        for (const auto code : {opencrvs_v1::section::birth_encounter, opencrvs_v1::section::death_encounter}) {
            const auto* section = opencrvs_v1::find_section(*document.json, code);
            const auto* entries = section == nullptr ? nullptr : member(*section, "entry");
            const auto* first = entries == nullptr ? nullptr : element(*entries, 0);
            if (const auto* found = resources.resolve(first, document); fit(found)) return found;
        }
    }
    const Resource* of_relative = nullptr;
    const Resource* any = nullptr;
    std::size_t count = 0;
    for (const auto& each : resources.all()) {
        if (!fit(&each)) continue;
        ++count;
        any = &each;
        const auto* subject = resources.resolve(member(*each.json, "subject"), each);
        if (subject != nullptr && (subject == cast.subject.main || subject == cast.subject.more)) return &each;
        for (const auto& [whose, described] : cast.relatives) {
            if (subject != nullptr && subject == described.main && of_relative == nullptr) of_relative = &each;
        }
    }
    if (of_relative != nullptr) return of_relative;
    return count == 1 ? any : nullptr;
}

/// The number a place is known by.
const Json* identifier_value(const Json& place, Marks& marks) {
    const Json* found = nullptr;
    for (const auto* each : each_of(member(place, "identifier"))) {
        const auto* value = member(*each, "value");
        if (value == nullptr || !value->is_string() || text(*value).empty()) continue;
        if (found != nullptr) {
            marks.dropped(*each, "only the first identifier of the place is used");
            continue;
        }
        found = value;
        for (const auto key : {"system", "use"}) marks.structure(member(*each, key));
        marks.wording(member(*each, "type"));
    }
    return found;
}

bool is_home(const Json& location) {
    for (const auto* code : codes_of(member(location, "physicalType"))) {
        if (text(*code) == "ho") return true;
    }
    for (const auto* code : codes_of(member(location, "type"))) {
        if (text(*code) == "PTRES" || text(*code) == "264362003") return true;
    }
    return false;
}

/// The code of a Location or an Organization of the message.
std::optional<PlaceCode> code_at(const Resource& place, Marks& marks) {
    if (const auto* value = identifier_value(*place.json, marks)) {
        marks.carried(*value);
        return PlaceCode{std::string(text(*value)), value};
    }
    if (place.id.empty()) return std::nullopt;
    const auto* id = member(*place.json, "id");
    marks.carried(*id);
    return PlaceCode{std::string(place.id), id};
}

void add_provider(const Resource& encounter, const Resources& resources, FoundPlace& out, Marks& marks) {
    const auto* provider = member(*encounter.json, "serviceProvider");
    if (provider == nullptr) return;
    if (out.place && (out.place->location || out.place->address)) {
        marks.structure(*provider);
        return;
    }
    const auto* organization = resources.resolve(provider, encounter);
    if (organization != nullptr) out.used.push_back(organization);
    auto code = code_of_place(*provider, encounter, resources, marks);
    if (!code) return;
    if (!out.place) out.place.emplace();
    out.place->location = std::move(code->code);
    out.node = code->node;
}

void add_birth_place(const Cast& cast, FoundPlace& out, Marks& marks) {
    for (const auto* each : each_of(member(*cast.subject.main->json, "extension"))) {
        const auto* address = member(*each, "valueAddress");
        if (text_member(*each, "url") != birth_place || address == nullptr || !address->is_object()) continue;
        if (out.place) {
            marks.dropped(*each, "the place is already known by its facility");
            return;
        }
        marks.structure(member(*each, "url"));
        out.place.emplace().address = address_of(*address, marks);
        return;
    }
}

}  // namespace

std::optional<PlaceCode> code_of_place(const Json& reference, const Resource& from, const Resources& resources,
                                       Marks& marks) {
    const auto* found = resources.resolve(&reference, from);
    const auto* said = member(reference, "reference");
    if (found != nullptr && (found->type == "Location" || found->type == "Organization")) {
        marks.structure(said);
        marks.structure(member(reference, "display"));
        return code_at(*found, marks);
    }
    if (const auto* identifier = member(reference, "identifier")) {
        const auto* value = member(*identifier, "value");
        if (value != nullptr && !text(*value).empty()) {
            marks.structure(said);
            for (const auto key : {"display", "type"}) marks.structure(member(reference, key));
            marks.structure(member(*identifier, "system"));
            marks.carried(*value);
            return PlaceCode{std::string(text(*value)), value};
        }
    }
    const auto named = said == nullptr ? std::string_view() : type_and_id(text(*said));
    if (!named.starts_with("Location/") && !named.starts_with("Organization/")) return std::nullopt;
    marks.carried(*said);
    marks.structure(member(reference, "display"));
    return PlaceCode{std::string(named.substr(named.find('/') + 1)), said};
}

FoundPlace place_at(const Resource& location, const Resources& resources, Marks& marks) {
    FoundPlace out;
    out.used.push_back(&location);
    const auto& json = *location.json;
    for (const auto key : {"physicalType", "type", "mode", "name"}) {
        if (const auto* said = member(json, key)) marks.structure(*said);
    }
    auto& place = out.place.emplace();
    if (is_home(json)) {
        place.kind = "PRIVATE_HOME";
        if (const auto* address = member(json, "address"); address != nullptr && address->is_object()) {
            place.address = address_of(*address, marks);
        }
        return out;
    }
    auto code = code_at(location, marks);
    if (!code) {
        // A ward has no number of its own: the facility it belongs to has.
        const auto* owner = resources.resolve(member(json, "managingOrganization"), location);
        if (owner != nullptr) code = code_at(*owner, marks);
        if (code) out.used.push_back(owner);
    }
    const auto* address = member(json, "address");
    if (code) {
        place.location = std::move(code->code);
        out.node = code->node;
        if (address != nullptr) marks.dropped(*address, "the place is known by its code");
    } else if (address != nullptr && address->is_object()) {
        place.address = address_of(*address, marks);
    }
    if (place == Place{}) out.place.reset();
    return out;
}

void merge_place(std::optional<Place>& place, std::optional<Place> more) {
    if (!more) return;
    if (!place) {
        place = std::move(more);
        return;
    }
    if (!place->kind) place->kind = std::move(more->kind);
    if (!place->location) place->location = std::move(more->location);
    if (!place->address) place->address = std::move(more->address);
}

FoundPlace find_place(const Cast& cast, const Resources& resources, Marks& marks) {
    FoundPlace out;
    if (const auto* encounter = encounter_of(cast, resources)) {
        const auto locations = each_of(member(*encounter->json, "location"));
        for (const auto* each : locations) {
            const auto* reference = member(*each, "location");
            if (reference == nullptr || !reference->is_object()) continue;
            if (out.place && out.place->location) {
                marks.dropped(*each, "only the first place is kept");
                continue;
            }
            const auto* found = resources.resolve(reference, *encounter);
            if (found != nullptr && found->type == "Location") {
                marks.structure(*reference);
                auto at = place_at(*found, resources, marks);
                merge_place(out.place, std::move(at.place));
                if (out.node == nullptr) out.node = at.node;
                out.used.insert(out.used.end(), at.used.begin(), at.used.end());
            } else if (auto code = code_of_place(*reference, *encounter, resources, marks)) {
                if (!out.place) out.place.emplace();
                out.place->location = std::move(code->code);
                out.node = code->node;
            }
        }
        out.used.push_back(encounter);
        add_provider(*encounter, resources, out, marks);
    }
    if (!out.place || !out.place->location) {
        const Resource* only = nullptr;
        std::size_t count = 0;
        for (const auto& each : resources.all()) {
            if (each.type != "Location") continue;
            only = &each;
            ++count;
        }
        const bool known = std::find(out.used.begin(), out.used.end(), only) != out.used.end();
        if (count == 1 && !known && cast.composition == nullptr) {
            auto at = place_at(*only, resources, marks);
            merge_place(out.place, std::move(at.place));
            out.node = at.node;
            out.used.insert(out.used.end(), at.used.begin(), at.used.end());
        }
    }
    add_birth_place(cast, out, marks);
    return out;
}

}  // namespace ocm::fhir_r4
