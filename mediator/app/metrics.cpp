// SPDX-License-Identifier: MPL-2.0
#include "app/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace ocm::app {
namespace {

const prometheus::Histogram::BucketBoundaries seconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                      0.25,  0.5,    1,     2.5,  5,     10,   30};

/// The metrics of a family by their labels' values. A family looks one up by a map of its labels that is made, checked
/// and hashed for it each time; here the few that there are stand in a row.
template <class Metric>
class Known {
  public:
    template <class Make>
    Metric& find(std::string_view first, std::string_view second, const Make& make) {
        const std::lock_guard lock(mutex_);
        for (const auto& each : rows_) {
            if (each.first == first && each.second == second) return *each.metric;
        }
        auto& made = make();
        if (rows_.size() < most) rows_.push_back({std::string(first), std::string(second), &made});
        return made;
    }

  private:
    static constexpr std::size_t most = 64;  // those beyond are found by their family
    struct Row {
        std::string first, second;
        Metric* metric;
    };
    std::mutex mutex_;
    std::vector<Row> rows_;
};

}  // namespace

struct Metrics::Impl {
    prometheus::Registry registry;
    prometheus::Family<prometheus::Counter>& transactions =
        prometheus::BuildCounter()
            .Name("mediator_transactions_total")
            .Help("Transactions answered, by channel and HTTP status")
            .Register(registry);
    prometheus::Family<prometheus::Histogram>& durations = prometheus::BuildHistogram()
                                                               .Name("mediator_transaction_seconds")
                                                               .Help("Time from a whole request to its recorded answer")
                                                               .Register(registry);
    prometheus::Family<prometheus::Counter>& attempts = prometheus::BuildCounter()
                                                            .Name("mediator_upstream_attempts_total")
                                                            .Help("Calls to other systems, by step and outcome")
                                                            .Register(registry);
    prometheus::Family<prometheus::Histogram>& upstream_durations =
        prometheus::BuildHistogram()
            .Name("mediator_upstream_seconds")
            .Help("Time a call to another system took, by step")
            .Register(registry);
    prometheus::Family<prometheus::Counter>& refusals =
        prometheus::BuildCounter()
            .Name("mediator_requests_refused_total")
            .Help("Requests refused before they reached a channel, by HTTP status")
            .Register(registry);
    prometheus::Counter& unrecorded = prometheus::BuildCounter()
                                          .Name("mediator_unrecorded_total")
                                          .Help("Answers that could not be recorded at once (each is an alarm)")
                                          .Register(registry)
                                          .Add({});
    prometheus::Family<prometheus::Counter>& country_config =
        prometheus::BuildCounter()
            .Name("mediator_country_config_requests_total")
            .Help("Requests to the country configuration answered, by kind and HTTP status")
            .Register(registry);
    prometheus::Family<prometheus::Counter>& deliveries = prometheus::BuildCounter()
                                                              .Name("mediator_delivery_steps_total")
                                                              .Help("Attempts of the outbox that ended, by outcome")
                                                              .Register(registry);
    prometheus::Family<prometheus::Gauge>& outbox_depth = prometheus::BuildGauge()
                                                              .Name("mediator_outbox_deliveries")
                                                              .Help("Deliveries in the outbox, by state")
                                                              .Register(registry);
    prometheus::Family<prometheus::Gauge>& outbox_age =
        prometheus::BuildGauge()
            .Name("mediator_outbox_oldest_seconds")
            .Help("Age of the oldest delivery that is not over, by destination")
            .Register(registry);
    Known<prometheus::Counter> transactions_by, attempts_by;
    Known<prometheus::Histogram> durations_by, upstream_durations_by;
    std::map<std::vector<std::string>, prometheus::Gauge*> depths;  // under mutex
    std::map<std::string, prometheus::Gauge*> ages;                 // under mutex
    std::mutex mutex;
    std::map<std::string, prometheus::Gauge*, std::less<>> gauges;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::transaction(std::string_view channel, int http_status, Milliseconds took) {
    const auto status = std::to_string(http_status);
    auto& all = *impl_;
    all.transactions_by
        .find(channel, status,
              [&]() -> auto& { return all.transactions.Add({{"channel", std::string(channel)}, {"status", status}}); })
        .Increment();
    all.durations_by
        .find(channel, {}, [&]() -> auto& { return all.durations.Add({{"channel", std::string(channel)}}, seconds); })
        .Observe(static_cast<double>(took.count()) / 1000.0);
}

void Metrics::upstream(const Orchestration& step) {
    const auto outcome = step.response ? std::to_string(step.response->status)
                                       : std::string(step.error ? name(step.error->code) : "none");
    auto& all = *impl_;
    all.attempts_by
        .find(step.name, outcome,
              [&]() -> auto& { return all.attempts.Add({{"step", step.name}, {"outcome", outcome}}); })
        .Increment();
    all.upstream_durations_by
        .find(step.name, {}, [&]() -> auto& { return all.upstream_durations.Add({{"step", step.name}}, seconds); })
        .Observe(static_cast<double>(step.took.count()) / 1000.0);
}

void Metrics::refused(int http_status) {
    impl_->refusals.Add({{"status", std::to_string(http_status)}}).Increment();
}

void Metrics::unrecorded() {
    impl_->unrecorded.Increment();
}

void Metrics::country_config(std::string_view kind, int http_status) {
    impl_->country_config.Add({{"kind", std::string(kind)}, {"status", std::to_string(http_status)}}).Increment();
}

void Metrics::delivery(std::string_view kind, std::string_view step) {
    impl_->deliveries.Add({{"kind", std::string(kind)}, {"step", std::string(step)}}).Increment();
}

void Metrics::outbox(const std::vector<store::DeliveryCount>& counts, WallTime now) {
    const std::lock_guard lock(impl_->mutex);
    for (auto& [labels, gauge] : impl_->depths) gauge->Set(0);
    for (auto& [destination, gauge] : impl_->ages) gauge->Set(0);
    for (const auto& count : counts) {
        const std::string state(name(count.state));
        auto& depth = impl_->depths[{state, count.kind, count.destination}];
        if (depth == nullptr) {
            depth =
                &impl_->outbox_depth.Add({{"state", state}, {"kind", count.kind}, {"destination", count.destination}});
        }
        depth->Increment(static_cast<double>(count.count));
        if (!is_live(count.state)) continue;
        auto& age = impl_->ages[count.destination];
        if (age == nullptr) age = &impl_->outbox_age.Add({{"destination", count.destination}});
        const auto seconds_old = static_cast<double>((now - count.oldest).count()) / 1000.0;
        if (seconds_old > age->Value()) age->Set(seconds_old);
    }
}

void Metrics::set(std::string_view gauge, double value) {
    const std::lock_guard lock(impl_->mutex);
    auto it = impl_->gauges.find(gauge);
    if (it == impl_->gauges.end()) {
        auto& family = prometheus::BuildGauge().Name(std::string(gauge)).Register(impl_->registry);
        it = impl_->gauges.emplace(std::string(gauge), &family.Add({})).first;
    }
    it->second->Set(value);
}

std::string Metrics::text() const {
    return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace ocm::app
