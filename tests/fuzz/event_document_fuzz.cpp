// SPDX-License-Identifier: MPL-2.0
// An EventDocument of OpenCRVS 1.9 and 2.0: it is folded and read into an event, tells nothing, or is refused with a
// path; for its last action and for every single one. Reading twice gives the same.
#include "channels/opencrvs/event_document.hpp"
#include "core/json.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

std::string file(const char* name) {
    std::ifstream in(std::string(OCM_COUNTRY_DIR) + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void read_about(const ocm::Json& document, const std::string& action) {
    using namespace ocm::opencrvs;
    static const auto map = CountryMap::parse(file("map.json")).value();
    static const auto form = FormConfig::from_reduced(file("form-2.0.json")).value();
    static const Places places;
    const About about{"national", action, ocm::Heard::forwarded, true};
    const auto got = read_document(document, about, map, form, places);
    if (!got) {
        require(got.error().code == ocm::ErrorCode::bad_request && !got.error().message.empty());
        return;
    }
    require(got->event.has_value() == got->why.empty());
    const auto again = read_document(document, about, map, form, places);
    require(again.has_value() && again->event == got->event && again->account == got->account);
    if (!got->event) return;
    require(got->standing == Standing::accepted && !got->event->occurrence.empty());
    require(ocm::topic(ocm::name(got->event->topic)).has_value());
    const auto back = ocm::vital_json::read(ocm::vital_json::write(got->event->event));
    require(back.has_value() && *back == got->event->event);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto document = ocm::parse_json({reinterpret_cast<const char*>(data), size});
    if (!document) return 0;
    ocm::opencrvs::is_confirmed(*document);
    read_about(*document, "");
    const auto told = ocm::opencrvs::told_of(*document);
    if (!told) return 0;
    read_about(*document, told->action);
    for (const auto& action : *ocm::member(*document, "actions"))
        read_about(*document, std::string(ocm::text_member(action, "id")));
    return 0;
}
