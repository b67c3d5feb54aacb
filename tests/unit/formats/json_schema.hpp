// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <regex>
#include <set>
#include <string>

namespace ocm::test {

/// The part of JSON Schema (draft 7) that our own schemas use; a keyword it does not know fails the test.
class JsonSchema {
  public:
    explicit JsonSchema(Json root) : root_(std::move(root)) {}

    /// Pointer of the first thing that is wrong and the keyword that says so; empty where nothing is.
    std::string problem(const Json& value) const { return check(root_, value, ""); }

    const Json& resolve(const Json& schema) const {
        if (!schema.contains("$ref")) return schema;
        return root_.at(Json::json_pointer(schema["$ref"].get<std::string>().substr(1)));
    }

  private:
    std::string check(const Json& given, const Json& value, const std::string& at) const {
        const auto& schema = resolve(given);
        if (schema.is_boolean()) return schema.get<bool>() ? "" : at + ": false";
        for (const auto& [keyword, says] : schema.items()) {
            const auto wrong = check_one(schema, keyword, says, value, at);
            if (!wrong.empty()) return wrong;
        }
        return {};
    }

    std::string check_one(const Json& schema, const std::string& keyword, const Json& says, const Json& value,
                          const std::string& at) const {
        static const std::set<std::string> silent{"$schema",     "$id",      "title", "description",
                                                  "definitions", "readOnly", "then"};
        const auto wrong = at + ": " + keyword;
        if (silent.contains(keyword)) return {};
        if (keyword == "type") return is_type(value, says.get<std::string>()) ? "" : wrong;
        if (keyword == "const") return value == says ? "" : wrong;
        if (keyword == "enum") return std::find(says.begin(), says.end(), value) != says.end() ? "" : wrong;
        if (keyword == "minimum") return !value.is_number() || value.get<double>() >= says.get<double>() ? "" : wrong;
        if (keyword == "maximum") return !value.is_number() || value.get<double>() <= says.get<double>() ? "" : wrong;
        if (keyword == "minLength") return !value.is_string() || value.get<std::string>().size() >= says ? "" : wrong;
        if (keyword == "pattern") {
            return !value.is_string() ||
                           std::regex_search(value.get<std::string>(), std::regex(says.get<std::string>()))
                       ? ""
                       : wrong;
        }
        if (keyword == "required") {
            for (const auto& name : says) {
                if (value.is_object() && !value.contains(name))
                    return at + "/" + name.get<std::string>() + ": required";
            }
            return {};
        }
        if (keyword == "properties") {
            for (const auto& [name, below] : says.items()) {
                if (!value.is_object() || !value.contains(name)) continue;
                if (auto found = check(below, value[name], at + "/" + name); !found.empty()) return found;
            }
            return {};
        }
        if (keyword == "additionalProperties") {
            if (!value.is_object()) return {};
            for (const auto& [name, below] : value.items()) {
                if (schema.contains("properties") && schema["properties"].contains(name)) continue;
                if (auto found = check(says, below, at + "/" + name); !found.empty()) return found;
            }
            return {};
        }
        if (keyword == "minItems") return !value.is_array() || value.size() >= says ? "" : wrong;
        if (keyword == "maxItems") return !value.is_array() || value.size() <= says ? "" : wrong;
        if (keyword == "uniqueItems") {
            return !value.is_array() || std::set<Json>(value.begin(), value.end()).size() == value.size() ? "" : wrong;
        }
        if (keyword == "items") {
            for (std::size_t i = 0; value.is_array() && i < value.size(); ++i) {
                if (auto found = check(says, value[i], at + "/" + std::to_string(i)); !found.empty()) return found;
            }
            return {};
        }
        if (keyword == "allOf") {
            for (const auto& each : says) {
                if (auto found = check(each, value, at); !found.empty()) return found;
            }
            return {};
        }
        if (keyword == "if") return check(says, value, at).empty() ? check(schema.at("then"), value, at) : "";
        ADD_FAILURE() << "this keyword is not known here: " << keyword;
        return wrong;
    }

    static bool is_type(const Json& value, const std::string& type) {
        if (type == "object") return value.is_object();
        if (type == "array") return value.is_array();
        if (type == "string") return value.is_string();
        if (type == "boolean") return value.is_boolean();
        return type == "integer" && value.is_number_integer();
    }

    Json root_;
};

}  // namespace ocm::test
