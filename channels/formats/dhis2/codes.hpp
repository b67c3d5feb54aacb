// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"
#include "core/json.hpp"

#include <string>
#include <string_view>

/// The names a mapping may send a value to. "child.given", "mother.identifier.NATIONAL_ID", "place.kind",
/// "custom.gestation_weeks"...: a closed set, and `identifier.TYPE` and `custom.NAME` with a free last word.
namespace ocm::dhis2 {

/// A value of the event.
bool is_event_name(std::string_view name);
/// A value of a person, without the role.
bool is_person_name(std::string_view name);
/// A role that a person may have here.
bool is_role(std::string_view name);

/// What became of a value.
enum class Set {
    done,
    not_a_date,  // and a date has to be one
    unfit        // it cannot be what its name says
};
Set set_event(VitalEvent& event, std::string_view name, const std::string& value);
Set set_person(Person& person, std::string_view name, const std::string& value);

/// Names of which several values may come; of the others the first is kept.
bool takes_several(std::string_view name);

}  // namespace ocm::dhis2
