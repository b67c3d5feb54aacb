// SPDX-License-Identifier: MPL-2.0
#include "store/answer_waiters.hpp"

#include <boost/asio/post.hpp>

namespace ocm::store {

std::shared_ptr<AnswerWaiters::One> AnswerWaiters::add(const std::string& transaction,
                                                       boost::asio::any_io_executor executor) {
    auto one = std::make_shared<One>(std::move(executor));
    const std::lock_guard lock(mutex_);
    if (closed_) {
        one->closed = true;
    } else {
        waiting_.emplace(transaction, one);
    }
    return one;
}

void AnswerWaiters::remove(const std::string& transaction, const std::shared_ptr<One>& one) {
    const std::lock_guard lock(mutex_);
    const auto [first, last] = waiting_.equal_range(transaction);
    for (auto it = first; it != last; ++it) {
        if (it->second == one) {
            waiting_.erase(it);
            return;
        }
    }
}

void AnswerWaiters::wake(const std::vector<std::string>& transactions) {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return;
    for (const auto& transaction : transactions) {
        const auto [first, last] = waiting_.equal_range(transaction);
        for (auto it = first; it != last; ++it) post_wake(it->second, false);
    }
}

void AnswerWaiters::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& [transaction, one] : waiting_) post_wake(one, true);
}

void AnswerWaiters::post_wake(const std::shared_ptr<One>& one, bool closed) {
    boost::asio::post(one->timer.get_executor(), [one, closed] {
        (closed ? one->closed : one->answered) = true;
        one->timer.cancel();
    });
}

}  // namespace ocm::store
