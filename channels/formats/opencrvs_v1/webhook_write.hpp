// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/registration_event.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

#include <string>
#include <vector>

/// What a subscriber of 1.x's webhooks gets (opencrvs.md 4.5), in its members' order.
namespace ocm::opencrvs_v1 {

struct WebhookTo {
    std::string subscription;           // its id: 1.x has no id of the delivery
    std::vector<std::string> sections;  // permission codes ("mother-details"); empty where fields were granted by name
    WallTime at{};
    bool family_list = false;  // the family name as a list, for clients of 1.3 to 1.6; else as a text
};

struct WebhookBody {
    std::string body;  // what is signed and sent, byte by byte
    Account account;   // names of the event's values
};

/// Writes a delivery of an event whose VitalEvent the field policy has cut already. Pure; the same arguments make the
/// same bytes.
///
/// The bundle holds no Composition, as in 1.5 and later: the Task, which says the numbers, the subject's Patient with
/// the number of the registration, other persons' Patients, the informant's RelatedPerson, and what else was granted.
/// Where OpenCRVS sent a whole record (`document`) and `sections` is not empty it is that record, cut to what these
/// sections name and to what of the Task is not about a person who is in none of them.
///
/// `bad_request` at "topic" where 1.x has no such topic.
Result<WebhookBody> write_webhook(const RegistrationEvent& event, const WebhookTo& to);

}  // namespace ocm::opencrvs_v1
