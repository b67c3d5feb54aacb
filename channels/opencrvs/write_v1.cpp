// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/write_v1.hpp"

#include "channels/opencrvs/event_values.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "formats/opencrvs_v1/write.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::opencrvs {
namespace {

/// The target's places as a document sees them.
class PlacesRegistry final : public opencrvs_v1::Registry {
  public:
    explicit PlacesRegistry(const Places& places) : places_(places) {}

    // Look-ups of Places take codes too; a reference in a document has to be the id.
    Kind kind(std::string_view id) const override {
        if (const auto* location = places_.location(id); location != nullptr && location->id == id) {
            if (location->type == office_type) return Kind::office;
            if (location->type == facility_type) return Kind::facility;
            return Kind::none;
        }
        const auto* area = places_.area(id);
        return area != nullptr && area->id == id ? Kind::area : Kind::none;
    }

    std::string parent(std::string_view id) const override {
        if (const auto* location = places_.location(id)) return location->administrative_area;
        const auto* area = places_.area(id);
        return area == nullptr ? std::string() : area->parent;
    }

    std::vector<std::string> levels(const Address& address) const override {
        std::vector<std::string> out;
        const auto* lowest = places_.lowest_known(address.areas);
        if (lowest == nullptr) return out;
        for (const auto* area : places_.ancestors(lowest->id)) out.push_back(area->id);
        std::reverse(out.begin(), out.end());
        return out;
    }

  private:
    const Places& places_;
};

/// The sender's document, where the target takes it as it is.
bool goes_untouched(const VitalEvent& event, const Version& version, const opencrvs_v1::Destination& destination) {
    if (!event.document) return false;
    const auto bundle = parse_json(*event.document);
    return bundle && opencrvs_v1::fits(*bundle, version.document, destination);
}

}  // namespace

Result<WrittenDocument> write_document(const VitalEvent& event, const Version& version, std::string_view home_country,
                                       const Places& places, std::string_view seed, WallTime now) {
    auto place = resolve_place(event, places, now);
    if (!place) return fail(place.error());
    if (place->facility == nullptr || place->facility->type != facility_type) {
        return fail(ErrorCode::bad_request, "OpenCRVS 1.x takes notifications from health facilities only",
                    std::string(refusal::location));
    }
    const auto office = office_of(event, places, now);
    if (!office) return fail(office.error());
    if (version.document.office_area && (*office)->administrative_area.empty()) {
        return fail(ErrorCode::bad_request,
                    "the registration office stands under no administrative area, which this version asks for",
                    std::string(refusal::office));
    }
    const PlacesRegistry registry(places);
    const opencrvs_v1::Destination destination{registry, (*office)->id, place->facility->id, std::string(home_country)};
    WrittenDocument out;
    out.office_id = (*office)->id;
    if (goes_untouched(event, version, destination)) {
        out.body = *event.document;
        out.untouched = true;
        out.account.untouched = true;
        return out;
    }
    auto written = opencrvs_v1::write(event, version.document, destination, seed, now);
    if (!written) return fail(written.error());
    out.body = dump_json(written->bundle);
    out.account = std::move(written->account);
    for (const auto& note : place->notes) out.account.recoded.push_back(note);
    if (event.office && *event.office != out.office_id) {
        out.account.recoded.push_back({"office", "found by its code, sent as the location's id"});
    }
    return out;
}

}  // namespace ocm::opencrvs
