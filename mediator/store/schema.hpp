// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"
#include "store/sqlite.hpp"

#include <span>
#include <string>
#include <string_view>

namespace ocm::store {

/// Marks our files ("OCRM"), so that another program's database is not taken for a store.
inline constexpr int application_id = 0x4F43524D;

/// Forward-only steps; a store's `user_version` is the number of steps it has taken.
std::span<const std::string_view> migrations();

/// CREATE statements of the projections rebuilt from entries (txn, claim, client, outbox, crosswalk), in the given
/// schema.
std::string projection_tables(std::string_view schema);

/// Brings a store up to date, copying the file to `PATH.before-vN` first where it already holds data. A store written
/// by a newer version, and a file that is not a store, are refused in a sentence. Throws SqliteError.
Result<void> migrate(Database& database, const std::string& path, std::span<const std::string_view> steps);

/// Refuses what `migrate` would refuse, and a store that is not up to date, without changing anything.
Result<void> check_version(Database& database, const std::string& path);

}  // namespace ocm::store
