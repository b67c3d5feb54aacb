// SPDX-License-Identifier: MPL-2.0
// FHIR R4 in: a message is split and read into events, or refused with a path. What was read survives the canonical
// form, reading twice gives the same, and every answer made of it is sound.
#include "core/json.hpp"
#include "formats/fhir_r4/outcome.hpp"
#include "formats/fhir_r4/read.hpp"
#include "formats/fhir_r4/split.hpp"
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

void read_one(const ocm::Json& message) {
    const auto got = ocm::fhir_r4::read(message);
    if (!got) {
        require(got.error().code == ocm::ErrorCode::bad_request);
        require(!got.error().message.empty() && is_pointer(got.error().path));
        require(ocm::fhir_r4::refusal(got.error()).status == 400);
        return;
    }
    for (const auto& path : got->account.carried) require(is_pointer(path));
    for (const auto* notes : {&got->account.dropped, &got->account.recoded, &got->account.warnings}) {
        for (const auto& note : *notes) require(is_pointer(note.path) && !note.why.empty());
    }
    const auto again = ocm::fhir_r4::read(message);
    require(again.has_value() && again->event == got->event && again->account == got->account);
    const auto back = ocm::vital_json::read(ocm::vital_json::write(got->event));
    require(back.has_value() && *back == got->event);
    const auto issues = ocm::fhir_r4::issues_of(ocm::fhir_r4::with_expressions(got->account, "Bundle"), 100);
    require(issues.size() <= 101);
    const auto answer = ocm::fhir_r4::message_response(message, ocm::fhir_r4::Acknowledged::ok,
                                                       ocm::fhir_r4::operation_outcome(issues), {});
    require(ocm::parse_json(ocm::dump_json(answer)).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto message = ocm::parse_json({reinterpret_cast<const char*>(data), size});
    if (!message) return 0;
    read_one(*message);
    if (!ocm::fhir_r4::check_envelope(*message)) return 0;
    const auto unsound = ocm::fhir_r4::unsound_entries(*message);
    const auto split = ocm::fhir_r4::split(*message, unsound);
    for (const auto& part : split.parts) {
        require(!part.entries.empty());
        for (const auto entry : part.entries) require(!unsound.contains(entry));
        require(ocm::fhir_r4::check_bundle(part.message).has_value());
        read_one(part.message);
    }
    return 0;
}
