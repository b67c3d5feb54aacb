// SPDX-License-Identifier: MPL-2.0
#include "channels/transform.hpp"

#include "channels/opencrvs/write_v2.hpp"
#include "formats/dhis2/read.hpp"
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
};

Result<Message> read(std::string_view from, std::string_view text, const TargetForms& target) {
    auto document = parse_json(text);
    if (!document) return fail(document.error());
    Message out;
    if (from == "opencrvs-1") {
        auto read = opencrvs_v1::read(*document);
        if (!read) return fail(read.error());
        out = {std::move(*document), std::move(read->event), std::move(read->account), true};
    } else if (from == "vital-json") {
        auto read = vital_json::read_message(*document);
        if (!read) return fail(read.error());
        out = {std::move(*document), std::move(read->event), std::move(read->account), false};
    } else if (from == "dhis2") {
        auto read = dhis2::read_first(*document, target.dhis2 != nullptr ? *target.dhis2 : dhis2::shipped_mapping());
        if (!read) return fail(read.error());
        out = {std::move(*document), std::move(read->event), std::move(read->account), false};
    } else {
        return fail(ErrorCode::unprocessable, "not a format that can be read; these can: opencrvs-1, vital-json, dhis2",
                    "from");
    }
    return out;
}

}  // namespace

Result<Transformed> transform(std::string_view from, std::string_view to, std::string_view text,
                              const TargetForms& target, WallTime now) {
    if (to != "opencrvs-2.0" && to != "vital-json")
        return fail(ErrorCode::unprocessable, "not a format that can be written; these can: opencrvs-2.0, vital-json",
                    "to");
    auto source = read(from, text, target);
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
