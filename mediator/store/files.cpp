// SPDX-License-Identifier: MPL-2.0
#include "store/files.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace ocm::store {
namespace {

constexpr mode_t owner_only = S_IRUSR | S_IWUSR;

std::string reason() {
    return std::generic_category().message(errno);
}

std::string folder_of(const std::string& path) {
    const auto folder = std::filesystem::path(path).parent_path().string();
    return folder.empty() ? "." : folder;
}

std::string holder(int descriptor) {
    std::array<char, 16> digits{};
    const auto size = ::pread(descriptor, digits.data(), digits.size() - 1, 0);
    const std::string pid(digits.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    return pid.empty() ? std::string() : " (process " + pid + ")";
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& store_path) {
    const auto path = store_path + ".lock";
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, owner_only);
    if (descriptor < 0) return fail(ErrorCode::storage, "cannot open " + path + ": " + reason());
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        const auto other = holder(descriptor);
        ::close(descriptor);
        return fail(ErrorCode::storage, "the store " + store_path + " is in use by another process" + other +
                                            ": stop it, or give this one another store.path");
    }
    FileLock lock(descriptor);
    // Only for the sentence above; the lock itself is what counts.
    const auto pid = std::to_string(::getpid());
    if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, pid.data(), pid.size(), 0) < 0) errno = 0;
    return lock;
}

FileLock::~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> make_store_file(const std::string& path) {
    const auto folder = folder_of(path);
    std::error_code error;
    if (!std::filesystem::exists(folder, error)) {
        std::filesystem::create_directories(folder, error);
        if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
        if (error) return fail(ErrorCode::storage, "cannot make the folder " + folder + ": " + error.message());
        sync_folder(folder);
    }
    // A file that exists is not opened here: closing it would drop the locks of every connection of this process.
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, owner_only);
    if (descriptor >= 0) {
        ::close(descriptor);
    } else if (errno != EEXIST) {
        return fail(ErrorCode::storage, "cannot make the store " + path + ": " + reason());
    }
    if (::chmod(path.c_str(), owner_only) != 0) {
        return fail(ErrorCode::storage, "cannot restrict the permissions of " + path + " to its owner: " + reason());
    }
    sync_folder(path);
    return {};
}

void sync_folder(const std::string& path) {
    const int descriptor = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
}

}  // namespace ocm::store
