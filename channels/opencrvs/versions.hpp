// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ocm::opencrvs {

/// What differs between the versions of OpenCRVS, a row each (opencrvs.md section 10, point 1). Paths are relative to
/// the gateway; `{id}` stands for the event's id.
struct Version {
    std::string_view name;  // as in `targets.NAME.version`
    std::string_view config_path;
    std::string_view locations_path;
    std::string_view areas_path;
    std::string_view create_path;
    std::string_view notify_path;
    std::string_view create_scope;  // scopes the notification client needs
    std::string_view notify_scope;
};

/// Every supported version.
std::span<const Version> versions();

/// nullptr where the version is not supported.
const Version* find_version(std::string_view name);

/// The path with the event's id in it.
std::string event_path(std::string_view path, std::string_view event_id);

}  // namespace ocm::opencrvs
