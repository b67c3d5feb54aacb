// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/vital_event.hpp"

#include <atomic>
#include <string_view>

/// Stillbirths: the country's forms decide, or they are sent as deaths (`channels.notification.stillbirths`).
namespace ocm::notification {

/// What the sender is told where the country has no form for them.
inline constexpr std::string_view no_form_for_stillbirths =
    "is a stillbirth or fetal death, for which this OpenCRVS has no form; the administrator can have stillbirths sent "
    "as "
    "deaths";

/// Makes a death of a stillbirth where `as_death` is set and true: whom it is about is the child who was not born
/// alive.
void settle_stillbirth(VitalEvent& event, Account& account, const std::atomic<bool>* as_death);

}  // namespace ocm::notification
