// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/versions.hpp"
#include "core/ports.hpp"

#include <string>
#include <string_view>

/// What a 1.x gateway answers to a notification, read and judged (opencrvs.md 2.1 to 2.4, section 10, point 3). Pure.
namespace ocm::opencrvs {

/// A notification OpenCRVS has taken.
struct LegacyTaken {
    std::string record_id;    // of the Composition
    std::string tracking_id;  // empty where the version tells none
    bool potential_duplicate = false;
};

/// Errors, in our own words (OpenCRVS's may quote values):
/// - `bad_request`: refused, also behind a 500; `path` is one of `refusal::...` where the refusal is of a place
/// - `unavailable`: not taken, because OpenCRVS cannot now
/// - `target_timeout`: it may have been taken (an unknown 500, also behind a 200; an answer that cannot be read)
/// - `bad_gateway`: no OpenCRVS of this version answers there, or the client may not notify
Result<LegacyTaken> read_legacy_answer(const UpstreamReply& reply, const Version& version, std::string_view target);

}  // namespace ocm::opencrvs
