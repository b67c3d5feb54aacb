// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <string_view>

/// Data of the repository that the binary carries, so that it runs from one file (made by cmake/Embed.cmake).
namespace ocm::app::shipped {

extern const std::string_view farajaland_map;
extern const std::string_view farajaland_form;

}  // namespace ocm::app::shipped
