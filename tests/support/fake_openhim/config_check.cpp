// SPDX-License-Identifier: MPL-2.0
#include "support/fake_openhim/fake_openhim.hpp"

#include <charconv>

namespace ocm::test {
namespace {

std::optional<std::string> check_value(const Json& definition, const std::string& shown, const Json& value) {
    const std::string type(text_member(definition, "type"));
    const auto expected = [&shown](const std::string& what) {
        return "Expected config param " + shown + " to be " + what;
    };
    if (type == "string" && !value.is_string()) return expected("a string.");
    if (type == "bigstring" && !value.is_string()) return expected("a large string.");
    if (type == "password" && !value.is_string()) return expected("a string representing a password.");
    if (type == "number" && !value.is_number()) return expected("a number.");
    if (type == "bool" && !value.is_boolean()) return expected("a boolean.");
    if (type == "option") {
        std::string list;
        const auto& values = definition.at("values");
        for (const auto& allowed : values) {
            if (allowed == value) return std::nullopt;
            list += (list.empty() ? "" : ",") + allowed.get<std::string>();
        }
        return expected("one of " + list);
    }
    if (type == "map") {
        if (!value.is_structured() && !value.is_null()) return expected("an object.");
        for (const auto& item : value) {
            if (!item.is_string()) return expected("only contain string values.");
        }
    }
    if (type == "struct") {
        if (!value.is_structured() && !value.is_null()) return expected("an object.");
        if (!value.is_object()) return std::nullopt;
        for (const auto& [field, ignored] : value.items()) {
            bool known = false;
            for (const auto& item : definition.at("template")) known = known || text_member(item, "param") == field;
            if (!known)
                return "Field " + field + " is not defined in template definition for config param " + shown + ".";
        }
    }
    return std::nullopt;
}

struct Version {
    std::vector<unsigned> numbers;
    std::string prerelease;
};

std::optional<Version> parse_version(std::string text) {
    while (!text.empty() && text.front() == ' ') text.erase(0, 1);
    while (!text.empty() && text.back() == ' ') text.pop_back();
    if (!text.empty() && text.front() == 'v') text.erase(0, 1);
    text = text.substr(0, text.find('+'));
    Version out;
    if (const auto dash = text.find('-'); dash != std::string::npos) {
        out.prerelease = text.substr(dash + 1);
        text.resize(dash);
        if (out.prerelease.empty()) return std::nullopt;
    }
    const char* at = text.data();
    const char* end = at + text.size();
    while (true) {
        unsigned number = 0;
        const auto read = std::from_chars(at, end, number);
        if (read.ec != std::errc{} || (*at == '0' && read.ptr != at + 1)) return std::nullopt;
        out.numbers.push_back(number);
        at = read.ptr;
        if (at == end) break;
        if (*at++ != '.') return std::nullopt;
    }
    if (out.numbers.size() != 3) return std::nullopt;
    return out;
}

}  // namespace

std::optional<std::string> check_definitions(const Json& definitions) {
    for (const auto& definition : definitions) {
        const std::string param(text_member(definition, "param"));
        const auto type = text_member(definition, "type");
        if (type == "struct") {
            const auto* fields = member(definition, "template");
            if (fields == nullptr || !fields->is_array() || fields->empty()) {
                return "Must specify a template for struct param '" + param + "'";
            }
            for (const auto& field : *fields) {
                if (text_member(field, "param").empty()) {
                    return "Must specify field 'param' in template definition for param '" + param + "'";
                }
                if (text_member(field, "type").empty()) {
                    return "Must specify field 'type' in template definition for param '" + param + "'";
                }
                if (text_member(field, "type") == "struct") {
                    return "May not recursively specify 'struct' in template definitions (param '" + param + "')";
                }
            }
        }
        if (type == "option") {
            const auto* values = member(definition, "values");
            if (values == nullptr || !values->is_array()) {
                return "Expected field 'values' to be an array (option param '" + param + "')";
            }
            if (values->empty()) return "Must specify a values array for option param '" + param + "'";
        }
    }
    return std::nullopt;
}

std::optional<std::string> check_config(const Json& definitions, const Json& config) {
    for (const auto& [param, value] : config.items()) {
        const Json* definition = nullptr;
        for (const auto& candidate : definitions) {
            if (text_member(candidate, "param") == param) definition = &candidate;
        }
        if (definition == nullptr) return "No config definition found for parameter " + param;
        const auto* array = member(*definition, "array");
        if (array == nullptr || *array != true) {
            if (auto wrong = check_value(*definition, param, value)) return wrong;
            continue;
        }
        if (!value.is_array()) {
            return "Expected config param " + param + " to be an array of type " +
                   std::string(text_member(*definition, "type"));
        }
        for (std::size_t i = 0; i < value.size(); ++i) {
            if (auto wrong = check_value(*definition, param + "[" + std::to_string(i) + "]", value[i])) return wrong;
        }
    }
    return std::nullopt;
}

std::optional<int> compare_versions(const std::string& a, const std::string& b) {
    const auto left = parse_version(a);
    const auto right = parse_version(b);
    if (!left || !right) return std::nullopt;
    if (left->numbers != right->numbers) return left->numbers < right->numbers ? -1 : 1;
    if (left->prerelease == right->prerelease) return 0;
    if (left->prerelease.empty()) return 1;
    if (right->prerelease.empty()) return -1;
    return left->prerelease < right->prerelease ? -1 : 1;
}

}  // namespace ocm::test
