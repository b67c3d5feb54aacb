// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/vital_event.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>

/// FHIR R4 notifications of any profile: BFDR, VRDR, IHE BFDR-E, plain resources, OpenCRVS 1.x made R4
/// (external-systems.md 4.2).
namespace ocm::fhir_r4 {

struct Read {
    VitalEvent event;
    Account account;  // JSON pointers of the message; every leaf is carried, dropped or the format's own wording
    /// JSON pointers of what `office`, `place.location` and `kind` of the event were read from.
    std::map<std::string, std::string, std::less<>> places;
};

/// Reads one notification: a Bundle (document, message, transaction, batch, collection) or bare resources. What tells
/// of several is for `split` first.
///
/// Fails with `bad_request` and a JSON pointer: what is not such a message, what tells of no birth or death, or of two,
/// what was withdrawn, a reference that has to be in the message and is not, dates that cannot be.
Result<Read> read(const Json& message);

/// What every message has to be before anything is read of it: the Bundle's type, entries that hold resources, the
/// first of a document or message. `bad_request` with a JSON pointer.
Result<void> check_bundle(const Json& message);

/// The same without the entries, of which a batch may hold unsound ones.
Result<void> check_envelope(const Json& message);
/// What is wrong with each entry of a Bundle that passed `check_envelope`.
std::map<std::size_t, Error> unsound_entries(const Json& message);

}  // namespace ocm::fhir_r4
