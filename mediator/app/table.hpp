// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"

#include <string>
#include <utility>
#include <vector>

namespace ocm::app {

/// Rows for people: columns as wide as their widest cell, a header, no colours.
class Table {
  public:
    explicit Table(std::vector<std::string> header);
    void add(std::vector<std::string> row);
    std::string text() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

/// A table of an array of objects. Each column is {header, member}; absent members are "-".
std::string table_of(const Json& rows, const std::vector<std::pair<std::string, std::string>>& columns);

/// `name  value` lines of an object's plain members.
std::string fields_of(const Json& object);

/// How many columns a text takes on a terminal (counts characters, not bytes).
std::size_t width(std::string_view text);

}  // namespace ocm::app
