// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/notification/channel.hpp"
#include "channels/notification/format.hpp"
#include "channels/notification/mode.hpp"
#include "core/exchange.hpp"

#include <memory>

namespace ocm::notification {

/// One notification, from bytes to answer (design section 5). `format` and `deps` outlive the call.
Task<Answer> take(Exchange& exchange, const Format& format, const NotificationDeps& deps, Mode mode);

}  // namespace ocm::notification
