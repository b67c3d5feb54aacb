// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "support/paths/paths.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace ocm::test {

inline std::string file_text(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in) << path;
    return {std::istreambuf_iterator<char>(in), {}};
}

inline Json json_file(const std::filesystem::path& path) {
    auto parsed = parse_json(file_text(path));
    EXPECT_TRUE(parsed) << path;
    return parsed.value_or(Json());
}

inline std::filesystem::path format_data() {
    return support::source_dir() / "tests/unit/formats/data";
}

/// Compares with a golden file; with OCM_UPDATE_GOLDEN set it is written instead, to be reviewed as a change.
inline void expect_golden(const Json& actual, const std::filesystem::path& path) {
    if (std::getenv("OCM_UPDATE_GOLDEN") != nullptr) {
        std::ofstream(path) << pretty_json(actual) << '\n';
        return;
    }
    EXPECT_EQ(pretty_json(actual) + "\n", file_text(path)) << path;
}

}  // namespace ocm::test
