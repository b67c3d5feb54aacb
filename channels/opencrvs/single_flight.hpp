// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/task.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>

#include <mutex>
#include <vector>

namespace ocm::opencrvs {

/// Lets one coroutine, on whichever thread, do a piece of work while the others that want the same wait for it.
class SingleFlight {
  public:
    SingleFlight() = default;
    SingleFlight(const SingleFlight&) = delete;
    SingleFlight& operator=(const SingleFlight&) = delete;

    /// True: the caller leads, does the work and then lets go of its `Lead`. False: another led and has finished.
    Task<bool> enter();

    /// Held by who leads; wakes the waiting when it goes, also where the leading coroutine is abandoned.
    class Lead {
      public:
        explicit Lead(SingleFlight& flight) : flight_(flight) {}
        ~Lead() { flight_.finish(); }
        Lead(const Lead&) = delete;
        Lead& operator=(const Lead&) = delete;

      private:
        SingleFlight& flight_;
    };

  private:
    /// Answers a waiting coroutine on its own thread.
    struct Waiter {
        boost::asio::any_io_executor executor;
        boost::asio::any_completion_handler<void(bool)> handler;
    };
    struct Join;
    static void wake(Waiter waiter, bool leads);
    void finish();

    std::mutex mutex_;
    bool flying_ = false;
    std::vector<Waiter> waiting_;
};

}  // namespace ocm::opencrvs
