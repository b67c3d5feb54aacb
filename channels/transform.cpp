// SPDX-License-Identifier: MPL-2.0
#include "channels/transform.hpp"

#include "channels/opencrvs/crosswalk.hpp"
#include "channels/opencrvs/versions.hpp"
#include "channels/opencrvs/write_v1.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "core/ids.hpp"
#include "formats/dhis2/read.hpp"
#include "formats/fhir_r4/read.hpp"
#include "formats/opencrvs_v1/read.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <functional>

namespace ocm {
namespace {

constexpr std::string_view opencrvs_prefix = "opencrvs-";

struct Message {
    VitalEvent event;
    Account account;
    std::function<std::string(std::string_view event_path)> place_of{};  // in the message; empty text where it has none
};

Result<Message> read_opencrvs_1(Json& document, std::string_view text, const TargetForms&) {
    auto read = opencrvs_v1::read(document);
    if (!read) return fail(read.error());
    read->event.document = std::string(text);
    return Message{
        std::move(read->event), std::move(read->account),
        [document = std::move(document)](std::string_view path) { return opencrvs_v1::place_of(document, path); }};
}

Result<Message> read_fhir_r4(Json& document, std::string_view, const TargetForms&) {
    auto read = fhir_r4::read(document);
    if (!read) return fail(read.error());
    return Message{std::move(read->event), std::move(read->account),
                   [places = std::move(read->places)](std::string_view path) {
                       const auto place = places.find(path);
                       return place == places.end() ? std::string() : place->second;
                   }};
}

Result<Message> read_vital_json(Json& document, std::string_view, const TargetForms&) {
    auto read = vital_json::read_message(document);
    if (!read) return fail(read.error());
    return Message{std::move(read->event), std::move(read->account)};
}

Result<Message> read_dhis2(Json& document, std::string_view, const TargetForms& target) {
    const auto& mapping = target.dhis2 != nullptr ? *target.dhis2 : dhis2::shipped_mapping();
    auto read = dhis2::read_first(document, mapping);
    if (!read) return fail(read.error());
    return Message{std::move(read->event), std::move(read->account),
                   [places = std::move(read->places)](std::string_view path) {
                       const auto place = places.find(path);
                       return place == places.end() ? std::string() : place->second;
                   }};
}

struct Reader {
    std::string_view name;
    Result<Message> (*read)(Json& document, std::string_view text, const TargetForms& target);  // may take the document
};
constexpr std::array<Reader, 4> readers{{
    {"opencrvs-1", read_opencrvs_1},
    {"fhir-r4", read_fhir_r4},
    {"vital-json", read_vital_json},
    {"dhis2", read_dhis2},
}};

struct Written {
    Json result;
    Account account;
};

Result<Written> write_events(const VitalEvent& event, const opencrvs::Version& version, const TargetForms& target,
                             WallTime now) {
    auto written = version.has_event_location
                       ? opencrvs::write(event, target.map, target.form, target.places, now)
                       : opencrvs::write(event, target.map.without(opencrvs::Take::place_jurisdiction), target.form,
                                         target.places, now);
    if (!written) return fail(written.error());
    Written out;
    out.result = {{"eventType", std::move(written->event_type)},
                  {"createdAtLocation", std::move(written->created_at_location)},
                  {"declaration", std::move(written->declaration)},
                  {"annotation", std::move(written->annotation)}};
    out.account = std::move(written->account);
    return out;
}

Result<Written> write_legacy(const VitalEvent& event, const opencrvs::Version& version, const TargetForms& target,
                             WallTime now) {
    // The same event makes the same document.
    constexpr std::string_view space = "5b2d9c8e-6c1f-4a57-9b0e-2f1d7a3c4e60";
    const auto seed = uuid_v5(space, dump_json(vital_json::write(event)));
    auto written = opencrvs::write_document(event, version, target.map.country, target.places, seed, now);
    if (!written) return fail(written.error());
    auto document = parse_json(written->body);
    if (!document) return fail(document.error());
    return Written{std::move(*document), std::move(written->account)};
}

Result<Written> write_for(const VitalEvent& event, std::string_view to, const TargetForms& target, WallTime now) {
    if (to == "vital-json") return Written{vital_json::write(event), {}};
    const auto* version = opencrvs::find_version(to.substr(opencrvs_prefix.size()));
    return version->generation == opencrvs::Generation::legacy ? write_legacy(event, *version, target, now)
                                                               : write_events(event, *version, target, now);
}

/// As when it is sent (opencrvs::Target): codes become the target's ids, and one of a facility or office that nobody
/// knows keeps it from being sent.
Result<Written> cross_and_write(const VitalEvent& event, std::string_view to, const TargetForms& target, WallTime now) {
    if (target.crosswalk == nullptr || !to.starts_with(opencrvs_prefix)) return write_for(event, to, target, now);
    auto resolved =
        opencrvs::resolve(event, target.map.country, {*target.crosswalk, target.target, target.places, now});
    auto written = write_for(resolved.event(event), to, target, now);
    const bool of_kind = !written && written.error().path == opencrvs::refusal::kind;
    if (!resolved.unknown.empty() && !of_kind) return fail(opencrvs::refuse_unknown(resolved.unknown.front()));
    if (written) written->account.append(std::move(resolved.account));
    return written;
}

bool can_write(std::string_view to) {
    return to == "vital-json" ||
           (to.starts_with(opencrvs_prefix) && opencrvs::find_version(to.substr(opencrvs_prefix.size())) != nullptr);
}

std::string listed(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
    return out;
}

}  // namespace

std::vector<std::string> readable_formats() {
    std::vector<std::string> out;
    out.reserve(readers.size());
    for (const auto& reader : readers) out.emplace_back(reader.name);
    return out;
}

std::vector<std::string> writable_formats() {
    std::vector<std::string> out;
    for (const auto& version : opencrvs::versions()) {
        out.push_back(std::string(opencrvs_prefix) + std::string(version.name));
    }
    out.emplace_back("vital-json");
    return out;
}

Result<Transformed> transform(std::string_view from, std::string_view to, std::string_view text,
                              const TargetForms& target, WallTime now) {
    if (!can_write(to)) {
        return fail(ErrorCode::unprocessable,
                    "not a format that can be written; these can: " + listed(writable_formats()), "to");
    }
    const auto* reader =
        std::find_if(readers.begin(), readers.end(), [&](const Reader& each) { return each.name == from; });
    if (reader == readers.end()) {
        return fail(ErrorCode::unprocessable, "not a format that can be read; these can: " + listed(readable_formats()),
                    "from");
    }
    auto document = parse_json(text);
    if (!document) return fail(document.error());
    auto source = reader->read(*document, text, target);
    if (!source) return fail(source.error());
    auto written = cross_and_write(source->event, to, target, now);
    if (!written) {
        auto error = written.error();
        if (source->place_of) {
            if (auto place = source->place_of(error.path); !place.empty()) error.path = place;
        }
        return fail(std::move(error));
    }
    Transformed out;
    out.account = std::move(source->account);
    out.account.append(std::move(written->account));
    out.result = std::move(written->result);
    return out;
}

}  // namespace ocm
