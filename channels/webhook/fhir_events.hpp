// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/webhook/subscribing.hpp"

/// What a FHIR subscriber asks about what it was told (external-systems.md 4.4).
namespace ocm::webhook::fhir {

/// `$status` of one subscription (`id` in the path) or of the caller's own, by `id` and `status`: how many events there
/// were, and where it stands.
Task<Answer> statuses(Exchange& exchange, Shared deps);

/// `$events` from `eventsSinceNumber` to `eventsUntilNumber`, as far as they are kept, with `content` id-only where
/// that is asked for; each that tells something of a person is a disclosure again.
Task<Answer> events(Exchange& exchange, Shared deps);

}  // namespace ocm::webhook::fhir
