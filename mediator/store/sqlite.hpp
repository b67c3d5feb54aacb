// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace ocm::store {

/// A failed SQLite call. Thrown inside the store only; it never passes the edge of the module.
/// SQLite's messages name tables and columns, never values.
class SqliteError : public std::runtime_error {
  public:
    SqliteError(int extended_code, const std::string& what) : std::runtime_error(what), extended_(extended_code) {}
    int extended() const { return extended_; }
    int primary() const { return extended_ & 0xff; }

  private:
    int extended_;
};

/// A blob to bind; the bytes must outlive the step.
struct Blob {
    std::string_view bytes;
};

class Database;

/// A prepared statement, kept for the life of its connection. Used by one thread at a time, like its connection.
class Statement {
  public:
    Statement(Database& database, std::string_view sql);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    /// Binds without copying, runs to the end and resets. Returns the number of rows changed.
    template <class... Values>
    int run(const Values&... values) {
        Reset reset{*this};
        int index = 0;
        (bind(++index, values), ...);
        return finish();
    }

    /// Rows of a query. Bound values must outlive it; the statement is reset when it goes.
    class Rows {
      public:
        explicit Rows(Statement& statement) : statement_(&statement) {}
        ~Rows() {
            if (statement_ != nullptr) statement_->reset();
        }
        Rows(const Rows&) = delete;
        Rows& operator=(const Rows&) = delete;

        /// Goes to the next row; false after the last.
        bool next() { return statement_->step(); }
        std::int64_t integer(int column) const { return statement_->integer(column); }
        std::string text(int column) const { return std::string(statement_->bytes(column)); }
        /// Valid until the next row.
        std::string_view bytes(int column) const { return statement_->bytes(column); }
        bool is_null(int column) const { return statement_->is_null(column); }

      private:
        Statement* statement_;
    };

    template <class... Values>
    Rows query(const Values&... values) {
        int index = 0;
        (bind(++index, values), ...);
        return Rows(*this);
    }

    void bind(int index, std::int64_t value);
    void bind(int index, int value) { bind(index, static_cast<std::int64_t>(value)); }
    void bind(int index, std::string_view value);
    void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
    void bind(int index, const char* value) { bind(index, std::string_view(value)); }
    void bind(int index, Blob value);

  private:
    struct Reset {
        Statement& statement;
        ~Reset() { statement.reset(); }
    };
    bool step();
    int finish();
    void reset() noexcept;
    std::int64_t integer(int column) const;
    std::string_view bytes(int column) const;
    bool is_null(int column) const;
    void check(int code) const;

    sqlite3* database_;
    sqlite3_stmt* statement_ = nullptr;
};

/// A connection without a mutex: one thread at a time.
class Database {
  public:
    enum class Mode { read_write, read_only };
    /// `vfs` names a registered VFS; empty is SQLite's own. Throws SqliteError.
    Database(const std::string& path, Mode mode, const std::string& vfs, int busy_ms);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    void execute(const std::string& sql);
    std::int64_t integer(std::string_view sql);
    std::string text(std::string_view sql);
    /// True while no transaction is open: SQLite rolls back by itself after some failures.
    bool autocommit() const;
    sqlite3* handle() const { return handle_; }

  private:
    sqlite3* handle_ = nullptr;
};

}  // namespace ocm::store
