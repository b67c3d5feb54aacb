// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/places.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace ocm::opencrvs {
namespace {

/// An end that cannot be read is taken as past: better a refusal than a record sent to a closed office.
std::optional<WallTime> valid_until(const Json& from) {
    const auto* value = member(from, "validUntil");
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (const auto at = parse_rfc3339(text(*value))) return at;
    if (const auto day = parse_date(text(*value))) return WallTime(std::chrono::sys_days(*day));
    return WallTime{};
}

const Json* area_list(const Json& answer) {
    if (answer.is_array()) return &answer;
    const auto* result = member(answer, "result");
    const auto* data = result == nullptr ? nullptr : member(*result, "data");
    const auto* list = data == nullptr ? nullptr : member(*data, "json");
    return list != nullptr && list->is_array() ? list : nullptr;
}

template <class T>
const T* find_in(const std::vector<T>& table, const std::unordered_map<std::string, std::size_t>& index,
                 std::string_view id) {
    const auto found = index.find(std::string(id));
    return found == index.end() ? nullptr : &table[found->second];
}

/// Ids first, so that an external id never hides an id.
template <class T>
void fill(std::unordered_map<std::string, std::size_t>& index, const std::vector<T>& table) {
    for (std::size_t i = 0; i < table.size(); ++i) index.emplace(table[i].id, i);
    for (std::size_t i = 0; i < table.size(); ++i)
        if (!table[i].external_id.empty()) index.emplace(table[i].external_id, i);
}

}  // namespace

Places::Places(std::vector<Location> locations, std::vector<AdministrativeArea> areas)
    : locations_(std::move(locations)), areas_(std::move(areas)) {
    fill(location_index_, locations_);
    fill(area_index_, areas_);
    for (const auto& area : areas_)
        if (!area.parent.empty()) ++children_[area.parent];
    for (std::size_t i = 0; i < locations_.size(); ++i)
        if (locations_[i].type == office_type) offices_by_area_[locations_[i].administrative_area].push_back(i);
    for (auto& [area, offices] : offices_by_area_)
        std::sort(offices.begin(), offices.end(), [&](std::size_t a, std::size_t b) {
            return std::tie(locations_[a].external_id, locations_[a].id) <
                   std::tie(locations_[b].external_id, locations_[b].id);
        });
}

Result<Places> Places::from_answers(const Json& locations, const Json& areas) {
    if (!locations.is_array()) return fail(ErrorCode::bad_gateway, "the answer with the locations is not a list");
    const auto* list = area_list(areas);
    if (list == nullptr)
        return fail(ErrorCode::bad_gateway, "the answer with the administrative areas holds no list",
                    "/result/data/json");
    std::vector<Location> read_locations;
    for (const auto& json : locations) {
        Location location{
            std::string(text_member(json, "id")),           std::string(text_member(json, "name")),
            std::string(text_member(json, "externalId")),   std::string(text_member(json, "administrativeAreaId")),
            std::string(text_member(json, "locationType")), valid_until(json)};
        if (location.id.empty())
            return fail(ErrorCode::bad_gateway, "a location has no id", pointer("", read_locations.size()));
        read_locations.push_back(std::move(location));
    }
    std::vector<AdministrativeArea> read_areas;
    for (const auto& json : *list) {
        AdministrativeArea area{std::string(text_member(json, "id")), std::string(text_member(json, "name")),
                                std::string(text_member(json, "externalId")),
                                std::string(text_member(json, "parentId")), valid_until(json)};
        if (area.id.empty())
            return fail(ErrorCode::bad_gateway, "an administrative area has no id",
                        pointer("/result/data/json", read_areas.size()));
        read_areas.push_back(std::move(area));
    }
    return Places(std::move(read_locations), std::move(read_areas));
}

const Location* Places::location(std::string_view id) const {
    return find_in(locations_, location_index_, id);
}

const AdministrativeArea* Places::area(std::string_view id) const {
    return find_in(areas_, area_index_, id);
}

const AdministrativeArea* Places::lowest_known(const std::vector<std::string>& areas) const {
    for (auto it = areas.rbegin(); it != areas.rend(); ++it)
        if (const auto* found = area(*it)) return found;
    return nullptr;
}

std::vector<const AdministrativeArea*> Places::ancestors(std::string_view id) const {
    std::vector<const AdministrativeArea*> out;
    const auto* at = area(id);
    while (at != nullptr && std::find(out.begin(), out.end(), at) == out.end()) {
        out.push_back(at);
        at = at->parent.empty() ? nullptr : area(at->parent);
    }
    return out;
}

bool Places::is_leaf(std::string_view id) const {
    return !children_.contains(std::string(id));
}

const Location* Places::office_for(std::string_view id, WallTime now) const {
    for (const auto* at : ancestors(id)) {
        const auto offices = offices_by_area_.find(at->id);
        if (offices == offices_by_area_.end()) continue;
        for (const auto index : offices->second)
            if (locations_[index].active(now)) return &locations_[index];
    }
    return nullptr;
}

}  // namespace ocm::opencrvs
