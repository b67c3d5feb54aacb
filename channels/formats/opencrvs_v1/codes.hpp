// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

/// Words of the OpenCRVS 1.x document (opencrvs.md 2.5).
namespace ocm::opencrvs_v1 {

#define OCM_V1_EXTENSION "http://opencrvs.org/specs/extension/"

namespace extension {
inline constexpr std::string_view office = OCM_V1_EXTENSION "regLastOffice";
inline constexpr std::string_view office_area = OCM_V1_EXTENSION "regLastLocation";  // asked for by 1.3 to 1.5
inline constexpr std::string_view contact = OCM_V1_EXTENSION "contact-person";
inline constexpr std::string_view contact_phone = OCM_V1_EXTENSION "contact-person-phone-number";
inline constexpr std::string_view contact_email = OCM_V1_EXTENSION "contact-person-email";
inline constexpr std::string_view time_logged = OCM_V1_EXTENSION "timeLoggedMS";
inline constexpr std::string_view incomplete_fields = OCM_V1_EXTENSION "in-complete-fields";
inline constexpr std::string_view occupation = OCM_V1_EXTENSION "patient-occupation";
inline constexpr std::string_view education = OCM_V1_EXTENSION "educational-attainment";
inline constexpr std::string_view age = OCM_V1_EXTENSION "age";
inline constexpr std::string_view age_in_years = OCM_V1_EXTENSION "age-of-individual-in-years";
inline constexpr std::string_view not_applying = OCM_V1_EXTENSION "reason-not-applying";
inline constexpr std::string_view nationality = "http://hl7.org/fhir/StructureDefinition/patient-nationality";
}  // namespace extension

#undef OCM_V1_EXTENSION

namespace section {
inline constexpr std::string_view child = "child-details";
inline constexpr std::string_view mother = "mother-details";
inline constexpr std::string_view father = "father-details";
inline constexpr std::string_view deceased = "deceased-details";
inline constexpr std::string_view spouse = "spouse-details";
inline constexpr std::string_view informant = "informant-details";
inline constexpr std::string_view birth_encounter = "birth-encounter";
inline constexpr std::string_view death_encounter = "death-encounter";
}  // namespace section

/// Codes of observations.
namespace fact {
inline constexpr std::string_view birth_type = "57722-1";
inline constexpr std::string_view weight = "3141-9";
inline constexpr std::string_view attendant = "73764-3";
inline constexpr std::string_view born_alive = "num-born-alive";
inline constexpr std::string_view fetal_deaths = "num-foetal-death";
inline constexpr std::string_view last_previous_birth = "68499-3";
inline constexpr std::string_view manner = "uncertified-manner-of-death";
inline constexpr std::string_view cause_established = "cause-of-death-established";
inline constexpr std::string_view cause_method = "cause-of-death-method";
inline constexpr std::string_view cause_code = "ICD10";
inline constexpr std::string_view cause_description = "lay-reported-or-verbal-autopsy-description";
inline constexpr std::string_view male_dependants = "num-male-dependents-on-deceased";
inline constexpr std::string_view female_dependants = "num-female-dependents-on-deceased";
}  // namespace fact

/// Slots of an address's `line` (opencrvs.md 2.2, 2.5): number, street, residential area, two unused, URBAN or RURAL,
/// then from 10 the administrative levels below the district.
namespace address_line {
inline constexpr std::size_t setting = 5, first_level = 10, last_level = 12;
}  // namespace address_line

/// Systems of the identifiers OpenCRVS itself puts on a Task.
inline constexpr std::string_view identifier_system = "http://opencrvs.org/specs/id/";
inline constexpr std::string_view uri_system = "urn:ietf:rfc:3986";

struct Recode {
    std::string_view from, to;
};
/// HL7 marital status codes that 1.x pairs with its own words.
inline constexpr std::array<Recode, 7> marital_codes{{{"S", "SINGLE"},
                                                      {"M", "MARRIED"},
                                                      {"W", "WIDOWED"},
                                                      {"D", "DIVORCED"},
                                                      {"L", "SEPARATED"},
                                                      {"U", "NOT_STATED"},
                                                      {"UNK", "NOT_STATED"}}};

}  // namespace ocm::opencrvs_v1
