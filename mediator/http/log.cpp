// SPDX-License-Identifier: MPL-2.0
#include "http/log.hpp"

#include <spdlog/spdlog.h>

namespace ocm::http {

void warn(const std::string& logger, std::string_view text) {
    auto log = spdlog::get(logger);
    if (!log) log = spdlog::default_logger();
    log->warn("{}: {}", logger, text);
}

}  // namespace ocm::http
