// SPDX-License-Identifier: MPL-2.0
#include "config/console.hpp"

namespace ocm::config {

std::vector<ConsoleSetting> console_settings(const Config& config) {
    std::vector<ConsoleSetting> out;
    for (const auto& setting : settings()) {
        if (!setting.console() || config.origin(setting.key) == Origin::environment) continue;
        ConsoleSetting shown;
        shown.key = setting.key;
        shown.param = console_param(setting.key);
        shown.display_name = setting.display_name;
        shown.description = std::string(setting.doc) + " Allowed: " + allowed(setting) + ".";
        switch (setting.type) {
            case Type::boolean:
                shown.type = "bool";
                shown.current = config.flag(setting.key);
                break;
            case Type::integer:
                shown.type = "number";
                shown.current = config.integer(setting.key);
                break;
            default:
                shown.type = setting.type == Type::choice ? "option" : "string";
                shown.values.assign(setting.choices.begin(), setting.choices.end());
                shown.current = format_value(setting, config.entries().at(std::string(setting.key)).value);
        }
        out.push_back(std::move(shown));
    }
    return out;
}

}  // namespace ocm::config
