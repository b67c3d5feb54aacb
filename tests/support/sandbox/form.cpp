// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/form.hpp"

#include "core/ids.hpp"
#include "core/time.hpp"
#include "support/sandbox/condition.hpp"

#include <algorithm>
#include <array>

namespace ocm::sandbox {
namespace {

constexpr std::array text_types{"TEXT",
                                "TEXTAREA",
                                "SELECT",
                                "RADIO_GROUP",
                                "LOCATION",
                                "FACILITY",
                                "OFFICE",
                                "COUNTRY",
                                "ID",
                                "ADMINISTRATIVE_AREA",
                                "PHONE",
                                "ALPHA_HIDDEN",
                                "TIME",
                                "HIDDEN",
                                "SELECT_DATE_RANGE",
                                "SIGNATURE",
                                "VERIFICATION_STATUS"};

bool only(const Json& value, std::initializer_list<std::string_view> keys) {
    return value.is_object() && std::all_of(value.items().begin(), value.items().end(), [&](const auto& item) {
               return std::find(keys.begin(), keys.end(), item.key()) != keys.end();
           });
}

bool text_or_absent(const Json& value, std::string_view key) {
    const auto* part = member(value, key);
    return part == nullptr || part->is_string() || part->is_null();
}

bool is_email(std::string_view value) {
    const auto at = value.find('@');
    const auto dot = value.rfind('.');
    return at != std::string_view::npos && at > 0 && value.find('@', at + 1) == std::string_view::npos &&
           dot != std::string_view::npos && dot > at + 1 && dot + 2 < value.size() && value.find(' ') == value.npos;
}

bool is_file(const Json& value, bool with_option) {
    return value.is_object() && !text_member(value, "path").empty() &&
           !text_member(value, "originalFilename").empty() && !text_member(value, "type").empty() &&
           (!with_option || !text_member(value, "option").empty());
}

/// An address with the street keys of this field's own form. A key it does not know makes the whole field invalid.
bool is_address(const Json& field, const Json& value) {
    if (!only(value, {"country", "addressType", "administrativeArea", "streetLevelDetails"})) return false;
    if (text_member(value, "country").empty()) return false;
    const auto type = text_member(value, "addressType");
    if (type == "DOMESTIC") {
        const auto* area = member(value, "administrativeArea");
        if (area != nullptr && !area->is_null() && !is_uuid(text(*area))) return false;
    } else if (type != "INTERNATIONAL") {
        return false;
    }
    const auto* street = member(value, "streetLevelDetails");
    if (street == nullptr || street->is_null()) return true;
    if (!street->is_object()) return false;
    const auto* configuration = member(field, "configuration");
    const auto* known = configuration == nullptr ? nullptr : member(*configuration, "streetAddressForm");
    for (const auto& [key, part] : street->items()) {
        if (!part.is_string() && !part.is_null()) return false;
        const bool found = known != nullptr && std::any_of(known->begin(), known->end(),
                                                           [&, name = std::string_view(key)](const Json& one) {
                                                               return text_member(one, "id") == name;
                                                           });
        if (!found) return false;
    }
    return true;
}

bool shape_holds(const Json& field, const Json& value) {
    const auto type = text_member(field, "type");
    if (std::find(text_types.begin(), text_types.end(), type) != text_types.end()) return value.is_string();
    if (type == "DATE") return value.is_string() && parse_date(text(value));
    if (type == "EMAIL") return value.is_string() && is_email(text(value));
    if (type == "NUMBER" || type == "BUTTON") return value.is_number();
    if (type == "CHECKBOX") return value.is_boolean();
    if (type == "NAME") {
        return only(value, {"firstname", "surname", "middlename"}) && text_or_absent(value, "firstname") &&
               text_or_absent(value, "surname") && text_or_absent(value, "middlename");
    }
    if (type == "AGE") {
        const auto* age = member(value, "age");
        return age != nullptr && age->is_number() && !text_member(value, "asOfDateRef").empty();
    }
    if (type == "ADDRESS") return is_address(field, value);
    if (type == "FILE") return is_file(value, false);
    if (type == "FILE_WITH_OPTIONS") {
        return value.is_array() &&
               std::all_of(value.begin(), value.end(), [](const Json& file) { return is_file(file, true); });
    }
    if (type == "NUMBER_WITH_UNIT") {
        const auto* number = member(value, "numericValue");
        return value.is_object() && (number == nullptr || number->is_number()) && text_or_absent(value, "unit");
    }
    if (type == "AUTOCOMPLETE") {
        return value.is_object() && member(value, "label") != nullptr && member(value, "value") != nullptr &&
               text_or_absent(value, "label") && text_or_absent(value, "value");
    }
    return true;  // display fields and readers hold what their code puts in
}

bool is_empty(const Json& value) {
    return value.is_null() || (value.is_string() && text(value).empty());
}

Json error_of(std::string_view message, const std::string& id, const Json& value) {
    return Json{{"message", message}, {"id", id}, {"value", value}};
}

void collect_shows(const Json& owner, std::vector<Json>& out) {
    const auto* conditionals = member(owner, "conditionals");
    if (conditionals == nullptr) return;
    for (const auto& one : *conditionals) {
        if (text_member(one, "type") == "SHOW") out.push_back(one.at("conditional"));
    }
}

}  // namespace

Result<Forms> Forms::read(std::string json) {
    auto parsed = parse_json(json, config_json_limits);
    if (!parsed) return fail(std::move(parsed.error()));
    if (!parsed->is_array()) return fail(ErrorCode::bad_request, "the form configuration is not a list of events");
    Forms out;
    out.served_ = std::move(json);
    for (const auto& config : *parsed) {
        const auto id = text_member(config, "id");
        const auto* declaration = member(config, "declaration");
        const auto* pages = declaration == nullptr ? nullptr : member(*declaration, "pages");
        if (id.empty() || pages == nullptr || !pages->is_array()) {
            return fail(ErrorCode::bad_request, "an event configuration has no id or no declaration pages");
        }
        auto& event = out.events_[std::string(id)];
        for (const auto& page : *pages) {
            std::vector<Json> of_page;
            if (const auto* condition = member(page, "conditional")) of_page.push_back(*condition);
            const auto* fields = member(page, "fields");
            if (fields == nullptr) continue;
            for (const auto& field : *fields) {
                auto shown_when = of_page;
                collect_shows(field, shown_when);
                out.fields_.emplace(text_member(field, "id"));
                event.fields.emplace(text_member(field, "id"), Field{field, std::move(shown_when)});
            }
        }
        if (const auto* actions = member(config, "actions")) {
            for (const auto& action : *actions) {
                const auto* review = member(action, "review");
                const auto* fields = review == nullptr ? nullptr : member(*review, "fields");
                if (text_member(action, "type") != "DECLARE" || fields == nullptr) continue;
                for (const auto& field : *fields) event.review.emplace(text_member(field, "id"), Field{field, {}});
            }
        }
        event.config = config;
    }
    return out;
}

bool Forms::knows(std::string_view event) const {
    return events_.contains(event);
}

bool Forms::visible(const Field& field, const Json& context) {
    return std::all_of(field.shown_when.begin(), field.shown_when.end(),
                       [&](const Json& condition) { return holds(condition, context, context); });
}

Json Forms::errors_of(const std::multimap<std::string, Field, std::less<>>& fields, const Json& values,
                      const Json& context) {
    Json errors = Json::array();
    for (const auto& [id, value] : values.items()) {
        const auto [first, last] = fields.equal_range(id);
        if (first == last) {
            errors.push_back(error_of("Unexpected field", id, value));
            continue;
        }
        const auto shown = std::find_if(first, last, [&](const auto& one) { return visible(one.second, context); });
        if (shown == last || is_empty(value) || shape_holds(shown->second.config, value)) continue;
        errors.push_back(error_of("Invalid input", id, value));
    }
    return errors;
}

Json Forms::notify_errors(std::string_view event, const Json& declaration, const Json& annotation,
                          std::string_view today) const {
    const auto found = events_.find(event);
    if (found == events_.end()) return Json::array();
    const Json context{{"$form", declaration}, {"$now", today}};
    auto errors = errors_of(found->second.review, annotation, Json{{"$form", annotation}, {"$now", today}});
    for (auto& error : errors_of(found->second.fields, declaration, context)) errors.push_back(std::move(error));
    return errors;
}

Json Forms::without_secured(std::string_view event, const Json& declaration) const {
    const auto found = events_.find(event);
    if (found == events_.end()) return declaration;
    Json out = Json::object();
    for (const auto& [id, value] : declaration.items()) {
        const auto field = found->second.fields.find(id);
        const auto* secured = field == found->second.fields.end() ? nullptr : member(field->second.config, "secured");
        if (secured == nullptr || *secured != true) out[id] = value;
    }
    return out;
}

Json Forms::event_value(std::string_view event, std::string_view which, const Json& declaration) const {
    const auto found = events_.find(event);
    const auto* reference = found == events_.end() ? nullptr : member(found->second.config, which);
    const auto* value = reference == nullptr ? nullptr : member(declaration, text_member(*reference, "$$field"));
    return value == nullptr ? Json() : *value;
}

}  // namespace ocm::sandbox
