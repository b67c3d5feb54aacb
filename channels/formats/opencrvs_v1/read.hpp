// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/vital_event.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

#include <string>
#include <string_view>

/// The notification of OpenCRVS 1.3 to 1.9: one FHIR STU3 document bundle (opencrvs.md section 2).
namespace ocm::opencrvs_v1 {

struct Read {
    VitalEvent event;
    Account account;  // JSON pointers of the bundle; every leaf is carried, dropped or the format's own wording
};

/// Reads a birth or death notification. Takes the shapes of every 1.x version: the family name as text or array, any
/// system of a section's code, regLastLocation or not, QuestionnaireResponse or not.
///
/// Fails with `bad_request`, a JSON pointer and 1.8's words: what 1.8's structural checks refuse, what its semantic
/// checks refuse and can be seen without OpenCRVS, a document without its child or deceased, and dates that cannot be.
Result<Read> read(const Json& bundle);

/// JSON pointer of what the event's `office`, `place.location` or `kind` was read from, so that a refusal by the target
/// can be told in the sender's terms; empty for other names. `bundle` passed `read`.
std::string place_of(const Json& bundle, std::string_view event_path);

}  // namespace ocm::opencrvs_v1
