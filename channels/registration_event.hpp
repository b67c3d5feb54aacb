// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"
#include "core/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What OpenCRVS registered, corrected or decided, as one canonical event whatever told us of it (design section 6).
namespace ocm {

enum class Change {
    registered,
    corrected,
    revoked,              // archived, or its registration taken back
    certified,            // a certificate was issued
    notification_status,  // what became of a notification; for the client that sent it, and for nobody else
};
std::string_view name(Change change);

/// What a subscription asks for. `notification_status` has no kind of its own: it is one topic for all of them.
struct Topic {
    Change change = Change::registered;
    VitalKind kind = VitalKind::birth;
    friend bool operator==(const Topic&, const Topic&) = default;
    friend auto operator<=>(const Topic&, const Topic&) = default;
};
/// "birth.registered", "death.corrected", "marriage.certified", "notification.status".
std::string name(const Topic& topic);
std::optional<Topic> topic(std::string_view text);
/// Every topic, in the order of the enums.
const std::vector<Topic>& topics();

/// How we came to hear of it.
enum class Heard { webhook, forwarded, trigger, catch_up };
std::string_view name(Heard heard);
std::optional<Heard> heard(std::string_view text);

/// Of `notification_status`: where the record stands now.
enum class NotificationStatus { registered, rejected, archived };
std::string_view name(NotificationStatus status);
std::optional<NotificationStatus> notification_status(std::string_view text);

/// Who sent the notification that a record began with, where that came through us.
struct Notifier {
    std::string client;       // id of our client
    std::string transaction;  // ours
    std::string source_id;    // the sender's own id of the record; may be empty
    friend bool operator==(const Notifier&, const Notifier&) = default;
};

struct RegistrationEvent {
    Topic topic;
    std::string target;  // name of the OpenCRVS it happened in
    std::string record;  // that OpenCRVS's id of the record (2.0 event id, 1.x composition id); may be empty
    /// Tells this change of this record from every other; equal however we heard of it: the registration number where
    /// it was registered, the id of the action otherwise. Never empty.
    std::string occurrence;
    std::string occurred_at;  // RFC 3339, as OpenCRVS says; empty where it does not
    VitalEvent event;         // as far as what we heard tells; `event.registration` holds the numbers
    bool partial = false;     // heard by a search that gives but some of the fields
    bool confirmed = true;    // false: taken for true without asking OpenCRVS back (`finality: optimistic`)
    Heard heard = Heard::webhook;
    std::optional<NotificationStatus> status;  // of `notification_status`
    std::string reason;                        // of a rejection, in the registrar's words; personal
    std::optional<Notifier> notifier;
    /// The FHIR bundle it was read from, as JSON text, where OpenCRVS 1.x sent one: a 1.x subscriber gets its own part
    /// of it.
    std::optional<std::string> document;
    friend bool operator==(const RegistrationEvent&, const RegistrationEvent&) = default;
};

/// The same event with this for its content. For what is cut: nothing of the old content is copied on the way.
RegistrationEvent with_content(const RegistrationEvent& event, VitalEvent content);

/// Under this key the event is made known once: topic, target and occurrence.
std::string once_key(const RegistrationEvent& event);
/// UUIDv5 of `once_key`: the same however and however often we hear of it.
std::string event_id(const RegistrationEvent& event);

}  // namespace ocm
