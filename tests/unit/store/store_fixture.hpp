// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "unit/store/fixture.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace ocm::test {

/// A store in a folder of its own.
class StoreTest : public testing::Test {
  protected:
    std::unique_ptr<store::Store> open(store::StoreOptions options = {}) {
        options.path = path();
        auto opened = store::Store::open(std::move(options));
        EXPECT_TRUE(opened) << opened.error().message;
        return opened ? std::move(*opened) : nullptr;
    }
    std::string path() const { return folder.file("made/store.db"); }
    void sql(const std::string& statement) {
        store::Database database(path(), store::Database::Mode::read_write, {}, 1000);
        database.execute(statement);
    }
    /// While it lives the store's writer waits in its commit.
    class HeldUp {
      public:
        explicit HeldUp(const std::string& path) : database_(path, store::Database::Mode::read_write, {}, 1000) {
            database_.execute("BEGIN IMMEDIATE");
        }
        ~HeldUp() { database_.execute("ROLLBACK"); }
        HeldUp(const HeldUp&) = delete;
        HeldUp& operator=(const HeldUp&) = delete;

      private:
        store::Database database_;
    };
    store::CheckReport checked() {
        auto report = store::check(path());
        EXPECT_TRUE(report) << report.error().message;
        return report.value_or(store::CheckReport{});
    }
    void expect_sound() {
        const auto report = checked();
        EXPECT_TRUE(report.sound()) << testing::PrintToString(report.words);
        EXPECT_GT(report.entries, 0);
    }
    Result<store_ops::UnitResult> commit(store::Store& store, store_ops::Unit unit) {
        return run(store.commit(std::move(unit)));
    }
    store_ops::ClaimResult claim_of(store::Store& store, const std::string& id, Claim made) {
        auto committed = commit(store, unit_of(receive_with(id, std::move(made))));
        EXPECT_TRUE(committed) << committed.error().message;
        return committed && committed->claim ? *committed->claim : store_ops::ClaimResult{};
    }

    TemporaryFolder folder;
};

}  // namespace ocm::test
