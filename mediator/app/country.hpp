// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/country_map.hpp"
#include "channels/opencrvs/form_config.hpp"
#include "config/config.hpp"
#include "core/result.hpp"
#include "formats/dhis2/mapping.hpp"

#include <string>

namespace ocm::app {

/// The country's data: from the configured files, or the Farajaland data shipped in the binary.
Result<opencrvs::CountryMap> load_country_map(const config::Config& config);
Result<opencrvs::CountryMap> read_country_map(const std::string& file);
/// Our reduced form, or OpenCRVS's own answer; told apart by what is in the file.
Result<opencrvs::FormConfig> read_form_config(const std::string& file);
Result<opencrvs::CountryMap> shipped_country_map();
Result<opencrvs::FormConfig> shipped_form_config();

/// The DHIS2 programs of the configured file and of the Vital Events package.
Result<dhis2::Mapping> load_dhis2_mapping(const config::Config& config);

/// Whole content of a file; `-` is standard input.
Result<std::string> read_text(const std::string& file);

}  // namespace ocm::app
