// SPDX-License-Identifier: MPL-2.0
// DHIS2 tracker payloads and mappings: each is read, or refused with a path. What is to be sent is read alone as it is
// in the whole, and survives the canonical form.
#include "core/json.hpp"
#include "formats/dhis2/read.hpp"
#include "formats/dhis2/report.hpp"
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

void read_unit(const ocm::Json& document, const ocm::dhis2::Unit& unit, const ocm::dhis2::Mapping& mapping) {
    const auto got = ocm::dhis2::read(document, unit, mapping);
    const auto alone = ocm::dhis2::alone(unit);
    const auto again = ocm::dhis2::read_first(alone, mapping);
    require(got.has_value() == again.has_value());
    if (!got) {
        require(!got.error().message.empty() && is_pointer(got.error().path));
        return;
    }
    require(again->event == got->event);
    for (const auto& path : got->account.carried) require(is_pointer(path));
    for (const auto* notes : {&got->account.dropped, &got->account.recoded, &got->account.warnings}) {
        for (const auto& note : *notes) require(is_pointer(note.path) && !note.why.empty());
    }
    for (const auto& [name, place] : got->places) require(is_pointer(place));
    const auto back = ocm::vital_json::read(ocm::vital_json::write(got->event));
    require(back.has_value() && *back == got->event);
    ocm::dhis2::Report report;
    report.accepted("uid", {"id", "delivered", "", "/notifications/id"}, got->account);
    require(ocm::dhis2::Report::parse(ocm::dump_json(report.to_json())).to_json() == report.to_json());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto mapping = ocm::dhis2::parse_mapping(text); !mapping) require(!mapping.error().message.empty());
    const auto document = ocm::parse_json(text);
    if (!document) return 0;
    const auto& mapping = ocm::dhis2::shipped_mapping();
    const auto entities = ocm::dhis2::entities(*document, mapping);
    if (!entities) {
        require(entities.error().code == ocm::ErrorCode::bad_request && is_pointer(entities.error().path));
        return 0;
    }
    for (const auto& entity : *entities) {
        require(entity.error || !entity.units.empty() || !entity.ignored.empty());
        for (const auto& unit : entity.units) read_unit(*document, unit, mapping);
    }
    return 0;
}
