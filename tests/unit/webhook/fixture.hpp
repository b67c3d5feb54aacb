// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/registration_event.hpp"
#include "channels/webhook/subscriptions.hpp"
#include "support/fakes/fakes.hpp"

#include <string>
#include <utility>
#include <vector>

/// An invented registration and those who want to hear of it.
namespace ocm::test {

inline constexpr const char* ministry = "11111111-0000-4000-8000-000000000001";
inline constexpr const char* hospital = "22222222-0000-4000-8000-000000000002";

inline RegistrationEvent birth_registered() {
    RegistrationEvent out;
    out.topic = {Change::registered, VitalKind::birth};
    out.target = "national";
    out.record = "record-1";
    out.occurrence = "2026B0000001";
    out.occurred_at = "2026-03-02T09:00:00.000Z";
    auto& event = out.event;
    event.kind = VitalKind::birth;
    PersonName child;
    child.given = {"Planted"};
    child.family = "Name";
    event.persons[role::child].names = {child};
    event.persons[role::child].birth_date = "2026-02-20";
    PersonName mother;
    mother.given = {"Mother"};
    mother.family = "Planted";
    event.persons[role::mother].names = {mother};
    event.persons[role::mother].identifiers = {{"NATIONAL_ID", "1234567890"}};
    event.place = Place{"HEALTH_FACILITY", "facility-7", std::nullopt};
    event.office = "office-1";
    Registration registration;
    registration.tracking_id = "BABC123";
    registration.registration_number = "2026B0000001";
    registration.event_id = "record-1";
    event.registration = registration;
    return out;
}

inline Subscription wants(std::string topic, std::string id = "33333333-0000-4000-8000-000000000003") {
    Subscription out;
    out.id = std::move(id);
    out.client = ministry;
    out.contract = SubscriptionContract::opencrvs_1;
    out.state = SubscriptionState::active;
    out.topics = {std::move(topic)};
    out.callback = "https://ministry.example.org:8443/hear?to=births";
    out.secret = "planted-secret";
    out.key_id = "key-1";
    out.fields = {"child-details"};
    out.created = fakes::FakeClock::start;
    return out;
}

}  // namespace ocm::test
