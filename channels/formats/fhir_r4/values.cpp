// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/values.hpp"

#include "formats/opencrvs_v1/values.hpp"

#include <nlohmann/json.hpp>

namespace ocm::fhir_r4 {

tl::unexpected<Error> refuse(const Json& node, const Marks& marks, std::string_view what) {
    return fail(ErrorCode::bad_request, std::string(what), marks.pointer_to(node));
}

Result<std::optional<std::string>> date_of(const Json& node, Marks& marks) {
    auto read = opencrvs_v1::take_date(node, marks);
    if (!read) return refuse(node, marks, "must be a date that exists, as YYYY-MM-DD, YYYY-MM or YYYY");
    return read;
}

std::vector<const Json*> each_of(const Json* value) {
    std::vector<const Json*> out;
    if (value == nullptr || value->is_null()) return out;
    if (!value->is_array()) return {value};
    out.reserve(value->size());
    for (const auto& each : *value) out.push_back(&each);
    return out;
}

std::vector<const Json*> codes_of(const Json* concept_or_array) {
    std::vector<const Json*> out;
    for (const auto* codeable : each_of(concept_or_array)) {
        for (const auto* coding : each_of(member(*codeable, "coding"))) {
            const auto* code = member(*coding, "code");
            if (code != nullptr && code->is_string()) out.push_back(code);
        }
    }
    return out;
}

bool has_code(const Json* concept_or_array, std::string_view code) {
    for (const auto* each : codes_of(concept_or_array)) {
        if (text(*each) == code) return true;
    }
    return false;
}

std::optional<Said> take_concept(const Json& codeable, std::string_view (*word_of)(std::string_view), Marks& marks) {
    const auto codes = codes_of(&codeable);
    for (const auto* code : codes) {
        const auto word = word_of(text(*code));
        if (word.empty()) continue;
        marks.wording(&codeable);
        marks.carried(*code);
        if (word != text(*code)) marks.recoded(*code, "the code is written as OpenCRVS's own word");
        return Said{std::string(word), true};
    }
    const auto* as_given = member(codeable, "text");
    if (as_given == nullptr || text(*as_given).empty()) {
        as_given = nullptr;
        for (const auto* coding : each_of(member(codeable, "coding"))) {
            const auto* display = member(*coding, "display");
            if (as_given == nullptr && display != nullptr && !text(*display).empty()) as_given = display;
        }
        if (as_given == nullptr && !codes.empty()) as_given = codes.front();
    }
    if (as_given == nullptr || text(*as_given).empty()) return std::nullopt;
    marks.wording(&codeable);
    marks.carried(*as_given);
    return Said{std::string(text(*as_given)), false};
}

void frame(const Resource& resource, Marks& marks) {
    const auto& json = *resource.json;
    for (const auto key : {"resourceType", "id", "meta", "text", "language", "implicitRules", "status"}) {
        marks.structure(member(json, key));
    }
    for (const auto key : {"subject", "patient", "encounter", "context", "focus"}) {
        for (const auto* each : each_of(member(json, key))) marks.structure(*each);
    }
    for (const auto key : {"category", "code", "class"}) {
        if (const auto* said = member(json, key)) marks.structure(*said);
    }
    if (resource.entry == nullptr) return;
    marks.structure(member(*resource.entry, "fullUrl"));
    const auto* request = member(*resource.entry, "request");
    if (request == nullptr) return;
    for (const auto key : {"method", "url"}) marks.structure(member(*request, key));
}

}  // namespace ocm::fhir_r4
