// SPDX-License-Identifier: MPL-2.0
#include "formats/vital_json/members.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <nlohmann/json.hpp>

namespace ocm::vital_json {
namespace {

template <class T>
Json value_of(const T& value);

/// Adds each member that holds something. A plain (not optional) member at its default says nothing, so it has no JSON.
struct Writer {
    Json out = Json::object();

    template <class T>
    void operator()(const char* name, const T& value) {
        if (value != T{} || is<const T, VitalKind>) out[name] = value_of(value);
    }
    template <class T>
    void operator()(const char* name, const std::optional<T>& value) {
        if (value) out[name] = value_of(*value);
    }
    // Zero is a value of a number.
    void operator()(const char* name, const int& value) { out[name] = value; }
};

Json value_of_kind(VitalKind kind) {
    return std::string(name(kind));
}

template <class T>
Json array_of(const std::vector<T>& values) {
    auto out = Json::array();
    for (const auto& value : values) out.push_back(value_of(value));
    return out;
}

template <class T>
Json object_of(const std::map<std::string, T>& values) {
    auto out = Json::object();
    for (const auto& [key, value] : values) out[key] = value_of(value);
    return out;
}

template <class T>
Json value_of(const T& value) {
    if constexpr (std::is_same_v<T, VitalKind>) {
        return value_of_kind(value);
    } else if constexpr (std::is_same_v<T, std::string> || std::is_arithmetic_v<T>) {
        return value;
    } else if constexpr (is_list<T>) {
        return array_of(value);
    } else if constexpr (is_map<T>) {
        return object_of(value);
    } else {
        Writer writer;
        members(value, writer);
        return std::move(writer.out);
    }
}

}  // namespace

Json write(const VitalEvent& event) {
    auto out = value_of(event);
    out["version"] = version;
    return out;
}

}  // namespace ocm::vital_json
