// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/envelope.hpp"

#include "core/time.hpp"
#include "formats/opencrvs_v1/codes.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <span>

namespace ocm::opencrvs_v1 {
namespace {

constexpr std::array<std::string_view, 5> resource_types{"Patient", "RelatedPerson", "Encounter", "Observation",
                                                         "QuestionnaireResponse"};

bool all_digits(std::string_view token) {
    return !token.empty() && std::all_of(token.begin(), token.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// A key is the sender's own text: it is repeated only where it looks like the name of a field.
std::string_view shown_key(std::string_view key) {
    const bool plain = !key.empty() && key.size() <= 64 && std::all_of(key.begin(), key.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-';
    });
    return plain ? key : "?";
}

tl::unexpected<Error> refuse(std::string path, std::string_view what) {
    std::string message = "\"" + (path.empty() ? std::string("value") : joi_label(path)) + "\" ";
    message += what;
    return fail(ErrorCode::bad_request, std::move(message), std::move(path));
}

tl::unexpected<Error> refuse_with(std::string_view message, std::string path) {
    return fail(ErrorCode::bad_request, std::string(message), std::move(path));
}

std::string one_of(std::span<const std::string_view> allowed) {
    std::string out = allowed.size() == 1 ? "must be [" : "must be one of [";
    for (std::size_t i = 0; i < allowed.size(); ++i) {
        if (i != 0) out += ", ";
        out += allowed[i];
    }
    return out + "]";
}

Result<void> check_word(const Json& object, std::string_view key, std::string_view path,
                        std::span<const std::string_view> allowed) {
    const auto* found = member(object, key);
    if (found == nullptr) return refuse(pointer(path, key), "is required");
    for (const auto word : allowed) {
        if (text(*found) == word) return {};
    }
    return refuse(pointer(path, key), one_of(allowed));
}

Result<void> check_keys(const Json& object, std::string_view path, std::initializer_list<std::string_view> allowed) {
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (std::find(allowed.begin(), allowed.end(), it.key()) == allowed.end()) {
            return refuse(pointer(path, shown_key(it.key())), "is not allowed");
        }
    }
    return {};
}

/// Joi's `date().iso()`: a date, or a date and time with or without seconds and zone.
bool is_iso_date(std::string_view value) {
    if (parse_rfc3339(value) || parse_date(value)) return true;
    if (value.size() < 16 || (value[10] != 'T' && value[10] != ' ')) return false;
    std::string whole(value);
    whole[10] = 'T';
    const bool zoned = whole.back() == 'Z' || whole.find_first_of("+-", 16) != std::string::npos;
    if (!zoned) whole += 'Z';
    if (whole[16] != ':') whole.insert(16, ":00");
    return parse_rfc3339(whole).has_value();
}

Result<void> check_meta(const Json& bundle) {
    const auto* meta = member(bundle, "meta");
    if (meta == nullptr) return refuse("/meta", "is required");
    if (!meta->is_object()) return refuse("/meta", "must be of type object");
    const auto* updated = member(*meta, "lastUpdated");
    if (updated == nullptr) return refuse("/meta/lastUpdated", "is required");
    if (!is_iso_date(text(*updated))) return refuse("/meta/lastUpdated", "must be in ISO 8601 date format");
    return check_keys(*meta, "/meta", {"lastUpdated"});
}

Result<Entry> check_entry(const Json& entry, std::size_t index) {
    constexpr std::array<std::string_view, 1> first{"Composition"};
    constexpr std::array<std::string_view, 1> second{"Task"};
    std::span<const std::string_view> allowed = resource_types;
    if (index == 0) allowed = first;
    if (index == 1) allowed = second;

    const auto at = [index](std::string_view below) { return pointer("/entry", index).append(below); };
    if (!entry.is_object()) return refuse(at(""), "must be of type object");
    const auto* url = member(entry, "fullUrl");
    if (url == nullptr) return refuse(at("/fullUrl"), "is required");
    if (!url->is_string()) return refuse(at("/fullUrl"), "must be a string");
    if (text(*url).empty()) return refuse(at("/fullUrl"), "is not allowed to be empty");
    const auto* resource = member(entry, "resource");
    if (resource == nullptr) return refuse(at("/resource"), "is required");
    if (!resource->is_object()) return refuse(at("/resource"), "must be of type object");
    const auto* type = member(*resource, "resourceType");
    if (type == nullptr) return refuse(at("/resource/resourceType"), "is required");
    if (std::find(allowed.begin(), allowed.end(), text(*type)) == allowed.end()) {
        return refuse(at("/resource/resourceType"), one_of(allowed));
    }
    // Both are there: a third is one too many.
    if (entry.size() > 2) {
        if (auto ok = check_keys(entry, at(""), {"fullUrl", "resource"}); !ok) return fail(std::move(ok.error()));
    }
    return Entry{&entry, resource, text(*url), text(*type)};
}

/// 2.1, what 1.8 leaves to Joi; the entries of a sound bundle.
Result<std::vector<Entry>> check_structure(const Json& bundle) {
    constexpr std::array<std::string_view, 1> bundle_type{"Bundle"};
    constexpr std::array<std::string_view, 1> document_type{"document"};
    if (!bundle.is_object()) return refuse({}, "must be of type object");
    if (auto ok = check_word(bundle, "resourceType", {}, bundle_type); !ok) return fail(std::move(ok.error()));
    if (auto ok = check_word(bundle, "type", {}, document_type); !ok) return fail(std::move(ok.error()));
    if (auto ok = check_meta(bundle); !ok) return fail(std::move(ok.error()));
    const auto* entries = member(bundle, "entry");
    if (entries == nullptr) return refuse("/entry", "is required");
    if (!entries->is_array()) return refuse("/entry", "must be an array");
    std::vector<Entry> checked;
    checked.reserve(entries->size());
    for (const auto& entry : *entries) {
        auto ok = check_entry(entry, checked.size());
        if (!ok) return fail(std::move(ok.error()));
        checked.push_back(*ok);
    }
    if (auto ok = check_keys(bundle, {}, {"resourceType", "type", "meta", "entry"}); !ok) {
        return fail(std::move(ok.error()));
    }
    return checked;
}

Result<void> check_task(Envelope& found) {
    const auto& task = *found.task;
    const std::string path = "/entry/1/resource";
    if (text_member(task, "status") != "draft") return refuse_with("Task status should be draft", path + "/status");
    const auto* focus = member(task, "focus");
    if (focus == nullptr || text_member(*focus, "reference") != found.entries[0].url) {
        return refuse_with("Task must reference the composition entry", path + "/focus/reference");
    }
    found.task_extensions = member(task, "extension");
    if (found.task_extensions == nullptr || found.task_extensions->is_null()) {
        return refuse_with("Task extensions not found", path + "/extension");
    }
    if (!found.task_extensions->is_array()) return refuse(path + "/extension", "must be an array");

    for (std::size_t i = 0; i < found.task_extensions->size(); ++i) {
        const auto& each = (*found.task_extensions)[i];
        if (text_member(each, "url") != extension::office) continue;
        const auto* value = member(each, "valueReference");
        found.office = value == nullptr ? nullptr : member(*value, "reference");
        if (found.office == nullptr || text(*found.office).empty()) break;
        if (location_id(*found.office).empty()) {
            return refuse(pointer(path + "/extension", i) + "/valueReference/reference",
                          "must be a reference of the form Location/<id>");
        }
        return {};
    }
    return refuse_with("Could not process the Event Notification, as office id was not provided", path + "/extension");
}

const Entry* first_of_type(const std::vector<Entry>& entries, std::string_view type) {
    const auto found =
        std::find_if(entries.begin() + 2, entries.end(), [&](const Entry& entry) { return entry.type == type; });
    return found == entries.end() ? nullptr : &*found;
}

/// Codings of a section's code, an array; nullptr where it has none.
const Json* codings_of(const Json& section) {
    const auto* concept_of = member(section, "code");
    const auto* codings = concept_of == nullptr ? nullptr : member(*concept_of, "coding");
    return codings == nullptr || !codings->is_array() ? nullptr : codings;
}

/// A section has a code for each of its codings.
std::vector<SectionCode> section_codes(const Json& composition) {
    std::vector<SectionCode> out;
    const auto* sections = member(composition, "section");
    if (sections == nullptr || !sections->is_array()) return out;
    out.reserve(sections->size());
    for (const auto& section : *sections) {
        const auto* codings = codings_of(section);
        if (codings == nullptr) continue;
        for (const auto& coding : *codings) out.push_back({text_member(coding, "code"), &section});
    }
    return out;
}

const Entry* encounter_entry(const Envelope& found) {
    for (const auto code : {section::birth_encounter, section::death_encounter}) {
        const auto* at = find_section(found, code);
        const auto* entry = at == nullptr ? nullptr : resolve(found, section_reference(*at));
        if (entry != nullptr && entry->type == "Encounter") return entry;
    }
    return first_of_type(found.entries, "Encounter");
}

Result<void> check_encounter(Envelope& found) {
    found.encounter = encounter_entry(found);
    if (found.encounter == nullptr) return refuse_with("Encounter entry not found!!", "/entry");
    const auto path = [&found] {
        const auto at = static_cast<std::size_t>(found.encounter - found.entries.data());
        return pointer("/entry", at) + "/resource/location";
    };
    const auto* locations = member(*found.encounter->resource, "location");
    const auto* first = locations == nullptr ? nullptr : element(*locations, 0);
    const auto* location = first == nullptr ? nullptr : member(*first, "location");
    found.location = location == nullptr ? nullptr : member(*location, "reference");
    if (found.location == nullptr || text(*found.location).empty()) {
        return refuse_with("Encounter location not found! in bundle!", path());
    }
    if (location_id(*found.location).empty()) {
        return refuse(path() + "/0/location/reference", "must be a reference of the form Location/<id>");
    }
    return {};
}

}  // namespace

std::string joi_label(std::string_view pointer) {
    std::string out;
    while (!pointer.empty()) {
        const auto end = pointer.find('/', 1);
        const auto token = pointer.substr(1, end == std::string_view::npos ? end : end - 1);
        if (all_digits(token)) {
            out += '[';
            out += token;
            out += ']';
        } else {
            if (!out.empty()) out += '.';
            out += token;
        }
        pointer = end == std::string_view::npos ? std::string_view{} : pointer.substr(end);
    }
    return out;
}

const Json* find_section(const Json& composition, std::string_view code) {
    const auto* sections = member(composition, "section");
    if (sections == nullptr || !sections->is_array()) return nullptr;
    for (const auto& section : *sections) {
        const auto* codings = codings_of(section);
        if (codings != nullptr && std::any_of(codings->begin(), codings->end(), [&](const Json& coding) {
                return text_member(coding, "code") == code;
            })) {
            return &section;
        }
    }
    return nullptr;
}

const Json* find_section(const Envelope& found, std::string_view code) {
    const auto& codes = found.section_codes;
    const auto at =
        std::find_if(codes.begin(), codes.end(), [&](const SectionCode& each) { return each.code == code; });
    return at == codes.end() ? nullptr : at->section;
}

const Json* section_reference(const Json& section) {
    const auto* entries = member(section, "entry");
    const auto* first = entries == nullptr ? nullptr : element(*entries, 0);
    return first == nullptr ? nullptr : member(*first, "reference");
}

const Entry* resolve(const Envelope& found, const Json* reference) {
    if (reference == nullptr) return nullptr;
    const auto wanted = text(*reference);
    if (wanted.empty()) return nullptr;
    const auto at = std::find_if(found.entries.begin(), found.entries.end(),
                                 [&](const Entry& entry) { return entry.url == wanted; });
    return at == found.entries.end() ? nullptr : &*at;
}

std::string_view location_id(const Json& reference) {
    constexpr std::string_view prefix = "Location/";
    const auto value = text(reference);
    if (!value.starts_with(prefix)) return {};
    const auto id = value.substr(prefix.size());
    return id.find('/') == std::string_view::npos ? id : std::string_view{};
}

Result<Envelope> check_envelope(const Json& bundle) {
    auto entries = check_structure(bundle);
    if (!entries) return fail(std::move(entries.error()));
    Envelope found;
    found.entries = std::move(*entries);
    // Joi lets a short list pass, so these two are its handler's words.
    if (found.entries.size() < 2) return refuse_with("Task entry not found! in bundle", "/entry");
    found.composition = found.entries[0].resource;
    found.task = found.entries[1].resource;
    if (auto ok = check_task(found); !ok) return fail(std::move(ok.error()));
    if (first_of_type(found.entries, "Patient") == nullptr) {
        return refuse_with("Could not process the Event Notification, as there were no Person found!", "/entry");
    }
    found.section_codes = section_codes(*found.composition);
    if (auto ok = check_encounter(found); !ok) return fail(std::move(ok.error()));
    return found;
}

}  // namespace ocm::opencrvs_v1
