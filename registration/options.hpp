// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ocm::registration {

/// How we prove who we are to the OpenHIM API (openhim.md 1.2).
enum class Auth {
    automatic,  // Basic first, the token scheme where Basic is refused (cores before 7.1)
    basic,
    token,
};

/// Everything registration needs to know, from the settings `openhim.*` and `server.*`.
struct OpenHimOptions {
    std::string api_url;  // "https://openhim.example.org:8080"
    std::string username;
    std::string password;
    Auth auth = Auth::automatic;
    std::string path_prefix = "/crvs";  // in front of every path behind OpenHIM; empty or "/..." without a last '/'
    bool install_channels = false;

    std::string urn;      // of characters A-Z a-z 0-9 : . _ - only (openhim.md 3.5)
    std::string version;  // semantic version x.y.z
    std::string name;
    std::string description;

    std::string public_host;  // where OpenHIM reaches us
    std::uint16_t public_port = 0;
    bool public_tls = false;
    std::vector<std::string> public_callers;  // addresses that may use public channels; empty: only this host

    Milliseconds route_timeout{60'000};  // how long OpenHIM waits for us; longer than our own worst case
    unsigned retry_every_minutes = 60;   // OpenHIM's automatic reruns of transient failures
    unsigned retry_attempts = 8;
    unsigned body_days = 30;  // how long OpenHIM keeps bodies

    Milliseconds heartbeat_interval{10'000};
    unsigned forced_config_every = 30;  // each so many beats the configuration is fetched whether or not it changed
    Milliseconds call_timeout{15'000};  // of one API call; a heartbeat's is also below its interval
};

/// What is wrong with the options, all of it; empty when they can be used.
std::vector<Error> check(const OpenHimOptions& options);

}  // namespace ocm::registration
