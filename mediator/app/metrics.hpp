// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/exchange.hpp"
#include "store/reader.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ocm::app {

/// What Prometheus reads at /metrics. Labels are of low cardinality: channels, routes, codes; never a client's data.
class Metrics {
  public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    void transaction(std::string_view channel, int http_status, Milliseconds took);
    void upstream(const Orchestration& step);
    void refused(int http_status);
    void unrecorded();
    /// A request that was passed on to the country configuration. `kind`: "trigger" or "other".
    void country_config(std::string_view kind, int http_status);
    void delivery(std::string_view kind, std::string_view step);
    /// Replaces what is shown of the outbox.
    void outbox(const std::vector<store::DeliveryCount>& counts, WallTime now);
    void set(std::string_view gauge, double value);  // made on first use
    std::string text() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ocm::app
