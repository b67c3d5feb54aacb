// SPDX-License-Identifier: MPL-2.0
#include "store/workers.hpp"

#include "store/reader.hpp"

namespace ocm::store {

Workers::Workers(std::vector<std::unique_ptr<Reader>> readers, std::size_t max_jobs)
    : readers_(std::move(readers)), max_jobs_(max_jobs) {
    for (auto& reader : readers_) threads_.emplace_back([this, &reader] { loop(*reader); });
}

Workers::~Workers() {
    stop();
}

void Workers::push(std::unique_ptr<Job> job) {
    const std::chrono::seconds soon{1};
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_ && jobs_.size() < max_jobs_) {
            jobs_.push_back(std::move(job));
            wake_.notify_one();
            return;
        }
    }
    job->refuse({ErrorCode::unavailable, "the store is busy: try again in a moment", {}, soon});
}

void Workers::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    readers_.clear();
}

void Workers::loop(Reader& reader) {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job->run(reader);
        job.reset();
        lock.lock();
    }
}

}  // namespace ocm::store
