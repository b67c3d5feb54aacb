// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/notification/format.hpp"

namespace ocm::notification {

/// The document bundle of OpenCRVS 1.x, answered as 1.8 would (opencrvs.md sections 2.1-2.4).
Format opencrvs_1_format();

}  // namespace ocm::notification
