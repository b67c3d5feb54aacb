// SPDX-License-Identifier: MPL-2.0
#include "unit/store/fixture.hpp"

#include <iostream>
#include <thread>
#include <unistd.h>
#include <vector>

/// `ocm_store_writer STORE`: four threads commit transactions; each id is printed once its commit was acknowledged.
int main(int argc, char** argv) {
    if (argc != 2) return 2;
    auto store = ocm::store::Store::open({.path = argv[1]});
    if (!store) {
        std::cerr << store.error().message << '\n';
        return 1;
    }
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&store] {
            while (true) {
                const auto id = ocm::test::new_id();
                if (!(*store)->commit_blocking(ocm::test::whole_transaction(id))) return;
                const auto line = id + "\n";
                // One write per line: lines of that length are not torn in a pipe.
                if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) return;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    return 0;
}
