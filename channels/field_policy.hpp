// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What of a record someone may have: the one place where that is applied (design sections 6 and 12).
namespace ocm {

/// A name of the closed list of fields that can be granted: "child.name", "mother.identifiers", "registration.number",
/// "place"...; or a group that stands for several: "child" for every "child.…".
bool is_field(std::string_view name);
/// Every name, groups last.
const std::vector<std::string>& fields();

/// The OpenCRVS 1.x permission codes, which are codes of composition sections ("mother-details"; opencrvs.md 4.5), as
/// such names; absent where there is no such code. Every code lets the numbers of the registration out, as in 1.x.
std::optional<std::vector<std::string>> fields_of_permission(std::string_view code);

/// The permission codes a client of kind national_id has, whatever it was given (opencrvs.md 4.5, 5.1); none for a
/// marriage.
const std::vector<std::string>& national_id_permissions(VitalKind kind);

/// True where everything that is asked for by a name, a group or a permission code is granted by these.
bool is_granted(std::string_view asked, const std::vector<std::string>& granted);

/// What of the names, groups and codes that were asked for these grant. A code stays a code only where it is granted as
/// one, for a section of OpenCRVS holds more than its fields; of what is granted in part its single fields are left.
/// Never wider than either. Pure.
std::vector<std::string> narrowed(const std::vector<std::string>& asked, const std::vector<std::string>& granted);

struct Permitted {
    VitalEvent event;                    // nothing else is in it
    std::vector<std::string> disclosed;  // of the list, without groups: those that were granted and hold a value
};

/// Leaves in the event what is granted. Kind and tracking of the change itself (topic, times) are no fields: whoever is
/// told at all is told them. Names that are not in the list grant nothing, the event's `document` is never granted: it
/// holds everything. Pure.
Permitted permit(const VitalEvent& event, const std::vector<std::string>& granted);

}  // namespace ocm
