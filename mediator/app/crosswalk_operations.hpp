// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/crosswalk.hpp"
#include "core/json.hpp"
#include "core/ports.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ocm::opencrvs {
class Target;
struct CheckedEntry;
struct RowProblem;
class Places;
}  // namespace ocm::opencrvs
namespace ocm::store {
class Store;
}

namespace ocm::app {

/// What operators ask of the crosswalk; part of `Operations`. Entries are those of the active target.
class CrosswalkOperations {
  public:
    struct Deps {
        store::Store& store;
        Clock& clock;
        opencrvs::Target* target = nullptr;      // none: every command fails
        std::function<void()> outbox_changed{};  // may be empty
    };
    explicit CrosswalkOperations(Deps deps) : deps_(std::move(deps)) {}

    /// Commands: crosswalk.list, crosswalk.set, crosswalk.remove, crosswalk.import.
    Task<Result<Json>> run(std::string command, Json args, std::string actor);
    static const std::vector<std::string>& commands();

    /// Hands what the store holds to the target. Every change does.
    Task<Result<void>> publish();
    /// Lets go of what waits for codes that are known now.
    Task<Result<std::size_t>> release(std::string actor);

  private:
    Task<Result<Json>> list(Json args);
    Task<Result<Json>> set(Json args, std::string actor);
    Task<Result<Json>> remove(Json args, std::string actor);
    Task<Result<Json>> import_table(Json args, std::string actor);
    struct Change {
        std::vector<CrosswalkEntry> entries;
        std::string action, actor;
        bool dry_run = false;  // say what would change, change nothing
    };
    /// Commits entries that are new or differ, publishes and releases; adds to `out` what came of it.
    Task<Result<void>> put(Change wanted, Json& out);
    Task<Result<std::size_t>> commit(store_ops::ChangeCrosswalk change);

    Deps deps_;
    std::mutex mutex_;
    std::uint64_t asked_ = 0, published_ = 0;  // reads of the store, so that an older one does not hide a newer one
};

}  // namespace ocm::app
