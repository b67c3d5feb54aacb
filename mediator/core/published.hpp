// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace ocm {

/// An immutable value that is replaced whole while others read it. Thread-safe.
///
/// Stands for std::atomic<std::shared_ptr<const T>>, whose load in libstdc++ 12 lets go of its lock without ordering:
/// a data race by the rules (gcc bug 101761), and one that ThreadSanitizer reports.
template <class T>
class Published {
  public:
    Published() = default;
    explicit Published(std::shared_ptr<const T> value) : value_(std::move(value)) {}
    Published(const Published&) = delete;
    Published& operator=(const Published&) = delete;

    std::shared_ptr<const T> load() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }

    void store(std::shared_ptr<const T> value) {
        const std::lock_guard lock(mutex_);
        value_.swap(value);  // the old one goes after the lock
    }

    /// Stores only where `expected` is still what is held.
    bool replace(const std::shared_ptr<const T>& expected, std::shared_ptr<const T> value) {
        const std::lock_guard lock(mutex_);
        if (value_ != expected) return false;
        value_.swap(value);
        return true;
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> value_;
};

}  // namespace ocm
