// SPDX-License-Identifier: MPL-2.0
#include "app/private_file.hpp"

#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace ocm::app {

Result<void> write_private_file(const std::string& path, std::string_view text) {
    const auto temporary = path + ".new";
    ::unlink(temporary.c_str());
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    const bool written =
        fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
    if (fd >= 0) ::close(fd);
    if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) {
        return fail(ErrorCode::storage, "the file cannot be written", path);
    }
    return {};
}

Result<std::optional<std::string>> read_private_file(const std::string& path) {
    if (::access(path.c_str(), F_OK) != 0) return std::nullopt;
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return fail(ErrorCode::forbidden, "the file cannot be read; run as the mediator's user", path);
    return text.str();
}

}  // namespace ocm::app
