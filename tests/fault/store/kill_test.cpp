// SPDX-License-Identifier: MPL-2.0
#include "unit/store/fixture.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace ocm;
using namespace ocm::store;
using namespace ocm::test;

namespace {

/// The helper that commits until it is killed, with its acknowledgements.
class WriterProcess {
  public:
    explicit WriterProcess(std::string path) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        posix_spawn_file_actions_addclose(&actions, ends[0]);
        std::string program = OCM_STORE_WRITER;
        std::array<char*, 3> arguments{program.data(), path.data(), nullptr};
        EXPECT_EQ(::posix_spawn(&pid_, OCM_STORE_WRITER, &actions, nullptr, arguments.data(), environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        out_ = ends[0];
    }
    ~WriterProcess() {
        kill();
        ::close(out_);
    }
    WriterProcess(const WriterProcess&) = delete;
    WriterProcess& operator=(const WriterProcess&) = delete;

    /// Reads until that many lines have come, or 20 s.
    void read_lines(std::size_t count) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (lines().size() < count && std::chrono::steady_clock::now() < deadline) {
            pollfd waiting{out_, POLLIN, 0};
            if (::poll(&waiting, 1, 100) > 0 && !read_some()) return;
        }
    }
    void kill() {
        if (pid_ == 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    /// What it wrote before it died.
    void read_rest() {
        while (read_some()) {
        }
    }
    std::vector<std::string> lines() const {
        std::vector<std::string> whole;
        std::size_t from = 0;
        for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n', from)) {
            whole.push_back(text_.substr(from, end - from));
            from = end + 1;
        }
        return whole;
    }
    int wait() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

  private:
    bool read_some() {
        std::array<char, 4096> chunk{};
        const auto size = ::read(out_, chunk.data(), chunk.size());
        if (size > 0) text_.append(chunk.data(), static_cast<std::size_t>(size));
        return size > 0;
    }
    pid_t pid_ = 0;
    int out_ = -1;
    std::string text_;
};

}  // namespace

TEST(StoreKill, NothingAcknowledgedIsLostByKillNine) {
    TemporaryFolder folder;
    const auto path = folder.file("store.db");
    std::vector<std::string> acknowledged;
    for (int round = 0; round < 6; ++round) {
        WriterProcess writer(path);
        writer.read_lines(20 + static_cast<std::size_t>(round) * 7);
        writer.kill();
        writer.read_rest();
        const auto lines = writer.lines();
        EXPECT_GE(lines.size(), 20U);
        acknowledged.insert(acknowledged.end(), lines.begin(), lines.end());
    }
    auto store = Store::open({.path = path});
    ASSERT_TRUE(store) << store.error().message;
    for (const auto& id : acknowledged) {
        const auto record = run((*store)->show_transaction(id, PartBytes::read));
        ASSERT_TRUE(record) << id;
        EXPECT_EQ(record->entries.size(), 3U);
    }
    (*store)->close();
    const auto report = check(path);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->sound()) << testing::PrintToString(report->words);
}

TEST(StoreKill, ASecondProcessIsRefused) {
    TemporaryFolder folder;
    const auto path = folder.file("store.db");
    const auto store = Store::open({.path = path});
    ASSERT_TRUE(store);
    WriterProcess second(path);
    EXPECT_EQ(second.wait(), 1);
}
