// SPDX-License-Identifier: MPL-2.0
// JSON entry: never crashes, keeps its limits, and what it accepts survives writing and reading again.
#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

std::size_t depth(const ocm::Json& value) {
    std::size_t deepest = 0;
    if (value.is_structured()) {
        for (const auto& child : value) deepest = std::max(deepest, depth(child));
        ++deepest;
    }
    return deepest;
}

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    constexpr ocm::JsonLimits limits{.depth = 12, .nodes = 1000, .string_bytes = 4096};

    const auto strict = ocm::parse_json(text, limits);
    if (strict) {
        require(depth(*strict) <= limits.depth);
        const auto again = ocm::parse_json(ocm::dump_json(*strict), limits);
        require(again.has_value() && *again == *strict);
        // Comments are an addition: what is accepted without them means the same with them.
        const auto lenient = ocm::parse_json(text, limits, ocm::JsonComments::allow);
        require(lenient.has_value() && *lenient == *strict);
    } else {
        require(!strict.error().message.empty());
        static_cast<void>(ocm::parse_json(text, limits, ocm::JsonComments::allow));
    }
    return 0;
}
