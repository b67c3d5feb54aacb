// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/delivery_report.hpp"
#include "app/metrics.hpp"
#include "core/delivery_kind.hpp"
#include "core/dispatch.hpp"
#include "core/envelope.hpp"
#include "core/ports.hpp"
#include "core/published.hpp"
#include "store/reader.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ocm::store {
class Store;
}

namespace ocm::app {

/// Drives the outbox: does what core/dispatch decides. One coroutine for each attempt, all on one io thread; everything
/// it must not forget is in the store, so a process that ends at any instant goes on where it was.
class Dispatcher {
  public:
    struct Deps {
        store::Store& store;
        Ports ports;
        Metrics& metrics;
        std::vector<DeliveryKind> kinds;
        std::function<EnvelopeOptions()> envelope;      // how much OpenHIM is shown
        std::function<void()> subscriptions_changed{};  // a delivery ended one; may be empty
        Reported reported = Reported::off;              // of the deliveries that OpenHIM does not see pass
    };
    /// `executor` is that of io thread 0. The dispatcher lives until that thread has ended.
    Dispatcher(Deps deps, boost::asio::any_io_executor executor);
    ~Dispatcher();
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;

    /// How each kind is sent, and whose deliveries are held. Begins working with the first call. Any thread.
    void configure(std::map<std::string, dispatch::Policy> policies, std::set<std::string> held_clients);
    /// The store has something new. Any thread.
    void changed();
    /// A request of a waiting caller to a destination begins (1) or ends (-1). Any thread.
    void live(const std::string& destination, int change);
    /// True where a destination did not answer several times in a row. Any thread.
    bool is_down(const std::string& destination) const;

    /// The delivery that shows OpenHIM how another one ended; absent where it is not to be shown. Any thread.
    std::optional<store_ops::Enqueue> report_of(const Ended& ended) const;

    /// Begins nothing new and waits for what is under way, until `grace` is over. On io thread 0.
    Task<void> drain(Milliseconds grace);

    /// How many deliveries there are, as last counted; nullptr before. Any thread.
    std::shared_ptr<const std::vector<store::DeliveryCount>> counts() const { return counts_.load(); }
    /// Counts now and then, for metrics and readiness. Ends when its coroutine is cancelled or on `drain`.
    Task<void> count_forever();

  private:
    void post(dispatch::Event event);
    void handle(const dispatch::Event& event);
    void wake_after(Milliseconds time);
    Task<void> load(dispatch::Load what);
    Task<void> attempt(Delivery delivery);
    Task<std::optional<bool>> attempt_one(Delivery delivery);
    Task<Sending> send(const DeliveryKind& kind, Exchange& exchange, Delivery delivery);
    Task<void> settle(Delivery delivery, const DeliveryKind& kind, Sending sending, dispatch::Verdict verdict,
                      std::vector<Orchestration> steps);
    const DeliveryKind* kind_of(const std::string& kind) const;
    /// As the setting says; but failures only, while very many wait to be shown.
    Reported reported_now() const;

    Deps deps_;
    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer timer_;
    dispatch::State state_;                             // io thread 0
    std::map<std::string, unsigned> live_;              // io thread 0
    std::map<std::string, dispatch::Policy> policies_;  // io thread 0
    std::atomic<bool> stopping_{false};
    Published<std::set<std::string>> down_;
    Published<std::vector<store::DeliveryCount>> counts_;
};

/// Units for what an administrator does with deliveries, by the command line or the admin API.
store_ops::StepDelivery administer(const Delivery& delivery, DeliveryStep step, WallTime at, std::string actor);

}  // namespace ocm::app
