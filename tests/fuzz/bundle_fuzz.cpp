// SPDX-License-Identifier: MPL-2.0
// The 1.x notification: a document is read into an event, or refused with a path. What was read survives the canonical
// form, and reading twice gives the same.
#include "core/json.hpp"
#include "formats/opencrvs_v1/read.hpp"
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
    const auto bundle = ocm::parse_json({reinterpret_cast<const char*>(data), size});
    if (!bundle) return 0;
    const auto got = ocm::opencrvs_v1::read(*bundle);
    if (!got) {
        require(got.error().code == ocm::ErrorCode::bad_request);
        require(!got.error().message.empty() && is_pointer(got.error().path));
        return 0;
    }
    for (const auto& path : got->account.carried) require(is_pointer(path));
    for (const auto* notes : {&got->account.dropped, &got->account.recoded}) {
        for (const auto& note : *notes) require(is_pointer(note.path) && !note.why.empty());
    }
    const auto again = ocm::opencrvs_v1::read(*bundle);
    require(again.has_value() && again->event == got->event && again->account == got->account);
    const auto back = ocm::vital_json::read(ocm::vital_json::write(got->event));
    require(back.has_value() && *back == got->event);
    return 0;
}
