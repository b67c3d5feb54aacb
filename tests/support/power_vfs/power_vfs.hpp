// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <cstdint>
#include <string>

namespace ocm::test {

/// An SQLite VFS over the system's own that can lose power and run out of room.
///
/// Writes go to real files, and what they replaced is remembered until the file is synced. When the power is cut every
/// call fails; `restore` then takes back, from each file, what was not synced: all of it, or with a seed a random part
/// of it in pages (a disk writes what it likes of a cache). Deletions that were not synced may come back too.
/// One per process; thread-safe.
class PowerVfs {
  public:
    /// Registers it on first use. Not the default VFS.
    static PowerVfs& instance();
    static const char* name() { return "power"; }

    /// Power goes at the `operations`-th write, truncation or sync from now.
    void cut_after(std::int64_t operations);
    void cut_now();
    bool is_off() const;
    /// After every connection has been closed: puts the files into the state after the cut, and the power back.
    /// Returns how many writes were taken back.
    std::int64_t restore(std::uint64_t seed);
    /// Forgets everything and heals every fault.
    void reset();

    enum class Fault { none, write_no_room, write_error, short_write, sync_error, read_error };
    /// Every operation of that sort fails until the next call with `none`.
    void fail(Fault fault);
    /// Operations counted so far (writes, truncations, syncs).
    std::int64_t operations() const;

  private:
    PowerVfs();
};

}  // namespace ocm::test
