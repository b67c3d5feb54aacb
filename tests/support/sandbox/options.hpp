// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"
#include "support/sandbox/token.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ocm::sandbox {

struct SandboxOptions {
    std::string version = "2.0";  // one of sandbox_versions
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;               // 0: any free one
    std::string forms_file{};             // what GET /events/config answers; empty: the sandbox's own
    std::string locations_file{};         // a list as GET /events/locations answers it
    std::string areas_file{};             // a list, or as administrativeAreas.list answers it
    std::string state_file{};             // JSON lines, so that a restart keeps the records; its key is in FILE.key
    std::vector<SystemClient> clients{};  // empty: default_client()
    std::chrono::seconds token_lifetime{600};
    std::vector<std::string> forward_actions_to{};  // FORWARD_ACTIONS_TO of the country configuration, 1.9 and 2.0
    std::string country_config{};  // address of a country configuration that is asked before a record is registered
};

inline constexpr std::array<const char*, 8> sandbox_versions{"1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "2.0"};

/// The client a sandbox knows when none is named: of 2.0 create, notify, read, search and integration.create; of older
/// versions what their event notification client is given.
SystemClient default_client(std::string_view version = "2.0");

/// Reads `ID:SECRET:SCOPES[:SHA_SECRET[:SECTION,SECTION]]`; scopes are separated by ';' (or by ',' before "type=");
/// bare 1.9 names are taken as auth takes them. The SHA secret and the sections are those of a webhook client.
Result<SystemClient> read_client(std::string_view text);

/// A whole file. Fails naming it.
Result<std::string> read_file(const std::string& name);

}  // namespace ocm::sandbox
