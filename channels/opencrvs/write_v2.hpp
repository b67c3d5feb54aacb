// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/opencrvs/country_map.hpp"
#include "channels/opencrvs/places.hpp"

namespace ocm::opencrvs {

/// What OpenCRVS 1.9 or 2.0 is sent for an event (opencrvs.md 7.2, 7.3).
struct Written {
    std::string event_type;
    Json declaration;                 // field id -> value; only fields the form has and would show
    Json annotation;                  // review.comment...
    std::string created_at_location;  // id of the office
    Account account;                  // carried: fields of the form; dropped and recoded: names of the event's values
};

/// The paths a refusal of `write` may name, for the caller to put into the sender's own terms.
namespace refusal {
inline constexpr std::string_view kind = "kind";                // the country's forms have no such event
inline constexpr std::string_view location = "place.location";  // unknown, closed or no facility
inline constexpr std::string_view office = "office";            // unknown, closed or no office; or none can be found
}  // namespace refusal

/// Writes the event by the country map into the target's own form. Pure. Only a wrong place or office is refused
/// (`bad_request`, path out of `refusal`); whatever else the form cannot hold is in the account, and as text in the
/// overflow field the map names.
Result<Written> write(const VitalEvent& event, const CountryMap& map, const FormConfig& form, const Places& places,
                      WallTime now);

/// The office a notification is sent to: the one the event names, else the nearest one above the facility or area of
/// the event, else above the first person's address. `bad_request` at `refusal::office`.
Result<const Location*> office_of(const VitalEvent& event, const Places& places, WallTime now);

}  // namespace ocm::opencrvs
