// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ocm::opencrvs_v1 {

/// One entry of a bundle that passed the checks, looked into once.
struct Entry {
    const Json* node;
    const Json* resource;
    std::string_view url, type;  // its fullUrl, the resource's type
};

/// A section and one of its codes.
struct SectionCode {
    std::string_view code;
    const Json* section;
};

/// The parts of a bundle every reader needs, all of them in the document and not null.
struct Envelope {
    std::vector<Entry> entries;
    std::vector<SectionCode> section_codes;
    const Json* composition = nullptr;  // resource of entry 0
    const Json* task = nullptr;         // resource of entry 1
    const Json* task_extensions = nullptr;
    const Json* office = nullptr;      // its valueReference.reference, "Location/<id>"
    const Entry* encounter = nullptr;  // the one the encounter section names, else the first
    const Json* location = nullptr;    // its location[0].location.reference, "Location/<id>"
};

/// 1.8's structural checks and those of its semantic checks that need no OpenCRVS (opencrvs.md 2.1, 2.2), in its order
/// and its words, as `bad_request` with a JSON pointer. Its hidden 500s are refusals here.
Result<Envelope> check_envelope(const Json& bundle);

/// The section of a composition with a code, whatever the code's system; nullptr where there is none.
const Json* find_section(const Json& composition, std::string_view code);
const Json* find_section(const Envelope& found, std::string_view code);

/// Reference of a section's first entry; nullptr where it has none.
const Json* section_reference(const Json& section);

/// The first entry whose fullUrl equals the reference; nullptr where there is none.
const Entry* resolve(const Envelope& found, const Json* reference);

/// A JSON pointer the way Joi names places: "/entry/1/resource" is "entry[1].resource".
std::string joi_label(std::string_view pointer);

/// Id in "Location/<id>"; empty where it is something else.
std::string_view location_id(const Json& reference);

}  // namespace ocm::opencrvs_v1
