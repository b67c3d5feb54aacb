// SPDX-License-Identifier: MPL-2.0
#include "config/report.hpp"

#include <array>
#include <utility>

namespace ocm::config {
namespace {

constexpr std::string_view introduction = R"(# Configuration

<!-- Made from the settings table. Do not edit: run `opencrvs-mediator config-docs > docs/configuration.md`. -->

The mediator reads one JSON file (`--config FILE`, or the environment variable `MEDIATOR_CONFIG`). Comments with `//` and
`/* */` are allowed, unknown keys are not. `opencrvs-mediator check-config --config FILE` prints every error at once.
[`config/mediator.example.json`](../config/mediator.example.json) is a file to start from.

A value is taken from the strongest place that has one: default, then file, then OpenHIM console, then environment.

* **Environment.** Every key can be set by a variable: `MEDIATOR_`, then the key in upper case with `__` for each dot and
  `_` for `-`. Lists are separated by commas. An unknown `MEDIATOR_` variable is an error, so in Kubernetes set
  `enableServiceLinks: false` where a service is called `mediator`.
* **OpenHIM console.** Only the settings marked *console* can be changed there. A change is checked in full and applied
  without restart; one that is refused changes nothing. What the environment sets is not shown there.
* **Secrets** are files that hold one line. Instead of a file the secret itself may be given in the environment:
  `MEDIATOR_OPENHIM__PASSWORD` for `openhim.password_file`. They are never part of the file, the console or the log.
* **Durations** are whole numbers with a unit: `ms`, `s`, `m`, `h`, `d`. **Sizes**: `B`, `KiB`, `MiB`, `GiB`.
* **Paths** that do not start with `/` start at the folder of the configuration file.
* `NAME` is a name of your choice: lower-case letters, digits, `-` and `_`.
)";

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> sections{{
    {"openhim", "The OpenHIM to register with. Without this section the mediator runs stand-alone."},
    {"server", "The port that OpenHIM and other systems call."},
    {"admin", "The port for operators: health, metrics, commands."},
    {"targets", "Each OpenCRVS, under a name of your choice, and which of them is in use."},
    {"country", "What differs between the countries' OpenCRVS forms."},
    {"channels", "What the mediator offers."},
    {"store", "The record of every exchange."},
    {"log", "The log, on standard error."},
}};

std::string_view section_of(const Setting& setting) {
    return setting.key == "active_target" ? "targets" : setting.key.substr(0, setting.key.find('.'));
}

std::string shown_key(std::string_view key) {
    std::string out(key);
    if (const auto star = out.find('*'); star != out.npos) out.replace(star, 1, "NAME");
    return out;
}

std::string shown_default(const Setting& setting) {
    if (setting.fallback == nullptr) return "none";
    const std::string_view fallback = setting.fallback;
    return fallback.empty() ? "empty" : "`" + std::string(fallback) + "`";
}

}  // namespace

std::string configuration_markdown() {
    std::string out(introduction);
    for (const auto& [section, about] : sections) {
        out += "\n## `" + std::string(section) + "`\n\n" + std::string(about) +
               "\n\n| key | default | what |\n|---|---|---|\n";
        for (const auto& setting : settings()) {
            if (section_of(setting) != section) continue;
            const auto key = shown_key(setting.key);
            out += "| `" + key + "`";
            if (setting.console()) out += "<br>*console: " + std::string(setting.display_name) + "*";
            out += " | " + shown_default(setting) + " | " + std::string(setting.doc) +
                   "<br>Allowed: " + allowed(setting) + ".<br>`" + environment_name(key) + "` |\n";
        }
    }
    return out;
}

}  // namespace ocm::config
