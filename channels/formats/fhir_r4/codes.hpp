// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"

#include <optional>
#include <string_view>

/// Words of FHIR R4 profiles in the wild and the OpenCRVS words they stand for (external-systems.md 4.2; LOINC, SNOMED
/// CT, HL7 v2-0203 and v3-RoleCode). A look-up gives an empty view where the code is not known.
namespace ocm::fhir_r4 {

/// Which event a document type tells of: a LOINC or OpenCRVS code.
std::optional<VitalKind> kind_of_code(std::string_view code);
/// Which event a word tells of: a profile's URL, a message's event, a title.
std::optional<VitalKind> kind_in_words(std::string_view words);

/// "MTH" to "MOTHER"; OpenCRVS's own words stand for themselves.
std::string_view relation_word(std::string_view code);
bool is_child_relation(std::string_view word);

/// Identifier types: "PPN" to "PASSPORT".
std::string_view identifier_word(std::string_view type_code);
/// The same by what the identifier's system is called.
std::string_view identifier_word_of_system(std::string_view system);
/// A number of the sender's own system: a medical record number, a visit number.
bool is_local_number(std::string_view type_code);

std::string_view attendant_word(std::string_view code);
std::string_view manner_word(std::string_view code);
std::string_view death_place_word(std::string_view code);
/// "SINGLE" for 1, "TWIN" for 2...; empty below 1.
std::string_view plurality_word(long count);
bool is_plurality_word(std::string_view word);

/// ISO 3166 alpha-3 of an alpha-2 code.
std::string_view country_alpha3(std::string_view alpha2);

/// LOINC codes by what they say; 11638-4 is "births still living", not a plurality.
namespace loinc {
inline constexpr std::string_view birth_weight = "8339-4", body_weight = "3141-9";
inline constexpr std::string_view plurality = "57722-1", live_in_delivery = "73773-4";
inline constexpr std::string_view still_living = "11638-4", now_dead = "68496-9", live_births = "11636-8";
inline constexpr std::string_view last_live_birth = "68499-3";
inline constexpr std::string_view attendant = "73764-3";
inline constexpr std::string_view death_date = "81956-5", death_place = "58332-8", pronounced = "80616-6";
inline constexpr std::string_view cause_part1 = "69453-9", cause_part2 = "69441-4", manner = "69449-7";
inline constexpr std::string_view apgar_1 = "9272-6", apgar_5 = "9274-2";
inline constexpr std::string_view mother_section = "92014-0", prenatal_section = "57073-9", father_section = "92013-2";
inline constexpr std::string_view newborn_section = "57075-4";
}  // namespace loinc

inline constexpr std::string_view death_certification = "308646001";  // SNOMED CT procedure

}  // namespace ocm::fhir_r4
