// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/opencrvs/country_map.hpp"
#include "channels/opencrvs/places.hpp"
#include "core/crosswalk.hpp"
#include "formats/dhis2/mapping.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ocm {

/// A message in another format, and what became of each of its fields on the way.
struct Transformed {
    Json result;
    Account account;
};

/// What a target is made of, for writing into it.
struct TargetForms {
    const opencrvs::CountryMap& map;
    const opencrvs::FormConfig& form;
    const opencrvs::Places& places;
    const dhis2::Mapping* dhis2 = nullptr;  // what a DHIS2 payload is read by; empty: the shipped mapping
    const Crosswalk* crosswalk = nullptr;   // where codes are looked up as when it is sent; empty: they are not
    std::string target{};                   // whose locations the crosswalk leads to
};

/// Formats `transform` reads: "opencrvs-1" (the 1.x notification bundle), "fhir-r4", "vital-json", "dhis2" (the first
/// event that is to be sent). Writes: "opencrvs-VERSION" for every supported version (1.3 to 1.8: the document bundle;
/// 1.9 and 2.0: {eventType, createdAtLocation, declaration, annotation}), "vital-json".
/// Sends nothing. `bad_request` with a path in the terms of the message; `unprocessable` where a format is not one of
/// these.
Result<Transformed> transform(std::string_view from, std::string_view to, std::string_view text,
                              const TargetForms& target, WallTime now);

/// Names of the formats that `transform` reads, and of those that it writes.
std::vector<std::string> readable_formats();
std::vector<std::string> writable_formats();

}  // namespace ocm
