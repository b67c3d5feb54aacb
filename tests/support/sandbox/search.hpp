// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "support/sandbox/form.hpp"
#include "support/sandbox/records.hpp"

namespace ocm::sandbox {

/// A record as the search index holds it (contracts section 7.7), with every field of its declaration.
Json index_of(const Forms& forms, const Json& event);

/// The answer to a search: `{"results","total"}`, secured fields left out. Understands and/or of clauses by id,
/// trackingId, eventType, status, registration number and data (exact, anyOf, and fuzzy as "contains the words").
/// Fails with `bad_request` on a query without clauses, `internal` on a data field no form has.
Result<Json> search(const Forms& forms, const Records& records, const Json& input);

}  // namespace ocm::sandbox
