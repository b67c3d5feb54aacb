// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"
#include "support/sandbox/token.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ocm::sandbox {

struct SandboxOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;               // 0: any free one
    std::string forms_file{};             // what GET /events/config answers; empty: the sandbox's own
    std::string locations_file{};         // a list as GET /events/locations answers it
    std::string areas_file{};             // a list, or as administrativeAreas.list answers it
    std::string state_file{};             // JSON lines, so that a restart keeps the records; its key is in FILE.key
    std::vector<SystemClient> clients{};  // empty: default_client()
    std::chrono::seconds token_lifetime{600};
};

/// The client a sandbox knows when none is named: create, notify, read, search and integration.create.
SystemClient default_client();

/// Reads `ID:SECRET:SCOPES`; scopes are separated by ';' (or by ',' before "type="); bare 1.9 names
/// are taken as auth takes them.
Result<SystemClient> read_client(std::string_view text);

/// A whole file. Fails naming it.
Result<std::string> read_file(const std::string& name);

}  // namespace ocm::sandbox
