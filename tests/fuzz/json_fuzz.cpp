// SPDX-License-Identifier: MPL-2.0
// JSON entry: never crashes, keeps its limits, and what it accepts survives writing and reading again.
#include "core/json.hpp"
#include "core/json_quick.hpp"

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

    // The two readers never differ on what the quick one takes, nor the two writers on anything.
    if (const auto quick = ocm::parse_sound_json(text, limits)) {
        const auto other = ocm::parse_any_json(text, limits, ocm::JsonComments::refuse);
        require(other.has_value() && *other == *quick);
        require(ocm::dump_json(*quick) == quick->dump(-1, ' ', false, ocm::Json::error_handler_t::replace));
    }
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
