// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "config/loader.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace ocm::config {

/// A setting as OpenHIM's console shows it (an entry of `configDefs`, and its value in `config`).
struct ConsoleSetting {
    std::string key;    // dotted
    std::string param;  // the same with "__": OpenHIM answers 500 to dots
    std::string display_name;
    std::string description;
    std::string type;                 // "bool", "number", "option" or "string"
    std::vector<std::string> values;  // of an option
    Json current;                     // boolean, number or string
};

/// The console-editable settings that the environment does not pin.
std::vector<ConsoleSetting> console_settings(const Config& config);

}  // namespace ocm::config
