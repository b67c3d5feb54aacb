// SPDX-License-Identifier: MPL-2.0
#include "app/usable.hpp"

#include "app/country.hpp"
#include "app/options.hpp"
#include "http/tls.hpp"

namespace ocm::app {

std::vector<config::Problem> unusable_files(const config::Config& config) {
    std::vector<config::Problem> out;
    const auto add = [&out](const char* key, const Error& error, const char* allowed) {
        out.push_back({key, "names a file that cannot be used: " + error.message, allowed});
    };
    if (const auto map = load_country_map(config); !map) {
        add("country.map_file", map.error(), "a country map (docs/country-map.md); country check says what it covers");
    }
    if (const auto mapping = load_dhis2_mapping(config); !mapping) {
        add("channels.notification.dhis2_map_file", mapping.error(), "a mapping of DHIS2 programs (docs/dhis2.md)");
    }
    if (const auto options = server_options(config); options.tls) {
        if (const auto context = http::make_tls_context(*options.tls); !context) {
            out.push_back({"server.tls", context.error().message,
                           "a certificate (with its chain) and its key, both in PEM form"});
        }
    }
    return out;
}

}  // namespace ocm::app
