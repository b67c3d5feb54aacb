// SPDX-License-Identifier: MPL-2.0
// Configuration: a file, and after a NUL what the OpenHIM console pushes. There is a configuration or there are errors,
// never both; what the console pushes is taken whole or not at all; no error quotes a secret.
#include "config/console.hpp"
#include "config/loader.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view secret = "planted-secret-7f3a";

void require(bool holds) {
    if (!holds) std::abort();
}

/// Every file exists and holds the secret, so that the checks behind it are reached too.
class AllFiles final : public ocm::config::Files {
  public:
    Info info(const std::string&) const override { return {.readable = true, .readable_by_all = false}; }
    ocm::Result<std::string> read_small(const std::string&) const override { return std::string(secret) + "\n"; }
};

void check(const ocm::config::LoadOutcome& outcome) {
    require((outcome.config != nullptr) == outcome.errors.empty());
    for (const auto* problems : {&outcome.errors, &outcome.warnings}) {
        for (const auto& problem : *problems) {
            require(!problem.message.empty());
            require((problem.path + problem.message + problem.allowed).find(secret) == std::string::npos);
        }
    }
    if (!outcome.config) return;
    for (const auto& setting : ocm::config::console_settings(*outcome.config)) {
        require(setting.param.find('.') == std::string::npos);
        require(setting.current.dump().find(secret) == std::string::npos);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    // A fuzzer learns the secret from the comparisons below; one that the file itself holds as text, or as the name of
    // a key, may be quoted.
    if (input.find(secret) != std::string_view::npos) return 0;
    const auto split = input.find('\0');
    const AllFiles files;
    ocm::config::LoadInput load;
    load.name = "fuzz.json";
    load.text = std::string(input.substr(0, split));
    load.files = &files;

    const auto alone = ocm::config::load(load);
    check(alone);
    if (split == std::string_view::npos) return 0;
    const auto console = ocm::parse_json(input.substr(split + 1));
    if (console) check(ocm::config::load(load, *console));
    return 0;
}
