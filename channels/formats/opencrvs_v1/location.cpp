// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/location.hpp"

#include "core/ids.hpp"
#include "formats/opencrvs_v1/codes.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

namespace ocm::opencrvs_v1 {
namespace {

constexpr std::array<std::string_view, 3> type_names{"ADMIN_STRUCTURE", "CRVS_OFFICE", "HEALTH_FACILITY"};
constexpr std::string_view offset_parameter = "_getpagesoffset";
/// Namespace of the version ids of locations.
constexpr std::string_view version_space = "5d0e4ca8-2b0a-5c39-9a3e-0d6a3c1f7b42";

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_identifier_char(char c) {
    return is_letter_or_digit(c) || c == '_';
}

bool is_name_char(char c) {
    return is_identifier_char(c) || c == ',' || c == '.' || c == ' ' || (c >= '\t' && c <= '\r');
}

tl::unexpected<Error> wrong(std::string_view parameter, std::string why) {
    return fail(ErrorCode::bad_request, '"' + std::string(parameter) + "\" " + std::move(why),
                "?" + std::string(parameter));
}

Result<void> check_pattern(std::string_view parameter, std::string_view value, bool (*allowed)(char),
                           std::string_view pattern) {
    if (value.empty()) return wrong(parameter, "is not allowed to be empty");
    if (!std::all_of(value.begin(), value.end(), allowed)) {
        return wrong(parameter, "fails to match the required pattern: /^" + std::string(pattern) + "+$/");
    }
    return {};
}

Result<std::size_t> number(std::string_view parameter, std::string_view value) {
    std::size_t out = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
    if (error != std::errc{} || end != value.data() + value.size()) return wrong(parameter, "must be a number");
    return out;
}

/// A name of a parameter that may be said back.
std::string sayable(std::string_view name) {
    constexpr std::size_t longest = 64;
    const bool fits = !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), [](char c) {
        return is_identifier_char(c) || c == '-' || c == '.' || c == ':';
    });
    return fits ? std::string(name) : "parameter";
}

Result<void> take(LocationQuery& query, std::string_view parameter, const std::string& value) {
    if (parameter == "type") {
        query.type = location_type(value);
        if (!query.type) return wrong(parameter, "must be one of [ADMIN_STRUCTURE, CRVS_OFFICE, HEALTH_FACILITY]");
        return {};
    }
    if (parameter == "identifier") {
        query.identifier = value;
        return check_pattern(parameter, value, is_identifier_char, "[a-zA-Z0-9_]");
    }
    if (parameter == "name") {
        query.name = value;
        return check_pattern(parameter, value, is_name_char, R"([a-zA-Z0-9_,.\s])");
    }
    if (parameter == "status") {
        if (value != "active" && value != "inactive") return wrong(parameter, "must be one of [active, inactive]");
        query.active = value == "active";
        return {};
    }
    if (parameter != "_count" && parameter != offset_parameter) return wrong(sayable(parameter), "is not allowed");
    auto read = number(parameter, value);
    if (!read) return fail(std::move(read.error()));
    (parameter == "_count" ? query.count : query.offset) = *read;
    return {};
}

bool begins_with(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

std::string jurisdiction(unsigned level) {
    // LEVEL_1 and LEVEL_2 are kept by their old names.
    if (level <= 1) return "STATE";
    if (level == 2) return "DISTRICT";
    return "LOCATION_LEVEL_" + std::to_string(level);
}

Json coding(std::string_view system, std::string_view code, std::string_view display) {
    Json out{{"code", code}};
    if (!system.empty()) out["system"] = system;
    if (!display.empty()) out["display"] = display;
    return {{"coding", Json::array({std::move(out)})}};
}

/// The query string with another offset.
std::string query_of_page(std::string_view query, std::size_t offset) {
    std::string out;
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        query = end == query.npos ? std::string_view{} : query.substr(end + 1);
        if (pair.substr(0, pair.find('=')) == offset_parameter) continue;
        out += std::string(pair) + "&";
    }
    return out + std::string(offset_parameter) + "=" + std::to_string(offset);
}

}  // namespace

std::string_view name(LocationType type) {
    return type_names[static_cast<std::size_t>(type)];
}

std::optional<LocationType> location_type(std::string_view text) {
    const auto* found = std::find(type_names.begin(), type_names.end(), text);
    if (found == type_names.end()) return std::nullopt;
    return static_cast<LocationType>(found - type_names.begin());
}

std::string location_identifier(const Location& location) {
    return std::string(name(location.type)) + "_" + location.code;
}

Json location_json(const Location& location) {
    const bool area = location.type == LocationType::admin_structure;
    const std::string ids(identifier_system);
    Json out{{"resourceType", "Location"},
             {"id", location.id},
             {"name", location.name},
             {"alias", Json::array({location.name})},
             {"status", location.active ? "active" : "inactive"},
             {"mode", "instance"},
             {"partOf", {{"reference", "Location/" + (location.part_of.empty() ? "0" : location.part_of)}}},
             {"type", coding("http://opencrvs.org/specs/location-type", name(location.type), "")},
             {"physicalType", area ? coding("", "jdn", "Jurisdiction") : coding("", "bu", "Building")}};
    auto& identifiers = out["identifier"] = Json::array();
    identifiers.push_back(
        {{"system", ids + (area ? "statistical-code" : "internal-id")}, {"value", location_identifier(location)}});
    if (area) {
        identifiers.push_back({{"system", ids + "jurisdiction-type"}, {"value", jurisdiction(location.level)}});
        out["description"] = location.code;
    }
    out["meta"] = {{"versionId", uuid_v5(version_space, dump_json(out))}};
    return out;
}

Result<LocationQuery> read_location_query(std::string_view query) {
    LocationQuery out;
    std::vector<std::string> seen;
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        query = end == query.npos ? std::string_view{} : query.substr(end + 1);
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        const auto parameter = decode_query_value(pair.substr(0, equals));
        const auto value = equals == pair.npos ? std::string() : decode_query_value(pair.substr(equals + 1));
        if (!parameter || !value) return wrong(sayable(parameter.value_or("")), "is not properly escaped");
        if (std::find(seen.begin(), seen.end(), *parameter) != seen.end()) {
            return wrong(sayable(*parameter), "must be a string");
        }
        seen.push_back(*parameter);
        if (auto taken = take(out, *parameter, *value); !taken) return fail(std::move(taken.error()));
    }
    if (!out.type && out.identifier.empty()) {
        return fail(ErrorCode::bad_request, "\"value\" must contain at least one of [type, identifier]", "?");
    }
    return out;
}

bool matches(const LocationQuery& query, const Location& location) {
    return (!query.type || *query.type == location.type) &&
           (query.identifier.empty() || query.identifier == location_identifier(location)) &&
           begins_with(location.name, query.name) && (!query.active || *query.active == location.active);
}

Json location_bundle(const LocationQuery& asked, const std::vector<Location>& found, std::string_view base,
                     std::string_view query) {
    const auto first = std::min(asked.offset, found.size());
    const auto last = asked.count == 0 ? found.size() : first + std::min(asked.count, found.size() - first);
    const auto path = std::string(base) + "/location";
    Json links = Json::array();
    links.push_back({{"relation", "self"}, {"url", path + "?" + std::string(query)}});
    if (last < found.size()) {
        links.push_back({{"relation", "next"}, {"url", path + "?" + query_of_page(query, last)}});
    }
    Json entries = Json::array();
    for (auto i = first; i < last; ++i) {
        entries.push_back({{"fullUrl", path + "/" + found[i].id}, {"resource", location_json(found[i])}});
    }
    return {{"resourceType", "Bundle"},
            {"type", "searchset"},
            {"total", found.size()},
            {"link", std::move(links)},
            {"entry", std::move(entries)}};
}

HttpResponse no_such_location() {
    const Json issue{{"severity", "information"}, {"code", "not-found"}, {"details", {{"text", "Not found"}}}};
    return json_response(200, dump_json({{"resourceType", "OperationOutcome"}, {"issue", Json::array({issue})}}));
}

}  // namespace ocm::opencrvs_v1
