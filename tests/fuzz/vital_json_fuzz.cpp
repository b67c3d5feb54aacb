// SPDX-License-Identifier: MPL-2.0
// Plain JSON: a message is read into an event, or refused with a path. What was read is read again as the same,
// strictly too.
#include "core/json.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

bool is_pointer(std::string_view path) {
    return path.empty() || path.front() == '/';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto document = ocm::parse_json({reinterpret_cast<const char*>(data), size});
    if (!document) return 0;
    const auto got = ocm::vital_json::read_message(*document);
    if (!got) {
        require(got.error().code == ocm::ErrorCode::bad_request);
        require(!got.error().message.empty() && is_pointer(got.error().path));
        return 0;
    }
    for (const auto& path : got->account.carried) require(is_pointer(path));
    for (const auto& note : got->account.dropped) require(is_pointer(note.path) && !note.why.empty());
    const auto written = ocm::vital_json::write(got->event);
    const auto strict = ocm::vital_json::read(written);
    require(strict.has_value() && *strict == got->event);
    const auto again = ocm::vital_json::read_message(written);
    require(again.has_value() && again->event == got->event && again->account.dropped.empty());
    return 0;
}
