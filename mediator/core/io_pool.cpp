// SPDX-License-Identifier: MPL-2.0
#include "core/io_pool.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <atomic>

namespace ocm {
namespace {

thread_local const IoPool* current_pool = nullptr;
thread_local std::size_t current_index = 0;

}  // namespace

struct IoPool::Guards {
    std::vector<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work;
    std::atomic<std::size_t> next{0};
};

IoPool::IoPool(std::size_t threads) : guards_(std::make_unique<Guards>()) {
    for (std::size_t i = 0; i < threads; ++i) {
        contexts_.push_back(std::make_unique<boost::asio::io_context>(1));
        guards_->work.emplace_back(contexts_.back()->get_executor());
    }
}

IoPool::~IoPool() {
    stop();
}

boost::asio::io_context& IoPool::next() {
    return *contexts_[guards_->next.fetch_add(1) % contexts_.size()];
}

std::optional<std::size_t> IoPool::current() const {
    return current_pool == this ? std::optional(current_index) : std::nullopt;
}

void IoPool::start() {
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
        threads_.emplace_back([this, i] {
            current_pool = this;
            current_index = i;
            contexts_[i]->run();
        });
    }
}

void IoPool::stop() {
    guards_->work.clear();
    for (auto& context : contexts_) context->stop();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

}  // namespace ocm
