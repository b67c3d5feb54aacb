// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/vital_event.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "formats/dhis2/payload.hpp"

#include <functional>
#include <map>
#include <string>

/// DHIS2 tracker: an event of a tracked entity, read by a mapping.
namespace ocm::dhis2 {

struct Read {
    VitalEvent event;
    Account account;  // JSON pointers of the payload
    /// Where the event's `office`, `place.location` and `kind` were read from, or would have been.
    std::map<std::string, std::string, std::less<>> places;
};

/// Reads one event that is to be sent; `unit` points into `document`. The record is the tracked entity, the
/// program and the kind of its stage (of a repeatable stage, the event too), its version is what DHIS2 updated last.
///
/// What the mapping does not know, codes without a counterpart and numbers that cannot be are in the account.
/// `bad_request` with a JSON pointer: a date that does not exist, a death before the birth.
Result<Read> read(const Json& document, const Unit& unit, const Mapping& mapping);

/// The first event of a payload that is to be sent. `bad_request` where there is none, with the reason of the first
/// tracked entity.
Result<Read> read_first(const Json& document, const Mapping& mapping);

}  // namespace ocm::dhis2
