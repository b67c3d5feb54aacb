// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/metrics.hpp"
#include "core/http_message.hpp"
#include "core/json.hpp"
#include "core/task.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ocm::app {

/// Whether the mediator can serve (design section 10): ready means the store is open and the server listens; a target
/// or OpenHIM that is down makes it degraded, still ready.
struct Readiness {
    struct Check {
        std::string name;  // "store", "openhim", "target", "configuration", "disk"
        bool ok = true;
        std::string detail;  // plain words
    };
    bool ready = false;
    std::vector<Check> checks;

    bool degraded() const;
    Json to_json() const;
};

struct AdminDeps {
    std::function<Readiness()> readiness;
    std::function<void()> refresh_metrics;  // sets the gauges before they are read
    const Metrics& metrics;
    std::string token;  // of the command API; kept in a 0600 file beside the store
    std::function<Task<Result<Json>>(std::string command, Json args, std::string actor)> run;
};

/// The admin port: health and metrics for anyone who can reach it, commands for who holds the token.
class Admin {
  public:
    explicit Admin(AdminDeps deps) : deps_(std::move(deps)) {}
    Task<HttpResponse> handle(HttpRequest request) const;

  private:
    AdminDeps deps_;
};

}  // namespace ocm::app
