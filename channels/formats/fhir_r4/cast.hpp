// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"
#include "core/result.hpp"
#include "formats/fhir_r4/resources.hpp"
#include "formats/fhir_r4/values.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Who is who in a message, whatever its profile (external-systems.md 4.2).
namespace ocm::fhir_r4 {

/// One RelatedPerson. Senders use it in two ways: R4's, where it describes the relative and `patient` is whom the
/// relative belongs to; and OpenCRVS's, where `patient` is the relative.
struct Kin {
    const Resource* related = nullptr;
    std::string_view word;             // relation: MOTHER, FATHER, CHILD, SPOUSE..., empty where it is not known
    bool informs = false;              // it is also said to be the informant
    const Resource* target = nullptr;  // what `patient` means
    const Resource* linked = nullptr;  // a Patient that says it is the same person
    bool detailed = false;             // it describes a person itself
};
std::vector<Kin> kin_of(const Resources& resources);

/// A person, and the other resource about the same person.
struct Described {
    const Resource* main = nullptr;
    const Resource* more = nullptr;
};

struct Cast {
    VitalKind kind = VitalKind::birth;
    const Resource* header = nullptr;                         // MessageHeader
    const Resource* composition = nullptr;                    // the notification's document
    Described subject;                                        // the child or the deceased
    std::map<std::string, Described, std::less<>> relatives;  // mother, father, spouse: by role
    const Kin* informant = nullptr;
    Described informed;           // the informant's own person; empty where it is one of the relatives, or not known
    std::string informant_known;  // the relation, where a document names a relative as its author
    std::vector<Kin> kin;
    std::vector<const Json*> followed;  // references that named somebody: nothing else is in them
};

/// Everybody of one notification. `bad_request`: it tells of no birth or death, of nobody, of two children, of a
/// withdrawn document, or it is an answer.
Result<Cast> cast(const Resources& resources, Marks& marks);

/// The subjects of all notifications of a message that is no document: each child and each deceased once, by evidence
/// (relations, observations of a birth or a death, a date of death), in the order of the message.
std::vector<const Resource*> subjects(const Resources& resources);

/// True for a Composition that is a notification of a birth or a death.
bool is_notification(const Resource& composition);

}  // namespace ocm::fhir_r4
