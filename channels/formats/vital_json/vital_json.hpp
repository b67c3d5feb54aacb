// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/vital_event.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

#include <string_view>

/// The canonical event as JSON of our own: what the outbox keeps, what golden files hold, and what
/// `POST /vital-events` takes. Versioned by its first member, `"version": "1"`.
namespace ocm::vital_json {

inline constexpr std::string_view version = "1";

/// The event as JSON. What is absent has no member; what was sent empty has an empty one. `read` is the inverse.
Json write(const VitalEvent& event);

/// Reads what `write` wrote. Fails with `bad_request` and a JSON pointer: an unknown version or kind, an unknown member
/// (nothing is dropped in silence), a value of the wrong type.
Result<VitalEvent> read(const Json& document);

/// A sender's message and what became of it; paths are JSON pointers of the message.
struct Read {
    VitalEvent event;
    Account account;
};

/// Reads what `POST /vital-events` takes: the same members, but one that is not known is in the account instead of
/// refused, and values are checked as config/schemas/vital-event.json says. Fails with `bad_request` and a JSON
/// pointer: a wrong type, a value outside its list or range, a date that does not exist, a birth without its child, a
/// death without its deceased or before their birth.
Result<Read> read_message(const Json& document);

/// The JSON Schema of such a message.
std::string_view schema();

}  // namespace ocm::vital_json
