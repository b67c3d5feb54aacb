// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ocm::store {

/// Coroutines that wait for a transaction to be answered. `add`, `remove` and the wait itself happen on the waiter's
/// io thread; `wake` and `close` come from any thread.
class AnswerWaiters {
  public:
    struct One {
        explicit One(boost::asio::any_io_executor executor) : timer(std::move(executor)) {}
        boost::asio::steady_timer timer;  // touched on its executor only
        bool answered = false;            // touched on the timer's executor only
        bool closed = false;              // touched on the timer's executor only
    };

    std::shared_ptr<One> add(const std::string& transaction, boost::asio::any_io_executor executor);
    void remove(const std::string& transaction, const std::shared_ptr<One>& one);
    void wake(const std::vector<std::string>& transactions);
    /// Wakes everyone; later ones are woken at once.
    void close();

  private:
    static void post_wake(const std::shared_ptr<One>& one, bool closed);

    std::mutex mutex_;
    std::multimap<std::string, std::shared_ptr<One>> waiting_;  // under mutex_
    bool closed_ = false;                                       // under mutex_
};

}  // namespace ocm::store
