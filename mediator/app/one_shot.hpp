// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/clock.hpp"
#include "channels/all.hpp"
#include "channels/opencrvs/target.hpp"
#include "config/config.hpp"
#include "core/io_pool.hpp"
#include "upstream/curl_upstream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <memory>
#include <vector>

namespace ocm::app {

/// Keeps nothing: for commands that ask another system something and record no transaction.
class NoStore : public StorePort {
  public:
    Task<Result<store_ops::UnitResult>> commit(store_ops::Unit) override;
    Task<Result<store_ops::RecordedAnswer>> recorded_answer(std::string) override;
    Task<Result<void>> wait_answered(std::string, SteadyTime) override;
    Task<Result<store_ops::TransactionState>> transaction_state(std::string) override;
    Task<Result<std::optional<std::string>>> cached(std::string) override;
    Task<Result<store_ops::QueuedEvents>> queued_events(store_ops::QueuedQuery) override;
    Task<Result<std::optional<store_ops::Notified>>> notified(std::string, store_ops::RecordIds) override;
    Task<Result<std::optional<std::string>>> last_published(std::string, store_ops::RecordIds) override;
};

/// What a command needs to talk to OpenHIM or a target once, without the store of a running mediator.
class OneShot {
  public:
    static Result<std::unique_ptr<OneShot>> make(const std::shared_ptr<const config::Config>& config);
    ~OneShot();

    Ports ports() { return {upstream_, store_, clock_, ids_}; }
    Clock& clock() { return clock_; }
    opencrvs::Target& target() { return *target_; }
    const std::vector<ChannelDefinition>& channels() const { return channels_; }

    /// Runs a coroutine to its end.
    template <class T>
    T run(Task<T> task) {
        return boost::asio::co_spawn(pool_.context(0), std::move(task), boost::asio::use_future).get();
    }

  private:
    explicit OneShot(const config::Config& config);

    IoPool pool_{1};
    SystemClock clock_;
    SystemIds ids_;
    NoStore store_;
    RuntimeSettings settings_;
    upstream::CurlUpstream upstream_;
    std::unique_ptr<opencrvs::Target> target_;
    std::vector<ChannelDefinition> channels_;
};

/// The active target's forms and places, asked for once.
Result<std::shared_ptr<const opencrvs::Snapshot>> read_target(const std::shared_ptr<const config::Config>& config);

/// The options of a configured target, without callbacks.
opencrvs::TargetOptions target_options(const config::Config& config);

}  // namespace ocm::app
