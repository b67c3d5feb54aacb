// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/result.hpp"
#include "store/sqlite.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ocm::store {

/// The edge of the module: nothing thrown inside passes it.
template <class Work>
auto guarded(Work work) -> decltype(work()) {
    try {
        return work();
    } catch (const std::exception& error) {
        return fail(ErrorCode::storage, std::string("the store cannot be read: ") + error.what());
    }
}

/// A WHERE clause put together from what is asked, with its values.
class Conditions {
  public:
    void text(std::string_view condition, const std::string& value) {
        if (value.empty()) return;
        add(condition);
        texts_.emplace(count_, value);
    }
    void integer(std::string_view condition, std::int64_t value) {
        add(condition);
        integers_.emplace(count_, value);
    }
    /// A condition without a value.
    void holds(std::string_view condition) {
        sql_ += sql_.empty() ? " WHERE " : " AND ";
        sql_ += condition;
    }
    const std::string& sql() const { return sql_; }
    void bind(Statement& statement) const {
        for (const auto& [index, value] : texts_) statement.bind(index, value);
        for (const auto& [index, value] : integers_) statement.bind(index, value);
    }

  private:
    void add(std::string_view condition) {
        holds(condition);
        sql_ += " ?" + std::to_string(++count_);
    }
    std::string sql_;
    int count_ = 0;
    std::map<int, std::string> texts_;
    std::map<int, std::int64_t> integers_;
};

}  // namespace ocm::store
