// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/fhir_locations.hpp"

#include <algorithm>

namespace ocm::opencrvs {
namespace {

/// Where an inactive place's validity ended; the API does not say.
constexpr const char* long_ago = "1970-01-01T00:00:00.000Z";

std::string_view type_of(const Json& resource) {
    const auto* type = member(resource, "type");
    const auto* codings = type == nullptr ? nullptr : member(*type, "coding");
    const auto* first = codings == nullptr ? nullptr : element(*codings, 0);
    return first == nullptr ? std::string_view{} : text_member(*first, "code");
}

/// The code without the type in front of it.
std::string code_of(const Json& resource, std::string_view type) {
    const auto* identifiers = member(resource, "identifier");
    if (identifiers == nullptr || !identifiers->is_array()) return {};
    const auto prefix = std::string(type) + "_";
    for (const auto& identifier : *identifiers) {
        const auto value = text_member(identifier, "value");
        if (value.starts_with(prefix)) return std::string(value.substr(prefix.size()));
    }
    return {};
}

/// "Location/<id>"; the top stands under Location/0.
Json parent_of(const Json& resource) {
    constexpr std::string_view prefix = "Location/";
    const auto* part_of = member(resource, "partOf");
    const auto reference = part_of == nullptr ? std::string_view{} : text_member(*part_of, "reference");
    if (!reference.starts_with(prefix)) return nullptr;
    const auto id = reference.substr(prefix.size());
    return id.empty() || id == "0" ? Json(nullptr) : Json(id);
}

tl::unexpected<Error> useless(std::string why, std::string path) {
    return fail(ErrorCode::bad_gateway, std::move(why), std::move(path));
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
    const auto* entries = member(answer, "entry");
    const auto* total = member(answer, "total");
    if (text_member(answer, "resourceType") != "Bundle")
        return useless("the answer is not a FHIR Bundle", "/resourceType");
    const std::size_t found = entries != nullptr && entries->is_array() ? entries->size() : 0;
    if (total != nullptr && total->is_number_integer() &&
        total->get<std::int64_t>() > static_cast<std::int64_t>(found)) {
        return useless("the answer holds " + std::to_string(found) + " of " +
                           std::to_string(total->get<std::int64_t>()) + " locations",
                       "/total");
    }
    for (std::size_t i = 0; i < found; ++i) {
        const auto* resource = member((*entries)[i], "resource");
        const auto path = pointer("/entry", i) + "/resource";
        if (resource == nullptr) return useless("an entry holds no Location", path);
        const auto id = text_member(*resource, "id");
        const auto type = type_of(*resource);
        if (id.empty()) return useless("a Location has no id", path + "/id");
        if (type.empty()) return useless("a Location has no type", path + "/type");
        const bool area = type == "ADMIN_STRUCTURE";
        Json place = Json::object();
        place["id"] = id;
        place["name"] = text_member(*resource, "name");
        place["externalId"] = code_of(*resource, type);
        place[area ? "parentId" : "administrativeAreaId"] = parent_of(*resource);
        const auto status = text_member(*resource, "status");
        place["validUntil"] = status.empty() || status == "active" ? Json(nullptr) : Json(long_ago);
        if (!area) place["locationType"] = type;
        (area ? areas : locations).push_back(std::move(place));
    }
    return {};
}

}  // namespace ocm::opencrvs
