// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"
#include "core/http_message.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "core/store_port.hpp"
#include "core/time.hpp"
#include "formats/opencrvs_v1/saved_record.hpp"

#include <string>

/// What a 1.x client reads.
namespace ocm::opencrvs_v1 {

/// An error as 1.8's gateway words it (opencrvs.md 2.1, 2.2):
///   {"statusCode":400,"error":"Bad Request","message":"...",
///    "validation":{"source":"payload","keys":["entry.1.resource.resourceType"]},"path":"/entry/1/resource/resourceType"}
/// `validation` is 1.8's (dotted keys), `path` is ours (a JSON pointer); both only where the error has a place in the
/// body. Where its path is "?NAME" its place is that query parameter. 429, 502, 503 and 504 carry Retry-After. A bug of
/// ours says nothing of itself.
HttpResponse refusal(const Error& error);

/// What became of a notification.
struct Accepted {
    VitalKind kind = VitalKind::birth;
    std::string event_id;     // the target's id of the record
    std::string tracking_id;  // what the record is looked up by; empty where the target (1.3 to 1.5) tells none
    std::string client_id, client_name;
    WallTime at{};
    bool potential_duplicate = false;  // OpenCRVS has one that may be the same (1.8)
    store_ops::ContractVersion contract = store_ops::ContractVersion::v1_8;
};

/// 200 as the version that the client was written for answers (opencrvs.md 2.4). 1.3 to 1.5: Hearth's answer to a
/// transaction, an address for each resource. 1.6 and later the saved record: the bundle as it was sent, with an id on
/// every resource (the Composition's is the record's) and, on the Task, the tracking id and the system identifier,
/// `businessStatus` IN_PROGRESS and `lastModified`. 1.8, of a potential duplicate: its ids and that it is one.
HttpResponse accepted(const SavedRecord& saved, const Accepted& outcome);

}  // namespace ocm::opencrvs_v1
