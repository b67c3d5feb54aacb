// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/webhook/channel.hpp"
#include "core/exchange.hpp"
#include "core/place_code.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// What every contract does that subscriptions are asked for in: design section 9.
namespace ocm::webhook {

using Shared = std::shared_ptr<const WebhookDeps>;

/// Why a subscription is paused that its subscriber paused: what it may resume itself.
inline constexpr std::string_view paused_by_subscriber = "paused by its subscriber";

/// Names a secret without telling it; empty for an empty one.
std::string key_id_of(std::string_view secret);

/// A subscription of the client with its fields and its key, `requested`. `asks` says in the contract's terms what is
/// asked for: it names the subscription, so that asking twice is asking once.
Subscription new_subscription(const store_ops::Client& client, const std::string& asks, SubscriptionContract contract,
                              WallTime now);

bool lives(const Subscription* subscription);
bool is_of(const Subscription* subscription, const store_ops::Client& client);
/// The webhook of OpenCRVS 1.x, of clients of kind webhook or national-id.
bool of_1x(SubscriptionContract contract);
/// The client's own subscription of that id in that contract, or nullptr. Of the directory.
const Subscription* own(const SubscriptionDirectory& directory, const std::string& id, const store_ops::Client& client,
                        SubscriptionContract contract);
/// Why an answer says that there is none.
Error no_such_subscription();

/// Why the client is not told of the topic, whatever it asks; absent where it is. `version` is that of OpenCRVS.
std::optional<std::string> refusal_of(const Topic& topic, const store_ops::Client& client, std::string_view version);

/// The ids that codes stand for. Fails with `bad_request` at the path of the one that nobody knows.
Result<std::vector<std::string>> places_of(const std::vector<PlaceCodeAt>& codes, const WebhookDeps& deps,
                                           WallTime now);

/// Whether a callback proved that it wants the subscription.
struct Proven {
    bool proven = false;
    std::string why;   // not, for the administrator
    std::string told;  // the same for the subscriber: how we failed to connect would tell what stands in our network
};
/// Asks the callback in the terms of the subscription's contract (proof.hpp). The exchange is received.
Task<Proven> prove(Exchange& exchange, Shared deps, Subscription subscription);

/// Commits the subscription, and makes it known.
Task<Result<void>> keep(Exchange& exchange, Shared deps, Subscription subscription, std::string action);
/// Removes it; it may be gone already.
Task<Result<void>> forget(Exchange& exchange, Shared deps, std::string id);
/// Removes the caller's own of the path's id; `not_found` where it has none in that contract.
Task<Result<void>> forget_own(Exchange& exchange, Shared deps, SubscriptionContract contract);

}  // namespace ocm::webhook
