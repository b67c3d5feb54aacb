// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/registration_event.hpp"
#include "core/result.hpp"

#include <string>
#include <string_view>

namespace ocm::webhook {

/// What a delivery carries: the whole event, cut and written in the subscriber's terms only when it is sent.
std::string write_event(const RegistrationEvent& event);
/// Its inverse; fails with `storage`.
Result<RegistrationEvent> read_event(std::string_view text);

}  // namespace ocm::webhook
