// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/location_list.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace ocm::opencrvs_v1 {
namespace {

constexpr std::string_view reference_type = "Location/";

std::string type_of(const Json& location) {
    const auto* type = member(location, "type");
    const auto* coding = type == nullptr ? nullptr : member(*type, "coding");
    const auto* first = coding == nullptr ? nullptr : element(*coding, 0);
    return first == nullptr ? std::string() : std::string(text_member(*first, "code"));
}

/// The identifier that begins with the type is the statistical id; an area has others beside it.
std::string code_of(const Json& location, const std::string& type) {
    const auto* identifiers = member(location, "identifier");
    if (identifiers == nullptr || !identifiers->is_array()) return {};
    for (const auto& identifier : *identifiers) {
        const auto value = text_member(identifier, "value");
        if (value.starts_with(type + "_")) return std::string(value.substr(type.size() + 1));
    }
    return {};
}

/// The top of the tree stands in "Location/0".
std::string part_of(const Json& location) {
    const auto* whole = member(location, "partOf");
    auto reference = whole == nullptr ? std::string_view() : text_member(*whole, "reference");
    if (!reference.starts_with(reference_type)) return {};
    reference.remove_prefix(reference_type.size());
    return reference == "0" ? std::string() : std::string(reference);
}

/// The resource's own id; 1.8's lists leave it out, and the last part of `fullUrl` before the version has it.
std::string id_of(const Json& location, std::string_view full_url) {
    if (const auto id = text_member(location, "id"); !id.empty()) return std::string(id);
    if (const auto history = full_url.find("/_history/"); history != std::string_view::npos)
        full_url = full_url.substr(0, history);
    const auto slash = full_url.rfind('/');
    return slash == std::string_view::npos ? std::string() : std::string(full_url.substr(slash + 1));
}

Result<ListedLocation> read_location(const Json& json, std::string_view full_url, const std::string& at) {
    if (text_member(json, "resourceType") != "Location")
        return fail(ErrorCode::bad_request, "is not a Location", at + "/resourceType");
    ListedLocation out;
    out.id = id_of(json, full_url);
    if (out.id.empty()) return fail(ErrorCode::bad_request, "the location has no id", at + "/id");
    out.type = type_of(json);
    out.name = std::string(text_member(json, "name"));
    out.code = code_of(json, out.type);
    out.part_of = part_of(json);
    out.active = text_member(json, "status") != "inactive";
    return out;
}

}  // namespace

Result<std::vector<ListedLocation>> read_location_list(const Json& answer) {
    std::vector<ListedLocation> out;
    if (text_member(answer, "resourceType") == "Location") {
        auto one = read_location(answer, {}, "");
        if (!one) return fail(one.error());
        out.push_back(std::move(*one));
        return out;
    }
    if (text_member(answer, "resourceType") != "Bundle")
        return fail(ErrorCode::bad_request, "is not a Bundle of Locations", "/resourceType");
    const auto* entries = member(answer, "entry");
    if (entries == nullptr) return out;
    if (!entries->is_array()) return fail(ErrorCode::bad_request, "is not a list", "/entry");
    for (std::size_t i = 0; i < entries->size(); ++i) {
        const auto& entry = (*entries)[i];
        const auto at = pointer("/entry", i) + "/resource";
        const auto* resource = member(entry, "resource");
        if (resource == nullptr) return fail(ErrorCode::bad_request, "is missing", at);
        auto one = read_location(*resource, text_member(entry, "fullUrl"), at);
        if (!one) return fail(one.error());
        out.push_back(std::move(*one));
    }
    return out;
}

}  // namespace ocm::opencrvs_v1
