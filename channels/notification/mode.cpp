// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/mode.hpp"

#include <string>

namespace ocm::notification {

Mode mode_of(const HttpRequest& request, Mode of_route) {
    const bool dry_run = any_parameter(request.query, [](std::string name, std::string_view value) {
        std::erase_if(name, [](char c) { return c == '-' || c == '_'; });
        return to_lower(name) == "dryrun" && to_lower(value) != "false";
    });
    return dry_run ? Mode::check : of_route;
}

Mode mode_of_tracker(const HttpRequest& request) {
    const auto import_mode = query_value(request.query, "importMode");
    return import_mode && to_lower(*import_mode) == "validate" ? Mode::check : mode_of(request, Mode::send);
}

}  // namespace ocm::notification
