// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/webhook/callback.hpp"
#include "channels/webhook/deliver.hpp"
#include "channels/webhook/publish.hpp"
#include "channels/webhook/subscriptions.hpp"
#include "core/crosswalk.hpp"
#include "core/delivery_kind.hpp"
#include "core/route.hpp"

#include <functional>
#include <string>

namespace ocm::webhook {

struct WebhookDeps {
    Directory subscriptions;                    // may be empty: nobody subscribes
    ClientOf client{};                          // may be empty: nobody is known, so nobody is told
    std::function<CallbackPolicy()> callbacks;  // may be empty: nobody may be called
    std::function<void()> changed;              // called once a change is committed, before it is answered
    std::string fhir_base{};                    // address of our FHIR interface; empty: nobody is told in FHIR
    std::string version{};                      // of OpenCRVS: what it never tells is refused; empty: nothing is
    /// Tells a subscription what was registered since then and it was not told yet. May be empty: nothing is looked up.
    std::function<void(const std::string& subscription, WallTime since)> replay{};
    /// The id of the office or area that a code of somebody's stands for; fails where nobody knows it. May be empty: a
    /// code is taken for the id.
    std::function<Result<std::string>(const PlaceCode&, WallTime now)> place{};
    std::string origin{};                    // names us to the callbacks of CloudEvents: a DNS name
    std::shared_ptr<const Detour> detour{};  // of deliveries
};

/// `deps` with a function for each that was empty and is needed.
WebhookDeps complete(WebhookDeps deps);

/// Subscriptions in each contract that can be asked for: those of FHIR (fhir_subscriptions.hpp), our own
/// (cloudevent_subscriptions.hpp) and the following.
///
/// The webhooks of OpenCRVS 1.x, whatever the target's version (opencrvs.md 4.1 to 4.3), for clients of kind webhook
/// and national-id. `POST /webhooks` subscribes: 202 without a body once the callback has proved itself; 400 in 1.x's
/// words and in its order. Asking again for what one has is 202 and makes no second subscription. `GET /webhooks` lists
/// the caller's own. `DELETE /webhooks/{id}` is always 204, and removes what is the caller's own.
/// What OpenHIM shows the channel as.
inline constexpr std::string_view channel_title = "OpenCRVS webhook";

ChannelDefinition make_webhook_channel(WebhookDeps deps);

/// How deliveries go to subscribers of every contract there is a writer for.
DeliveryKind make_webhook_kind(const WebhookDeps& deps);

}  // namespace ocm::webhook
