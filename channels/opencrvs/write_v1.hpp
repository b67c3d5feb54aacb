// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/opencrvs/places.hpp"
#include "channels/opencrvs/versions.hpp"
#include "channels/vital_event.hpp"

#include <string>
#include <string_view>

namespace ocm::opencrvs {

/// What a 1.3 to 1.8 target is sent for an event (opencrvs.md section 2).
struct WrittenDocument {
    std::string body;
    std::string office_id;
    bool untouched = false;  // the sender's own bytes
    Account account;         // names of the event's values
};

/// The sender's own 1.x document where there is one (`VitalEvent::document`) and the version takes it as it is, else
/// the event written anew. Pure. `seed` is a UUID the document's own ids are derived from; `home_country` is what the
/// target calls its country. Refuses as `write` does (write_v2.hpp), and a place that is no health facility: 1.x takes
/// no other.
Result<WrittenDocument> write_document(const VitalEvent& event, const Version& version, std::string_view home_country,
                                       const Places& places, std::string_view seed, WallTime now);

}  // namespace ocm::opencrvs
