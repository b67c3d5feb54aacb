// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/delivery_kind.hpp"
#include "registration/options.hpp"

#include <string>

/// Shows OpenHIM what became of a delivery that it did not pass on itself (openhim.md 7.4).
namespace ocm::registration {

inline constexpr std::string_view delivery_report_kind = "openhim-delivery";

/// The delivery kind "openhim-delivery": its payload is build_transaction's, made a transaction of the channel with
/// that title where OpenHIM has it. OpenHIM gives no id back, so a repetition looks first whether the transaction is
/// there, by its property `mediator-report`: the id of this delivery.
DeliveryKind make_delivery_report(Upstream& upstream, Clock& clock, Ids& ids, OpenHimOptions options,
                                  std::string channel_title);

}  // namespace ocm::registration
