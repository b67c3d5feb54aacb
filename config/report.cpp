// SPDX-License-Identifier: MPL-2.0
#include "config/report.hpp"

namespace ocm::config {

std::string format_problems(const std::vector<Problem>& problems) {
    std::string out;
    for (const auto& [path, message, allowed] : problems) {
        out += "  " + path + (path.empty() ? "" : " ") + message + "\n";
        if (!allowed.empty())
            out += "      " + (allowed.starts_with("did you mean") ? "" : std::string("allowed: ")) + allowed + "\n";
    }
    return out;
}

std::string report(const LoadInput& input, const LoadOutcome& outcome) {
    const auto counted = [](std::size_t count, const char* what) {
        return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
    };
    std::string out;
    if (!outcome.errors.empty()) {
        out += input.name + ": " + counted(outcome.errors.size(), "error") + "\n";
        out += format_problems(outcome.errors);
    }
    if (!outcome.warnings.empty()) {
        out += input.name + ": " + counted(outcome.warnings.size(), "warning") + "\n";
        out += format_problems(outcome.warnings);
    }
    if (outcome.config == nullptr) return out;
    const auto& config = *outcome.config;
    out += input.name + ": OK";
    out += config.stand_alone() ? ", stand-alone (no OpenHIM)" : ", registers with OpenHIM";
    if (!config.active_target().empty()) {
        out += ", sends to \"" + config.active_target() + "\" (OpenCRVS " +
               config.text("targets." + config.active_target() + ".version") + ")";
    }
    out += "\n";
    for (const auto& [key, entry] : config.entries()) {
        if (entry.origin == Origin::fallback) continue;
        out += "  " + key + " = " + format_value(*find_setting(key), entry.value) + "  (" +
               std::string(name(entry.origin)) + ")\n";
    }
    return out;
}

}  // namespace ocm::config
