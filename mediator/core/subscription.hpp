// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocm {

/// In whose terms a subscriber is told: the shape of the message, how it is signed, how a callback proves itself.
enum class SubscriptionContract {
    opencrvs_1,   // the webhook of OpenCRVS 1.x, clients of kind webhook (opencrvs.md section 4)
    national_id,  // the same for clients of kind national_id: fixed sections (opencrvs.md 4.5, 5.1)
    fhir_r4,      // Subscription, rest-hook (external-systems.md 4.4)
    cloudevents,  // CloudEvents 1.0, our own JSON
};
std::string_view name(SubscriptionContract contract);
std::optional<SubscriptionContract> subscription_contract(std::string_view text);

enum class SubscriptionState {
    requested,  // the callback has not proved itself yet
    active,
    paused,  // by an administrator, or because its client is disabled: deliveries wait
    ended,   // removed, gone (410) or expired: nothing more is sent
};
std::string_view name(SubscriptionState state);
std::optional<SubscriptionState> subscription_state(std::string_view text);

/// Who is told what, where.
struct Subscription {
    std::string id;      // UUID
    std::string client;  // id of the client of ours whose it is
    SubscriptionContract contract = SubscriptionContract::cloudevents;
    SubscriptionState state = SubscriptionState::requested;
    std::string why;                  // of `paused` and `ended`, in plain words
    std::vector<std::string> topics;  // names of topics
    std::string callback;             // http(s) URL
    std::string secret;               // signs what is sent (HMAC); empty: nothing is signed
    std::string key_id;               // names the secret without telling it: what was signed with which key
    // After a rotation, until then: signs too, or alone where the contract has one signature.
    std::string old_secret, old_key_id;
    std::optional<WallTime> old_until;
    std::vector<std::string> fields;  // that may be told: names of the field policy, or 1.x permission codes
    // What an event has to be; an empty list allows all.
    std::vector<std::string> areas;     // ids of administrative areas, with all below them
    std::vector<std::string> offices;   // ids of registration offices
    std::vector<std::string> statuses;  // of a notification: registered, rejected, archived
    std::vector<std::string> headers;   // "Name: value", sent with each delivery; may hold credentials
    bool full = true;                   // of fhir_r4: the resources; else but their ids
    bool family_list = false;           // of opencrvs_1 and national_id: a family name is a list, as 1.3 to 1.6 have it
    WallTime created{};
    std::optional<WallTime> until;  // ends by itself
    std::int64_t sequence = 0;      // number of the last event queued for it
    std::string reason{};           // why its subscriber asks, in its own words; may be empty
    friend bool operator==(const Subscription&, const Subscription&) = default;
};

}  // namespace ocm
