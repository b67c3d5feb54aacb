// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/registration_event.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

#include <string>

/// What a webhook of OpenCRVS 1.3 to 1.9 delivers (opencrvs.md 4.5):
///   {"timestamp":"...","id":"<subscription>","event":{"hub":{"topic":"BIRTH_REGISTERED"},"context":[<Bundle>]}}
namespace ocm::opencrvs_v1 {

struct WebhookRead {
    std::string subscription;  // OpenCRVS's id of ours
    RegistrationEvent event;   // its target is the caller's to say
    Account account;           // JSON pointers of the delivery
};

/// Reads a delivery whose signature was found right. The bundle is the saved record (1.5 and later, other clients than
/// webhooks), the Task with what the client may see, without the Composition (1.5 and later, webhooks), or the Task,
/// the subject and one resource a section (1.3, 1.4). Where nothing says whose details a Patient holds it is left out,
/// and accounted for.
///
/// Fails with `bad_request` and a JSON pointer: no delivery, a topic that is none of the six, no Task, no registration
/// number, a date that does not exist.
Result<WebhookRead> read_webhook(const Json& delivery);

}  // namespace ocm::opencrvs_v1
