// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/opencrvs/country_map.hpp"
#include "channels/opencrvs/places.hpp"

namespace ocm::opencrvs {

struct ReadBack {
    VitalEvent event;
    Account account;  // paths are fields of the form
};

/// Reads a declaration of OpenCRVS 1.9 or 2.0 by the same map that writes it. Pure. `declaration` is the folded one
/// (opencrvs.md 7.8), `annotation` may be null. `bad_request` where the map has no such event type or the declaration
/// is not an object; a value that does not fit its field is in the account.
Result<ReadBack> read(std::string_view event_type, const Json& declaration, const Json& annotation,
                      const CountryMap& map, const FormConfig& form, const Places& places);

}  // namespace ocm::opencrvs
