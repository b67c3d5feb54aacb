// SPDX-License-Identifier: MPL-2.0
#include "app/print.hpp"

#include "config/loader.hpp"
#include "config/report.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <iostream>
#include <unistd.h>

namespace ocm::app {
namespace {

constexpr const char* default_config = "/etc/opencrvs-mediator/mediator.json";

}  // namespace

void say(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

void note(std::string_view text) {
    if (::isatty(STDERR_FILENO) == 1) std::fprintf(stderr, "(%.*s)\n", static_cast<int>(text.size()), text.data());
}

int complain(const Error& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "opencrvs-mediator: %s%s%s\n", error.path.empty() ? "" : error.path.c_str(),
                 error.path.empty() ? "" : ": ", error.message.c_str());
    return 1;
}

std::string config_path(const std::string& given) {
    return given.empty() ? default_config : given;
}

std::shared_ptr<const config::Config> load_or_complain(const std::string& given) {
    const auto input = config::read_input(config_path(given));
    if (!input) {
        complain(input.error());
        return nullptr;
    }
    const auto outcome = config::load(*input);
    if (!outcome.config) {
        std::fprintf(stderr, "opencrvs-mediator: %s cannot be used; check-config says the same\n%s",
                     input->name.c_str(), config::format_problems(outcome.errors).c_str());
    }
    return outcome.config;
}

std::optional<bool> confirmed(const std::string& question) {
    if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) return std::nullopt;
    std::fprintf(stderr, "%s [y/N] ", question.c_str());
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

std::string entry_in_words(const Json& entry) {
    std::string out;
    for (const auto& [key, value] : entry.items()) {
        // Times and ids stand in their own columns; hashes of parts in the list of parts.
        if (!value.is_primitive() || key == "v" || key == "at" || key == "kind" || key == "transaction") continue;
        if (value.is_null() || (value.is_string() && value.get<std::string>().empty())) continue;
        out +=
            (out.empty() ? "" : "  ") + key + "=" + (value.is_string() ? value.get<std::string>() : dump_json(value));
    }
    return out;
}

Progress::Progress(std::string what) : what_(std::move(what)), terminal_(::isatty(STDERR_FILENO) == 1) {}

void Progress::at(std::size_t count, std::size_t of) {
    if (!terminal_) return;
    if (of == 0) {
        std::fprintf(stderr, "\r%s %zu", what_.c_str(), count);
    } else {
        std::fprintf(stderr, "\r%s %zu of %zu (%zu %%)", what_.c_str(), count, of, count * 100 / of);
    }
}

void Progress::done(std::size_t count) {
    if (terminal_) std::fprintf(stderr, "\r%s %zu\n", what_.c_str(), count);
}

}  // namespace ocm::app
