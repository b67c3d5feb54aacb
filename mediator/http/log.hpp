// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <string>
#include <string_view>

namespace ocm::http {

/// A warning in the named log (the default one where there is none of that name). Never text from a message.
void warn(const std::string& logger, std::string_view text);

}  // namespace ocm::http
