// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/versions.hpp"

namespace ocm::opencrvs {
namespace {

// The doubled "events" is right: the first is the gateway's prefix of the events service (opencrvs.md 0.2).
constexpr Version table[] = {
    {.name = "2.0",
     .config_path = "/events/config",
     .locations_path = "/events/locations",
     .areas_path = "/events/administrativeAreas.list",
     .create_path = "/events/events",
     .notify_path = "/events/events/{id}/notify",
     .create_scope = "record.create",
     .notify_scope = "record.notify"},
};

}  // namespace

std::span<const Version> versions() {
    return table;
}

const Version* find_version(std::string_view name) {
    for (const auto& version : table) {
        if (version.name == name) return &version;
    }
    return nullptr;
}

std::string event_path(std::string_view path, std::string_view event_id) {
    constexpr std::string_view mark = "{id}";
    std::string out(path);
    if (const auto at = out.find(mark); at != std::string::npos) out.replace(at, mark.size(), event_id);
    return out;
}

}  // namespace ocm::opencrvs
