// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/registration_event.hpp"
#include "core/store_port.hpp"
#include "core/subscription.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

/// What a subscription may tell now. It was made with what its client had then; a client may have less today
/// (design section 12).
namespace ocm::webhook {

/// The client of that id as it is now; nullptr where there is none.
using ClientOf = std::function<std::shared_ptr<const store_ops::Client>(const std::string& id)>;

/// The subscription with those of its fields that its client still has: never more than either. What is kept is the
/// subscription as it was made, so that what a client is given back is told again. Pure.
Subscription as_granted(Subscription subscription, const store_ops::Client& client);
/// The same as a copy; absent where the client still has all of it, so that the subscription itself says it. Pure.
std::optional<Subscription> cut_to_grant(const Subscription& subscription, const store_ops::Client& client);

/// Why a client of this kind is not told of the event by such a subscription; absent where it is. Pure.
std::optional<std::string> withheld(const Subscription& subscription, const Topic& topic,
                                    const store_ops::Client& client);

}  // namespace ocm::webhook
