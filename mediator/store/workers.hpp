// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"
#include "core/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace ocm::store {

/// Someone who waits for a value made on another thread. Completed exactly once, from any thread.
template <class T>
class Waiter {
  public:
    virtual ~Waiter() = default;
    virtual void complete(T value) = 0;
};

/// A suspended coroutine: resumed on its own executor, which is kept from running out of work meanwhile.
template <class T, class Handler>
class CoroutineWaiter final : public Waiter<T> {
  public:
    explicit CoroutineWaiter(Handler handler)
        : handler_(std::move(handler)), work_(boost::asio::get_associated_executor(handler_)) {}

    void complete(T value) override {
        auto work = std::move(work_);
        boost::asio::post(work.get_executor(), Resume{std::move(handler_), std::move(value)});
    }

  private:
    struct Resume {
        Handler handler;
        T value;
        void operator()() { std::move(handler)(std::move(value)); }
    };
    Handler handler_;
    boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> work_;
};

/// A blocked thread.
template <class T>
class BlockedWaiter final : public Waiter<T> {
  public:
    std::future<T> future() { return promise_.get_future(); }
    void complete(T value) override { promise_.set_value(std::move(value)); }

  private:
    std::promise<T> promise_;
};

template <class T, class Start>
struct Initiate {
    Start start;
    template <class Handler>
    void operator()(Handler handler) {
        start(std::make_unique<CoroutineWaiter<T, Handler>>(std::move(handler)));
    }
};

/// Suspends the awaiting coroutine and calls `start` with a waiter. Call it from a plain function, never with a
/// capturing lambda inside a co_await expression.
template <class T, class Start>
Task<T> suspend(Start start) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
        Initiate<T, Start>{std::move(start)}, boost::asio::use_awaitable);
}

class Reader;

/// A few threads, each with its own read-only connection, for queries and for hashing and compressing what is large.
/// The queue is bounded; `push` is thread-safe, a job runs on one worker.
class Workers {
  public:
    class Job {
      public:
        virtual ~Job() = default;
        virtual void run(Reader& reader) = 0;
        virtual void refuse(Error error) = 0;
    };

    Workers(std::vector<std::unique_ptr<Reader>> readers, std::size_t max_jobs);
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    void push(std::unique_ptr<Job> job);
    /// Finishes what is queued and joins the threads.
    void stop();

  private:
    void loop(Reader& reader);

    std::vector<std::unique_ptr<Reader>> readers_;  // each used by its thread only
    const std::size_t max_jobs_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::unique_ptr<Job>> jobs_;  // under mutex_
    bool stopping_ = false;                  // under mutex_
    std::vector<std::thread> threads_;
};

/// A job that calls `work(Reader&)` and hands its Result to a waiter.
template <class T, class Work>
class WorkerJob final : public Workers::Job {
  public:
    WorkerJob(Work work, std::unique_ptr<Waiter<Result<T>>> waiter)
        : work_(std::move(work)), waiter_(std::move(waiter)) {}
    void run(Reader& reader) override { waiter_->complete(work_(reader)); }
    void refuse(Error error) override { waiter_->complete(fail(std::move(error))); }

  private:
    Work work_;
    std::unique_ptr<Waiter<Result<T>>> waiter_;
};

/// Runs `work(Reader&) -> Result<T>` on a worker and resumes the awaiting coroutine with what it returned.
template <class T, class Work>
Task<Result<T>> on_worker(Workers& workers, Work work) {
    auto start = [&workers, work = std::move(work)](std::unique_ptr<Waiter<Result<T>>> waiter) mutable {
        workers.push(std::make_unique<WorkerJob<T, Work>>(std::move(work), std::move(waiter)));
    };
    return suspend<Result<T>>(std::move(start));
}

}  // namespace ocm::store
