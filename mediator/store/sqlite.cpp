// SPDX-License-Identifier: MPL-2.0
#include "store/sqlite.hpp"

#include <sqlite3.h>

namespace ocm::store {
namespace {

// SQLITE_STATIC: what is bound outlives the step, so nothing is copied.
constexpr sqlite3_destructor_type no_copy = nullptr;

[[noreturn]] void raise(sqlite3* handle, int code) {
    const int extended = handle == nullptr ? code : sqlite3_extended_errcode(handle);
    throw SqliteError(extended, handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle));
}

}  // namespace

Statement::Statement(Database& database, std::string_view sql) : database_(database.handle()) {
    check(sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                             &statement_, nullptr));
}

Statement::~Statement() {
    sqlite3_finalize(statement_);
}

void Statement::check(int code) const {
    if (code != SQLITE_OK) raise(database_, code);
}

void Statement::bind(int index, std::int64_t value) {
    check(sqlite3_bind_int64(statement_, index, value));
}

void Statement::bind(int index, std::string_view value) {
    // A null pointer would bind NULL; an empty text is not NULL.
    const char* data = value.data() == nullptr ? "" : value.data();
    check(sqlite3_bind_text64(statement_, index, data, value.size(), no_copy, SQLITE_UTF8));
}

void Statement::bind(int index, Blob value) {
    const char* data = value.bytes.data() == nullptr ? "" : value.bytes.data();
    check(sqlite3_bind_blob64(statement_, index, data, value.bytes.size(), no_copy));
}

bool Statement::step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    raise(database_, code);
}

int Statement::finish() {
    while (step()) {
    }
    return sqlite3_changes(database_);
}

void Statement::reset() noexcept {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::bytes(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return data == nullptr ? std::string_view{} : std::string_view(data, size);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Database::Database(const std::string& path, Mode mode, const std::string& vfs, int busy_ms) {
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (mode == Mode::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    const int code = sqlite3_open_v2(path.c_str(), &handle_, flags, vfs.empty() ? nullptr : vfs.c_str());
    if (code != SQLITE_OK) {
        const SqliteError error(code, sqlite3_errstr(code));
        sqlite3_close_v2(handle_);
        throw error;
    }
    sqlite3_busy_timeout(handle_, busy_ms);
}

Database::~Database() {
    sqlite3_close_v2(handle_);
}

void Database::execute(const std::string& sql) {
    const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) raise(handle_, code);
}

std::int64_t Database::integer(std::string_view sql) {
    Statement statement(*this, sql);
    auto rows = statement.query();
    return rows.next() ? rows.integer(0) : 0;
}

std::string Database::text(std::string_view sql) {
    Statement statement(*this, sql);
    auto rows = statement.query();
    return rows.next() ? rows.text(0) : std::string();
}

bool Database::autocommit() const {
    return sqlite3_get_autocommit(handle_) != 0;
}

}  // namespace ocm::store
