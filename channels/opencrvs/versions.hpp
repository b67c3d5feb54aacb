// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "formats/opencrvs_v1/rules.hpp"

#include <span>
#include <string>
#include <string_view>

namespace ocm::opencrvs {

enum class Generation {
    legacy,  // one FHIR document to the gateway, which is no idempotent call (1.3 to 1.8)
    events   // an event is created and notified, each under a transaction id (1.9, 2.0)
};

/// How the records registered since a moment are found (opencrvs.md 3, 7.7).
enum class RecordSearch {
    by_declaration_few,  // GraphQL, by the day of the declaration; more than five hits are an error (1.3, 1.4)
    by_declaration,      // GraphQL, by the day of the declaration, in pages (1.5, 1.6)
    by_change,           // GraphQL, by the moment the status last changed, in pages (1.7, 1.8)
    by_registration      // events/search, by the moment of the registration, in pages (1.9, 2.0)
};

/// What differs between the versions of OpenCRVS, a row each (opencrvs.md section 10, point 1). Paths are relative to
/// the gateway; `{id}` stands for the event's id.
struct Version {
    std::string_view name{};  // as in `targets.NAME.version`
    Generation generation = Generation::events;
    bool token_in_query = false;  // POST /token reads the query only (1.1); else a form
    bool fhir_locations = false;  // places come from the FHIR Location API (section 6); else from the events service
    std::string_view locations_path{}, areas_path{};  // of a FHIR Location API only the first
    std::string_view config_path{};                   // of the forms; empty where there are none
    std::string_view create_path{};                   // empty where one call does it
    std::string_view notify_path{};
    bool has_webhooks = false;       // births and deaths registered are delivered to subscribers (4)
    std::string_view read_path{};    // of one event; empty where systems may not read it (7.8)
    std::string_view search_path{};  // of events (7.7), or of the GraphQL gateway (3)
    RecordSearch record_search = RecordSearch::by_registration;
    bool create_needs_location = false;          // createdAtLocation has to be in the first call (7.2)
    bool notify_is_strict = false;               // a key it does not know is refused (7.3)
    bool has_event_location = false;             // the forms have birthLocationId, deathLocationId (7.5, 7.6)
    std::string_view create_scope{};             // scopes the notification client needs; empty where none
    std::string_view notify_scope{};             //
    bool bracket_scopes = false;                 // record.notify[event=birth|death]
    std::string_view client_scope{};             // comes with every client of that kind, needed or not (1.4)
    opencrvs_v1::Rules document{};               // of the legacy generation
    bool hides_failures = false;                 // a failure may come as 200 with a statusCode in the body (2.3)
    std::string_view success = "EventDocument";  // what a taken notification is answered with (2.4, 7.3)
};

/// Every supported version.
std::span<const Version> versions();

/// nullptr where the version is not supported.
const Version* find_version(std::string_view name);

/// The path with the event's id in it.
std::string event_path(std::string_view path, std::string_view event_id);

}  // namespace ocm::opencrvs
