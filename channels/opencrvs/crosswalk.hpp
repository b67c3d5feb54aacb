// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/opencrvs/places.hpp"
#include "channels/vital_event.hpp"
#include "core/crosswalk.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// From the codes of other systems to the locations of the target (design section 5, point 4; opencrvs.md 8.1, 8.6).
/// Pure: applied whenever an event is written for the target, so that what waited is sent as if it had come now.
namespace ocm::opencrvs {

/// What codes are looked up in.
struct Known {
    const Crosswalk& crosswalk;
    std::string_view target;  // name of the target the locations belong to
    const Places& places;
    WallTime now;
};

/// What a code came to.
struct Crossed {
    enum class By {
        id,           // the target's own id
        crosswalk,    // an entry of the crosswalk
        external_id,  // the target's external id of the place
        nothing
    };
    By by = By::nothing;
    std::string id;                         // of the location or administrative area; empty where nothing is found
    const CrosswalkEntry* entry = nullptr;  // where the crosswalk has one, also where it leads nowhere
    std::string why;                        // where nothing is found: plain words without the code
};

/// In this order: an id the target has and uses, the crosswalk (`Crosswalk::find`), an external id of the target. An
/// entry that points to a place the target does not have or no longer uses leads nowhere: it is to be put right, not
/// passed over.
Crossed cross(const PlaceCode& code, const Known& known);

/// A code that nobody knows.
struct UnknownPlace {
    PlaceCode code;
    std::string why;
};

struct Resolved {
    std::optional<VitalEvent> changed;  // with ids in place of codes; absent where every place is named by its id
    Account account;                    // recoded: paths of the event and how
    std::vector<UnknownPlace> unknown;  // facility, then office: nothing can be sent before these are known
    /// The event as it is sent; `given` is the one that was resolved.
    const VitalEvent& event(const VitalEvent& given) const { return changed ? *changed : given; }
};

/// Replaces the codes of the facility, the office and the areas of domestic addresses by ids. A code may be given as
/// `SYSTEM|CODE`; elsewhere it is taken for one of the event's source system. Areas that nobody knows stay as they are:
/// the writer leaves them out and says so.
Resolved resolve(const VitalEvent& event, std::string_view country, const Known& known);

/// The refusal for it (`bad_request` at `refusal::location` or `refusal::office`): names kind and system, not the code.
Error refuse_unknown(const UnknownPlace& place);

/// The types a place's kind goes with: what an entry may point to. Empty text where it is sound, else what is wrong, in
/// words that follow "the entry points to".
std::string trouble_with(PlaceKind kind, const std::string& location, const Places& places, WallTime now);

/// The id of the place that `location` names by id or external id; of several with one external id the one that fits
/// the kind. Empty where there is none.
std::string place_named(PlaceKind kind, const std::string& location, const Places& places);
/// Its name in the target, empty where there is none.
std::string name_of_place(PlaceKind kind, const std::string& location, const Places& places);

}  // namespace ocm::opencrvs
