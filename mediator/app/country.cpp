// SPDX-License-Identifier: MPL-2.0
#include "app/country.hpp"

#include "app/shipped.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iostream>
#include <sstream>

namespace ocm::app {
namespace {

Result<opencrvs::CountryMap> parse_map(std::string_view text, const std::string& from) {
    auto map = opencrvs::CountryMap::parse(text);
    if (map) return std::move(*map);
    std::string all;
    for (const auto& problem : map.error()) all += (all.empty() ? "" : "; ") + problem.path + ": " + problem.message;
    return fail(ErrorCode::bad_request, "the country map cannot be used: " + all, from);
}

}  // namespace

Result<std::string> read_text(const std::string& file) {
    std::ostringstream out;
    if (file == "-") {
        out << std::cin.rdbuf();
        return out.str();
    }
    std::ifstream in(file, std::ios::binary);
    if (!in) return fail(ErrorCode::not_found, "the file cannot be read", file);
    out << in.rdbuf();
    return out.str();
}

Result<opencrvs::CountryMap> load_country_map(const config::Config& config) {
    const auto& file = config.text("country.map_file");
    return file.empty() ? shipped_country_map() : read_country_map(file);
}

Result<opencrvs::CountryMap> read_country_map(const std::string& file) {
    auto text = read_text(file);
    if (!text) return fail(text.error());
    return parse_map(*text, file);
}

Result<opencrvs::FormConfig> read_form_config(const std::string& file) {
    auto text = read_text(file);
    if (!text) return fail(text.error());
    const auto start = text->find_first_not_of(" \t\r\n");
    // Ours is an object that says its format; OpenCRVS answers an array of events.
    const bool reduced = start != std::string::npos && (*text)[start] == '{';
    auto form = reduced ? opencrvs::FormConfig::from_reduced(*text) : opencrvs::FormConfig::from_answer(*text);
    if (!form) {
        auto error = form.error();
        error.path = file + error.path;
        return fail(std::move(error));
    }
    return form;
}

Result<dhis2::Mapping> load_dhis2_mapping(const config::Config& config) {
    const auto& file = config.text("channels.notification.dhis2_map_file");
    if (file.empty()) return dhis2::shipped_mapping();
    auto text = read_text(file);
    if (!text) return fail(text.error());
    auto mapping = dhis2::parse_mapping(*text);
    if (!mapping) {
        return fail(ErrorCode::bad_request, "the DHIS2 mapping cannot be used: " + mapping.error().message, file);
    }
    return dhis2::with_shipped(std::move(*mapping));
}

Result<opencrvs::CountryMap> shipped_country_map() {
    return parse_map(shipped::farajaland_map, "farajaland");
}
Result<opencrvs::FormConfig> shipped_form_config() {
    return opencrvs::FormConfig::from_reduced(shipped::farajaland_form);
}

}  // namespace ocm::app
