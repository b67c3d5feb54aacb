// SPDX-License-Identifier: MPL-2.0
#include "support/power_vfs/power_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <vector>

namespace ocm::test {
namespace {

/// What a write or truncation replaced.
struct Undo {
    sqlite3_int64 offset = 0;
    std::string old;             // bytes that were there
    sqlite3_int64 old_size = 0;  // of the file before
    sqlite3_int64 length = 0;    // of the write; -1 for a truncation
};

struct State {
    std::mutex mutex;
    sqlite3_vfs* real = nullptr;
    std::map<std::string, std::vector<Undo>> unsynced;
    std::map<std::string, std::string> deleted;  // durable content of files whose deletion was not synced
    std::int64_t operations = 0;
    std::optional<std::int64_t> cut_at;
    bool off = false;
    PowerVfs::Fault fault = PowerVfs::Fault::none;

    /// Counts an operation; false where there is no power for it.
    bool power() {
        ++operations;
        if (cut_at && operations >= *cut_at) off = true;
        return !off;
    }
};

State& state() {
    static State one;
    return one;
}

struct File {
    sqlite3_file base;
    sqlite3_file* real;
    std::string* path;
};

File* of(sqlite3_file* file) {
    return reinterpret_cast<File*>(file);
}

sqlite3_file* real(sqlite3_file* file) {
    return of(file)->real;
}

std::string read_region(sqlite3_file* file, sqlite3_int64 offset, sqlite3_int64 length) {
    std::string old(static_cast<std::size_t>(std::max<sqlite3_int64>(0, length)), '\0');
    if (!old.empty()) file->pMethods->xRead(file, old.data(), static_cast<int>(old.size()), offset);
    return old;
}

int on_close(sqlite3_file* file) {
    auto* inner = real(file);
    const int code = inner->pMethods->xClose(inner);
    sqlite3_free(inner);
    delete of(file)->path;
    return code;
}

int on_read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
    {
        const std::lock_guard lock(state().mutex);
        if (state().off || state().fault == PowerVfs::Fault::read_error) return SQLITE_IOERR_READ;
    }
    return real(file)->pMethods->xRead(real(file), out, size, offset);
}

int on_write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
    auto& all = state();
    const std::lock_guard lock(all.mutex);
    if (!all.power()) return SQLITE_IOERR_WRITE;
    if (all.fault == PowerVfs::Fault::write_no_room) return SQLITE_FULL;
    if (all.fault == PowerVfs::Fault::write_error) return SQLITE_IOERR_WRITE;
    auto* inner = real(file);
    sqlite3_int64 old_size = 0;
    inner->pMethods->xFileSize(inner, &old_size);
    const auto kept = std::min<sqlite3_int64>(size, old_size - offset);
    all.unsynced[*of(file)->path].push_back({offset, read_region(inner, offset, kept), old_size, size});
    if (all.fault == PowerVfs::Fault::short_write) {
        inner->pMethods->xWrite(inner, bytes, size / 2, offset);
        return SQLITE_FULL;
    }
    return inner->pMethods->xWrite(inner, bytes, size, offset);
}

int on_truncate(sqlite3_file* file, sqlite3_int64 size) {
    auto& all = state();
    const std::lock_guard lock(all.mutex);
    if (!all.power()) return SQLITE_IOERR_TRUNCATE;
    auto* inner = real(file);
    sqlite3_int64 old_size = 0;
    inner->pMethods->xFileSize(inner, &old_size);
    all.unsynced[*of(file)->path].push_back({size, read_region(inner, size, old_size - size), old_size, -1});
    return inner->pMethods->xTruncate(inner, size);
}

int on_sync(sqlite3_file* file, int flags) {
    auto& all = state();
    const std::lock_guard lock(all.mutex);
    if (!all.power()) return SQLITE_IOERR_FSYNC;
    if (all.fault == PowerVfs::Fault::sync_error) return SQLITE_IOERR_FSYNC;
    // The system VFS syncs the folder with the first sync of a journal, so a new file is durable with its content.
    all.unsynced.erase(*of(file)->path);
    all.deleted.erase(*of(file)->path);
    static_cast<void>(flags);
    // The real fsync is left out: these files need only survive the process.
    return SQLITE_OK;
}

int on_size(sqlite3_file* file, sqlite3_int64* size) {
    return real(file)->pMethods->xFileSize(real(file), size);
}
int on_lock(sqlite3_file* file, int level) {
    return real(file)->pMethods->xLock(real(file), level);
}
int on_unlock(sqlite3_file* file, int level) {
    return real(file)->pMethods->xUnlock(real(file), level);
}
int on_check_lock(sqlite3_file* file, int* out) {
    return real(file)->pMethods->xCheckReservedLock(real(file), out);
}
int on_control(sqlite3_file* file, int op, void* arg) {
    return real(file)->pMethods->xFileControl(real(file), op, arg);
}
int on_sector(sqlite3_file* file) {
    return real(file)->pMethods->xSectorSize(real(file));
}
int on_device(sqlite3_file*) {
    // Nothing is promised: a write may be torn and reordered.
    return 0;
}
int on_shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}
int on_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void on_shm_barrier(sqlite3_file* file) {
    real(file)->pMethods->xShmBarrier(real(file));
}
int on_shm_unmap(sqlite3_file* file, int remove) {
    return real(file)->pMethods->xShmUnmap(real(file), remove);
}

const sqlite3_io_methods methods{2,         on_close,   on_read,     on_write,       on_truncate,  on_sync,
                                 on_size,   on_lock,    on_unlock,   on_check_lock,  on_control,   on_sector,
                                 on_device, on_shm_map, on_shm_lock, on_shm_barrier, on_shm_unmap, nullptr,
                                 nullptr};

int on_open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    auto& all = state();
    file->pMethods = nullptr;
    {
        const std::lock_guard lock(all.mutex);
        if (all.off) return SQLITE_CANTOPEN;
    }
    auto* inner = static_cast<sqlite3_file*>(sqlite3_malloc(all.real->szOsFile));
    std::memset(inner, 0, static_cast<std::size_t>(all.real->szOsFile));
    const int code = all.real->xOpen(all.real, path, inner, flags, out_flags);
    if (code != SQLITE_OK) {
        sqlite3_free(inner);
        return code;
    }
    of(file)->real = inner;
    of(file)->path = new std::string(path == nullptr ? "" : path);
    file->pMethods = &methods;
    return SQLITE_OK;
}

std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The file as it would be with the unsynced operations in `lost` taken back.
std::string undone(std::string bytes, const std::vector<Undo>& undos) {
    for (auto it = undos.rbegin(); it != undos.rend(); ++it) {
        const auto offset = static_cast<std::size_t>(it->offset);
        if (bytes.size() < offset + it->old.size()) bytes.resize(offset + it->old.size());
        std::copy(it->old.begin(), it->old.end(), bytes.begin() + it->offset);
        bytes.resize(static_cast<std::size_t>(it->old_size));
    }
    return bytes;
}

int on_delete(sqlite3_vfs*, const char* path, int sync_folder) {
    auto& all = state();
    const std::lock_guard lock(all.mutex);
    if (!all.power()) return SQLITE_IOERR_DELETE;
    if (sync_folder == 0) all.deleted[path] = undone(content(path), all.unsynced[path]);
    all.unsynced.erase(path);
    return all.real->xDelete(all.real, path, 0);
}

int on_access(sqlite3_vfs*, const char* path, int flags, int* out) {
    return state().real->xAccess(state().real, path, flags, out);
}
int on_full_path(sqlite3_vfs*, const char* path, int size, char* out) {
    return state().real->xFullPathname(state().real, path, size, out);
}
int on_random(sqlite3_vfs*, int size, char* out) {
    return state().real->xRandomness(state().real, size, out);
}
int on_sleep(sqlite3_vfs*, int microseconds) {
    return state().real->xSleep(state().real, microseconds);
}
int on_time(sqlite3_vfs*, double* out) {
    return state().real->xCurrentTime(state().real, out);
}
int on_last_error(sqlite3_vfs*, int, char*) {
    return 0;
}

/// What a disk may be left with: each unsynced page-sized piece is either the old or the new one.
std::string torn(const std::string& old, const std::string& now, std::mt19937_64& random) {
    constexpr std::size_t piece = 512;
    std::string out = random() % 2 == 0 ? old : now;
    for (std::size_t at = 0; at < out.size(); at += piece) {
        const auto& from = random() % 2 == 0 ? old : now;
        for (std::size_t i = at; i < std::min(at + piece, std::min(out.size(), from.size())); ++i) out[i] = from[i];
    }
    return out;
}

void put(const std::string& path, const std::string& bytes) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

PowerVfs::PowerVfs() {
    auto& all = state();
    all.real = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs vfs{};
    vfs.iVersion = 1;
    vfs.szOsFile = static_cast<int>(sizeof(File));
    vfs.mxPathname = all.real->mxPathname;
    vfs.zName = name();
    vfs.xOpen = on_open;
    vfs.xDelete = on_delete;
    vfs.xAccess = on_access;
    vfs.xFullPathname = on_full_path;
    vfs.xRandomness = on_random;
    vfs.xSleep = on_sleep;
    vfs.xCurrentTime = on_time;
    vfs.xGetLastError = on_last_error;
    sqlite3_vfs_register(&vfs, 0);
}

PowerVfs& PowerVfs::instance() {
    static PowerVfs one;
    return one;
}

void PowerVfs::cut_after(std::int64_t count) {
    const std::lock_guard lock(state().mutex);
    state().cut_at = state().operations + count;
}

void PowerVfs::cut_now() {
    const std::lock_guard lock(state().mutex);
    state().off = true;
}

bool PowerVfs::is_off() const {
    const std::lock_guard lock(state().mutex);
    return state().off;
}

std::int64_t PowerVfs::restore(std::uint64_t seed) {
    auto& all = state();
    const std::lock_guard lock(all.mutex);
    std::mt19937_64 random(seed);
    std::int64_t taken_back = 0;
    for (const auto& [path, undos] : all.unsynced) {
        if (undos.empty() || !std::filesystem::exists(path)) continue;
        taken_back += static_cast<std::int64_t>(undos.size());
        const auto now = content(path);
        const auto old = undone(now, undos);
        put(path, seed == 0 ? old : torn(old, now, random));
    }
    for (const auto& [path, bytes] : all.deleted) {
        if (!std::filesystem::exists(path) && (seed == 0 || random() % 2 == 0)) put(path, bytes);
    }
    // The shared-memory file needs no care: the first connection that opens the database makes it anew.
    all.unsynced.clear();
    all.deleted.clear();
    all.cut_at.reset();
    all.off = false;
    return taken_back;
}

void PowerVfs::reset() {
    auto& all = state();
    const std::lock_guard lock(all.mutex);
    all.unsynced.clear();
    all.deleted.clear();
    all.cut_at.reset();
    all.off = false;
    all.fault = Fault::none;
}

void PowerVfs::fail(Fault fault) {
    const std::lock_guard lock(state().mutex);
    state().fault = fault;
}

std::int64_t PowerVfs::operations() const {
    const std::lock_guard lock(state().mutex);
    return state().operations;
}

}  // namespace ocm::test
