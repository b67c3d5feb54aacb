// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"

#include <string>
#include <utility>

namespace ocm::store {

/// The exclusive right to a store: a lock on `PATH.lock`, gone with the process however it ends.
class FileLock {
  public:
    static Result<FileLock> take(const std::string& store_path);
    FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    FileLock& operator=(FileLock&&) = delete;
    ~FileLock();

  private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

/// Makes the folder (0700) where it is missing, and the file (0600) so that everything SQLite puts beside it inherits
/// its permissions. The permissions of a folder that exists are its owner's business.
Result<void> make_store_file(const std::string& path);

/// Asks the system to make names in the folder of `path` durable.
void sync_folder(const std::string& path);

}  // namespace ocm::store
