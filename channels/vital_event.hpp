// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocm {

/// The canonical vital event (design section 4): every format is read into it or written from it.
/// Absent (no value) is distinct from empty (an empty string that was sent). Values are kept as given: a partial date
/// stays partial. Codes are the OpenCRVS field's own (1.x and 2.0 share nearly all); a writer recodes for its target.

enum class VitalKind { birth, death, fetal_death, marriage };
std::string_view name(VitalKind kind);

/// A person's name. `given` are the given names in order.
struct PersonName {
    std::vector<std::string> given;
    std::optional<std::string> family;
    std::string use;  // "en": language or use tag, empty where none was given
    friend bool operator==(const PersonName&, const PersonName&) = default;
};

/// An identifier as issued: OpenCRVS codes ("NATIONAL_ID", "PASSPORT", "BIRTH_REGISTRATION_NUMBER"...;
/// opencrvs.md 2.5).
struct Identifier {
    std::string type;
    std::string value;
    friend bool operator==(const Identifier&, const Identifier&) = default;
};

struct Address {
    std::string type;                    // "PRIMARY_ADDRESS"; empty where not said
    std::optional<std::string> country;  // ISO 3166 alpha-3, or the country's own code ("FAR")
    std::vector<std::string> areas;  // ids or codes of administrative areas, widest first (state, district, ... leaf)
    std::optional<std::string> number, street, residential_area, town, postal_code;
    std::optional<std::string> urban_or_rural;  // "URBAN" | "RURAL"
    // Of an international address, as free text.
    std::optional<std::string> state_text, district_text;
    std::vector<std::string> lines;  // lines with no meaning of their own
    friend bool operator==(const Address&, const Address&) = default;
};

/// An age given instead of a date of birth.
struct Age {
    int years = 0;
    friend bool operator==(const Age&, const Age&) = default;
};

struct Person {
    std::vector<PersonName> names;
    std::optional<std::string> gender;      // "male" | "female" | "unknown" | "other"
    std::optional<std::string> birth_date;  // YYYY-MM-DD, YYYY-MM or YYYY
    std::optional<Age> age;
    std::optional<std::string> nationality;  // alpha-3
    std::vector<Identifier> identifiers;
    std::optional<std::string> marital_status;  // SINGLE, MARRIED...
    std::optional<std::string> education;       // NO_SCHOOLING...
    std::optional<std::string> occupation;
    std::optional<std::string> phone, email;
    std::optional<int> multiple_birth;  // on the mother: number of previous births
    std::optional<bool> is_multiple;    // on the child: a twin or more
    std::vector<Address> addresses;
    std::optional<std::string> unavailable_reason;  // the person's details are said to be unavailable, and why
    friend bool operator==(const Person&, const Person&) = default;
};

/// Where it happened: at a facility (its id or code), or at an address.
struct Place {
    std::optional<std::string> kind;      // HEALTH_FACILITY | PRIVATE_HOME | DECEASED_USUAL_RESIDENCE | OTHER
    std::optional<std::string> location;  // id or code of the Location it names
    std::optional<Address> address;
    friend bool operator==(const Place&, const Place&) = default;
};

struct BirthDetails {
    std::optional<std::string> birth_type;  // SINGLE, TWIN...
    std::optional<long> weight_grams;
    std::optional<std::string> attendant;         // PHYSICIAN, NURSE...
    std::optional<int> born_alive, fetal_deaths;  // earlier ones of the mother
    std::optional<std::string> last_previous_birth;
    friend bool operator==(const BirthDetails&, const BirthDetails&) = default;
};

struct DeathDetails {
    std::optional<std::string> manner;  // NATURAL_CAUSES, ACCIDENT, SUICIDE, HOMICIDE, MANNER_UNDETERMINED
    std::optional<bool> cause_established;
    std::optional<std::string> cause_method;  // PHYSICIAN, LAY_REPORTED, VERBAL_AUTOPSY, MEDICALLY_CERTIFIED
    std::optional<std::string> cause_description;
    std::vector<std::string> cause_codes;  // ICD-10, immediate cause first
    std::optional<int> male_dependants, female_dependants;
    friend bool operator==(const DeathDetails&, const DeathDetails&) = default;
};

struct Informant {
    std::optional<std::string> relation;        // MOTHER, FATHER, SPOUSE, SON..., OTHER
    std::optional<std::string> other_relation;  // in words, with OTHER
    std::optional<std::string> phone, email;    // of the contact person
    std::optional<std::string> contact;         // who the contact person is: MOTHER, FATHER, SPOUSE...
    friend bool operator==(const Informant&, const Informant&) = default;
};

/// Roles as they stand in `VitalEvent::persons`.
namespace role {
inline constexpr const char* child = "child";
inline constexpr const char* mother = "mother";
inline constexpr const char* father = "father";
inline constexpr const char* deceased = "deceased";
inline constexpr const char* spouse = "spouse";
inline constexpr const char* informant = "informant";
inline constexpr const char* bride = "bride";
inline constexpr const char* groom = "groom";
}  // namespace role

struct Source {
    std::string system;    // who assigned the ids below: an identifier system, or empty
    std::string document;  // the document's own identifier
    std::string record;    // the source system's id of the record
    std::string version;   // its version, where it says one
    friend bool operator==(const Source&, const Source&) = default;
};

struct Registration {
    std::string tracking_id, registration_number, event_id;
    std::optional<std::string> registered_at;
    friend bool operator==(const Registration&, const Registration&) = default;
};

struct VitalEvent {
    VitalKind kind = VitalKind::birth;
    std::map<std::string, Person> persons;  // by role
    std::optional<std::string> date;        // of the event where it is not the child's date of birth: death, marriage
    std::optional<Place> place;
    Informant informant;
    BirthDetails birth;
    DeathDetails death;
    std::optional<std::string> late_reason;
    std::optional<std::string> office;          // id or code of the registration office it was sent to
    std::optional<std::string> comment;         // free text for the registrar
    std::map<std::string, std::string> custom;  // form fields with no place of their own, by the source's name of them
    Source source;
    std::optional<std::string> reported_at;  // when the notification was made, RFC 3339
    std::optional<Registration> registration;
    /// The OpenCRVS 1.x document it was read from, byte by byte, where the target may take it as it is. No part of the
    /// canonical form: who keeps the event and may still need it keeps it beside.
    std::optional<std::string> document;
    friend bool operator==(const VitalEvent&, const VitalEvent&) = default;
};

}  // namespace ocm
