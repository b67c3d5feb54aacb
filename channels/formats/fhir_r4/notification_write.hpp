// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/registration_event.hpp"
#include "core/json.hpp"
#include "core/time.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

/// What a FHIR subscriber gets: notifications of the Subscriptions R5 Backport for R4 (external-systems.md 4.4). A
/// Bundle of type history; its first entry is the status, a Parameters.
namespace ocm::fhir_r4 {

struct NotificationTo {
    std::string base;           // address of our FHIR interface, without a slash at its end
    std::string subscription;   // id
    Topic topic;                // that it asks for
    std::int64_t sequence = 0;  // of the event among those of the subscription; of a handshake, how many there were
    bool full = true;           // the resources; else but their ids
    WallTime at{};
};

struct NotificationWritten {
    Json bundle;
    Account account;  // names of the event's values
};

/// "<base>/SubscriptionTopic/birth-registered".
std::string topic_url(const std::string& base, const Topic& topic);

/// Writes a notification of an event whose VitalEvent the field policy has cut already. Pure. The focus is the Patient
/// of the child, the deceased or the bride, which is there whatever was granted of it; relatives are RelatedPersons,
/// facts Observations, the place an Encounter. `read` reads it back.
NotificationWritten write_notification(const RegistrationEvent& event, const NotificationTo& to);

/// The status of a subscription, a Parameters: what it is, its topic, `status` and `type` of the backport, and how many
/// events there were.
Json write_status(const NotificationTo& to, const std::string& id, std::string_view status, std::string_view type);

/// A Bundle of type history with that status and nothing else; `id` is that of the message.
Json write_history(const NotificationTo& to, const std::string& id, std::string_view status, std::string_view type);

/// Proves a callback: status requested, type handshake, no events.
Json write_handshake(const NotificationTo& to);

}  // namespace ocm::fhir_r4
