// SPDX-License-Identifier: MPL-2.0
#include "channels/transform.hpp"

#include "channels/opencrvs/write_v2.hpp"
#include "formats/fhir_r4/read.hpp"
#include "formats/opencrvs_v1/read.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <nlohmann/json.hpp>

namespace ocm {
namespace {

struct Message {
    Json document;
    VitalEvent event;
    Account account;
    bool is_opencrvs_1 = false;
    std::map<std::string, std::string, std::less<>> places;  // where values of the event came from, by their names
};

Result<Message> read(std::string_view from, std::string_view text) {
    auto document = parse_json(text);
    if (!document) return fail(document.error());
    Message out;
    if (from == "opencrvs-1") {
        auto read = opencrvs_v1::read(*document);
        if (!read) return fail(read.error());
        out = {std::move(*document), std::move(read->event), std::move(read->account), true, {}};
    } else if (from == "fhir-r4") {
        auto read = fhir_r4::read(*document);
        if (!read) return fail(read.error());
        out = {std::move(*document), std::move(read->event), std::move(read->account), false, std::move(read->places)};
    } else if (from == "vital-json") {
        auto event = vital_json::read(*document);
        if (!event) return fail(event.error());
        out = {std::move(*document), std::move(*event), {}, false, {}};
    } else {
        return fail(ErrorCode::unprocessable,
                    "not a format that can be read; these can: opencrvs-1, fhir-r4, vital-json", "from");
    }
    return out;
}

}  // namespace

Result<Transformed> transform(std::string_view from, std::string_view to, std::string_view text,
                              const TargetForms& target, WallTime now) {
    if (to != "opencrvs-2.0" && to != "vital-json")
        return fail(ErrorCode::unprocessable, "not a format that can be written; these can: opencrvs-2.0, vital-json",
                    "to");
    auto source = read(from, text);
    if (!source) return fail(source.error());
    Transformed out;
    out.account = std::move(source->account);
    if (to == "vital-json") {
        out.result = vital_json::write(source->event);
        return out;
    }
    auto written = opencrvs::write(source->event, target.map, target.form, target.places, now);
    if (!written) {
        auto error = written.error();
        if (source->is_opencrvs_1) {
            if (auto place = opencrvs_v1::place_of(source->document, error.path); !place.empty()) error.path = place;
        }
        if (const auto place = source->places.find(error.path); place != source->places.end())
            error.path = place->second;
        return fail(std::move(error));
    }
    out.account.append(written->account);
    out.result = {{"eventType", std::move(written->event_type)},
                  {"createdAtLocation", std::move(written->created_at_location)},
                  {"declaration", std::move(written->declaration)},
                  {"annotation", std::move(written->annotation)}};
    return out;
}

}  // namespace ocm
