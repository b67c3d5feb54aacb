// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "config/config.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace ocm::app {

/// Where a running mediator takes commands: a 0600 file beside the store.
struct AdminFile {
    std::string url;
    std::string token;
};
/// Where a client on this machine reaches the operators' port.
std::string admin_url(const std::string& host, std::uint16_t port);
std::string admin_file_path(const std::string& store_path);
Result<void> write_admin_file(const std::string& path, const AdminFile& file);
/// Absent where there is none; an error where it cannot be read.
Result<std::optional<AdminFile>> read_admin_file(const std::string& path);

/// Runs a command of `Operations` from the command line: in the running mediator through its admin API, or, with none
/// running, on the store itself under its lock.
class Invoker {
  public:
    explicit Invoker(std::shared_ptr<const config::Config> config);
    ~Invoker();
    Invoker(const Invoker&) = delete;
    Invoker& operator=(const Invoker&) = delete;

    Result<Json> run(const std::string& command, const Json& args);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// "cli:NAME" of the user who runs this process.
std::string cli_actor();

}  // namespace ocm::app
