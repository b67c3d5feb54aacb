// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/shown_fields.hpp"

#include <algorithm>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace ocm::opencrvs::test {

/// What OpenCRVS checks of a notification (opencrvs.md 7.3), written apart from the writer: every key is a field, is
/// shown, has the shape of its type, and names an option that exists. Reads field *types* as OpenCRVS spells them.
inline std::vector<std::string> notify_problems(const EventForm& form, const Json& declaration, const Json& annotation,
                                                std::chrono::year_month_day today) {
    std::vector<std::string> out;
    const auto uuid = [](const Json& value) {
        static const std::regex shape("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
        return value.is_string() && std::regex_match(value.get<std::string>(), shape);
    };
    const auto only = [](const Json& value, std::set<std::string> keys) {
        if (!value.is_object()) return false;
        for (const auto& [key, part] : value.items())
            if (!keys.contains(key)) return false;
        return true;
    };
    const auto address = [&](const FormField& field, const Json& value) {
        if (!only(value, {"country", "addressType", "administrativeArea", "streetLevelDetails"})) return false;
        if (!value.contains("country") || !value["country"].is_string()) return false;
        const auto type = value.value("addressType", "");
        const auto& keys = type == "DOMESTIC" ? form.streets.at(field.streets.value()).domestic
                                              : form.streets.at(field.streets.value()).international;
        if (type != "DOMESTIC" && (type != "INTERNATIONAL" || value.contains("administrativeArea"))) return false;
        if (value.contains("administrativeArea") && !uuid(value["administrativeArea"])) return false;
        if (!value.contains("streetLevelDetails")) return true;
        for (const auto& [key, part] : value["streetLevelDetails"].items())
            if (std::find(keys.begin(), keys.end(), key) == keys.end() || !part.is_string()) return false;
        return true;
    };
    const auto shape = [&](const FormField& field, const Json& value) {
        static const std::regex date("[0-9]{4}-[0-9]{2}-[0-9]{2}");
        static const std::regex email("[A-Za-z0-9_'+-]+(\\.[A-Za-z0-9_'+-]+)*@([A-Za-z0-9-]+\\.)+[A-Za-z]{2,}");
        const auto& type = field.type;
        if (type == "NAME") return only(value, {"firstname", "surname", "middlename"}) && !value.empty();
        if (type == "ADDRESS") return address(field, value);
        if (type == "DATE") return value.is_string() && std::regex_match(value.get<std::string>(), date);
        if (type == "AGE")
            return only(value, {"age", "asOfDateRef"}) && value.value("age", Json()).is_number() &&
                   form.find(value.value("asOfDateRef", "")) != nullptr;
        if (type == "NUMBER") return value.is_number();
        if (type == "CHECKBOX") return value.is_boolean();
        if (type == "EMAIL") return value.is_string() && std::regex_match(value.get<std::string>(), email);
        if (type == "AUTOCOMPLETE")
            return only(value, {"label", "value"}) && value.size() == 2 && value["label"].is_string();
        if (type == "LOCATION" || type == "FACILITY") return uuid(value);
        if (type == "SELECT" || type == "RADIO_GROUP")
            return value.is_string() && std::find(field.options.begin(), field.options.end(),
                                                  value.get<std::string>()) != field.options.end();
        return value.is_string() && !value.get<std::string>().empty();
    };
    for (const auto& [id, value] : declaration.items()) {
        const auto* field = form.find(id);
        if (field == nullptr)
            out.push_back("unexpected field " + id);
        else if (ShownFields(form, {declaration, today}).of(*field) == Truth::no)
            out.push_back("hidden field " + id);
        else if (!shape(*field, value))
            out.push_back("wrong shape of " + id + ": " + dump_json(value));
    }
    for (const auto& [id, value] : annotation.items())
        if (form.find_annotation(id) == nullptr || !value.is_string()) out.push_back("annotation " + id);
    return out;
}

}  // namespace ocm::opencrvs::test
