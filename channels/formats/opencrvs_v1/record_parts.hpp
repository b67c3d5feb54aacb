// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"
#include "core/json.hpp"
#include "formats/opencrvs_v1/codes.hpp"
#include "formats/opencrvs_v1/marks.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

/// What the notification and the registered record of 1.x have in common.
namespace ocm::opencrvs_v1 {

struct SectionRow {
    std::string_view code;
    std::string_view role;
};
inline constexpr std::array<SectionRow, 5> person_sections{{{section::child, role::child},
                                                            {section::deceased, role::deceased},
                                                            {section::mother, role::mother},
                                                            {section::father, role::father},
                                                            {section::spouse, role::spouse}}};

/// How a RelatedPerson is related.
void read_relation(const Json& related, Informant& informant, Marks& marks);
/// The role of the person behind the informant's relation, where the event does not have it yet; else informant.
std::string_view informant_role(const VitalEvent& event);
/// An extension of the Task about the contact person; false where it is about something else.
bool read_contact(const Json& from, Informant& informant, Marks& marks);
/// Whether a reference, a fullUrl or a full URL ("/fhir/Patient/<id>/_history/<version>") names this resource.
bool refers_to(std::string_view reference, std::string_view type, std::string_view id);
void read_notes(const Json& task, std::optional<std::string>& comment, Marks& marks);

}  // namespace ocm::opencrvs_v1
