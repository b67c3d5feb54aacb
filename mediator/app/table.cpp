// SPDX-License-Identifier: MPL-2.0
#include "app/table.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::app {
namespace {

/// Codes and names of others must not break a line or speak to the terminal.
std::string printable(const std::string& text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0u;
        const bool c1 = c == 0xC2u && next >= 0x80u && next < 0xA0u;  // the control characters beyond ASCII
        if (c1) ++i;
        if (c < 0x20u || c == 0x7fu || c1) {
            out += "\xEF\xBF\xBD";
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string cell(const Json& value) {
    if (value.is_null()) return "-";
    if (value.is_string()) return value.get<std::string>().empty() ? "-" : value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    return dump_json(value);
}

}  // namespace

std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

Table::Table(std::vector<std::string> header) {
    rows_.push_back(std::move(header));
}

void Table::add(std::vector<std::string> row) {
    for (auto& each : row) each = printable(each);
    rows_.push_back(std::move(row));
}

std::string Table::text() const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string out;
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line += std::string(widths[i] - width(row[i]) + 2, ' ');
        }
        out += line + "\n";
    }
    return out;
}

std::string table_of(const Json& rows, const std::vector<std::pair<std::string, std::string>>& columns) {
    std::vector<std::string> header;
    header.reserve(columns.size());
    for (const auto& column : columns) header.push_back(column.first);
    Table table(std::move(header));
    for (const auto& row : rows) {
        std::vector<std::string> cells;
        for (const auto& column : columns) {
            const auto* value = member(row, column.second);
            cells.push_back(value == nullptr ? "-" : cell(*value));
        }
        table.add(std::move(cells));
    }
    return table.text();
}

std::string fields_of(const Json& object) {
    std::size_t widest = 0;
    for (const auto& [key, value] : object.items()) {
        if (value.is_primitive()) widest = std::max(widest, width(key));
    }
    std::string out;
    for (const auto& [key, value] : object.items()) {
        if (!value.is_primitive()) continue;
        out += key + std::string(widest - width(key) + 2, ' ') + printable(cell(value)) + "\n";
    }
    return out;
}

}  // namespace ocm::app
