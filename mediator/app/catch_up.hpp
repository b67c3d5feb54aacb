// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/webhook/catch_up.hpp"
#include "channels/webhook/gap.hpp"
#include "core/ports.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ocm::store {
class Store;
}

namespace ocm::app {

struct CatchUpOptions {
    std::string target;
    opencrvs::RecordSearchOptions search;
    bool reads = false;  // what is found is read back whole (2.0)
    Milliseconds every{300'000};
    Milliseconds overlap{600'000};
    std::size_t daily_searches = 1'000;  // of 1.x, which lets a client search so often a day
};

/// How it stands, for the health page, the metrics and the command line.
struct CatchUpStatus {
    bool known = false;               // what was kept of it has been read
    std::optional<WallTime> last_ok;  // the last round that ended since the start of the process
    WallTime cursor{};
    std::string trouble;                     // why it does not go on; empty where it does
    std::size_t queued = 0;                  // registrations found that were not known, since the start
    std::vector<webhook::CatchUpJob> jobs;   // at work
    std::vector<webhook::CatchUpJob> ended;  // the last ones that somebody asked for
};

/// The catch-up poll (channels/webhook/catch_up.hpp decides): one question at a time, on one io thread; its state is
/// committed with what each answer queues, so that a restart goes on where it was. The other calls are from any thread.
class CatchUp {
  public:
    struct Deps {
        store::Store& store;
        Ports ports;
        std::function<std::optional<VitalKind>(std::string_view type)> kind_of;  // that is looked for
        std::function<std::vector<std::string>()> offices{};                     // may be empty
        std::function<void()> queued{};                                          // may be empty
        webhook::GapLog* gaps = nullptr;                                         // whose gaps it fills, if any
    };
    CatchUp(CatchUpOptions options, Deps deps);

    /// Works until it is stopped or its coroutine is cancelled.
    Task<void> run();
    void stop() { stopping_ = true; }
    /// What is due now, as `run` does it each second.
    Task<void> turn();

    /// Something of the target may have been missed since then: a round looks for it, soon.
    void note_gap(const std::string& target, WallTime since);

    /// Looks for what was registered since then, before the first start too; gives the name of the job.
    std::string look_since(WallTime since);
    /// The same for one subscription only, which is told what it was not told yet.
    std::string replay(std::string subscription, WallTime since);

    CatchUpStatus status() const;

  private:
    struct Asked {
        std::string job;
        WallTime since{};
        std::string subscription;
    };

    Task<bool> load();
    Task<bool> take_requests();
    Task<bool> ask_once();
    Task<Result<store_ops::Unit>> unknown(webhook::CatchUpJob& job, std::vector<opencrvs::FoundRecord> records);
    Task<bool> commit(store_ops::Unit unit, webhook::CatchUpState next);
    void ended(webhook::CatchUpJob job);
    void fail_for(const Error& error);
    void show(std::string trouble);

    CatchUpOptions options_;
    Deps deps_;
    opencrvs::RecordSearcher searcher_;
    opencrvs::RecordSearch search_;
    std::optional<webhook::CatchUpState> state_;
    SteadyTime next_round_{};
    SteadyTime not_before_{};
    unsigned failures_ = 0;
    std::atomic<bool> stopping_{false};

    mutable std::mutex mutex_;  // of what follows
    std::vector<Asked> asked_;
    std::optional<WallTime> gap_;
    CatchUpStatus status_;
};

}  // namespace ocm::app
