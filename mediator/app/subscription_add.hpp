// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"
#include "core/store_port.hpp"
#include "core/subscription.hpp"

#include <string_view>
#include <vector>

namespace ocm::app {

/// What `subscriptions.add` asks for on behalf of a client, by the rules of a request of the client's own, as far as
/// they need neither the callback nor the store: contract, topics, callback, fields, areas, offices. One subscription
/// with all topics for cloudevents; the other contracts know one topic a subscription. They are active: the callback
/// is asked before they are kept. `version` is that of OpenCRVS: what it never tells is refused. Errors are
/// `bad_request` and name the argument.
Result<std::vector<Subscription>> wanted_subscriptions(const Json& args, const store_ops::Client& client,
                                                       std::string_view version, WallTime now);

}  // namespace ocm::app
