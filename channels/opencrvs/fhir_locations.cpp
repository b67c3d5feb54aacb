// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/fhir_locations.hpp"

#include "formats/opencrvs_v1/location_list.hpp"

#include <algorithm>

namespace ocm::opencrvs {
namespace {

/// Where an inactive place's validity ended; the API does not say.
constexpr const char* long_ago = "1970-01-01T00:00:00.000Z";

tl::unexpected<Error> useless(std::string why, std::string path) {
    return fail(ErrorCode::bad_gateway, std::move(why), std::move(path));
}

Json or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

}  // namespace

std::string fhir_location_query(std::string_view type) {
    return "?type=" + std::string(type) + "&_count=0";
}

Result<void> PlaceLists::add(const Json& answer) {
    if (answer.is_array()) {
        for (const auto& each : answer) {
            if (auto added = add(each); !added) return added;
        }
        return {};
    }
    const auto listed = opencrvs_v1::read_location_list(answer);
    if (!listed) return useless(listed.error().message, listed.error().path);
    const auto* total = member(answer, "total");
    if (total != nullptr && total->is_number_integer() &&
        total->get<std::int64_t>() > static_cast<std::int64_t>(listed->size())) {
        return useless("the answer holds " + std::to_string(listed->size()) + " of " +
                           std::to_string(total->get<std::int64_t>()) + " locations",
                       "/total");
    }
    for (std::size_t i = 0; i < listed->size(); ++i) {
        const auto& location = (*listed)[i];
        if (location.type.empty()) {
            return useless("the location has no type", pointer("/entry", i) + "/resource/type");
        }
        const bool area = location.type == "ADMIN_STRUCTURE";
        Json place = Json::object();
        place["id"] = location.id;
        place["name"] = location.name;
        place["externalId"] = location.code;
        place[area ? "parentId" : "administrativeAreaId"] = or_null(location.part_of);
        place["validUntil"] = location.active ? Json(nullptr) : Json(long_ago);
        if (!area) place["locationType"] = location.type;
        (area ? areas : locations).push_back(std::move(place));
    }
    return {};
}

}  // namespace ocm::opencrvs
